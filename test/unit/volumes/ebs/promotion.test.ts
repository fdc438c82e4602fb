/** Promotions on EBS, from the first call to the last: what is written where, and what remains of it. */
import { describe, expect, it } from 'vitest';
import type { StorageTruth, VolumeTruth } from '../../../../src/simulator/ec2/volumes/truth.ts';
import type { Side } from '../../../../machines/replication-table.ts';
import { Died, dyingAt } from './mishaps.ts';
import { established, tick } from './region.ts';
import type { Options, Region } from './region.ts';

const peer = { home: 'away', away: 'home' } as const;
const data = ({ volumes }: StorageTruth): VolumeTruth[] =>
  volumes.filter(({ tags, state }) => tags['repl:role'] === 'volume' && state !== 'deleted');
const writable = (region: Region) =>
  data(region.cloud.truth()).filter(({ isWritable }) => isWritable);
const prove = { reads: 2, gapMs: 10_000 };
/** Entries of the workload's log, whoever wrote them: two volumes hold the same when these are equal. */
const written = ({ segments }: VolumeTruth) =>
  segments.map(({ writer, from, to }) => `${writer} ${from}-${to}`);

/** As the chart does it: claim, end the writer, take its last point, make volumes, arm, verify. */
async function plannedPromotion(region: Region, side: Side, seq: number): Promise<void> {
  const { memory, ask, follow, clock } = region;
  const old = peer[side];
  memory.epoch = Math.max(memory.epoch, memory.armed[old] + 1);
  const { epoch } = memory;
  await ask('replication.claim', side, {});
  await ask('replication.drain', old, {});
  await ask('replication.fence', old, { olderThanEpoch: epoch });
  await clock.advance(45_000);
  expect(await ask('replication.prove', old, { olderThanEpoch: epoch, ...prove })).toMatchObject({
    writable: 'no',
  });
  const final = await follow('replication.finalSync', old, { seq, isSuperseded: false });
  if (!final.isDone) throw new Error('followed to its end');
  const { pitMs } = final;
  if (!memory.points.some((each) => each.seq === seq))
    memory.points.push({ seq, pitMs, at: side, isFinal: true, epoch });
  memory.writer = 'none';
  await ask('replication.release', old, {});
  await takeOver(region, side);
}

async function takeOver(region: Region, side: Side): Promise<number> {
  const { memory, ask, follow } = region;
  const { epoch } = memory;
  const chosen = await ask('replication.choosePoint', side, { seq: null });
  const more = { seq: 1 };
  await follow('replication.materialize', side, { seq: chosen.seq }, more);
  await ask('replication.arm', side, { seq: chosen.seq }, more);
  expect(await ask('replication.verify', side, {})).toMatchObject({ self: 'yes' });
  memory.armed[side] = epoch;
  memory.writer = side;
  memory.points = memory.points.filter(({ at }) => at !== side);
  return chosen.seq;
}

/** Home writes and has one point away. */
async function protectedRegion(options: Options = {}): Promise<Region> {
  const region = await established(options);
  await tick(region, 1);
  return region;
}

describe('a planned promotion', () => {
  it.each([{}, { oneRegion: true }, { volumes: 2 }] as Options[])(
    'loses nothing and leaves one writer (%o)',
    async (options) => {
      const region = await protectedRegion(options);
      await plannedPromotion(region, 'away', 2);
      const now = writable(region);
      expect(now.map(({ tags }) => [tags['repl:at'], tags['repl:epoch']])).toEqual(
        region.first.map(() => ['away', '2']),
      );
      const before = data(region.cloud.truth()).filter(({ tags }) => tags['repl:epoch'] === '1');
      for (const [index, each] of before.entries()) {
        const after = now.find(({ tags }) => tags['repl:member'] === `data-${index}`);
        expect(written(after ?? each).slice(0, each.segments.length)).toEqual(written(each));
        expect(each.tags['repl:fenced']).toBe('true');
      }
      expect(region.cloud.truth().forks).toEqual([]);
    },
  );

  it.each(['before', 'after'] as const)(
    'is the same when the process dies %s any call that changes something',
    async (when) => {
      for (let nth = 1; ; nth += 1) {
        const region = await protectedRegion();
        const fate = dyingAt(nth, when);
        region.through(fate.wrap);
        for (;;) {
          try {
            await plannedPromotion(region, 'away', 2);
            break;
          } catch (thrown) {
            if (!(thrown instanceof Died)) throw thrown;
            region.restart();
          }
        }
        region.direct();
        const { volumes, snapshots } = region.cloud.truth();
        const ops = [...volumes, ...snapshots].map(
          ({ tags, region: each }) => `${tags['repl:op'] ?? ''} ${each}`,
        );
        expect(new Set(ops.filter((op) => op.startsWith('fr-'))).size, `call ${nth}`).toBe(
          ops.filter((op) => op.startsWith('fr-')).length,
        );
        expect(writable(region)).toHaveLength(1);
        if (fate.hasDied()) continue;
        expect(nth).toBeGreaterThan(7);
        return;
      }
    },
    60_000,
  );

  it('and back again keeps the log, and starts the instance that its fence stopped', async () => {
    const region = await protectedRegion();
    const { memory, follow, ask } = region;
    region.cloud.side('POST', 'volumes/flags', { name: 'mounted', of: region.first[0] });
    await plannedPromotion(region, 'away', 2);
    await follow('replication.preserve', 'home', {});
    await follow('replication.transfer', 'home', { seq: 3 });
    const caught = await follow('replication.catchUp', 'home', { seq: 3 });
    if (!caught.isDone) throw new Error('followed to its end');
    memory.points.push({ ...caught, at: 'home', isFinal: false, epoch: 2 });
    expect(await ask('replication.syncStatus', 'home', {})).toEqual({ isComplete: true });
    memory.epoch = 3;
    await plannedPromotion(region, 'home', 4);
    expect(writable(region).map(({ tags }) => [tags['repl:at'], tags['repl:epoch']])).toEqual([
      ['home', '3'],
    ]);
    const { forks, snapshots } = region.cloud.truth();
    expect(forks).toEqual([]);
    expect(snapshots.filter(({ tags }) => tags['repl:role'] === 'safety')).toHaveLength(1);
  }, 20_000);
});

describe('a forced promotion', () => {
  it('starts from the newest committed point, and what came later stays in the fenced volume', async () => {
    const region = await protectedRegion();
    await region.clock.advance(120_000);
    region.memory.epoch = 2;
    await region.ask('replication.fence', 'home', { olderThanEpoch: 2 });
    await region.clock.advance(45_000);
    expect(await takeOver(region, 'away')).toBe(1);
    const [old, now] = ['1', '2'].map((epoch) =>
      data(region.cloud.truth()).find(({ tags }) => tags['repl:epoch'] === epoch),
    );
    expect(old?.isWritable).toBe(false);
    expect(old?.segments.at(-1)?.to).toBeGreaterThan(now?.segments[0]?.to ?? Infinity);
    // On first contact the overtaken side gives a safety snapshot, and no point of its own.
    await region.follow('replication.finalSync', 'home', { seq: 2, isSuperseded: true });
    const { snapshots } = region.cloud.truth();
    expect(snapshots.map(({ tags }) => tags['repl:role'])).toEqual(['point', 'copy', 'safety']);
  });

  it('may start from an older point that was asked for', async () => {
    const region = await protectedRegion();
    await tick(region, 2);
    expect(await region.ask('replication.choosePoint', 'away', { seq: 1 })).toMatchObject({
      seq: 1,
    });
    await expect(region.ask('replication.choosePoint', 'away', { seq: 7 })).rejects.toMatchObject({
      fault: { code: 'volume.pointGone' },
    });
  });
});

describe('undoing', () => {
  it('a promotion that is given up deletes what it has made, and nothing else', async () => {
    const region = await protectedRegion();
    const { memory, ask, follow } = region;
    memory.epoch = 2;
    await ask('replication.fence', 'home', { olderThanEpoch: 2 });
    await follow('replication.materialize', 'away', { seq: 1 }, { seq: 1 });
    await ask('replication.arm', 'away', { seq: 1 });
    expect(writable(region)).toHaveLength(1);
    await ask('replication.compensate', 'away', {});
    expect(writable(region)).toEqual([]);
    await region.clock.advance(60_000);
    expect(data(region.cloud.truth()).map(({ tags }) => tags['repl:epoch'])).toEqual(['1']);
    expect(region.cloud.truth().snapshots.every(({ state }) => state !== 'deleted')).toBe(true);
    await ask('replication.compensate', 'away', {});
  });

  it('a side that was fenced and that nobody has overtaken goes on in clones of its own volumes', async () => {
    const region = await protectedRegion();
    const { memory, ask } = region;
    await ask('replication.fence', 'home', { olderThanEpoch: 2 });
    await region.clock.advance(45_000);
    memory.epoch = 2;
    expect(await takeOver(region, 'home')).toBe(0);
    const [old, now] = data(region.cloud.truth());
    expect(old?.tags['repl:fenced']).toBe('true');
    expect(now).toMatchObject({ isWritable: true, sourceVolumeId: old?.volumeId });
    expect(now?.tags['repl:fenced']).toBeUndefined();
    expect(region.cloud.truth().forks).toEqual([]);
  });

  it('volumes asked for too late are not made', async () => {
    const region = await protectedRegion();
    region.memory.epoch = 2;
    const issueBeforeMs = region.clock.nowMs() - 1;
    for (const name of ['replication.materialize', 'replication.arm'] as const)
      await expect(region.ask(name, 'away', { seq: 1 }, { issueBeforeMs })).rejects.toMatchObject({
        fault: { mayHaveHappened: false },
      });
    expect(data(region.cloud.truth())).toHaveLength(1);
  });

  it('a fenced volume is never attached again by us', async () => {
    const region = await protectedRegion();
    const { memory, ask, follow } = region;
    memory.epoch = 2;
    await ask('replication.fence', 'home', { olderThanEpoch: 2 });
    await follow('replication.materialize', 'away', { seq: 1 });
    await ask('replication.fence', 'away', { olderThanEpoch: 3 });
    await expect(ask('replication.arm', 'away', { seq: 1 })).rejects.toMatchObject({
      fault: { code: 'volume.fenced' },
    });
  });
});

describe('a test of a point', () => {
  it('makes clones apart from everything, and deletes them again', async () => {
    const region = await protectedRegion();
    await region.ask('replication.startTest', 'away', { seq: null });
    const clones = () =>
      region.cloud
        .truth()
        .volumes.filter(({ tags, state }) => tags['repl:test'] === 'true' && state === 'available');
    expect(clones()).toHaveLength(1);
    expect(writable(region)).toHaveLength(1);
    await region.ask('replication.startTest', 'away', { seq: null });
    expect(clones()).toHaveLength(1);
    await region.ask('replication.endTest', 'away', {});
    expect(clones()).toEqual([]);
    await region.ask('replication.endTest', 'away', {});
  });
});
