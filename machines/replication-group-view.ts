/** What a user sees of a group: its members side by side, the worst of them, and how its orders ended. From memory alone. */
import { apiVersion } from './ids.ts';
import { admitGroup } from './replication-group-admission.ts';
import { memberNames } from './replication-group-context.ts';
import type { GroupCommand, GroupContext } from './replication-group-context.ts';
import type { MemberFact } from './replication-group-effects.ts';
import { commonWriter, worstLossSeconds, worstSyncMs } from './replication-group-facts.ts';

type Shown = Readonly<Record<string, unknown>>;

/** Times are epoch milliseconds. */
export function viewGroup(context: GroupContext): Shown {
  const { namespace, name, uid, labels, annotations, spec } = context;
  return {
    apiVersion,
    kind: 'ReplicationGroup',
    metadata: { namespace, name, uid, labels, annotations },
    spec: spec ?? {},
    status: statusOf(context),
    allowedNext: allowedGroupVerbs(context),
  };
}

function statusOf(context: GroupContext): Shown {
  const { members, operation, outcomes, lastFault, phase, sinceMs, specGeneration } = context;
  const lossSeconds = worstLossSeconds(members);
  return {
    ...{ state: phase, phase, sinceMs, createdAtMs: context.createdAtMs },
    ...{ generation: specGeneration, observedGeneration: specGeneration },
    writer: commonWriter(members) ?? (members.length === 0 ? 'unknown' : 'mixed'),
    consistency: 'perVolume',
    lastSync: worstSyncMs(members),
    lag: { ratio: Math.max(0, ...members.map(({ lagRatio }) => lagRatio)) },
    ...(lossSeconds !== null && { loss: { seconds: lossSeconds } }),
    observedAtMs: context.lookedAtMs,
    members: memberNames(context).map((name) => memberOf(name, members)),
    operation: operation && {
      ...{ opId: orderIdOf(context, operation.number), verb: operation.verb, how: operation.how },
      ...{ endpoint: operation.endpoint, phase, startedAtMs: operation.startedAtMs },
      ...{ moving: operation.moving, settled: operation.settled, cause: operation.cause },
      ...(operation.by !== '' && { by: operation.by }),
    },
    ...(outcomes.length > 0 && { lastOrder: outcomes.at(-1) }),
    ...(context.waiting !== null && { waiting: context.waiting }),
    ...(lastFault !== null && { lastFault }),
    ...(operation !== null && operation.cause !== '' && { reason: operation.cause }),
    conditions: [readyOf(context)],
    history: outcomes,
    correlationId: context.correlationId,
  };
}

const memberOf = (name: string, members: readonly MemberFact[]): Shown => {
  const fact = members.find((each) => each.name === name);
  if (fact === undefined) return { name, known: false };
  const { against: _against, exists, operation, ...shown } = fact;
  return { ...shown, known: exists, at: operation?.group?.at ?? null };
};

function readyOf(context: GroupContext): Shown {
  const { members, sinceMs: since, specGeneration: observedGeneration } = context;
  const absent = members.filter(({ exists }) => !exists).map(({ name }) => name);
  const found = (status: string, reason: string, message: string): Shown => ({
    ...{ type: 'Ready', status, reason, message, since, observedGeneration },
  });
  if (members.length === 0) return found('Unknown', 'NotLooked', 'its members were not read yet');
  if (absent.length > 0) return found('False', 'MemberMissing', `there is no ${absent.join(', ')}`);
  const writer = commonWriter(members);
  if (writer === undefined) return found('False', 'MixedWriters', 'members write on both sides');
  return found('True', 'InStep', `${writer} writes everywhere`);
}

const orderIdOf = ({ uid }: GroupContext, number: number): string => `rg-${uid}-o${number}`;

const simple = [
  ...(['failover', 'failback', 'relocate', 'cancel', 'pause', 'resume', 'delete'] as const),
] as const;

/** Verbs that would be accepted now. */
export function allowedGroupVerbs(context: GroupContext): string[] {
  if (context.phase === 'deleted') return ['create', 'apply'];
  const stamp = { atMs: context.atMs, correlationId: '', commandId: '' };
  const found = simple.filter((verb) => {
    const event = { type: `replicationgroup.${verb}`, how: 'planned', ...stamp };
    return admitGroup(context, event as GroupCommand).kind === 'accepted';
  });
  return context.operation === null ? ['apply', ...found] : found;
}

/** Fields of a success reply. */
export function groupReplyOf(context: GroupContext): Shown {
  const { uid, operation, specGeneration: generation, phase } = context;
  if (operation === null) return { uid, generation, phase };
  return { uid, generation, phase, opId: orderIdOf(context, operation.number) };
}
