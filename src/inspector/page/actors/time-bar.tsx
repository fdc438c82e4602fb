/** The bar of time: every kept step by number, `[` and `]`, and back to the present. */
import { useKeys } from '../keys.ts';
import { goQuery } from '../location.ts';
import { nowMs } from '../store.ts';
import { clock, wholeSpan } from '../time.ts';
import { atSeq, detail, firstKept, shown, steps } from './focus.ts';

export function TimeBar() {
  useKeys({ '[': () => move(-1), ']': () => move(1), l: goLive });
  const last = detail.value?.row.seq ?? 0;
  const first = Math.max(1, firstKept.value);
  const seq = atSeq.value;
  const isLive = seq === null;
  const step = shown.value?.step;
  return (
    <footer class="time-bar">
      <button
        type="button"
        class={isLive ? 'live on' : 'live'}
        aria-pressed={isLive}
        title="Now (l)"
        onClick={goLive}
      >
        LIVE
      </button>
      <button
        type="button"
        aria-label="Step back"
        title="Step back ([)"
        disabled={(seq ?? last) <= first}
        onClick={() => move(-1)}
      >
        ‹
      </button>
      <input
        type="range"
        aria-label="Step"
        aria-valuetext={`step ${seq ?? last} of ${last}`}
        min={first}
        max={Math.max(first, last)}
        value={seq ?? last}
        onInput={({ currentTarget }) => goTo(currentTarget.valueAsNumber)}
      />
      <button
        type="button"
        aria-label="Step forward"
        title="Step forward (])"
        disabled={isLive}
        onClick={() => move(1)}
      >
        ›
      </button>
      <span class="mono muted count">
        {seq ?? last} / {last}
      </span>
      {!isLive && (
        <p class="past-banner" role="status">
          {step === undefined
            ? `step ${seq}`
            : `${clock(step.atMs, nowMs.value)}, ${wholeSpan(nowMs.value - step.atMs)} ago`}
          : the past. Commands are off.
        </p>
      )}
    </footer>
  );
}

const goLive = (): void => goQuery({ at: null });

function goTo(seq: number): void {
  const last = detail.value?.row.seq ?? 0;
  if (seq >= last) goLive();
  else goQuery({ at: String(seq) });
}

/** To the next step that is there: over numbers that were never told. */
function move(by: 1 | -1): void {
  const last = detail.value?.row.seq ?? 0;
  const now = atSeq.value ?? last;
  const known = steps.value.map(({ seq }) => seq);
  const next = by === 1 ? known.find((seq) => seq > now) : known.findLast((seq) => seq < now);
  const to = next ?? now + by;
  if (to >= Math.max(1, firstKept.value)) goTo(to);
}
