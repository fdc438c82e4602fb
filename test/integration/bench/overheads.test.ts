/** The quick groups of `npm run bench` that measure our own overhead: each figure beside its bar. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { admitReplication } from '../../../machines/replication-admission.ts';
import type { ReplicationCommand } from '../../../machines/replication-events.ts';
import { ulid } from '../../../src/ulid.ts';
import { microsEach } from '../../bench/processor-time.ts';
import { stamp, started } from '../../unit/machines/replication-double.ts';

const run = promisify(execFile);
const built = path.resolve('dist/test/bench');

interface Line {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly against: string;
  readonly ratio: number;
}

async function bench(group: string): Promise<{ lines: Map<string, Line> }> {
  const { stdout } = await run(process.execPath, [path.join(built, 'main.js'), group]);
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
  return { lines: new Map(lines.map((line) => [line.name, line])) };
}

it('all policies around one call, its bytes included [P-21]', async () => {
  const { lines } = await bench('combined');
  expect(lines.get('combined.call')).toMatchObject({ unit: 'ns', against: 'bar.combined.call' });
  expect(lines.get('combined.call.bytes')?.value).toBeLessThan(5_000);
});

it('what one breaker holds is below its bar [P-27] [D-31]', async () => {
  const trial = path.join(built, 'resilience', 'trial.js');
  const { stdout } = await run(process.execPath, ['--expose-gc', trial, 'bytes:breaker']);
  expect((JSON.parse(stdout) as { bytes: number }).bytes).toBeLessThanOrEqual(3_500);
});

it('an order to a replication is checked within a millisecond, its turn takes less than five, an id ten microseconds [U-52] [U-53]', async () => {
  const { actor, protectedNow } = started();
  await protectedNow();
  const order: ReplicationCommand = { type: 'replication.failover', how: 'planned', ...stamp };
  const { context } = actor.getSnapshot();
  expect(await microsEach(300, () => admitReplication(context, order))).toBeLessThan(1_000);
  const turn = (): string => {
    actor.send({ type: 'replication.pause', ...stamp });
    actor.send({ type: 'replication.resume', ...stamp });
    return JSON.stringify(actor.getPersistedSnapshot());
  };
  expect(await microsEach(30, turn)).toBeLessThan(5_000);
  expect(await microsEach(5_000, ulid)).toBeLessThan(10);
});
