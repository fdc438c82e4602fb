/** What a group remembers and is told; JSON only. Of its members it knows what their records showed last. */
import type { Barrier } from './replication-group-mark.ts';
import type { EffectFault } from './messages.ts';
import type { OperationChanged, Waiting } from './operation-context.ts';
import type { GroupEffectName, GroupEffects, MemberFact } from './replication-group-effects.ts';
import type { OperationOutput } from './operation-context.ts';
import type { Side } from './replication-table.ts';
import type { ReplicationGroupManifest, ReplicationGroupSpec } from './specs-group.ts';

export const groupPhases = [
  ...([
    'undeclared',
    'resting',
    'preflighting',
    'resyncing',
    'ordering',
    'gatheringReady',
  ] as const),
  ...(['gatheringFenced', 'gatheringMade', 'arming', 'verifying', 'aborting', 'relaying'] as const),
  'deleted',
] as const;
export type GroupPhase = (typeof groupPhases)[number];

/** Phases before any member has become the writer: giving up leaves none. */
export const gathering: Readonly<Record<Barrier, GroupPhase>> = {
  ready: 'gatheringReady',
  fenced: 'gatheringFenced',
  made: 'gatheringMade',
};

type GroupVerb = 'failover' | 'failback' | 'relocate' | 'pause' | 'resume';

export interface GroupOperation {
  readonly verb: GroupVerb;
  readonly how: 'planned' | 'forced';
  /** Side that is to write; null for pauses, and for a relocation until the members were looked at. */
  readonly endpoint: Side | null;
  /** Number of the order, part of every id that goes out. */
  readonly number: number;
  readonly startedAtMs: number;
  readonly correlationId: string;
  readonly by: string;
  /** Members that have to move, in the order in which they are armed. */
  readonly moving: readonly string[];
  /** Those of them that were let past the last barrier and have become the writer, or failed to. */
  readonly settled: readonly string[];
  readonly hasWriter: boolean;
  /** Members that have taken the order to end what this order began. */
  readonly calledOff: readonly string[];
  /** When members that wait were told so last, and how often. */
  readonly keptAtMs: number;
  readonly keeps: number;
  /** What ended it early; empty while nothing has. */
  readonly cause: string;
  readonly failures: readonly MemberFailure[];
}

export interface MemberFailure {
  readonly name: string;
  readonly says: string;
}

/** How an order ended. */
export interface GroupOutcome {
  readonly verb: string;
  readonly how: string;
  readonly number: number;
  readonly ok: boolean;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly by: string;
  /** Empty when all went well. */
  readonly cause: string;
  readonly failures: readonly MemberFailure[];
}

export interface GroupInput {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly atMs: number;
}

export interface GroupContext extends GroupInput {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly specGeneration: number;
  readonly createdAtMs: number;
  readonly spec: ReplicationGroupSpec | null;
  readonly phase: GroupPhase;
  readonly sinceMs: number;
  readonly ordersBegun: number;
  readonly operation: GroupOperation | null;
  readonly members: readonly MemberFact[];
  readonly lookedAtMs: number;
  readonly lastFault: EffectFault | null;
  readonly waiting: Waiting | null;
  readonly correlationId: string;
  /** Newest last. */
  readonly outcomes: readonly GroupOutcome[];
}

interface Stamp {
  readonly atMs: number;
  readonly correlationId: string;
  readonly commandId: string;
  readonly by?: string | undefined;
}

export type GroupCommand = Stamp &
  (
    | {
        readonly type: 'replicationgroup.create' | 'replicationgroup.apply';
        readonly manifest: ReplicationGroupManifest;
      }
    | { readonly type: 'replicationgroup.failover'; readonly how: 'planned' | 'forced' }
    | {
        readonly type:
          | 'replicationgroup.failback'
          | 'replicationgroup.relocate'
          | 'replicationgroup.cancel'
          | 'replicationgroup.pause'
          | 'replicationgroup.resume'
          | 'replicationgroup.delete';
      }
  );
export type GroupEvent = GroupCommand | OperationChanged;

/** Members as they are armed: lower numbers first, equal ones as written. */
export const memberNames = ({ spec }: GroupContext): readonly string[] =>
  [...(spec?.members ?? [])].sort((one, other) => one.order - other.order).map(({ name }) => name);

const resultOf = (event: unknown): OperationOutput['result'] =>
  (event as { output: OperationOutput }).output.result;

/** The answer, where the effect has succeeded. Done events are no members of the declared ones. */
export function groupAnswerOf<Effect extends GroupEffectName>(
  event: unknown,
  _effect: Effect,
): GroupEffects[Effect]['out'] | undefined {
  if (typeof event !== 'object' || event === null || !('output' in event)) return undefined;
  const result = resultOf(event);
  return result.ok ? (result.value as unknown as GroupEffects[Effect]['out']) : undefined;
}

export const groupFaultOf = (event: object): EffectFault | null => {
  if (!('output' in event)) return null;
  const result = resultOf(event);
  return result.ok ? null : result.fault;
};

export function groupStampOf(event: object, otherwiseMs: number): number {
  if ('atMs' in event && typeof event.atMs === 'number') return event.atMs;
  return 'output' in event ? resultOf(event).atMs : otherwiseMs;
}
