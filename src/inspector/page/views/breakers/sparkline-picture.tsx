/** The failure ratio as it went while this page was open. */
import { remember, sparkPath } from './sparkline.ts';
import { failureRatio } from './survey.ts';
import type { BreakerEntry } from './survey.ts';

const WIDTH = 120;
const HEIGHT = 28;
const SPAN_MS = 3 * 60_000;
const GAP_MS = 15_000;

/** @param props.atMs when the entry was read */
export function Sparkline({
  entry,
  atMs,
}: {
  readonly entry: BreakerEntry;
  readonly atMs: number;
}) {
  const ratio = failureRatio(entry);
  const samples = remember(`${entry.key} ${entry.host}`, { atMs, ratio });
  const path = sparkPath(
    samples,
    { width: WIDTH, height: HEIGHT },
    { spanMs: SPAN_MS, gapMs: GAP_MS },
  );
  const now =
    ratio === null ? 'no calls in the last minute' : `${Math.round(ratio * 100)} % of calls failed`;
  return (
    <svg
      class="ratio"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label={`Failure ratio of the last 3 minutes, now ${now}`}
    >
      <title>{`${now}; the line goes from 0 to 100 % over 3 minutes`}</title>
      <path class="ratio-base" d={`M0 ${HEIGHT - 1}H${WIDTH}`} />
      <path class="ratio-line" d={path} />
    </svg>
  );
}
