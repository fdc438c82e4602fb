/** `npm run layouts`: lays out every chart anew and writes the committed files. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import elkModule from 'elkjs/lib/elk.bundled.js';
import { packageRoot } from '../../package-root.ts';
import { drawnMachines } from '../chart/machines.ts';
import { layoutsPath } from '../chart/stored.ts';
import type { DrawnChart } from '../chart/stored.ts';
import { toChart } from '../chart/to-chart.ts';
import { layoutsJson, pictures } from './files.ts';
import { overviewOf } from './overview.ts';
import { layoutOf, zoomOf } from './place.ts';

// The package is CommonJS; its types call the class itself the default export.
const elk = new elkModule.default();
const drawn: DrawnChart[] = [];
for (const machine of Object.values(drawnMachines)) {
  const chart = toChart(machine);
  const startedMs = performance.now();
  const layout = await layoutOf(elk, chart);
  const overview = await overviewOf(elk, chart, layout);
  const tookMs = Math.round(performance.now() - startedMs);
  console.log(
    `${chart.id} ${chart.hash}: ${chart.nodes.length} states, ${sizeText(layout)}${overview === undefined ? '' : `; overview ${sizeText(overview)}, ${gzipSync(JSON.stringify(overview)).length} bytes gzip`}; ${tookMs} ms`,
  );
  drawn.push({ chart, layout, ...(overview !== undefined && { overview }) });
}
write(layoutsPath, layoutsJson(drawn));
for (const [path, svg] of pictures(drawn)) write(path, svg);

function sizeText(drawing: { readonly width: number; readonly height: number }): string {
  return `${drawing.width}x${drawing.height}, zoom ${zoomOf(drawing).toFixed(2)}`;
}

function write(path: string, text: string): void {
  const file = join(packageRoot(), path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
