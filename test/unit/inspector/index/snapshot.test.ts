/** The copy of the index in the state folder. */
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { snapshotLimits } from '../../../../machines/limits-inspector.ts';
import { openFleet } from '../../../../src/inspector/fleet.ts';
import { snapshotPath } from '../../../../src/inspector/index/snapshot.ts';
import { ManualClock } from '../../../fakes/manual-clock.ts';
import { quiet, rowOf, stepOf } from '../made-fleet.ts';

let stateDir = '';
beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'fairlead-index-'));
});
afterEach(() => rm(stateDir, { recursive: true, force: true }));

const random = { roll: () => 0.5, ulid: () => '01JZZZZZZZZZZZZZZZZZZZZZZZ' };
const actor = 'cluster/prod/web';

async function opened(lines: string[] = []) {
  const clock = new ManualClock();
  const telemetry = {
    ...quiet,
    log: (level: string, _: object, message: string) => void lines.push(`${level} ${message}`),
  };
  return { clock, lines, fleet: await openFleet({ clock, random, telemetry, stateDir }) };
}

describe('the copy of the index', () => {
  it('holds rows and the last steps of what was looked at, for its owner alone, and is read at the start', async () => {
    const { fleet } = await opened();
    fleet.recent.focus(actor);
    for (let seq = 1; seq <= snapshotLimits.recentStepsMax + 5; seq += 1) {
      fleet.take(stepOf(rowOf(actor, seq)));
      fleet.take(stepOf(rowOf('cluster/prod/db', seq)));
    }
    await fleet.close();
    expect((await stat(snapshotPath(stateDir))).mode & 0o777).toBe(0o600);

    const { fleet: next } = await opened();
    expect(next.index.rows()).toEqual(fleet.index.rows());
    expect(next.index.asOfMs).toBe(fleet.index.asOfMs);
    const seqs = next.recent.of(actor).map(({ seq }) => seq);
    expect([seqs.length, seqs[0]]).toEqual([snapshotLimits.recentStepsMax, 6]);
    expect(next.recent.of('cluster/prod/db')).toEqual([]);
    await next.close();
  });

  it('is written every so often when something changed, and only then', async () => {
    const { fleet, clock } = await opened();
    fleet.take(stepOf(rowOf(actor)));
    await clock.advance(snapshotLimits.everyMs);
    await expect.poll(() => readFile(snapshotPath(stateDir), 'utf8')).toContain(actor);
    await expect.poll(() => clock.pending()).toBe(1);
    await rm(snapshotPath(stateDir));
    await clock.advance(snapshotLimits.everyMs);
    await fleet.close();
    await expect(stat(snapshotPath(stateDir))).rejects.toThrow('ENOENT');
  });

  it.each([
    ['cut off', '{"version":1,"savedAtMs":1,"asOf'],
    ['of another version', '{"version":2,"savedAtMs":1,"asOfMs":1,"rows":[],"steps":{}}'],
    ['with a row that is none', '{"version":1,"savedAtMs":1,"asOfMs":1,"rows":[{}],"steps":{}}'],
  ])('%s is left out with a line in the log', async (_, text) => {
    await writeFile(snapshotPath(stateDir), text);
    const { fleet, lines } = await opened();
    expect(fleet.index.size).toBe(0);
    expect(lines).toEqual(['warn index.json cannot be used and is left out; it is made anew']);
    await fleet.close();
  });
});
