/** How old what is shown is, and why it is not newer. */
import { isPaused, nowMs } from '../store.ts';
import { wholeSpan } from '../time.ts';

interface Props {
  readonly data: unknown;
  /** When the data came. */
  readonly arrivedMs: number;
  readonly problem: string;
  readonly reload: () => void;
}

/** Younger than this nobody needs to be told of. */
const FRESH_MS = 10_000;

export function Freshness({ data, arrivedMs, problem, reload }: Props) {
  const ageMs = nowMs.value - arrivedMs;
  if (problem !== '')
    return (
      <p class="problem freshness" role="alert">
        {data === undefined ? 'Unknown: ' : `Data ${wholeSpan(ageMs)} old: `}
        {problem}{' '}
        <button type="button" class="link" onClick={reload}>
          Try now
        </button>
      </p>
    );
  if (data === undefined) return <span class="muted freshness">Asking all hosts …</span>;
  const isOld = ageMs > FRESH_MS;
  return (
    <span class={`freshness ${isOld ? 'late' : 'muted'}`}>
      data {wholeSpan(ageMs)} old{isPaused.value && ', paused'}
    </span>
  );
}
