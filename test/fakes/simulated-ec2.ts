/**
 * The simulated EC2 in process, on a clock given by parameter: no HTTP, no files. `ec2` has the shape of `Sessions['ec2']`
 * and throws the same faults as over the wire; fault rules, throttling and the side path work as they do there.
 */
import type { Clock as PortClock } from '../../actors/ports.ts';
import { CloudFault, faultOf } from '../../src/aws/faults.ts';
import { withVerdict } from '../../src/aws/session.ts';
import type { CallScope, Sessions } from '../../src/aws/session.ts';
import { createCallLog } from '../../src/simulator/call-log.ts';
import type { CallLog } from '../../src/simulator/call-log.ts';
import { imagesOf, networkOf } from '../../src/simulator/catalogue.ts';
import type { Clock } from '../../src/simulator/clock.ts';
import { control } from '../../src/simulator/control.ts';
import { createDraw } from '../../src/simulator/draw.ts';
import { ec2Operations } from '../../src/simulator/ec2/operations.ts';
import { storageTruth } from '../../src/simulator/ec2/volumes/truth.ts';
import type { StorageTruth } from '../../src/simulator/ec2/volumes/truth.ts';
import { AwsError } from '../../src/simulator/errors.ts';
import { createFaults } from '../../src/simulator/faults.ts';
import type { FaultRow } from '../../src/simulator/faults.ts';
import { createThrottle } from '../../src/simulator/throttle.ts';
import type { Bucket, Throttle } from '../../src/simulator/throttle.ts';
import type { WireCall } from '../../src/simulator/wire.ts';
import { openTables } from '../../src/simulator/world.ts';
import type { World } from '../../src/simulator/world.ts';
import { memoryTables } from './memory-tables.ts';
import { asThrown, isRefusal, troubled, wireCallOf, withToken } from './simulated-wire.ts';
import type { Reach } from './simulated-wire.ts';

export interface SimulatedEc2Options {
  readonly clock: Pick<PortClock, 'nowMs' | 'after'>;
  /** Decides every duration and id. Default 1. */
  readonly seed?: number;
  /** Every duration of the cloud is divided by it. Default 1. */
  readonly scale?: number;
  /** How long a caller waits for an answer that never comes. Default 10 s, in the clock's time. */
  readonly answerMs?: number;
}

export interface SimulatedEc2 {
  readonly world: World;
  /** Every call since the start; a late one has a second row, with fault `landed`, once it is done. */
  readonly log: CallLog;
  readonly ec2: Sessions['ec2'];
  /** One request on the side path, e.g. `side('POST', 'volumes/flags', { name: 'mounted' })`. @throws Error for any refusal */
  side(method: string, path: string, body?: object): object;
  /** What is, whatever reads may see. */
  truth(): StorageTruth;
  /** A machine in the zone, pending; it runs after the boot, which is at most 40 s. */
  launch(zone: string, tags?: Readonly<Record<string, string>>): Promise<string>;
}

export function simulatedEc2(options: SimulatedEc2Options): SimulatedEc2 {
  const { seed = 1, scale = 1, answerMs = 10_000 } = options;
  const clock = clockOver(options.clock, scale);
  const draw = createDraw(seed);
  const memory = memoryTables();
  const idOf = seededIds(seed);
  const world: World = {
    ...{ clock, draw, idOf, vault: noVault, runner: noMachines },
    tables: openTables(memory),
    together: (run) => run(),
  };
  const buckets = memory.table<Bucket>('buckets');
  const throttle = createThrottle(clock, buckets);
  const faults = createFaults(memory.table<FaultRow>('faults'), draw);
  const log = createCallLog(clock.nowMs);

  const send = async (scope: CallScope, name: string, given: object): Promise<unknown> => {
    const input = withToken(name, given, () => idOf('token'));
    const call = wireCallOf(scope.region, name, input);
    const { signal } = scope;
    try {
      signal.throwIfAborted();
      // An answer never comes in the same breath as the question.
      await Promise.resolve();
      const fault = faults.take(call);
      const now = () => perform({ world, throttle, log }, call, input, fault?.act.kind);
      if (fault === undefined) return now();
      const reach: Reach = {
        ...{ now, answerMs },
        later: (ms) => {
          clock.at(clock.nowMs() + clock.scaled(ms), () => {
            land(() => perform({ world, throttle, log }, call, input, 'landed'));
          });
        },
        undone: (status) => {
          log.add(call, { caller: 'owner', status, fault: fault.act.kind });
        },
        pause: (ms) => pause(options.clock, ms, signal),
      };
      return await troubled(fault.act, reach);
    } catch (error) {
      throw new CloudFault(withVerdict(faultOf(error, signal), name, scope), error);
    }
  };
  // The cast undoes what overloads hide: `name` is a method of the SDK's client, and its operation takes and gives these.
  const ec2: Sessions['ec2'] = (scope, name, input) => send(scope, name, input) as Promise<never>;
  const sidePath = { world, faults, buckets, log, machines: () => ({}), reset: memory.clear };

  return {
    ...{ world, log, ec2, truth: () => storageTruth(world) },
    side: (method, path, body = {}) => {
      const url = new URL(path, 'http://sim/');
      const request = { method, path: url.pathname.slice(1), query: url.searchParams };
      const reply = control(sidePath, { ...request, body: JSON.stringify(body) });
      if (reply.status !== 200) throw new Error(`${method} ${path}: ${JSON.stringify(reply.body)}`);
      return reply.body;
    },
    launch: (zone, tags = {}) => launch(ec2, zone, tags),
  };
}

/** Does the call and writes it down, as the server does. @throws what the SDK throws for a refusal */
function perform(
  { world, throttle, log }: { world: World; throttle: Throttle; log: CallLog },
  call: WireCall,
  input: object,
  fault: string | undefined,
): unknown {
  const met = { caller: 'owner', ...(fault === undefined ? {} : { fault }) };
  try {
    throttle.spend(call);
    const operation = ec2Operations.get(call.op);
    if (operation === undefined)
      throw new AwsError('InvalidAction', `The simulator does not have ${call.op}.`);
    const nowMs = world.clock.nowMs();
    const { region } = call;
    // Copies both ways, as the wire makes them.
    const output = operation.handle(copied(input), {
      ...{ world, region, caller: { kind: 'owner' }, nowMs },
    });
    log.add(call, { ...met, status: 200 });
    return copied(output);
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    log.add(call, { ...met, status: error.status, code: error.code });
    throw asThrown(error);
  }
}

/** As `structuredClone`, for the plain data that goes over a wire, and many times faster. */
function copied<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Date) return new Date(value) as T;
  if (value instanceof Uint8Array) return value.slice() as T;
  if (Array.isArray(value)) return value.map(copied) as T;
  const copy: Record<string, unknown> = {};
  for (const [name, item] of Object.entries(value)) copy[name] = copied(item);
  return copy as T;
}

/** A late call that is refused changes nothing; nobody waits for its answer, and the log has it. */
function land(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    if (!isRefusal(error)) throw error;
  }
}

function pause(clock: Pick<PortClock, 'after'>, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const aborted = () => {
      cancel();
      reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    };
    const cancel = clock.after(ms, () => {
      signal.removeEventListener('abort', aborted);
      resolve();
    });
    signal.addEventListener('abort', aborted);
  });
}

async function launch(
  ec2: Sessions['ec2'],
  zone: string,
  tags: Readonly<Record<string, string>>,
): Promise<string> {
  const region = zone.slice(0, -1);
  const subnet = networkOf(region).subnets.find((each) => each.zone.name === zone);
  const image = imagesOf(region)[0];
  if (subnet === undefined || image === undefined) throw new Error(`${zone} is no zone`);
  const { signal } = new AbortController();
  const scope = { account: 'main', region, signal, correlationId: 'launch' };
  const { Instances = [] } = await ec2(scope, 'runInstances', {
    ...{ MinCount: 1, MaxCount: 1, ImageId: image.imageId, InstanceType: 't3.small' },
    ...{ SubnetId: subnet.subnetId, IamInstanceProfile: { Name: 'fairlead-server' } },
    TagSpecifications: [
      {
        ResourceType: 'instance',
        Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
      },
    ],
  });
  return Instances[0]?.InstanceId ?? '';
}

function clockOver(port: SimulatedEc2Options['clock'], scale: number): Clock {
  let isStopped = false;
  return {
    scale,
    nowMs: () => port.nowMs(),
    scaled: (simulatedMs) => simulatedMs / scale,
    at: (wallMs, work) => {
      port.after(Math.max(0, wallMs - port.nowMs()), () => {
        if (!isStopped) work();
      });
    },
    stop: () => {
      isStopped = true;
    },
    isStopped: () => isStopped,
  };
}

/** Ids in AWS's form, one after the other, so that a seed is a whole story. */
function seededIds(seed: number): (prefix: string) => string {
  let count = 0;
  return (prefix) => {
    count += 1;
    const world = (seed % 0xffff).toString(16).padStart(4, '0');
    return `${prefix}-${world}${count.toString(16).padStart(13, '0')}`;
  };
}

const refuse = (): never => {
  throw new Error('the simulated EC2 in process has neither secrets nor roles');
};
const noVault: World['vault'] = {
  ...{ accessKeyId: 'AKIASIMULATED', accessKey: 'AKIASIMULATED:none', keyIdFor: (id) => id },
  ...{ credentialsFor: refuse, seal: refuse, open: refuse },
};
const noMachines: World['runner'] = {
  ...{ run: refuse, cancel: () => undefined, halt: () => undefined },
  ...{ forget: () => undefined, endLeftovers: () => undefined },
};
