/** Volumes of a new epoch and of tests on EBS: made once, taken back whole, never un-fenced. */
import { describe, expect, it } from 'vitest';
import { data, protectedRegion, takeOver, writable } from './promoting.ts';
import type { Region } from './region.ts';

describe('undoing', () => {
  it('a promotion that is given up deletes what it has made, and nothing else', async () => {
    const region = await protectedRegion();
    const { memory, ask, follow } = region;
    memory.epoch = 2;
    await ask('replication.fence', 'home', { olderThanEpoch: 2 });
    await follow('replication.materialize', 'away', { seq: 1 }, { seq: 1 });
    await ask('replication.arm', 'away', { seq: 1 });
    expect(writable(region)).toHaveLength(1);
    // Of another order of the same side: not its own to take back.
    await follow('replication.materialize', 'away', { seq: 1 }, { seq: 9 });
    await ask('replication.compensate', 'away', {});
    expect(writable(region)).toEqual([]);
    await region.clock.advance(60_000);
    expect(data(region.cloud.truth()).map(({ tags }) => tags['repl:op']?.slice(-6))).toEqual([
      '-s1-m0',
      '-s9-m0',
    ]);
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

  it('nothing is armed while the other side writes, whatever was proven before, unless that risk is taken', async () => {
    const region = await protectedRegion();
    const { memory, ask, follow } = region;
    memory.epoch = 2;
    await follow('replication.materialize', 'away', { seq: 1 });
    await expect(ask('replication.arm', 'away', { seq: 1 })).rejects.toMatchObject({
      fault: { code: 'volume.peerWrites' },
    });
    expect(writable(region)).toHaveLength(1);
    memory.isRiskTaken = true;
    await ask('replication.arm', 'away', { seq: 1 });
    expect(writable(region)).toHaveLength(2);
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

describe('new volumes', () => {
  const make = (region: Region) => {
    region.memory.epoch = 2;
    return region.follow('replication.materialize', 'away', { seq: 1 });
  };
  const made = (region: Region) =>
    data(region.cloud.truth()).filter(({ tags }) => tags['repl:epoch'] === '2');

  it.each(['hangupAfter', 'late'])(
    'whose answer is lost (%s) are found or asked for by the same token',
    async (kind) => {
      const region = await protectedRegion();
      const act = kind === 'late' ? { kind, ms: 8_000, reply: '503' } : { kind };
      region.cloud.side('POST', 'faults', { op: 'CreateVolume', nth: 1, act });
      await expect(make(region)).rejects.toMatchObject({ fault: { mayHaveHappened: true } });
      await make(region);
      await region.clock.advance(60_000);
      expect(made(region)).toHaveLength(1);
    },
  );

  it('made by the same token with other words are adopted, and that is told', async () => {
    const region = await protectedRegion();
    await make(region);
    const [volume] = made(region);
    // The first look does not show it yet when the same order is repeated with other settings.
    const looks = { hidden: 1 };
    region.through((ec2) => async (scope, name, input) => {
      const answer = await ec2(scope, name, input);
      if (name !== 'describeVolumes' || looks.hidden === 0) return answer;
      looks.hidden -= 1;
      return { ...answer, Volumes: [] };
    });
    region.restart();
    const { spec } = region.facts();
    const of = {
      ...region.facts(),
      spec: { ...spec, extensions: { ebs: { ...spec.extensions.ebs, volumeType: 'io1' } } },
    };
    const asked = {
      ...({ endpoint: 'away', epoch: 2, seq: 1, opId: volume?.tags['repl:op'] ?? '' } as const),
      issueBeforeMs: region.clock.nowMs() + 30_000,
    };
    const answer = await region.settled(
      region
        .backend()
        .effects['replication.materialize'](
          of as typeof of & ReturnType<Region['facts']>,
          asked,
          region.attempt,
        ),
    );
    expect(answer).toEqual({ isDone: true });
    expect(made(region)).toHaveLength(1);
    expect(region.lines.join()).toContain('adopted');
  });

  it('count as made once they are filled as far as the manifest says', async () => {
    const lazy = await protectedRegion();
    const full = await protectedRegion({ ebs: { hydrate: 'full' } });
    const took = async (region: Region) => {
      const fromMs = region.clock.nowMs();
      await make(region);
      return region.clock.nowMs() - fromMs;
    };
    expect(await took(full)).toBeGreaterThan(await took(lazy));
  });
});
