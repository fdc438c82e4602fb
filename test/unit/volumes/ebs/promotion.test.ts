/** Promotions on EBS, from the first call to the last: what is written where, and what remains of it. */
import { describe, expect, it } from 'vitest';
import type { VolumeTruth } from '../../../../src/simulator/ec2/volumes/truth.ts';
import { Died, dyingAt } from './mishaps.ts';
import { data, plannedPromotion, protectedRegion, takeOver, writable } from './promoting.ts';
import { tick } from './region.ts';
import type { Options } from './region.ts';

/** Entries of the workload's log, whoever wrote them: two volumes hold the same when these are equal. */
const written = ({ segments }: VolumeTruth) =>
  segments.map(({ writer, from, to }) => `${writer} ${from}-${to}`);

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
