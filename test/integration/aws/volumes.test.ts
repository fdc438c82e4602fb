/** The EBS back end over the real SDK and HTTP: a volume is replicated, its side promoted by plan, and nothing is lost. */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { opIdOf } from '../../../machines/replication-effects.ts';
import { safetyTimes } from '../../../machines/replication-limits.ts';
import type {
  ReplicationEffectName,
  ReplicationEffects,
  ReplicationFacts,
} from '../../../machines/replication-effects.ts';
import type { Side } from '../../../machines/replication-table.ts';
import { replicationManifestSchema } from '../../../machines/specs.ts';
import { systemClock as clock } from '../../../src/clock.ts';
import type { StorageTruth } from '../../../src/simulator/ec2/volumes/truth.ts';
import { createEbs } from '../../../src/volumes/ebs/backend.ts';
import { attempt, scale, startCloud } from './simulated-cloud.ts';
import type { SimulatedCloud } from './simulated-cloud.ts';

const uid = '01JREPL0000000000000000001';
const zones = { home: 'eu-west-1a', away: 'eu-central-1b' } as const;
const scopeAt = (side: Side) => ({ account: 'main', region: zones[side].slice(0, -1) });

let cloud: SimulatedCloud;
beforeAll(async () => {
  cloud = await startCloud();
});
afterAll(() => cloud.close());

/** Repeats what is refused only because something before it has not come about yet. */
async function eventually<T>(run: () => Promise<T>, boundMs = 15_000): Promise<T> {
  const untilMs = clock.monotonicMs() + boundMs;
  for (;;) {
    try {
      return await run();
    } catch (thrown) {
      if (clock.monotonicMs() > untilMs) throw thrown;
      await pause(20);
    }
  }
}

async function launch(side: Side): Promise<string> {
  const scope = { ...scopeAt(side), ...attempt() };
  const { Subnets = [] } = await cloud.sessions.ec2(scope, 'describeSubnets', {
    Filters: [{ Name: 'availability-zone', Values: [zones[side]] }],
  });
  const { Images = [] } = await cloud.sessions.ec2(scope, 'describeImages', {});
  const { Instances = [] } = await cloud.sessions.ec2(scope, 'runInstances', {
    ...{ MinCount: 1, MaxCount: 1, ImageId: Images[0]?.ImageId, InstanceType: 't3.small' },
    SubnetId: Subnets[0]?.SubnetId,
  });
  const id = Instances[0]?.InstanceId ?? '';
  await eventually(async () => {
    const found = await cloud.sessions.ec2(scope, 'describeInstances', { InstanceIds: [id] });
    expect(found.Reservations?.[0]?.Instances?.[0]?.State?.Name).toBe('running');
  });
  return id;
}

async function firstVolume(instanceId: string): Promise<string> {
  const scope = { ...scopeAt('home'), ...attempt() };
  const request = { AvailabilityZone: zones.home, Size: 8 };
  const { VolumeId = '' } = await cloud.sessions.ec2(scope, 'createVolume', request);
  const place = { VolumeId, InstanceId: instanceId, Device: '/dev/sdf' };
  await eventually(() => cloud.sessions.ec2(scope, 'attachVolume', place));
  await eventually(async () => {
    const found = await cloud.sessions.ec2(scope, 'describeVolumes', { VolumeIds: [VolumeId] });
    expect(found.Volumes?.[0]?.Attachments?.[0]?.State).toBe('attached');
  });
  return VolumeId;
}

it('replicates a volume to another region and promotes it there without loss', async () => {
  const [home, away] = await Promise.all([launch('home'), launch('away')]);
  const volumeId = await firstVolume(home);
  const { spec } = replicationManifestSchema.parse({
    ...{ apiVersion: 'fairlead.dev/v1', kind: 'Replication' },
    metadata: { name: 'db-1', namespace: 'prod' },
    spec: {
      endpoints: {
        home: { cluster: 'eu-a', region: 'eu-west-1', zone: zones.home },
        away: { cluster: 'eu-b', region: 'eu-central-1', zone: zones.away },
      },
      volumes: [
        {
          name: 'data',
          home: { volumeId, instanceId: home, device: '/dev/sdf' },
          away: { instanceId: away, device: '/dev/sdf' },
        },
      ],
      schedule: { every: '7m', rpo: '15m' },
      backend: 'ebs',
    },
  });
  let of = {
    ...{ uid, namespace: 'prod', name: 'db-1', spec, epoch: 0, writer: 'none', points: [] },
    armed: { home: 0, away: 0 },
    ...{ safety: safetyTimes, isRiskTaken: false },
  } as unknown as ReplicationFacts;
  const telemetry = { log: () => undefined };
  const ebs = createEbs({ ec2: cloud.sessions.ec2, clock, telemetry, scale });
  const ask = async <Name extends ReplicationEffectName>(
    name: Name,
    endpoint: Side,
    given: object = {},
  ): Promise<ReplicationEffects[Name]['out']> => {
    const { epoch } = of;
    const opId = opIdOf(uid, name, { side: endpoint, epoch, seq: 1 });
    const issueBeforeMs = clock.nowMs() + 30_000;
    const run = ebs.effects[name] as (
      ...all: [ReplicationFacts, object, ReturnType<typeof attempt>]
    ) => Promise<ReplicationEffects[Name]['out']>;
    return eventually(() => run(of, { endpoint, epoch, opId, issueBeforeMs, ...given }, attempt()));
  };

  expect(await ask('replication.establish', 'home')).toEqual({ self: 'yes', peer: 'no' });
  of = { ...of, epoch: 1, writer: 'home', armed: { home: 1, away: 0 } };
  expect(await ask('replication.snapshot', 'home', { seq: 1 })).toMatchObject({ isDone: true });
  expect(await ask('replication.copy', 'home', { seq: 1 })).toMatchObject({ isDone: true });
  const { pitMs } = await ask('replication.commitPoint', 'home', { seq: 1 });
  of = { ...of, points: [{ seq: 1, pitMs, epoch: 1, at: 'away', isFinal: false }] };

  of = { ...of, epoch: 2 };
  expect(await ask('replication.fence', 'home', { olderThanEpoch: 2 })).toMatchObject({
    fenced: true,
  });
  const reads = { olderThanEpoch: 2, reads: 2, gapMs: 10 };
  expect(await ask('replication.prove', 'home', reads)).toMatchObject({ writable: 'no' });
  const last = { seq: 2, isSuperseded: false };
  expect(await ask('replication.finalSync', 'home', last)).toMatchObject({ isDone: true, seq: 2 });
  const final = { seq: 2, pitMs, epoch: 2, at: 'away', isFinal: true } as const;
  of = { ...of, writer: 'none', points: [...of.points, final] };
  expect(await ask('replication.choosePoint', 'away', { seq: null })).toMatchObject({ seq: 2 });
  expect(await ask('replication.materialize', 'away', { seq: 2 })).toEqual({ isDone: true });
  await ask('replication.arm', 'away', { seq: 2 });
  expect(await ask('replication.verify', 'away')).toEqual({ self: 'yes', peer: 'no' });

  const truth = (await cloud.side('GET', 'volumes')) as unknown as StorageTruth;
  const old = truth.volumes.find((each) => each.volumeId === volumeId);
  const now = truth.volumes.find(({ tags }) => tags['repl:epoch'] === '2');
  expect(now?.segments.slice(0, old?.segments.length)).toEqual(old?.segments);
  expect(truth.volumes.filter(({ isWritable, tags }) => isWritable && 'repl:rel' in tags)).toEqual([
    now,
  ]);
}, 60_000);
