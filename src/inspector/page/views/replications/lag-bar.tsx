/** How far the copy is behind, as a bar against what is allowed. */
import { wholeSpan } from '../../time.ts';
import { lagOf } from './facts.ts';
import type { ReplicationView } from './facts.ts';

/** Share of the allowance from which it is worth a look. */
const NEAR = 0.8;
/** The bar shows up to twice the allowance; its mark is in the middle. */
const FULL = 2;

export function LagBar({
  view,
  nowMs,
}: {
  readonly view: ReplicationView;
  readonly nowMs: number;
}) {
  const { ms, ofMs, of, ratio } = lagOf(view, nowMs);
  if (ms === undefined)
    return (
      <p class="lag">
        <span class="late">? lag unknown: no committed point of this epoch yet</span>
      </p>
    );
  const mood =
    ratio === undefined ? 'idle' : ratio > 1 ? 'bad' : ratio > NEAR ? 'changing' : 'good';
  const verdict = mood === 'bad' ? `, over the ${of}` : '';
  const text =
    ofMs === 0
      ? `${wholeSpan(ms)}; no RPO declared`
      : `${wholeSpan(ms)} of ${wholeSpan(ofMs)} ${of}${verdict}`;
  return (
    <div class="lag">
      <p>
        <span class="muted">lag</span> <b class={`mood ${mood}`}>{text}</b>
      </p>
      {ratio !== undefined && (
        <svg
          class={`lag-bar mood ${mood}`}
          viewBox="0 0 200 8"
          preserveAspectRatio="none"
          aria-hidden="true"
        >
          <rect class="lag-room" width="200" height="8" />
          <rect width={Math.min(200, (200 * ratio) / FULL)} height="8" />
          <path class="lag-mark" d="M100 0V8" />
        </svg>
      )}
    </div>
  );
}
