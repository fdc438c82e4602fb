/** The drills: what goes wrong, for how long, and what is counted meanwhile. Times are simulated seconds. */
import { key } from './world.ts';
import type { Breaker, DrillWorld } from './world.ts';

export interface Drill {
  readonly summary: string;
  /** Services whose circuits are set to metrics only for the run they are compared with. */
  readonly services: readonly string[];
  /** Service whose calls are counted. */
  readonly counted: 'ec2' | 'ssm';
  readonly troubleSeconds: number;
  /** Orders given before the clusters are created. */
  readonly prepare?: (world: DrillWorld) => Promise<void>;
  readonly begin: (world: DrillWorld) => Promise<void>;
  /** Once in the middle of the trouble. */
  readonly midway?: (world: DrillWorld) => Promise<void>;
  readonly end: (world: DrillWorld) => Promise<void>;
  /** True when the circuits should have opened; throttling must not open them. */
  readonly opens: boolean;
}

const ec2 = [key('ec2:read'), key('ec2:mutate'), key('ec2:teardown')];
const refuseEc2 = (world: DrillWorld) =>
  world.simulator('POST', 'faults', {
    service: 'ec2',
    act: { kind: 'error', code: 'Unavailable', status: 503 },
  });
const healFaults = async (world: DrillWorld): Promise<void> => {
  await world.simulator('DELETE', 'faults');
};

const throttled = ['DescribeInstances', 'RunInstances', 'DescribeSubnets', 'DescribeImages'];

export const drills: Readonly<Record<string, Drill>> = {
  'ec2-outage': {
    summary: 'EC2 answers 503 for 60 simulated seconds under the creations',
    ...{ services: ec2, counted: 'ec2', troubleSeconds: 60, opens: true },
    begin: async (world) => {
      await refuseEc2(world);
    },
    end: healFaults,
  },
  'ssm-hang': {
    summary: 'SSM takes calls and never answers, for 10 simulated minutes',
    ...{ services: [key('ssm')], counted: 'ssm', troubleSeconds: 600, opens: true },
    // Attempt time-outs are real time and would outlast the drill.
    prepare: (world) =>
      world.order('set', { key: key('ssm'), policy: { attemptTimeoutMs: 2_000 } }),
    begin: async (world) => {
      await world.simulator('POST', 'faults', { service: 'ssm', act: { kind: 'hold' } });
    },
    end: healFaults,
  },
  throttling: {
    summary: 'EC2 takes a call per simulated second and operation, for 120 simulated seconds',
    ...{ services: ec2, counted: 'ec2', troubleSeconds: 120, opens: false },
    begin: async (world) => {
      for (const op of throttled)
        await world.simulator('POST', 'throttle', { op, burst: 2, refillPerSecond: 1 });
    },
    end: async (world) => {
      await world.simulator('DELETE', 'throttle');
    },
  },
  'nats-restart': {
    summary: 'the NATS server is killed and starts again while the circuits to EC2 are open',
    ...{ services: ec2, counted: 'ec2', troubleSeconds: 120, opens: true },
    begin: async (world) => {
      await refuseEc2(world);
    },
    midway: async (world) => {
      await world.stack.nats.kill('SIGKILL');
      await world.stack.nats.start();
    },
    end: healFaults,
  },
};

/** What one run of a drill counted. */
export interface Run {
  /** Wire calls of the counted service during the trouble, and those among them that met it. */
  readonly calls: number;
  readonly failed: number;
  readonly opened: boolean;
  readonly mostWaiting: number;
  /** Calls a circuit refused; they are no attempts. */
  readonly rejected: number;
  /** Operations that gave up, and clusters that failed on the way. */
  readonly exhausted: number;
  readonly clustersFailed: number;
  readonly duplicateInstances: number;
  readonly seconds: number;
}

export async function run(
  drill: Drill,
  world: DrillWorld,
  { clusters, hasCircuits }: { clusters: number; hasCircuits: boolean },
): Promise<Run> {
  const startMs = performance.now();
  await drill.prepare?.(world);
  if (!hasCircuits) for (const each of drill.services) await world.order('observe', { key: each });
  await world.simulator('DELETE', 'log');
  await drill.begin(world);
  await world.create(clusters);
  const seen = { mostWaiting: 0, opened: false };
  const look = async (): Promise<void> => {
    // Nobody answers while the server is away: then there is nothing to see.
    const found = await world.breakers().catch((): Breaker[] => []);
    const ours = found.filter((each) => drill.services.includes(each.key));
    const waiting = ours.reduce((sum, each) => sum + each.waiting, 0);
    seen.mostWaiting = Math.max(seen.mostWaiting, waiting);
    seen.opened ||= ours.some(({ state }) => state === 'open' || state === 'halfOpen');
  };
  await world.during(drill.troubleSeconds / 2, look);
  await drill.midway?.(world);
  await world.during(drill.troubleSeconds / 2, look);
  const calls = (await world.calls()).filter(
    ({ service, caller }) => service === drill.counted && caller === 'owner',
  );
  await drill.end(world);
  await world.allRunning();
  const breakers = await world.breakers();
  return {
    calls: calls.length,
    failed: calls.filter(({ fault, status }) => fault !== undefined || status >= 400).length,
    ...seen,
    rejected: breakers
      .filter((each) => drill.services.includes(each.key))
      .reduce((sum, each) => sum + each.calls.rejected, 0),
    exhausted: await world.countEvents('operationExhausted'),
    clustersFailed: await world.countEvents('failed'),
    duplicateInstances: await world.duplicates(),
    seconds: Math.round((performance.now() - startMs) / 100) / 10,
  };
}
