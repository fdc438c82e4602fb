/** A replication as the service shows it, and what people are told of it. Parts may be missing, as of every resource. */
import { span } from './duration.ts';
import type { Mood } from './style.ts';
import type { ResourceStatus, ResourceView } from './view.ts';

export type Side = 'home' | 'away';
export const sides: readonly Side[] = ['home', 'away'];

/** Epoch milliseconds, or an ISO time. */
type Time = number | string | null;

export interface EndpointView {
  readonly state?: string;
  /** `promoting.fencing`; the state stands before the point. */
  readonly phase?: string;
  readonly writable?: string;
  readonly epoch?: number;
  readonly sinceMs?: Time;
  readonly observedAt?: Time;
  readonly progress?: number | null;
  /** What it may become, by which verb, and what stands against it. */
  readonly next?: readonly {
    readonly state: string;
    readonly verb?: string;
    readonly because?: readonly string[];
  }[];
}

export interface PointView {
  readonly seq: number;
  readonly pitMs?: Time;
  readonly epoch?: number;
  /** Side where it can be promoted. */
  readonly at?: string;
  readonly isFinal?: boolean;
}

export interface ReplicationStatus extends ResourceStatus {
  readonly endpoints?: Readonly<Partial<Record<Side, EndpointView>>>;
  readonly writer?: string;
  readonly epoch?: number;
  readonly mode?: string;
  readonly backend?: string;
  /** active, deleteOrdered, deleting or deleted. */
  readonly lifecycle?: string;
  /** As measured last: a multiple of `baseMs`. */
  readonly lag?: { readonly ratio?: number; readonly baseMs?: number } | null;
  readonly everyMs?: number;
  /** Point in time of the newest committed set of this epoch. */
  readonly lastSync?: Time;
  readonly points?: readonly PointView[];
  readonly operation?: {
    readonly opId?: string;
    readonly kind?: string;
    /** As ordered, where that is another word. */
    readonly verb?: string;
    readonly endpoint?: string;
    readonly how?: string;
    readonly phase?: string;
    readonly by?: string;
    readonly startedAtMs?: Time;
    /** Move that follows this one, as the promotion after a resync. */
    readonly then?: string;
    readonly point?: { readonly seq?: number };
    readonly progress?: number | null;
    /** What was seen of the old writer, while its fence is not proven. */
    readonly observed?: string;
    /** Repeating it accepts that risk. */
    readonly overrideToken?: string;
    readonly estimate?: Readonly<Record<string, number | null>> | null;
  } | null;
  /** What a call under way waits for. */
  readonly waiting?: {
    readonly effect?: string;
    readonly waitingFor?: string;
    readonly because?: string;
    readonly attempt?: number;
    readonly maxAttempts?: number;
    /** 0 when only an event can tell. */
    readonly nextAtMs?: number;
  };
  /** How recovery points are being taken. */
  readonly schedule?: { readonly phase?: string; readonly progress?: number | null };
  readonly loss?: {
    readonly seconds?: number;
    readonly fromPitMs?: Time;
    readonly atMs?: Time;
    readonly epoch?: number;
  } | null;
  readonly riskAccepted?: {
    readonly epoch?: number;
    readonly by?: string;
    readonly atMs?: Time;
    readonly observed?: string;
    readonly clearedAtMs?: Time;
  } | null;
  readonly reason?: string;
  readonly because?: readonly string[];
  readonly lastFault?: { readonly code?: string; readonly message?: string } | null;
  readonly history?: readonly HistoryView[];
}

export interface HistoryView {
  readonly seq?: number;
  readonly endpoint?: string;
  readonly from?: string;
  readonly to?: string;
  readonly atMs?: Time;
  readonly reason?: string;
  readonly phase?: string;
  readonly epoch?: number;
  readonly correlationId?: string;
}

export interface ReplicationView extends ResourceView {
  readonly spec?: {
    readonly endpoints?: Readonly<
      Partial<
        Record<
          Side,
          { readonly cluster?: string; readonly region?: string; readonly zone?: string }
        >
      >
    >;
    readonly backend?: string;
    readonly mode?: string;
    readonly schedule?: {
      readonly mode?: string;
      readonly every?: string;
      readonly rpo?: string;
      readonly rto?: string;
    };
    readonly volumes?: readonly { readonly name?: string }[];
  };
  readonly status?: ReplicationStatus;
}

/** Epoch milliseconds of either spelling; undefined where nothing is told. */
export function msOf(time: Time | undefined): number | undefined {
  if (time === undefined || time === null) return undefined;
  const ms = typeof time === 'number' ? time : Date.parse(time);
  return Number.isNaN(ms) ? undefined : ms;
}

export const phaseOf = (view: ReplicationView, side: Side): string => {
  const { phase, state } = view.status?.endpoints?.[side] ?? {};
  return phase ?? state ?? 'unknown';
};

/** `<cluster>/<zone>`, as declared. */
export const placeText = (view: ReplicationView, side: Side): string => {
  const { cluster = '', zone = '' } = view.spec?.endpoints?.[side] ?? {};
  return [cluster, zone].filter((part) => part !== '').join('/');
};

/** `following` of `replica.following`. */
export const stepOf = (phase: string): string => phase.slice(phase.indexOf('.') + 1);
export const publicOf = (phase: string): string => phase.split('.')[0] ?? '';

/** Face of the recovery side, as the whole is called. */
export const replicationState = (view: ReplicationView): string =>
  view.status?.state ?? publicOf(phaseOf(view, 'away'));

/** Where both sides stand, in one line. */
export const replicationPosition = (view: ReplicationView): string =>
  sides.map((side) => `${side} ${phaseOf(view, side)}`).join(', ');

const alarming = ['failed', 'source.contested', 'promoting.awaitingOverride'];
const moving = ['promoting', 'demoting', 'syncing'];
const isOneOf = (phase: string, list: readonly string[]): boolean =>
  list.some((each) => phase === each || phase.startsWith(`${each}.`));

export function replicationMood(view: ReplicationView): Mood {
  const phases = sides.map((side) => phaseOf(view, side));
  if (phases.some((phase) => isOneOf(phase, alarming))) return 'bad';
  if (phases.some((phase) => isOneOf(phase, moving))) return 'changing';
  if (view.status?.paused === true) return 'idle';
  const { health } = view.status ?? {};
  if (health === 'unhealthy') return 'bad';
  return health === 'healthy' ? 'good' : 'changing';
}

/** Why it stands where it stands, in one line; empty when there is nothing to say. */
export const replicationReason = (view: ReplicationView): string =>
  overrideReason(view) || riskReason(view) || plainReason(view);

function overrideReason(view: ReplicationView): string {
  const side = sides.find((each) => phaseOf(view, each) === 'promoting.awaitingOverride');
  if (side === undefined) return '';
  return `${side} waits for an override: ${view.status?.operation?.observed ?? 'the fence is not proven'}`;
}

function riskReason({ status }: ReplicationView): string {
  const risk = status?.riskAccepted ?? null;
  if (risk === null || msOf(risk.clearedAtMs) !== undefined) return '';
  return `two writers accepted by ${risk.by ?? 'somebody'} in epoch ${risk.epoch ?? '?'}`;
}

function plainReason(view: ReplicationView): string {
  const { status } = view;
  const mood = replicationMood(view);
  if ((status?.because ?? []).length > 0) return (status?.because ?? []).join('; ');
  if (status?.paused === true) return 'paused';
  const { code, message } = status?.lastFault ?? {};
  const fault = [code, message].filter(Boolean).join(': ');
  if (mood === 'bad' && fault !== '') return fault;
  return mood === 'good' ? '' : (status?.reason ?? '');
}

/** How old the newest committed set is; undefined while there is none of this epoch. */
export function lagMs({ status }: ReplicationView, nowMs: number): number | undefined {
  const fromMs = msOf(status?.lastSync);
  return fromMs === undefined ? undefined : Math.max(0, nowMs - fromMs);
}

/** `4m12s (0.6×)`, as a multiple of the interval. */
export function lagText(view: ReplicationView, nowMs: number): string {
  const ms = lagMs(view, nowMs);
  if (ms === undefined) return '';
  const baseMs = view.status?.lag?.baseMs ?? 0;
  return span(ms) + (baseMs > 0 ? ` (${(ms / baseMs).toFixed(1)}×)` : '');
}

/** Of the last forced promotion. */
export function lossText({ status }: ReplicationView): string {
  const seconds = status?.loss?.seconds;
  return seconds === undefined ? '' : seconds === 0 ? 'none' : `≤${span(seconds * 1_000)}`;
}

/** What is under way, where, and how far. */
export function operationText(view: ReplicationView): string {
  const { operation } = view.status ?? {};
  if (operation === undefined || operation === null) return '';
  const { kind, verb, how, endpoint, progress } = operation;
  const side = sides.find((each) => each === endpoint);
  const phase = operation.phase ?? (side === undefined ? undefined : phaseOf(view, side));
  const percent = typeof progress === 'number' ? `${Math.round(progress)}%` : '';
  return [how, verb ?? kind, endpoint && `of ${endpoint}`, phase && `in ${phase}`, percent]
    .filter((part) => part !== undefined && part !== '')
    .join(' ');
}
