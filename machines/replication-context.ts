/** What a replication remembers and is told; JSON only, no clock: times come with events and results. */
import type { EffectFault } from './messages.ts';
import type { OperationChanged, OperationOutput } from './operation-context.ts';
import type {
  Point,
  PointMade,
  ReplicationEffectName,
  ReplicationEffects,
  ReplicationFacts,
  Writable,
} from './replication-effects.ts';
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
}

export type OperationKind = 'promote' | 'demote' | 'resync' | 'recover';

/** The one order under way; a demotion that a higher epoch forces is none. */
export interface Operation {
  readonly kind: OperationKind;
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
}

/** Whether writers of all epochs below have been shown to be unable to write, by reads after the window. */
export interface WriteFence {
  readonly epoch: number;
  readonly stage: 'none' | 'proven' | 'waived';
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
}

/** What the chart needs of a declaration; its schema is checked where it comes in. */
export interface ReplicationSettings {
  readonly initialSource: Side;
  readonly backend: 'ebs' | 'csi-addons' | 'trident' | 'powerstore';
  readonly mode: 'synchronous' | 'asynchronous';
  readonly everyMs: number;
  readonly isPaused: boolean;
}

export interface ReplicationInput {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly atMs: number;
}

export interface ReplicationContext extends ReplicationInput {
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
  readonly pointSeq: number;
  /** Point in time of the newest committed set of this epoch; null after every change of the epoch. */
  readonly lastSyncMs: number | null;
  readonly loss: Loss | null;
  readonly lagRatio: number;
  readonly isPaused: boolean;
  /** Some call may be delivered late: windows are longer. */
  readonly usesSsm: boolean;
  readonly isDeleteOrdered: boolean;
  readonly isForcedDelete: boolean;
  readonly lifecycle: 'active' | 'deleting' | 'deleted';
  readonly testTtlMs: number;
  /** Why it stands where it stands; empty when all is well. */
  readonly reason: string;
  readonly because: readonly string[];
  readonly lastFault: EffectFault | null;
  readonly correlationId: string;
  readonly history: readonly HistoryEntry[];
  readonly historySeq: number;
}

/** What its calls are told besides their own input. @throws Error before anything was declared */
export function factsOf(context: ReplicationContext): ReplicationFacts {
  const { uid, namespace, name, spec, epoch, writer, home, away, points } = context;
  if (spec === null) throw new Error(`replication ${namespace}/${name} has not been declared`);
  const armed = { home: home.epoch, away: away.epoch };
  return { uid, namespace, name, spec, epoch, writer, armed, points };
}

interface Stamp {
  readonly atMs: number;
  readonly correlationId: string;
  readonly by: string;
}
interface Aimed {
  readonly endpoint: Side;
}

export type ReplicationCommand =
  | ({ readonly type: 'replication.apply'; readonly settings: ReplicationSettings } & Stamp)
  | ({
      readonly type: 'replication.promote';
      readonly how: 'planned' | 'forced';
      readonly point: number | null;
    } & Aimed &
      Stamp)
  | ({
      readonly type: 'replication.demote' | 'replication.resync';
      readonly force: boolean;
    } & Aimed &
      Stamp)
  | ({ readonly type: 'replication.recover' } & Aimed & Stamp)
  | ({ readonly type: 'replication.override'; readonly token: string } & Stamp)
  | ({ readonly type: 'replication.testStart'; readonly ttlMs: number } & Aimed & Stamp)
  | ({ readonly type: 'replication.testStop' } & Aimed & Stamp)
  | ({
      readonly type: 'replication.reconfigure';
      readonly mode?: ReplicationSettings['mode'];
      readonly everyMs?: number;
    } & Stamp)
  | ({ readonly type: 'replication.delete'; readonly force: boolean } & Stamp)
  | ({
      readonly type:
        'replication.cancel' | 'replication.pause' | 'replication.resume' | 'replication.syncNow';
    } & Stamp);

export type ReplicationEvent =
  | ReplicationCommand
  | {
      readonly type: 'endpoint.observed';
      readonly atMs: number;
      readonly endpoint: Side;
      readonly writable: Writable;
      readonly generation: number;
    }
  /** Lag of the newest committed set as a multiple of the interval. */
  | { readonly type: 'lag.measured'; readonly atMs: number; readonly ratio: number }
  /** From here on between the regions of one relationship. */
  | { readonly type: 'handOver'; readonly endpoint: Side }
  | { readonly type: 'peer.demoted'; readonly endpoint: Side }
  | { readonly type: 'peer.demotionFailed'; readonly endpoint: Side }
  | { readonly type: 'point.committed'; readonly endpoint: Side }
  | { readonly type: 'epoch.claimed' }
  | OperationChanged;

/** Done events of invoked operations are no members of the declared events; only their own transitions read them. */
const resultOf = (event: unknown): OperationOutput['result'] =>
  (event as { output: OperationOutput }).output.result;

/** The answer, where the effect has succeeded. */
export function answerOf<Effect extends ReplicationEffectName>(
  event: unknown,
  _effect: Effect,
): ReplicationEffects[Effect]['out'] | undefined {
  const result = resultOf(event);
  // The operation in between carries any effect's answer; whoever reads one knows what was asked.
  return result.ok ? (result.value as unknown as ReplicationEffects[Effect]['out']) : undefined;
}

export const faultOf = (event: unknown): EffectFault | null => {
  const result = resultOf(event);
  return result.ok ? null : result.fault;
};

/** When an event happened; timers and raised events carry no time, and keep the one before. */
export function stampOf(event: object, otherwiseMs: number): number {
  if ('atMs' in event && typeof event.atMs === 'number') return event.atMs;
  if ('output' in event) return resultOf(event).atMs;
  return otherwiseMs;
}
