/** Points of a replication on EBS: taken, brought over, marked; once each, whatever happens to the calls. */
import { describe, expect, it } from 'vitest';
import type { SnapshotTruth } from '../../../../src/simulator/ec2/volumes/truth.ts';
import { Died, dyingAt, refusing } from './mishaps.ts';
import { established, tick } from './region.ts';
import type { Region } from './region.ts';

const living = (region: Region): SnapshotTruth[] =>
  region.cloud.truth().snapshots.filter(({ state }) => state !== 'deleted');
const at = (region: Region, side: 'home' | 'away') =>
  living(region).filter((each) => each.region === region.region[side]);
const late = (call: string, ms: number, reply = 'none') => ({
  op: call,
  nth: 1,
  act: { kind: 'late', ms, reply },
});

describe('a point', () => {
  it('is one call for all volumes of an instance, one copy of each, one mark on all copies', async () => {
    const region = await established({ volumes: 2 });
    const point = await tick(region, 1);
    expect(living(region)).toHaveLength(4);
    const copies = at(region, 'away');
    expect(copies.map(({ tags }) => tags['repl:commit'])).toEqual(['true', 'true']);
    expect(copies.map(({ tags }) => tags['repl:member']).sort()).toEqual(['data-0', 'data-1']);
    expect(at(region, 'home').map(({ startedAtMs }) => startedAtMs)).toContain(point.pitMs);
    expect([region.calls('CreateSnapshots'), region.calls('CopySnapshot')]).toEqual([1, 2]);
  });

  it('is not copied within one region, and can be promoted as it is', async () => {
    const region = await established({ volumes: 2, oneRegion: true });
    await tick(region, 1);
    expect(living(region)).toHaveLength(2);
    expect(living(region).every(({ tags }) => tags['repl:commit'] === 'true')).toBe(true);
    expect(await region.ask('replication.choosePoint', 'away', { seq: null })).toMatchObject({
      seq: 1,
    });
  });

  it('is invisible to promotions until all of its copies are marked', async () => {
    const region = await established();
    await region.follow('replication.snapshot', 'home', { seq: 1 });
    await region.follow('replication.copy', 'home', { seq: 1 });
    region.memory.points.push({ seq: 1, pitMs: 1, at: 'away', isFinal: false, epoch: 1 });
    await expect(
      region.ask('replication.choosePoint', 'away', { seq: null }),
    ).rejects.toMatchObject({ fault: { code: 'volume.pointGone' } });
  });

  it('asked for too late is not begun, and asked for anew it is', async () => {
    const region = await established();
    const late = { issueBeforeMs: region.clock.nowMs() - 1 };
    expect(await region.ask('replication.snapshot', 'home', { seq: 1 }, late)).toEqual({
      ...{ isDone: false, progress: 0 },
    });
    expect(living(region)).toEqual([]);
    await region.follow('replication.snapshot', 'home', { seq: 1 });
    await region.follow('replication.copy', 'home', { seq: 1 });
    const later = { issueBeforeMs: region.clock.nowMs() - 1 };
    await expect(
      region.ask('replication.commitPoint', 'home', { seq: 1 }, later),
    ).rejects.toMatchObject({ fault: { code: 'call.issueExpired', mayHaveHappened: false } });
  });

  it('of an older epoch than the stored one is refused', async () => {
    const region = await established();
    const asked = {
      endpoint: 'home',
      epoch: 0,
      seq: 1,
      opId: 'x-m0',
      issueBeforeMs: 9e15,
    } as const;
    await expect(
      region.backend().effects['replication.snapshot'](region.facts(), asked, region.attempt),
    ).rejects.toMatchObject({ fault: { code: 'epoch.stale' } });
  });

  it.each(['before', 'after'] as const)(
    'is the same when the process dies %s any call that changes something',
    async (when) => {
      for (let nth = 1; ; nth += 1) {
        const region = await established({ volumes: 2 });
        const fate = dyingAt(nth, when);
        region.through(fate.wrap);
        for (;;) {
          try {
            await tick(region, 1);
            break;
          } catch (thrown) {
            if (!(thrown instanceof Died)) throw thrown;
            region.restart();
          }
        }
        if (!fate.hasDied()) {
          expect(nth).toBeGreaterThan(4);
          return;
        }
        expect(living(region), `${when} call ${nth}`).toHaveLength(4);
        expect(at(region, 'away').every(({ tags }) => tags['repl:commit'] === 'true')).toBe(true);
      }
    },
    60_000,
  );
});

describe('calls without a token', () => {
  it.each(['CreateSnapshots', 'CopySnapshot'])(
    '%s whose answer is lost is found, not sent again',
    async (op) => {
      const region = await established();
      region.cloud.side('POST', 'faults', { op, nth: 1, act: { kind: 'hangupAfter' } });
      await expect(tick(region, 1)).rejects.toMatchObject({ fault: { code: 'ECONNRESET' } });
      region.memory.points.length = 0;
      await tick(region, 1);
      expect([living(region).length, region.calls(op)]).toEqual([2, 1]);
    },
  );

  it.each(['CreateSnapshots', 'CopySnapshot'])(
    '%s that lands late makes two, of which the first is kept',
    async (op) => {
      const region = await established();
      region.cloud.side('POST', 'faults', late(op, 25_000, '503'));
      await expect(tick(region, 1)).rejects.toMatchObject({ fault: { type: 'Unavailable' } });
      await tick(region, 1);
      await region.clock.advance(60_000);
      await region.follow('replication.snapshot', 'home', { seq: 1 });
      await region.follow('replication.copy', 'home', { seq: 1 });
      expect(region.calls(op)).toBe(2);
      expect(living(region)).toHaveLength(2);
      const [copied] = at(region, 'away');
      expect(copied?.tags['repl:commit']).toBe('true');
    },
  );
});

describe('a point of volumes on their way off', () => {
  it('is taken of each by itself, once, when the call for the instance got a part of them only', async () => {
    const region = await established({ volumes: 2 });
    const [first = '', second = ''] = region.first;
    const InstanceId = region.instances.home;
    let isCaught = false;
    region.through((ec2) => async (scope, name, input) => {
      if (name !== 'createSnapshots' || isCaught) return ec2(scope, name, input);
      isCaught = true;
      const left = { InstanceId, ExcludeBootVolume: true, ExcludeDataVolumeIds: [first] };
      const reply = await ec2(scope, name, { ...input, InstanceSpecification: left } as never);
      for (const VolumeId of [first, second])
        await ec2(scope, 'detachVolume', { VolumeId, InstanceId });
      return reply;
    });
    // What it had read of the instance holds no more; asked again it reads anew.
    await expect(region.follow('replication.snapshot', 'home', { seq: 1 })).rejects.toThrow();
    await region.follow('replication.snapshot', 'home', { seq: 1 });
    expect(region.calls('CreateSnapshot')).toBe(2);
    expect(new Set(living(region).map(({ tags }) => tags['repl:set']))).toEqual(new Set(['s1']));
    expect(living(region)).toHaveLength(2);
  });
});

describe('rates and quotas', () => {
  it('no volume is taken twice within 15 seconds', async () => {
    const region = await established();
    await region.follow('replication.snapshot', 'home', { seq: 1 });
    await region.follow('replication.snapshot', 'home', { seq: 2 });
    const [first = 0, second = 0] = living(region).map(({ startedAtMs }) => startedAtMs);
    expect(second - first).toBeGreaterThanOrEqual(15_000);
    const refused = region.cloud.log.list({ op: 'CreateSnapshots' });
    expect(refused.filter(({ status }) => status !== 200)).toEqual([]);
  });

  it.each([
    ['createSnapshots', 'SnapshotCreationPerVolumeRateExceeded'],
    ['createSnapshots', 'ConcurrentSnapshotLimitExceeded'],
    ['copySnapshot', 'ResourceLimitExceeded'],
  ])('%s waits for its turn after %s', async (call, code) => {
    const region = await established();
    region.through(refusing(call, { type: 'QuotaExceeded', code, message: code }, 3));
    await tick(region, 1);
    expect(living(region)).toHaveLength(2);
  });

  it('a quota that somebody must raise is a fault of the call', async () => {
    const region = await established();
    region.cloud.side('POST', 'volumes/limits', { name: 'snapshots', max: 0 });
    await expect(tick(region, 1)).rejects.toMatchObject({ fault: { type: 'QuotaExceeded' } });
  });
});

describe('a set that comes to nothing', () => {
  it('a bad key shows late and silently: the whole set is deleted and the one before stays', async () => {
    const region = await established({ volumes: 2, ebs: { kmsKeyId: 'alias/dr' } });
    await tick(region, 1);
    const before = living(region).map(({ snapshotId }) => snapshotId);
    region.cloud.side('POST', 'volumes/flags', { name: 'brokenKey' });
    await expect(tick(region, 2)).rejects.toMatchObject({
      fault: {
        code: 'volume.pointFailed',
        retryable: false,
        message: expect.stringContaining('key') as unknown,
      },
    });
    expect(living(region).map(({ snapshotId }) => snapshotId)).toEqual(before);
  });

  it('an error of one snapshot takes the others with it', async () => {
    const region = await established({ volumes: 2 });
    const [volumeId] = region.first;
    region.cloud.side('POST', 'volumes/outcomes', { what: 'snapshot', volumeId });
    await expect(tick(region, 1)).rejects.toMatchObject({ fault: { code: 'volume.pointFailed' } });
    expect(living(region)).toEqual([]);
  });
});
