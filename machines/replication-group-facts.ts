/** What a group reads out of a member's memory, and what it concludes from all of them. Pure. */
import { admitReplication } from './replication-admission.ts';
import type { Barrier } from './replication-group-mark.ts';
import { publicStateOf } from './replication-context.ts';
import type { ReplicationContext } from './replication-context.ts';
import type { MemberFact } from './replication-group-effects.ts';
import { sides } from './replication-table.ts';
import type { Side } from './replication-table.ts';

/** @param context  of the member's record; undefined when there is none */
export function memberFactOf(
  name: string,
  context: ReplicationContext | undefined,
  how: 'planned' | 'forced',
): MemberFact {
  if (context === undefined || context.lifecycle === 'deleted') return missing(name);
  const { home, away, writer, epoch, lastSyncMs, lagRatio, loss, operation } = context;
  return {
    ...{ name, exists: true, home: home.phase, away: away.phase },
    ...{ writer, epoch, lastSyncMs, lagRatio, loss: loss && { seconds: loss.seconds } },
    operation: operation && { kind: operation.kind, group: operation.group },
    against: { home: against(context, 'home', how), away: against(context, 'away', how) },
    says: sayingOf(context),
  };
}

const missing = (name: string): MemberFact => {
  const why = [`there is no replication ${name} in this namespace`];
  return {
    ...{ name, exists: false, home: 'absent.created', away: 'absent.created' },
    ...{ writer: 'none', epoch: 0, lastSyncMs: null, lagRatio: 0, loss: null, operation: null },
    against: { home: why, away: why },
    says: 'it does not exist',
  };
};

function against(
  context: ReplicationContext,
  endpoint: Side,
  how: 'planned' | 'forced',
): readonly string[] {
  if (publicStateOf(context[endpoint].phase) === 'source' && context.writer === endpoint) return [];
  const stamp = { atMs: context.atMs, correlationId: '', commandId: '' };
  const order = { type: 'replication.promote', endpoint, how } as const;
  const admission = admitReplication(context, { ...order, ...stamp });
  if (admission.kind !== 'refused') return [];
  const { because = [], message } = admission.refusal;
  return because.length > 0 ? because : [message];
}

function sayingOf({ home, away, reason, because, lastFault }: ReplicationContext): string {
  const parts = [`home is ${home.phase}, away is ${away.phase}`, reason, ...because];
  if (lastFault !== null && !reason.includes(lastFault.code)) parts.push(lastFault.code);
  return parts.filter((part) => part !== '').join('; ');
}

// ------------------------------------------------------------------------------------- of one member

/** The writer, not a side that only believes it is: a later epoch may have fenced that one already. */
export const isSource = (fact: MemberFact, side: Side): boolean =>
  fact[side].startsWith('source.') && fact.writer === side;

const isOf = ({ operation }: MemberFact, group: string, order: number): boolean =>
  operation?.group?.name === group && operation.group.order === order;

/** It is on its way by this order of this group. */
export const isOnItsWay = (fact: MemberFact, group: string, order: number): boolean =>
  isOf(fact, group, order);

export const isAt = (fact: MemberFact, barrier: Barrier): boolean =>
  fact.operation?.group?.at === barrier;

// ------------------------------------------------------------------------------------- of all of them

/** The one side that writes everywhere; undefined when it is not the same everywhere. */
export function commonWriter(facts: readonly MemberFact[]): Side | undefined {
  const [side, ...others] = new Set(facts.map(({ writer }) => writer));
  return others.length > 0 ? undefined : sides.find((each) => each === side);
}

/** As far back as the worst member; null while one has no copy of its epoch. */
export const worstSyncMs = (facts: readonly MemberFact[]): number | null =>
  facts.some(({ lastSyncMs }) => lastSyncMs === null) || facts.length === 0
    ? null
    : Math.min(...facts.map(({ lastSyncMs }) => lastSyncMs ?? 0));

/** Of the members that have lost anything, the one that lost most. */
export const worstLossSeconds = (facts: readonly MemberFact[]): number | null => {
  const found = facts.flatMap(({ loss }) => (loss === null ? [] : [loss.seconds]));
  return found.length === 0 ? null : Math.max(...found);
};
