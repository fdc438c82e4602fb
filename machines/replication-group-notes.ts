/** What a group writes into its memory, as functions of what it knew and what happened. Pure. */
import type { PublishedEvent } from './messages.ts';
import {
  groupAnswerOf,
  groupFaultOf,
  groupStampOf,
  memberNames,
} from './replication-group-context.ts';
import type {
  GroupContext,
  GroupEvent,
  GroupOperation,
  GroupPhase,
  MemberFailure,
} from './replication-group-context.ts';
import { isSource } from './replication-group-facts.ts';
import { endpointIn, factsIn, fallenIn, nextOf, staying } from './replication-group-judgement.ts';
import { group } from './replication-group-limits.ts';

type Context = GroupContext;
type Memory = Partial<Context>;

export const entered = (context: Context, event: object, phase: GroupPhase): Memory => {
  const atMs = groupStampOf(event, context.atMs);
  return { phase, atMs, sinceMs: atMs };
};

export const announced = (context: Context, phase: GroupPhase): PublishedEvent => ({
  type: 'phaseEntered',
  correlationId: context.operation?.correlationId ?? context.correlationId,
  data: { from: context.phase, phase, order: context.operation?.number ?? 0 },
});

export function declared(context: Context, event: GroupEvent): Memory {
  if (!('manifest' in event)) return {};
  const { metadata, spec } = event.manifest;
  const { labels, annotations } = metadata;
  const { atMs, correlationId } = event;
  return {
    atMs,
    correlationId,
    labels,
    annotations,
    spec,
    specGeneration: context.specGeneration + 1,
  };
}

export const declaration = ({ specGeneration, correlationId, spec }: Context): PublishedEvent => ({
  type: specGeneration > 1 ? 'reconfigured' : 'created',
  correlationId,
  data: { generation: specGeneration, members: spec?.members.map(({ name }) => name) },
});

const verbs = ['failover', 'failback', 'relocate', 'pause', 'resume'] as const;
const endpoints = { failover: 'away', failback: 'home' } as const;

export function begun(context: Context, event: GroupEvent): Memory {
  const verb = verbs.find((each) => event.type === `replicationgroup.${each}`);
  if (verb === undefined || !('commandId' in event)) return {};
  const { atMs, correlationId, by = '' } = event;
  const number = context.ordersBegun + 1;
  const operation: GroupOperation = {
    ...{ verb, number, startedAtMs: atMs, correlationId, by, keptAtMs: atMs, keeps: 0 },
    how: 'how' in event ? event.how : 'planned',
    endpoint: verb === 'failover' || verb === 'failback' ? endpoints[verb] : null,
    ...{ moving: [], settled: [], calledOff: [], hasWriter: false, cause: '', failures: [] },
  };
  return { atMs, correlationId, ordersBegun: number, operation, lastFault: null };
}

export const looked = (context: Context, event: object): Memory => {
  const atMs = groupStampOf(event, context.atMs);
  const members = factsIn(event);
  return members === undefined
    ? { atMs, lastFault: groupFaultOf(event) }
    : { atMs, members, lookedAtMs: atMs, lastFault: null };
};

const changed = ({ operation }: Context, change: Partial<GroupOperation>): Memory =>
  operation === null ? {} : { operation: { ...operation, ...change } };

/** Who has to move, and where to: settled by the look that allowed it. */
export function movesTaken(context: Context, event: object): Memory {
  const facts = factsIn(event) ?? [];
  const endpoint = endpointIn(context, facts) ?? null;
  const names = memberNames(context);
  const moving = names.filter((name) =>
    facts.some((fact) => fact.name === name && endpoint !== null && !isSource(fact, endpoint)),
  );
  return changed(context, { endpoint, moving, keptAtMs: groupStampOf(event, context.atMs) });
}

export const kept = (context: Context, event: object): Memory => ({
  ...changed(context, {
    keptAtMs: groupStampOf(event, context.atMs),
    keeps: (context.operation?.keeps ?? 0) + 1,
  }),
  atMs: groupStampOf(event, context.atMs),
});

export const calledOff = (context: Context, event: object): Memory => {
  const answers = groupAnswerOf(event, 'group.order')?.answers ?? [];
  const names = answers.map(({ member }) => member);
  return {
    atMs: groupStampOf(event, context.atMs),
    ...changed(context, { calledOff: [...(context.operation?.calledOff ?? []), ...names] }),
  };
};

export function settled(context: Context, isWriter: boolean): Memory {
  const { operation } = context;
  const name = nextOf(context);
  if (operation === null || name === undefined) return {};
  const settledNow = [...operation.settled, name];
  return changed(context, { settled: settledNow, hasWriter: operation.hasWriter || isWriter });
}

/** Why it is given up, and what each member that stands against it says. */
export function caused(context: Context, event: object, cause: string): Memory {
  const { operation } = context;
  if (operation === null) return {};
  const fault = groupFaultOf(event);
  const said = [...operation.failures, ...failuresIn(context, event)];
  return {
    atMs: groupStampOf(event, context.atMs),
    ...changed(context, {
      cause: operation.cause !== '' ? operation.cause : fault ? `${cause}: ${fault.code}` : cause,
      failures: said.filter(
        ({ name }, index) => said.findIndex((each) => each.name === name) === index,
      ),
    }),
    ...(fault !== null && { lastFault: fault }),
  };
}

function failuresIn(context: Context, event: object): readonly MemberFailure[] {
  const answers = groupAnswerOf(event, 'group.order')?.answers;
  if (answers !== undefined)
    return answers
      .filter(({ outcome }) => outcome === 'refused')
      .map(({ member, message }) => ({ name: member, says: message }));
  const facts = factsIn(event) ?? [];
  const fallen = fallenIn(context, event).map(({ name, says }) => ({ name, says }));
  if (context.operation?.moving.length !== 0) return fallen;
  const side = endpointIn(context, facts);
  if (side === undefined)
    return facts.map(({ name, writer }) => ({ name, says: `its writer is ${writer}` }));
  return staying(facts, side)
    .filter((fact) => fact.against[side].length > 0)
    .map(({ name, against }) => ({ name, says: against[side].join('; ') }));
}

/** The order is over. Members that did not get there are told of, never rolled back. */
export function ended(context: Context, event: object): Memory {
  const { operation, members, outcomes } = context;
  if (operation === null) return {};
  const { verb, how, number, startedAtMs, by, cause, moving, endpoint } = operation;
  const endedAtMs = groupStampOf(event, context.atMs);
  const told = new Set(operation.failures.map(({ name }) => name));
  const late = members
    .filter(({ name }) => moving.includes(name) && !told.has(name))
    .filter((fact) => endpoint !== null && !isSource(fact, endpoint))
    .map(({ name, says }) => ({ name, says }));
  const failures = [...operation.failures, ...late];
  const ok = cause === '' && failures.length === 0;
  const whole = cause === '' && !ok ? 'not every member became the writer' : cause;
  const outcome = { verb, how, number, ok, startedAtMs, endedAtMs, by, cause: whole, failures };
  return {
    ...{ atMs: endedAtMs, operation: null },
    outcomes: [...outcomes, outcome].slice(-group.historyMax),
  };
}

export const endTold = ({ outcomes, correlationId }: Context): PublishedEvent => ({
  type: 'orderEnded',
  correlationId,
  data: { ...outcomes.at(-1) },
});
