/**
 * `npm run coverage:charts [-- --chart NAME]`: drives every chart edge by edge, writes what was covered to
 * test/artifacts/chart-coverage, as a picture of each chart and as a table, and prints the table. Exit code 1 when a state or
 * a transition is neither covered nor excepted, an exception is idle, or a live actor does not do what its model says.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { drawnMachines } from '../../../src/inspector/chart/machines.ts';
import { packageRoot } from '../../../src/package-root.ts';
import { collect } from './collect.ts';
import type { Collected } from './collect.ts';
import { coverageOf, idleExceptions, isWhole, tableOf } from './coverage.ts';
import type { ChartCoverage } from './coverage.ts';
import { exceptions } from './exceptions.ts';
import { models } from './models/all.ts';
import { painted } from './paint.ts';

const folder = join(packageRoot(), 'test/artifacts/chart-coverage');
const differencesShown = 10;

process.exitCode = await main();

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { chart: { type: 'string' } } });
  const wanted = models.filter(({ id }) => values.chart === undefined || id === values.chart);
  if (wanted.length === 0)
    return fail([
      `no chart ${values.chart ?? ''}; there are ${models.map(({ id }) => id).join(', ')}`,
    ]);
  mkdirSync(folder, { recursive: true });
  const rows: (ChartCoverage & Pick<Collected, 'driven' | 'found'>)[] = [];
  const faults: string[] = unmodelled();
  for (const model of wanted) {
    const startedMs = Date.now();
    const collected = await collect(model);
    const { chart, driven, found, differences } = collected;
    const own = exceptions.filter((each) => each.chart === chart.id);
    const coverage = coverageOf(chart, collected, own);
    rows.push({ ...coverage, driven, found });
    faults.push(...faultsOf(coverage), ...idleExceptions([chart], collected, own));
    faults.push(...differences.slice(0, differencesShown));
    if (differences.length > differencesShown)
      faults.push(`${chart.id}: ${differences.length - differencesShown} differences more`);
    const picture = painted(chart, coverage);
    if (picture === undefined)
      faults.push(`${chart.id}: no layout of it as it is now; run npm run layouts`);
    else writeFileSync(join(folder, `${chart.id}.svg`), picture);
    const seconds = ((Date.now() - startedMs) / 1_000).toFixed(1);
    process.stderr.write(`${chart.id}: ${driven} of ${found} edges driven, ${seconds} s\n`);
  }
  const table = `${tableOf(rows).join('\n')}\n`;
  writeFileSync(join(folder, 'table.txt'), table);
  writeFileSync(join(folder, 'table.json'), `${JSON.stringify(rows, null, 2)}\n`);
  process.stdout.write(table);
  return faults.length === 0 && rows.every(isWhole) ? 0 : fail(faults);
}

function unmodelled(): string[] {
  const known = new Set(models.map(({ id }) => id));
  return Object.keys(drawnMachines)
    .filter((id) => !known.has(id))
    .map((id) => `${id} has no model: add one to test/model/coverage/models`);
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
