/** The charts and layouts that `npm run layouts` has made, read from the package. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../package-root.ts';
import type { Chart, Layout, Overview } from './model.ts';

export interface DrawnChart {
  readonly chart: Chart;
  readonly layout: Layout;
  /** Where the layout is larger than a screen. */
  readonly overview?: Overview;
}

/** Below the package's folder. */
export const layoutsPath = 'src/inspector/chart/layouts.json';

let read: Readonly<Record<string, DrawnChart>> | undefined;

/** By hash of the chart. The file is our own, and a test compares it with the machines. @throws Error when it is missing */
export function storedCharts(): Readonly<Record<string, DrawnChart>> {
  read ??= JSON.parse(readFileSync(join(packageRoot(), layoutsPath), 'utf8')) as Readonly<
    Record<string, DrawnChart>
  >;
  return read;
}
