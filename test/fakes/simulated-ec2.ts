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
import type { Control } from '../../src/simulator/control.ts';
import { createDraw } from '../../src/simulator/draw.ts';
import { ec2Operations } from '../../src/simulator/ec2/operations.ts';
import { storageTruth } from '../../src/simulator/ec2/volumes/truth.ts';
import type { StorageTruth } from '../../src/simulator/ec2/volumes/truth.ts';
import { AwsError } from '../../src/simulator/errors.ts';
import { createFaults } from '../../src/simulator/faults.ts';
import type { FaultAct, FaultRow } from '../../src/simulator/faults.ts';
import type { Table } from '../../src/simulator/state/journal.ts';
import { createThrottle } from '../../src/simulator/throttle.ts';
import type { Bucket } from '../../src/simulator/throttle.ts';
import type { WireCall } from '../../src/simulator/wire.ts';
import { openTables } from '../../src/simulator/world.ts';
import type { World } from '../../src/simulator/world.ts';

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
  readonly log: CallLog;
  readonly ec2: Sessions['ec2'];
  /** One request on the side path, e.g. `side('POST', 'volumes/flags', { name: 'mounted' })`. @throws Error for any refusal */
  side<Reply = unknown>(method: string, path: string, body?: object): Reply;
  /** What is, whatever reads may see. */
  truth(): StorageTruth;
  /** A machine in the zone, pending; it runs after the boot, which is at most 40 s. */
  launch(zone: string, more?: Readonly<Record<string, string>>): Promise<string>;
}

export function simulatedEc2(options: SimulatedEc2Options): SimulatedEc2 {
  const { seed = 1, scale = 1, answerMs = 10_000 } = options;
  const clock = clockOver(options.clock, scale);
  const draw = createDraw(seed);
  const memory = inMemory();
  const idOf = seededIds(seed);
  const world: World = {
    clock,
    draw,
    tables: openTables({ table: memory.table }),
    together: (run) => run(),
    vault: noVault,
    runner: noMachines,
    idOf,
  };
  const buckets = memory.table<Bucket>('buckets');
  const throttle = createThrottle(clock, buckets);
  const faults = createFaults(memory.table<FaultRow>('faults'), draw);
  const log = createCallLog(clock.nowMs);
  const side: Control = {
    ...{ world, faults, buckets, log },
    machines: () => ({}),
    reset: () => {
      memory.clear();
    },
  };

  const run = (call: WireCall, input: object): unknown => {
    throttle.spend(call);
    const operation = ec2Operations.get(call.op);
    if (operation === undefined)
      throw new AwsError('InvalidAction', `The simulator does not have ${call.op}.`);
    const { region } = call;
    const own = structuredClone(input);
    const nowMs = clock.nowMs();
    return structuredClone(
      operation.handle(own, { world, region, caller: { kind: 'owner' }, nowMs }),
    );
  };
  /** Does the call and writes it down, as the server does. */
  const done = (call: WireCall, input: object, fault?: string): unknown => {
    const met = fault === undefined ? {} : { fault };
    try {
      const output = run(call, input);
      log.add(call, { caller: 'owner', status: 200, ...met });
      return output;
    } catch (error) {
      const { status, code } = error instanceof AwsError ? error : internalError;
      log.add(call, { caller: 'owner', status, code, ...met });
      throw error instanceof AwsError ? onTheWire(error) : error;
    }
  };
  const pause = (ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const cancel = options.clock.after(ms, resolve);
      signal.addEventListener('abort', () => {
        cancel();
        resolve();
      });
    });
  const noAnswer = async (signal: AbortSignal): Promise<never> => {
    await pause(answerMs, signal);
    signal.throwIfAborted();
    throw Object.assign(new Error('no answer within the time of this attempt'), {
      name: 'TimeoutError',
    });
  };
  const troubled = async (
    act: FaultAct,
    call: WireCall,
    input: object,
    signal: AbortSignal,
  ): Promise<unknown> => {
    const undone = (status: number) => {
      log.add(call, { caller: 'owner', status, fault: act.kind });
    };
    switch (act.kind) {
      case 'error':
        undone(act.status);
        throw onTheWire(act, act.retryAfterSeconds);
      case 'hangupBefore':
      case 'rst':
        undone(0);
        throw hungUp();
      case 'hold':
        undone(0);
        return noAnswer(signal);
      case 'html500':
        undone(500);
        throw onTheWire({ code: 'UnknownError', status: 500, message: 'UnknownError' });
      case 'late':
        undone(503);
        clock.at(clock.nowMs() + clock.scaled(act.ms), () => {
          try {
            done(call, input, 'landed');
          } catch (error) {
            // A late call that is refused changes nothing; nobody waits for its answer, and the log has it.
            if (!isRefusal(error)) throw error;
          }
        });
        if (act.reply === 'none') return noAnswer(signal);
        throw onTheWire(new AwsError('ServiceUnavailable', 'The service is unavailable.'));
      case 'hangupAfter':
        done(call, input, act.kind);
        throw hungUp();
      case 'cutBody':
        done(call, input, act.kind);
        throw hungUp(200);
      case 'emptyBody':
        done(call, input, act.kind);
        throw onTheWire({ code: 'UnknownError', status: 200, message: 'the reply has no body' });
      case 'stall':
        done(call, input, act.kind);
        return noAnswer(signal);
      case 'delay': {
        const output = done(call, input, act.kind);
        await pause(act.ms, signal);
        signal.throwIfAborted();
        return output;
      }
      case 'dateSkew':
        return done(call, input, act.kind);
    }
  };
  const send = async (scope: CallScope, name: string, input: object): Promise<unknown> => {
    const whole = withToken(name, input, () => idOf('token'));
    const call = wireCallOf(scope.region, name, whole);
    try {
      scope.signal.throwIfAborted();
      // An answer never comes in the same breath as the question.
      await Promise.resolve();
      const fault = faults.take(call);
      return fault === undefined
        ? done(call, whole)
        : await troubled(fault.act, call, whole, scope.signal);
    } catch (error) {
      throw new CloudFault(withVerdict(faultOf(error, scope.signal), name, scope), error);
    }
  };
  // The cast undoes what overloads hide: `name` is a method of the SDK's client, and its operation takes and gives these.
  const ec2: Sessions['ec2'] = (scope, name, input) =>
    send(scope, name, input as object) as Promise<never>;

  return {
    ...{ world, log, ec2 },
    side: <Reply>(method: string, path: string, body: object = {}) => {
      const url = new URL(path, 'http://sim/');
      const request = { method, path: url.pathname.slice(1), query: url.searchParams };
      const reply = control(side, { ...request, body: JSON.stringify(body) });
      if (reply.status !== 200) throw new Error(`${method} ${path}: ${JSON.stringify(reply.body)}`);
      return reply.body as Reply;
    },
    truth: () => storageTruth(world),
    launch: async (zone, tags = {}) => {
      const region = zone.slice(0, -1);
      const subnet = networkOf(region).subnets.find((each) => each.zone.name === zone);
      const image = imagesOf(region)[0];
      if (subnet === undefined || image === undefined) throw new Error(`${zone} is no zone`);
      const list = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
      const { signal } = new AbortController();
      const { Instances = [] } = await ec2(
        { account: 'main', region, signal, correlationId: 'launch' },
        'runInstances',
        {
          ...{ MinCount: 1, MaxCount: 1, ImageId: image.imageId, InstanceType: 't3.small' },
          ...{ SubnetId: subnet.subnetId, IamInstanceProfile: { Name: 'fairlead-server' } },
          TagSpecifications: [{ ResourceType: 'instance' as const, Tags: list }],
        },
      );
      return Instances[0]?.InstanceId ?? '';
    },
  };
}

/** The SDK fills these per send; whoever gives none gets a fresh one each time. */
const tokenFilled = new Set(['createVolume', 'copyVolumes', 'runInstances']);

function withToken(name: string, input: object, fill: () => string): object {
  if (!tokenFilled.has(name) || 'ClientToken' in input) return input;
  return { ...input, ClientToken: fill() };
}

const internalError = { status: 500, code: 'InternalError' };

const isRefusal = (error: unknown): boolean => error instanceof Error && '$metadata' in error;

/** An error as the SDK throws it. */
function onTheWire(
  { code, status, message }: { code: string; status: number; message: string },
  retryAfterSeconds?: number,
): Error {
  return Object.assign(new Error(message), {
    name: code,
    $fault: status < 500 ? 'client' : 'server',
    $metadata: { httpStatusCode: status, requestId: 'simulated', attempts: 1 },
    ...(retryAfterSeconds === undefined
      ? {}
      : { $response: { headers: { 'retry-after': String(retryAfterSeconds) } } }),
  });
}

function hungUp(status?: number): Error {
  return Object.assign(new Error('socket hang up'), {
    code: 'ECONNRESET',
    $metadata: { attempts: 1, ...(status === undefined ? {} : { httpStatusCode: status }) },
  });
}

/** Parameters spelled by the SDK's members, `Filters.1.Name`; rules that match by `*` meet both this and the wire. */
function wireCallOf(region: string, name: string, input: object): WireCall {
  const parameters = new Map<string, string>();
  const walk = (value: unknown, path: string): void => {
    if (value === undefined || value === null) return;
    if (Array.isArray(value)) {
      value.forEach((item, index) => {
        walk(item, `${path}.${index + 1}`);
      });
    } else if (typeof value === 'object') {
      for (const [key, item] of Object.entries(value))
        walk(item, path === '' ? key : `${path}.${key}`);
    } else parameters.set(path, String(value as string | number | boolean));
  };
  walk(input, '');
  const zone = parameters.get('AvailabilityZone');
  if (zone !== undefined) parameters.set('zone', zone);
  const op = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
  return { service: 'ec2', op, region, accessKeyId: 'AKIASIMULATED', parameters, body: '' };
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

function inMemory() {
  const tables = new Map<string, Map<string, unknown>>();
  const rowsOf = (name: string): Map<string, unknown> => {
    const rows = tables.get(name) ?? new Map<string, unknown>();
    tables.set(name, rows);
    return rows;
  };
  return {
    table: <Row>(name: string): Table<Row> => {
      // The caller names the row type of its own table.
      const rows = rowsOf(name) as Map<string, Row>;
      return {
        get: (id) => rows.get(id),
        has: (id) => rows.has(id),
        all: () => rows.values(),
        ids: () => [...rows.keys()],
        put: (id, row) => {
          rows.set(id, row);
        },
        remove: (id) => {
          rows.delete(id);
        },
        get size() {
          return rows.size;
        },
      };
    },
    clear: () => {
      for (const rows of tables.values()) rows.clear();
    },
  };
}

/** Ids in AWS's form, one after the other, so that a seed is a whole story. */
function seededIds(seed: number): (prefix: string) => string {
  let count = 0;
  return (prefix) => {
    count += 1;
    const digits =
      (seed % 0xffff).toString(16).padStart(4, '0') + count.toString(16).padStart(13, '0');
    return `${prefix}-${digits}`;
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
  run: refuse,
  cancel: () => undefined,
  halt: () => undefined,
  forget: () => undefined,
  endLeftovers: () => undefined,
};
