/** The side path `/_sim/…`: rules for trouble, the truth behind the API, and the log of calls. */
import { z } from 'zod';
import type { CallLog } from './call-log.ts';
import { capacityKey } from './ec2/capacity.ts';
import { stateAt } from './ec2/instance-state.ts';
import { volumeRoutes } from './ec2/volumes/side-path.ts';
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

type Route = (state: Control, request: ControlRequest) => object;

const routes: Readonly<Record<string, Route>> = {
  'GET ready': (state) => ({ pid: process.pid, scale: state.world.clock.scale }),
  'GET state': truth,
  'GET log': (state, { query }) => ({ calls: state.log.list(logFilter(query)) }),
  'DELETE log': (state) => {
    state.log.clear();
    return {};
  },
  'GET faults': (state) => ({ faults: state.faults.list() }),
  'POST faults': (state, { body }) => state.faults.add(faultRule.parse(JSON.parse(body))),
  'DELETE faults': (state, { query }) => {
    const id = query.get('id');
    if (id === null) state.faults.clear();
    else state.faults.remove(id);
    return {};
  },
  'POST capacity': ({ world }, { body }) => {
    const row = capacity.parse(JSON.parse(body));
    world.tables.capacity.put(capacityKey(row), row);
    return row;
  },
  'DELETE capacity': ({ world }) => empty(world.tables.capacity),
  'POST quota': ({ world }, { body }) => {
    const row = quota.parse(JSON.parse(body));
    world.tables.quotas.put(`${row.region}/${row.lifecycle}`, row);
    return row;
  },
  'DELETE quota': ({ world }) => empty(world.tables.quotas),
  'POST agents': ({ world }, { body }) => {
    const row = agents.parse(JSON.parse(body));
    world.tables.agents.put(`${row.tag}=${row.value}`, row);
    return row;
  },
  'DELETE agents': ({ world }) => empty(world.tables.agents),
  'POST durations': ({ world }, { body }) => {
    const row = duration.parse(JSON.parse(body));
    world.tables.durations.put(row.name, row.range);
    return row;
  },
  'DELETE durations': ({ world }) => empty(world.tables.durations),
  'POST throttle': (state, { body }) => {
    const row = bucket.parse(JSON.parse(body));
    state.buckets.put(row.op, { burst: row.burst, refillPerSecond: row.refillPerSecond });
    return row;
  },
  'DELETE throttle': (state) => empty(state.buckets),
  'POST reset': (state) => {
    state.reset();
    return {};
  },
};

/** Answers one request of the side path. @throws ZodError, SyntaxError for a body that does not fit */
export function control(state: Control, request: ControlRequest): { status: number; body: object } {
  const name = `${request.method} ${request.path}`;
  const route = routes[name];
  if (route !== undefined) return { status: 200, body: route(state, request) };
  const ofVolumes = volumeRoutes[name];
  if (ofVolumes !== undefined) {
    return { status: 200, body: ofVolumes(state.world, request.body) };
  }
  const known = Object.keys({ ...routes, ...volumeRoutes }).join(', ');
  return { status: 404, body: { error: `there is no ${name}; there are ${known}` } };
}

function logFilter(query: URLSearchParams): { op?: string; after: number } {
  const op = query.get('op');
  return { ...(op === null ? {} : { op }), after: Number(query.get('after') ?? 0) };
}

function empty<Row>(table: Table<Row>): object {
  for (const id of table.ids()) table.remove(id);
  return {};
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
