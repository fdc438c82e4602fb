/** What a group asks of the world: to look at its members, and to send each a command of its own. */
import type { GroupMark } from './replication-group-mark.ts';
import type { Side } from './replication-table.ts';

/** One member, as its record has it. */
export interface MemberFact {
  readonly name: string;
  /** False: there is no such replication, or it was deleted. */
  readonly exists: boolean;
  readonly home: string;
  readonly away: string;
  readonly writer: Side | 'none';
  readonly epoch: number;
  readonly lastSyncMs: number | null;
  readonly lagRatio: number;
  /** Of its last forced promotion. */
  readonly loss: { readonly seconds: number } | null;
  /** Of the order under way there; null while none is. */
  readonly operation: { readonly kind: string; readonly group: GroupMark | null } | null;
  /** Everything against promoting that side now; empty where nothing is, or where it writes already. */
  readonly against: Readonly<Record<Side, readonly string[]>>;
  /** Why it stands where it stands. */
  readonly says: string;
}

export interface MemberOrder {
  readonly member: string;
  readonly verb: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

export interface MemberAnswer {
  readonly member: string;
  readonly outcome: 'accepted' | 'unchanged' | 'refused';
  /** Of a refusal. */
  readonly code: string;
  readonly message: string;
}

export interface GroupEffects {
  'group.look': {
    in: {
      readonly namespace: string;
      readonly members: readonly string[];
      readonly how: 'planned' | 'forced';
    };
    out: { readonly members: readonly MemberFact[] };
  };
  /** One command to each; ids follow from `opId` and the member, so that a repeat folds into the first. */
  'group.order': {
    in: {
      readonly namespace: string;
      /** Name of the group: members are told who orders. */
      readonly group: string;
      readonly opId: string;
      readonly orders: readonly MemberOrder[];
    };
    out: { readonly answers: readonly MemberAnswer[] };
  };
}

export type GroupEffectName = keyof GroupEffects;
