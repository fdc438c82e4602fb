/** What is looked at before a relationship begins, and before one of its sides moves. */
import { describe, expect, it } from 'vitest';
import { established, openRegion, tick } from './region.ts';

const other = (region: Awaited<ReturnType<typeof openRegion>>, tags: Record<string, string>) =>
  region.settled(
    region.cloud.ec2(region.scope('home'), 'createTags', {
      Resources: [...region.first],
      Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
    }),
  );

describe('the beginning', () => {
  it('marks the declared volumes as those of the epoch that is claimed with it', async () => {
    const region = await openRegion({ volumes: 2 });
    expect(await region.ask('replication.establish', 'home', {})).toEqual({
      ...{ self: 'yes', peer: 'no' },
    });
    const marked = region.cloud.truth().volumes.filter(({ tags }) => 'repl:rel' in tags);
    expect(
      marked.map(({ tags }) => [tags['repl:member'], tags['repl:epoch'], tags['repl:at']]),
    ).toEqual([
      ['data-0', '1', 'home'],
      ['data-1', '1', 'home'],
    ]);
    expect(await region.ask('replication.establish', 'away', {})).toMatchObject({ self: 'no' });
  });

  it('a volume that is not where the manifest says is refused with what to do', async () => {
    const region = await openRegion();
    const [VolumeId] = region.first;
    await region.settled(region.cloud.ec2(region.scope('home'), 'detachVolume', { VolumeId }));
    await region.clock.advance(60_000);
    await expect(region.ask('replication.establish', 'home', {})).rejects.toMatchObject({
      fault: { type: 'InvalidSpec', code: 'manifest.notAttached', retryable: false },
    });
  });

  it('a volume of another replication is refused', async () => {
    const region = await openRegion();
    await other(region, { 'repl:rel': '01JREPL0000000000000000002' });
    await expect(region.ask('replication.establish', 'home', {})).rejects.toMatchObject({
      fault: {
        code: 'manifest.volumeTaken',
        message: expect.stringContaining('delete that one') as unknown,
      },
    });
  });

  it('a volume that was fenced once is refused', async () => {
    const region = await openRegion();
    await other(region, { 'repl:fenced': 'true' });
    await expect(region.ask('replication.establish', 'home', {})).rejects.toMatchObject({
      fault: { code: 'manifest.volumeFenced' },
    });
  });

  it('a place that is taken is refused at the other side', async () => {
    const region = await openRegion();
    const away = region.scope('away');
    const made = await region.settled(
      region.cloud.ec2(away, 'createVolume', {
        ...{ AvailabilityZone: region.zones.away, Size: 1, ClientToken: 'foreign' },
      }),
    );
    await region.clock.advance(30_000);
    await region.settled(
      region.cloud.ec2(away, 'attachVolume', {
        ...{ VolumeId: made.VolumeId, InstanceId: region.instances.away, Device: '/dev/sdf' },
      }),
    );
    await region.clock.advance(30_000);
    await expect(region.ask('replication.establish', 'away', {})).rejects.toMatchObject({
      fault: { code: 'manifest.deviceTaken' },
    });
    region.memory.epoch = 1;
    expect(
      await region.ask('replication.preflight', 'away', { kind: 'promote', how: 'forced' }),
    ).toMatchObject({ ok: false });
  });

  it('an instance that has ended is refused', async () => {
    const region = await openRegion();
    await region.settled(
      region.cloud.ec2(region.scope('away'), 'terminateInstances', {
        InstanceIds: [region.instances.away],
      }),
    );
    await region.clock.advance(120_000);
    await expect(region.ask('replication.establish', 'away', {})).rejects.toMatchObject({
      fault: { code: 'manifest.instanceNotFound' },
    });
  });
});

describe('the look before a promotion', () => {
  it('passes with a committed point, a free place and a peer that answers', async () => {
    const region = await established();
    await tick(region, 1);
    expect(
      await region.ask('replication.preflight', 'away', { kind: 'promote', how: 'planned' }),
    ).toEqual({ ok: true, because: [] });
    expect(
      await region.ask('replication.preflight', 'home', { kind: 'demote', how: 'planned' }),
    ).toEqual({ ok: true, because: [] });
  });

  it('names what is missing', async () => {
    const region = await established();
    expect(
      await region.ask('replication.preflight', 'away', { kind: 'promote', how: 'planned' }),
    ).toEqual({ ok: false, because: ['away has no committed point that is whole'] });
  });

  it('a peer that does not answer stands against a planned one, not against a forced one', async () => {
    const region = await established();
    await tick(region, 1);
    region.cloud.side('POST', 'faults', {
      ...{ region: region.region.home, times: 10_000 },
      act: { kind: 'hangupBefore' },
    });
    const ask = (how: 'planned' | 'forced') =>
      region.ask('replication.preflight', 'away', { kind: 'promote', how });
    expect(await ask('forced')).toEqual({ ok: true, because: [] });
    expect((await ask('planned')).because.join()).toContain('eu-west-1 does not answer');
  });
});

describe('one look', () => {
  it('tells role, writability and the newest point of a side', async () => {
    const region = await established();
    const { pitMs } = await tick(region, 1);
    const look = (side: 'home' | 'away') =>
      region.settled(region.backend().observe(region.facts(), side, region.attempt));
    expect(await look('home')).toMatchObject({ role: 'source', writable: 'yes', isFresh: true });
    expect(await look('away')).toMatchObject({ role: 'replica', writable: 'no', lastPitMs: pitMs });
    region.cloud.side('POST', 'faults', {
      ...{ region: region.region.home, times: 10_000 },
      act: { kind: 'hangupBefore' },
    });
    expect(await look('home')).toMatchObject({
      ...{ role: 'unknown', writable: 'unknown', isFresh: false },
    });
  });

  it('estimates time and loss of a promotion', async () => {
    const region = await established();
    await tick(region, 1);
    await region.clock.advance(60_000);
    const of = (what: 'planned' | 'forced') =>
      region.settled(region.backend().estimate(region.facts(), what, region.attempt));
    expect((await of('forced')).lossSeconds).toBeGreaterThanOrEqual(60);
    expect((await of('planned')).lossSeconds).toBe(0);
    expect((await of('planned')).rtoSeconds).toBeGreaterThan((await of('forced')).rtoSeconds);
  });
});
