/** A chart painted by what was covered: green and whole lines, red and dashed ones, grey dots where it is excepted. */
import { svgOf } from '../../../src/inspector/chart/svg.ts';
import { storedCharts } from '../../../src/inspector/chart/stored.ts';
import type { Chart } from '../../../src/inspector/chart/model.ts';
import type { ChartCoverage } from './coverage.ts';

const rules = `
.node.covered>.box{stroke:#15803d;stroke-width:2}
.node.missing>.box{stroke:#b91c1c;stroke-width:3;stroke-dasharray:7 4}
.node.excepted>.box{stroke:#6b7280;stroke-width:2;stroke-dasharray:2 3}
.pill.covered rect{stroke:#15803d}
.pill.missing rect{stroke:#b91c1c;stroke-width:2.4;stroke-dasharray:5 3}
.pill.excepted rect{stroke:#6b7280;stroke-dasharray:2 3}
.row.covered{fill:#15803d}
.row.missing,.row.missing .tail{fill:#b91c1c;text-decoration:line-through;font-weight:700}
.row.excepted,.row.excepted .tail{fill:#6b7280;font-style:italic}
.edge.covered{stroke:#15803d}
.edge.missing{stroke:#b91c1c;stroke-width:2.4;stroke-dasharray:7 4}
.edge.excepted{stroke:#6b7280;stroke-dasharray:2 3}
`;

/** Undefined when the chart was changed and `npm run layouts` was not run since. */
export function painted(chart: Chart, coverage: ChartCoverage): string | undefined {
  const layout = storedCharts()[chart.hash]?.layout;
  if (layout === undefined) return undefined;
  const { states, transitions } = coverage;
  const words = new Map<string, string>();
  for (const part of [states, transitions]) {
    for (const id of part.missing) words.set(id, 'missing');
    for (const id of part.excepted) words.set(id, 'excepted');
  }
  const markOf = (id: string): string => words.get(id) ?? 'covered';
  const svg = svgOf({ chart, layout, markOf });
  return svg.replace('</style>', `${rules}</style>`).replace('</svg>', `${legend(coverage)}</svg>`);
}

function legend({ chart, states, transitions }: ChartCoverage): string {
  const line = (y: number, word: string, count: number, stroke: string, dash: string): string =>
    `<path d="M8 ${y}h34" stroke="${stroke}" stroke-width="2.4" stroke-dasharray="${dash}"/><text x="50" y="${y + 4}">${word}: ${count}</text>`;
  const sum = (of: 'missing' | 'excepted'): number => states[of].length + transitions[of].length;
  return [
    `<g class="legend"><title>coverage of ${chart}</title>`,
    '<rect class="box" x="0" y="-8" width="190" height="62" rx="6"/>',
    line(4, 'covered', states.covered + transitions.covered, '#15803d', ''),
    line(22, 'not covered', sum('missing'), '#b91c1c', '7 4'),
    line(40, 'excepted', sum('excepted'), '#6b7280', '2 3'),
    '</g>',
  ].join('');
}
