/** The side path `/_sim/…`: rules for trouble, the truth behind the API, and the log of calls. */
import { z } from 'zod';
import type { CallLog } from './call-log.ts';
import { capacityKey } from './ec2/capacity.ts';
import { stateAt } from './ec2/instance-state.ts';
import { faultRule } from './faults.ts';
import type { Faults } from './faults.ts';
import type { Table } from './state/journal.ts';
import type { Bucket } from './throttle.ts';
import { durations } from './timing.ts';
import type { DurationName } from './timing.ts';
import type { World } from './world.ts';

export interface Control {
  readonly world: World;
  readonly faults: Faults;
  readonly buckets: Table<Bucket>;
  readonly log: CallLog;
  /** What the node half knows of the machines. */
  machines(): object;
  reset(): void;
}

export interface ControlRequest {
  readonly method: string;
  /** Without `/_sim/`. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: string;
}

const capacity = z.strictObject({
  zone: z.string().min(1),
  instanceType: z.string().min(1).default('*'),
  lifecycle: z.enum(['onDemand', 'spot', '*']).default('*'),
  left: z.int().min(0),
  isLate: z.boolean().default(false),
});
const quota = z.strictObject({
  region: z.string().min(1),
  lifecycle: z.enum(['onDemand', 'spot']).default('onDemand'),
  max: z.int().min(0),
});
const agents = z.strictObject({
  tag: z.string().min(1),
  value: z.string(),
  onlineAfterMs: z.number().min(0).optional(),
  times: z.int().min(1).default(1),
});
const range = z
  .strictObject({ min: z.number().min(0), max: z.number().min(0) })
  .refine((it) => it.min <= it.max, 'min must not be greater than max');
const durationNames = Object.keys(durations) as [DurationName, ...DurationName[]];
const duration = z.strictObject({ name: z.enum(durationNames), range });
const bucket = z.strictObject({
  op: z.string().min(1),
  burst: z.number().positive(),
  refillPerSecond: z.number().min(0),
});

/** Answers one request of the side path. @throws ZodError, SyntaxError for a body that does not fit */
export function control(state: Control, request: ControlRequest): { status: number; body: object } {
  const { tables } = state.world;
  switch (`${request.method} ${request.path}`) {
    case 'GET ready':
      return ok({ pid: process.pid, scale: state.world.clock.scale });
    case 'GET state':
      return ok(truth(state));
    case 'GET log':
      return ok({ calls: state.log.list(logFilter(request.query)) });
    case 'DELETE log':
      state.log.clear();
      return ok({});
    case 'GET faults':
      return ok({ faults: state.faults.list() });
    case 'POST faults':
      return ok(state.faults.add(faultRule.parse(JSON.parse(request.body))));
    case 'DELETE faults': {
      const id = request.query.get('id');
      if (id === null) state.faults.clear();
      else state.faults.remove(id);
      return ok({});
    }
    case 'POST capacity':
      return put(tables.capacity, capacity, request, capacityKey);
    case 'POST quota':
      return put(tables.quotas, quota, request, (row) => `${row.region}/${row.lifecycle}`);
    case 'POST agents':
      return put(tables.agents, agents, request, (row) => `${row.tag}=${row.value}`);
    case 'POST durations': {
      const row = duration.parse(JSON.parse(request.body));
      tables.durations.put(row.name, row.range);
      return ok(row);
    }
    case 'POST throttle': {
      const { op, ...row } = bucket.parse(JSON.parse(request.body));
      state.buckets.put(op, row);
      return ok({ op, ...row });
    }
    case 'DELETE capacity':
      return empty(tables.capacity);
    case 'DELETE quota':
      return empty(tables.quotas);
    case 'DELETE agents':
      return empty(tables.agents);
    case 'DELETE durations':
      return empty(tables.durations);
    case 'DELETE throttle':
      return empty(state.buckets);
    case 'POST reset':
      state.reset();
      return ok({});
    default:
      return {
        status: 404,
        body: { error: `there is no ${request.method} /_sim/${request.path}` },
      };
  }
}

function ok(body: object): { status: number; body: object } {
  return { status: 200, body };
}

function logFilter(query: URLSearchParams): { op?: string; after: number } {
  const op = query.get('op');
  return { ...(op === null ? {} : { op }), after: Number(query.get('after') ?? 0) };
}

function put<Schema extends z.ZodType<object>>(
  table: Table<z.infer<Schema>>,
  schema: Schema,
  request: ControlRequest,
  keyOf: (row: z.infer<Schema>) => string,
): { status: number; body: object } {
  const row = schema.parse(JSON.parse(request.body));
  table.put(keyOf(row), row);
  return ok(row);
}

function empty<Row>(table: Table<Row>): { status: number; body: object } {
  for (const id of table.ids()) table.remove(id);
  return ok({});
}

/** What is, whatever reads may see: every instance still known, tokens, groups, parameter names, launches per uid. */
function truth(state: Control): object {
  const { world } = state;
  const { tables } = world;
  const nowMs = world.clock.nowMs();
  return {
    instances: [...tables.instances.all()].map((record) => ({
      instanceId: record.instanceId,
      region: record.region,
      zone: record.zone,
      instanceType: record.instanceType,
      lifecycle: record.lifecycle,
      privateIp: record.privateIp,
      state: stateAt(record, nowMs),
      clientToken: record.clientToken,
      launchedAtMs: record.launchedAtMs,
      isProtected: record.isProtected,
      uid: record.tags['fairlead:uid'],
      slot: record.tags['fairlead:slot'],
      incarnation: record.tags['fairlead:incarnation'],
      tags: record.tags,
    })),
    launchedByUid: Object.fromEntries(
      [...tables.launches.ids()].map((uid) => [uid, tables.launches.get(uid) ?? 0]),
    ),
    tokens: [...tables.tokens.all()].map(({ key, instanceIds }) => ({ key, instanceIds })),
    securityGroups: [...tables.groups.all()].map((group) => ({
      groupId: group.groupId,
      region: group.region,
      name: group.name,
      tags: group.tags,
      rules: group.ingress.length,
    })),
    parameters: [...tables.parameters.all()].map(({ region, name, type }) => ({
      region,
      name,
      type,
    })),
    commands: [...tables.invocations.all()].map(({ commandId, instanceId, status }) => ({
      commandId,
      instanceId,
      status,
      comment: tables.commands.get(commandId)?.comment ?? '',
    })),
    machines: state.machines(),
  };
}
