/** What a replication remembers and is told; JSON only, no clock: times come with events and results. */
import type { EffectFault } from './messages.ts';
import type { Waiting } from './operation-context.ts';
import type { GroupMark } from './replication-group-mark.ts';
import type { Point, PointMade, ReplicationFacts, Writable } from './replication-effects.ts';
import type { SafetyTimes } from './replication-limits.ts';
import type { ReplicationSettings } from './replication-settings.ts';
import type { PublicState, Side } from './replication-table.ts';
import type { ReplicationSpec } from './specs.ts';

/** Phases inside the public states: what people see next to the state. */
export const phases = {
  absent: ['created'],
  replica: [
    'seeding',
    'following',
    'lagging',
    'paused',
    'testing',
    'reconfiguring',
    'preflightPromote',
  ],
  promoting: [
    ...['claimingEpoch', 'demotingPeer', 'fencing', 'awaitingOverride', 'quietWindow'],
    ...['choosingPoint', 'materializing', 'arming', 'verifying', 'compensating'],
  ],
  source: [
    ...['exposed', 'protected', 'lagging', 'paused', 'reconfiguring', 'preflightDemote'],
    'contested',
  ],
  demoting: [
    ...['draining', 'selfFencing', 'quietWindow', 'finalSync', 'releasing', 'verifying'],
    'compensating',
  ],
  syncing: ['preserving', 'selecting', 'transferring', 'catchingUp', 'verifying'],
  failed: ['indeterminate', 'safe', 'writerIntact'],
} as const satisfies Record<PublicState, readonly string[]>;

/** `public.phase`, as `promoting.fencing`. */
export type Phase = {
  [S in PublicState]: `${S}.${(typeof phases)[S][number]}`;
}[PublicState];

export const publicStateOf = (phase: Phase): PublicState => phase.split('.')[0] as PublicState;

/** Where an endpoint rests when a preflight comes to nothing. */
export type Rest = 'seeding' | 'following' | 'exposed' | 'protected' | 'lagging' | 'paused';

export interface EndpointMemory {
  readonly phase: Phase;
  readonly sinceMs: number;
  /** Writer generation in which it was last armed; 0 when never. */
  readonly epoch: number;
  /** Highest epoch whose promotion has begun to fence this endpoint: nothing below may ever write here again. */
  readonly fencedBelow: number;
  readonly writable: Writable;
  readonly observedAtMs: number;
  readonly generation: number;
  readonly returnTo: Rest | null;
  /** Percent of the slow work of this phase; null before it tells of any. */
  readonly progress: number | null;
}

export type OperationKind = 'promote' | 'demote' | 'resync' | 'recover';

/** What a preflight expects an order to take and to lose. */
export interface OrderEstimate {
  readonly rtoSeconds: number;
  readonly lossSeconds: number;
}

/** The one order under way; a demotion that a higher epoch forces is none. */
export interface Operation {
  readonly kind: OperationKind;
  /** As it was ordered: `failover`, `promote`. */
  readonly verb: string;
  /** What follows once it is done; kept here, so that it outlives a restart and ends with a cancel. */
  readonly then: 'promote' | null;
  readonly endpoint: Side;
  readonly how: 'planned' | 'forced';
  /** Number of the order, part of operation ids. */
  readonly seq: number;
  readonly startedAtMs: number;
  readonly correlationId: string;
  readonly by: string;
  /** Epoch it claimed; 0 before. */
  readonly epoch: number;
  /** Point asked for by the one who ordered; null for the newest. */
  readonly wanted: number | null;
  readonly chosen: PointMade | null;
  /** What kept the fence from being proven, for the override. */
  readonly observed: string;
  readonly fencedAtMs: number;
  readonly fenceRounds: number;
  readonly reissues: number;
  readonly estimate: OrderEstimate | null;
  /** Of the group whose order it is part of. */
  readonly group: GroupMark | null;
}

/** How points are being taken. */
export interface ScheduleMemory {
  readonly phase: SchedulePhase;
  readonly sinceMs: number;
  readonly progress: number | null;
  /** When the tick under way, or the last one, began. */
  readonly tickAtMs: number;
  /** How long the last whole tick took; 0 before. */
  readonly cycleMs: number;
  /** Ticks that ended after the next one was due. */
  readonly overruns: number;
  readonly hasOverrun: boolean;
}
export type SchedulePhase =
  'idle' | 'snapshotting' | 'copying' | 'committing' | 'pruning' | 'backoff' | 'paused' | 'ended';

/** Whether writers of all epochs below have been shown to be unable to write, by reads after the window. */
export interface WriteFence {
  readonly epoch: number;
  readonly stage: 'none' | 'proven' | 'waived';
  readonly atMs: number;
}

export interface Protection {
  readonly isProtected: boolean;
  readonly sinceMs: number;
  readonly generation: number;
}

/** An operator has accepted two writers; stands until one endpoint is proven unable to write. */
export interface RiskAccepted {
  readonly epoch: number;
  readonly by: string;
  readonly atMs: number;
  readonly observed: string;
  readonly clearedAtMs: number | null;
}

export interface Loss {
  readonly seconds: number;
  readonly fromPitMs: number;
  readonly atMs: number;
  readonly epoch: number;
}

export interface HistoryEntry {
  readonly seq: number;
  readonly endpoint: Side;
  readonly from: PublicState;
  readonly to: PublicState;
  readonly atMs: number;
  readonly reason: string;
  readonly phase: Phase;
  readonly epoch: number;
  readonly correlationId: string;
  /** Who gave the order under way; empty where none was. */
  readonly by: string;
  /** Command whose order was carried out. */
  readonly requestId: string;
  /** Command that brought it about at once; empty where an answer or a timer did. */
  readonly causationId: string;
}

export interface ReplicationInput {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly atMs: number;
  /** Of the tombstone under the same name: writer generations go on above it. */
  readonly epochBefore?: number;
  /** Default: `safetyTimes`. */
  readonly safety?: SafetyTimes;
}

/** What makes points: an endpoint at its end or its beginning, and the schedule. */
export type Flow = Side | 'schedule';

export interface ReplicationContext extends Omit<ReplicationInput, 'epochBefore' | 'safety'> {
  readonly safety: SafetyTimes;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Of the declaration: grows with every change of it. */
  readonly specGeneration: number;
  readonly createdAtMs: number;
  /** As declared; null before. */
  readonly spec: ReplicationSpec | null;
  readonly settings: ReplicationSettings | null;
  readonly epoch: number;
  readonly writer: Side | 'none';
  /** Epoch of the newest data ever written. */
  readonly writerEpoch: number;
  readonly home: EndpointMemory;
  readonly away: EndpointMemory;
  readonly fence: WriteFence;
  readonly riskAccepted: RiskAccepted | null;
  readonly operation: Operation | null;
  readonly ordersBegun: number;
  readonly points: readonly Point[];
  /** The highest given out. */
  readonly pointSeq: number;
  /** Of the point that is being made by each: a superseded writer and the schedule of the new one may go on side by side. */
  readonly pointSeqs: Readonly<Record<Flow, number>>;
  /** Point in time of the newest committed set of this epoch; null after every change of the epoch. */
  readonly lastSyncMs: number | null;
  readonly loss: Loss | null;
  readonly lagRatio: number;
  /** Since the newest change of whether a committed point of this epoch and this declaration is elsewhere. */
  readonly protection: Protection;
  readonly schedule: ScheduleMemory;
  readonly isPaused: boolean;
  readonly pausedAtMs: number;
  /** Some call may be delivered late: windows are longer. */
  readonly usesSsm: boolean;
  readonly isDeleteOrdered: boolean;
  readonly isForcedDelete: boolean;
  readonly lifecycle: 'active' | 'deleting' | 'deleted';
  readonly testTtlMs: number;
  readonly testPoint: number | null;
  /** Why it stands where it stands; empty when all is well. */
  readonly reason: string;
  readonly because: readonly string[];
  readonly lastFault: EffectFault | null;
  readonly lastFaultAtMs: number;
  /** What the call that waits waits for. */
  readonly waiting: Waiting | null;
  readonly correlationId: string;
  /** Command of the order under way, or the last. */
  readonly requestId: string;
  readonly history: readonly HistoryEntry[];
  readonly historySeq: number;
}

/** What its calls are told besides their own input. @throws Error before anything was declared */
export function factsOf(context: ReplicationContext): ReplicationFacts {
  const { uid, namespace, name, spec, epoch, writer, home, away, points, safety } = context;
  const { riskAccepted } = context;
  const isRiskTaken = riskAccepted?.epoch === epoch && riskAccepted.clearedAtMs === null;
  if (spec === null) throw new Error(`replication ${namespace}/${name} has not been declared`);
  const armed = { home: home.epoch, away: away.epoch };
  return { uid, namespace, name, spec, epoch, writer, armed, points, safety, isRiskTaken };
}
