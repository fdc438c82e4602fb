/** The committed files of the charts: what pages draw from, and pictures for the docs. */
import { svgOf } from '../chart/svg.ts';
import type { DrawnChart } from '../chart/stored.ts';

/** `layouts.json`: one line for each chart, by its hash. */
export const layoutsJson = (drawn: readonly DrawnChart[]): string =>
  `{\n${drawn
    .map((each) => `${JSON.stringify(each.chart.hash)}: ${JSON.stringify(each)}`)
    .join(',\n')}\n}\n`;

/** Path below the package and content of each picture. */
export const pictures = (drawn: readonly DrawnChart[]): [path: string, svg: string][] =>
  drawn.map((each) => [`docs/charts/${each.chart.id}.svg`, svgOf(each)]);
