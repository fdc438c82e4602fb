/** A replication on the simulated EC2 in virtual time: two instances in two regions, one volume each, and the back end by itself. */
import { onTestFinished } from 'vitest';
import type { Attempt } from '../../../../actors/ports.ts';
import type { VolumeBackend } from '../../../../actors/replication-ports.ts';
import { replicationManifestSchema } from '../../../../machines/specs.ts';
import { opIdOf } from '../../../../machines/replication-effects.ts';
import type {
  Point,
  ReplicationEffectName,
  ReplicationEffects,
  ReplicationFacts,
} from '../../../../machines/replication-effects.ts';
import { safetyTimes } from '../../../../machines/replication-limits.ts';
import type { Side } from '../../../../machines/replication-table.ts';
import type { Sessions } from '../../../../src/aws/session.ts';
import { createEbs } from '../../../../src/volumes/ebs/backend.ts';
import { ManualClock } from '../../../fakes/manual-clock.ts';
import { simulatedEc2 } from '../../../fakes/simulated-ec2.ts';

const uid = '01JREPL0000000000000000001';
const regions = { home: 'eu-west-1', away: 'eu-central-1' } as const;

export interface Options {
  readonly volumes?: number;
  readonly oneRegion?: boolean;
  readonly ebs?: Readonly<Record<string, unknown>>;
  readonly retention?: Readonly<Record<string, unknown>>;
}

type In<Name extends ReplicationEffectName> = Omit<
  ReplicationEffects[Name]['in'],
  'endpoint' | 'epoch' | 'opId' | 'issueBeforeMs'
>;

/** What the record of a replication would hold; the test moves it as the chart would. */
export interface Memory {
  epoch: number;
  writer: Side | 'none';
  armed: Record<Side, number>;
  points: Point[];
  isRiskTaken?: boolean;
}

export async function openRegion(options: Options = {}) {
  const clock = new ManualClock();
  const cloud = simulatedEc2({ clock });
  const count = options.volumes ?? 1;
  const zones = {
    home: 'eu-west-1a',
    away: options.oneRegion === true ? 'eu-west-1b' : 'eu-central-1b',
  };
  const region = {
    home: regions.home,
    away: options.oneRegion === true ? regions.home : regions.away,
  };
  let around: (ec2: Sessions['ec2']) => Sessions['ec2'] = (ec2) => ec2;
  const ec2: Sessions['ec2'] = (scope, name, input) => around(cloud.ec2)(scope, name, input);
  const lines: string[] = [];
  const telemetry = {
    log: (_level: string, _fields: object, message: string) => void lines.push(message),
  };
  const make = (): VolumeBackend => createEbs({ ec2, clock, telemetry, scale: 1 });
  const attempt: Attempt = { signal: new AbortController().signal, correlationId: 'test' };
  const scope = (side: Side) => ({ account: 'main', region: region[side], ...attempt });

  /** Time passes until the promise has settled. */
  async function settled<T>(running: Promise<T>, boundMs = 3_600_000): Promise<T> {
    const state = { isOver: false };
    const over = () => {
      state.isOver = true;
    };
    running.then(over, over);
    await clock.advance(0);
    for (let leftMs = boundMs; !state.isOver && leftMs > 0; leftMs -= 1_000)
      await clock.advance(1_000);
    if (!state.isOver) throw new Error('it never ends');
    return running;
  }

  const instances = {
    home: await settled(cloud.launch(zones.home)),
    away: await settled(cloud.launch(zones.away)),
  };
  await clock.advance(60_000);
  const devices = ['/dev/sdf', '/dev/sdg', '/dev/sdh'];
  const first: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const made = await settled(
      cloud.ec2(scope('home'), 'createVolume', {
        ...{ AvailabilityZone: zones.home, Size: 8, VolumeType: 'gp3' },
        ClientToken: `first-${index}`,
      }),
    );
    const VolumeId = made.VolumeId ?? '';
    await clock.advance(30_000);
    await settled(
      cloud.ec2(scope('home'), 'attachVolume', {
        ...{ VolumeId, InstanceId: instances.home, Device: devices[index] ?? '' },
      }),
    );
    first.push(VolumeId);
  }
  await clock.advance(60_000);

  const manifest = replicationManifestSchema.parse({
    apiVersion: 'fairlead.dev/v1',
    kind: 'Replication',
    metadata: { name: 'db-1', namespace: 'prod' },
    spec: {
      endpoints: {
        home: { cluster: 'eu-a', region: region.home, zone: zones.home },
        away: { cluster: 'eu-b', region: region.away, zone: zones.away },
      },
      volumes: first.map((volumeId, index) => ({
        name: `data-${index}`,
        home: { volumeId, instanceId: instances.home, device: devices[index] },
        away: { instanceId: instances.away, device: devices[index] },
      })),
      schedule: { every: '7m', rpo: '15m' },
      backend: 'ebs',
      extensions: { ebs: options.ebs ?? {} },
      retention: options.retention ?? {},
    },
  });
  const memory: Memory = { epoch: 0, writer: 'none', armed: { home: 0, away: 0 }, points: [] };
  let backend = make();
  const facts = (): ReplicationFacts => ({
    ...{ uid, namespace: 'prod', name: 'db-1', spec: manifest.spec as ReplicationFacts['spec'] },
    ...{ safety: safetyTimes, isRiskTaken: false },
    ...structuredClone(memory),
  });

  /** One call, as the chart asks for it: never later than its time. */
  async function ask<Name extends ReplicationEffectName>(
    name: Name,
    endpoint: Side,
    given: In<Name>,
    more: { readonly seq?: number; readonly issueBeforeMs?: number } = {},
  ): Promise<ReplicationEffects[Name]['out']> {
    const { epoch } = memory;
    const seq = more.seq ?? ('seq' in given && typeof given.seq === 'number' ? given.seq : 1);
    const input = {
      ...{ endpoint, epoch, opId: opIdOf(uid, name, { side: endpoint, epoch, seq }) },
      issueBeforeMs: more.issueBeforeMs ?? clock.nowMs() + safetyTimes.issueWindowMs,
      ...given,
    };
    const run = backend.effects[name] as (
      of: ReplicationFacts,
      input: object,
      attempt: Attempt,
    ) => Promise<ReplicationEffects[Name]['out']>;
    return settled(run(facts(), input, attempt));
  }

  /** Slow work, asked again until it is over. */
  async function follow<Name extends ReplicationEffectName>(
    name: Name,
    endpoint: Side,
    given: In<Name>,
    more: { readonly seq?: number } = {},
  ): Promise<ReplicationEffects[Name]['out']> {
    for (let asked = 0; asked < 200; asked += 1) {
      const answer = await ask(name, endpoint, given, more);
      if (!('isDone' in answer) || answer.isDone) return answer;
    }
    throw new Error(`${name} makes no progress`);
  }

  return {
    ...{
      clock,
      cloud,
      memory,
      instances,
      zones,
      region,
      first,
      lines,
      ask,
      follow,
      settled,
      facts,
    },
    attempt,
    /** As after a restart: nothing is remembered. */
    restart: () => {
      backend = make();
    },
    /** What calls go through until the test ends. */
    through: (wrap: (ec2: Sessions['ec2']) => Sessions['ec2']) => {
      around = wrap;
      onTestFinished(() => {
        around = (same) => same;
      });
    },
    direct: () => {
      around = (same) => same;
    },
    backend: () => backend,
    scope,
    calls: (op: string) => cloud.log.list({ op }).filter(({ status }) => status === 200).length,
  };
}

export type Region = Awaited<ReturnType<typeof openRegion>>;

/** Home writes, in epoch 1. */
export async function established(options: Options = {}): Promise<Region> {
  const region = await openRegion(options);
  await region.ask('replication.establish', 'home', {});
  region.memory.epoch = 1;
  region.memory.writer = 'home';
  region.memory.armed.home = 1;
  return region;
}

/** One point of the writer, taken, brought over and committed. */
export async function tick(region: Region, seq: number): Promise<Point> {
  const { memory } = region;
  const from = memory.writer === 'away' ? 'away' : 'home';
  await region.follow('replication.snapshot', from, { seq });
  await region.follow('replication.copy', from, { seq });
  const made = await region.ask('replication.commitPoint', from, { seq });
  const at = from === 'home' ? 'away' : 'home';
  const point: Point = { ...made, at, isFinal: false, epoch: memory.epoch };
  memory.points.push(point);
  return point;
}
