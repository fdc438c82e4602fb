/** One figure: value, verdict, bounds, and how it went while this page was open. */
import type { Kpi } from '../../../api.ts';
import { remember, sparkPath } from '../breakers/sparkline.ts';
import { boundsText, scaleOf, valueText, verdictOf } from './words.ts';

const WIDTH = 240;
const HEIGHT = 36;
const SPAN_MS = 10 * 60_000;
const GAP_MS = 20_000;

export function KpiTile({ kpi, atMs }: { readonly kpi: Kpi; readonly atMs: number }) {
  const [sign, mood, word] = verdictOf(kpi);
  const value = valueText(kpi.unit, kpi.value);
  return (
    <article class={`panel card card-${mood} tile`} aria-label={kpi.name}>
      <header class="card-head">
        <h2>{kpi.name}</h2>
        <span class={`mood ${mood}`}>
          <span aria-hidden="true">{sign}</span> {word}
        </span>
      </header>
      <p class={kpi.value === undefined ? 'figure muted' : 'figure'}>{value}</p>
      <Course kpi={kpi} atMs={atMs} />
      <p class="muted">{boundsText(kpi) || 'no target'}</p>
      {kpi.note !== '' && <p class="muted note">{kpi.note}</p>}
    </article>
  );
}

function Course({ kpi, atMs }: { readonly kpi: Kpi; readonly atMs: number }) {
  const samples = remember(`kpi ${kpi.name}`, { atMs, ratio: kpi.value ?? null });
  const seen = samples.flatMap(({ ratio }) => (ratio === null ? [] : [ratio]));
  const top = scaleOf(kpi, seen);
  const scaled = samples.map(({ atMs: at, ratio }) => ({
    atMs: at,
    ratio: ratio === null ? null : ratio / top,
  }));
  const path = sparkPath(
    scaled,
    { width: WIDTH, height: HEIGHT },
    { spanMs: SPAN_MS, gapMs: GAP_MS },
  );
  const { target } = kpi;
  const targetY = target === undefined ? undefined : 1 + (HEIGHT - 2) * (1 - target / top);
  return (
    <svg
      class="spark course"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={`${kpi.name} of the last 10 minutes as this page saw it`}
    >
      <path class="spark-base" d={`M0 ${HEIGHT - 1}H${WIDTH}`} />
      {targetY !== undefined && <path class="spark-target" d={`M0 ${targetY}H${WIDTH}`} />}
      <path class="spark-line" d={path} />
    </svg>
  );
}
