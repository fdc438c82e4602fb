/**
 * `npm run coverage:charts [-- --chart NAME]`: drives every chart edge by edge, one process each, writes what was covered to
 * test/artifacts/chart-coverage, as a picture of each chart and as a table, and prints the table. Exit code 1 when a state or
 * a transition is neither covered nor excepted, an exception is idle, or a live actor does not do what its model says.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { packageRoot } from '../../../src/package-root.ts';
import { collect } from './collect.ts';
import type { Collected } from './collect.ts';
import { coverageOf, idleExceptions, tableOf } from './coverage.ts';
import type { ChartCoverage } from './coverage.ts';
import { exceptions } from './exceptions.ts';
import type { Model } from './model.ts';
import { models } from './models/all.ts';
import { painted } from './paint.ts';

/** What one process tells of one chart, as a line of JSON. */
interface Told {
  readonly row: ChartCoverage & Pick<Collected, 'driven' | 'found'> & { readonly seconds: number };
  readonly faults: readonly string[];
}

const folder = join(packageRoot(), 'test/artifacts/chart-coverage');
const differencesShown = 10;
const toldBytesMax = 16 * 1024 * 1024;

process.exitCode = await main();

async function main(): Promise<number> {
  const { values } = parseArgs({
    // `--alone`: in this process, told as JSON.
    options: { chart: { type: 'string' }, alone: { type: 'boolean', default: false } },
  });
  const wanted = models.filter(({ id }) => values.chart === undefined || id === values.chart);
  if (wanted.length === 0)
    return fail([
      `no chart ${values.chart ?? ''}; there are ${models.map(({ id }) => id).join(', ')}`,
    ]);
  mkdirSync(folder, { recursive: true });
  if (values.alone) {
    for (const model of wanted)
      process.stdout.write(`${JSON.stringify(await coverageIn(model))}\n`);
    return 0;
  }
  const told = await inProcesses(wanted);
  const rows = told.map(({ row }) => row);
  const table = `${tableOf(rows).join('\n')}\n`;
  writeFileSync(join(folder, 'table.txt'), table);
  writeFileSync(join(folder, 'table.json'), `${JSON.stringify(rows, null, 2)}\n`);
  process.stdout.write(table);
  const faults = told.flatMap((each) => each.faults);
  return faults.length === 0 ? 0 : fail(faults);
}

/** In the order of the models; as many at a time as there are cores. */
async function inProcesses(wanted: readonly Model[]): Promise<Told[]> {
  const told = new Map<string, Told>();
  const waiting = [...wanted];
  const work = async (): Promise<void> => {
    for (let model = waiting.shift(); model !== undefined; model = waiting.shift()) {
      const { stdout } = await promisify(execFile)(
        process.execPath,
        [fileURLToPath(import.meta.url), '--alone', '--chart', model.id],
        { maxBuffer: toldBytesMax },
      );
      const each = JSON.parse(stdout) as Told;
      told.set(model.id, each);
      const { driven, found, seconds } = each.row;
      process.stderr.write(`${model.id}: ${driven} of ${found} edges driven, ${seconds} s\n`);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return wanted.flatMap(({ id }) => told.get(id) ?? []);
}

async function coverageIn(model: Model): Promise<Told> {
  const startedMs = Date.now();
  const collected = await collect(model);
  const { chart, driven, found, differences } = collected;
  const own = exceptions.filter((each) => each.chart === chart.id);
  const coverage = coverageOf(chart, collected, own);
  const picture = painted(chart, coverage);
  if (picture !== undefined) writeFileSync(join(folder, `${chart.id}.svg`), picture);
  const more = differences.length - differencesShown;
  const seconds = Math.round((Date.now() - startedMs) / 100) / 10;
  return {
    row: { ...coverage, driven, found, seconds },
    faults: [
      ...faultsOf(coverage),
      ...idleExceptions([chart], collected, own),
      ...differences.slice(0, differencesShown),
      ...(more > 0 ? [`${chart.id}: ${more} differences more`] : []),
      ...(picture === undefined
        ? [`${chart.id}: no layout of it as it is; run npm run layouts`]
        : []),
    ],
  };
}

function faultsOf({ chart, states, transitions }: ChartCoverage): string[] {
  return [
    ...states.missing.map((id) => `${chart}: state ${id} is not covered`),
    ...transitions.missing.map((id) => `${chart}: transition ${id} is not covered`),
  ];
}

function fail(faults: readonly string[]): number {
  for (const each of faults) process.stderr.write(`coverage: ${each}\n`);
  return 1;
}
