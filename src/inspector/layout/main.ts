/** `npm run layouts`: lays out every chart anew and writes the committed files. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import elkModule from 'elkjs/lib/elk.bundled.js';
import { packageRoot } from '../../package-root.ts';
import { drawnMachines } from '../chart/machines.ts';
import { layoutsPath } from '../chart/stored.ts';
import type { DrawnChart } from '../chart/stored.ts';
import { toChart } from '../chart/to-chart.ts';
import { layoutsJson, pictures } from './files.ts';
import { layoutOf, zoomOf } from './place.ts';

// The package is CommonJS; its types call the class itself the default export.
const elk = new elkModule.default();
const drawn: DrawnChart[] = [];
for (const machine of Object.values(drawnMachines)) {
  const chart = toChart(machine);
  const startedMs = performance.now();
  const layout = await layoutOf(elk, chart);
  const tookMs = Math.round(performance.now() - startedMs);
  console.log(
    `${chart.id} ${chart.hash}: ${chart.nodes.length} states, ${layout.width}x${layout.height}, zoom ${zoomOf(layout).toFixed(2)}, ${tookMs} ms`,
  );
  drawn.push({ chart, layout });
}
write(layoutsPath, layoutsJson(drawn));
for (const [path, svg] of pictures(drawn)) write(path, svg);

function write(path: string, text: string): void {
  const file = join(packageRoot(), path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
