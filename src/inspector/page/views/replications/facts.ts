/** A replication and a group as the service shows them, and what people are told of them. Parts may be missing. */

export type Side = 'home' | 'away';
export const sides: readonly Side[] = ['home', 'away'];

export interface EndpointView {
  /** `promoting.fencing`; the public state stands before the point. */
  readonly phase?: string;
  readonly writable?: string;
  readonly sinceMs?: number | null;
  readonly observedAt?: number | null;
  readonly epoch?: number;
  readonly progress?: number | null;
}

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly message?: string;
  readonly since?: number;
}

interface Point {
  readonly seq: number;
  readonly pitMs?: number | null;
  readonly at?: string;
  readonly epoch?: number;
}

export interface ReplicationView {
  readonly metadata: { readonly namespace: string; readonly name: string };
  readonly spec?: {
    readonly endpoints?: Readonly<
      Partial<
        Record<
          Side,
          { readonly cluster?: string; readonly region?: string; readonly zone?: string }
        >
      >
    >;
    readonly schedule?: { readonly every?: string; readonly rpo?: string };
  };
  readonly status?: {
    readonly health?: string;
    readonly lifecycle?: string;
    readonly writer?: string;
    readonly epoch?: number;
    readonly backend?: string;
    readonly mode?: string;
    readonly paused?: boolean;
    readonly endpoints?: Readonly<Partial<Record<Side, EndpointView>>>;
    readonly lag?: { readonly baseMs?: number } | null;
    /** Point in time of the newest committed set of this epoch. */
    readonly lastSync?: number | null;
    readonly points?: readonly Point[];
    readonly operation?: {
      readonly kind?: string;
      readonly verb?: string;
      readonly endpoint?: string;
      readonly how?: string;
      readonly by?: string;
      readonly startedAtMs?: number | null;
      readonly progress?: number | null;
      readonly observed?: string;
      readonly overrideToken?: string;
    } | null;
    readonly waiting?: {
      readonly waitingFor?: string;
      readonly because?: string;
      readonly nextAtMs?: number;
    };
    readonly loss?: { readonly seconds?: number; readonly atMs?: number } | null;
    readonly riskAccepted?: {
      readonly by?: string;
      readonly epoch?: number;
      readonly clearedAtMs?: number | null;
    } | null;
    readonly reason?: string;
    readonly because?: readonly string[];
    readonly lastFault?: { readonly code?: string; readonly message?: string } | null;
    readonly conditions?: readonly Condition[];
  };
  readonly allowedNext?: readonly string[];
}

export interface GroupView {
  readonly metadata: { readonly namespace: string; readonly name: string };
  readonly status?: {
    readonly phase?: string;
    readonly sinceMs?: number;
    readonly writer?: string;
    readonly lastSync?: number | null;
    readonly observedAtMs?: number;
    readonly members?: readonly {
      readonly name: string;
      readonly known?: boolean;
      readonly writer?: string;
      readonly home?: string;
      readonly away?: string;
      readonly at?: string | null;
      readonly says?: string;
    }[];
    readonly operation?: {
      readonly verb?: string;
      readonly how?: string;
      readonly moving?: readonly string[];
      readonly settled?: readonly string[];
    } | null;
    readonly lastOrder?: {
      readonly verb?: string;
      readonly ok?: boolean;
      readonly cause?: string;
      readonly failures?: readonly { readonly name: string; readonly says: string }[];
    };
  };
  readonly allowedNext?: readonly string[];
}

export type Mood = 'bad' | 'changing' | 'good' | 'idle';

export const phaseOf = ({ status }: ReplicationView, side: Side): string =>
  status?.endpoints?.[side]?.phase ?? 'unknown';

const publicOf = (phase: string): string => phase.split('.')[0] ?? '';

export const conditionOf = ({ status }: ReplicationView, type: string): Condition | undefined =>
  status?.conditions?.find((each) => each.type === type);

/** Where data is at stake: what is wrong, and what to do about it. */
export interface Dispute {
  readonly says: string;
  readonly todo: string;
  /** Verbs that end it. */
  readonly verbs: readonly string[];
}

export function disputesOf(view: ReplicationView): readonly Dispute[] {
  const { status } = view;
  return [...sides.flatMap((side) => disputeAt(view, side)), ...riskOf(status?.riskAccepted)];
}

const said = (text: string | undefined, otherwise: string): string =>
  text === undefined || text === '' ? otherwise : text;

function disputeAt(view: ReplicationView, side: Side): Dispute[] {
  const { status } = view;
  const phase = phaseOf(view, side);
  if (phase === 'promoting.awaitingOverride')
    return [
      {
        says: `The promotion of ${side} waits for you: the old writer is not proven to be fenced. Seen: ${said(status?.operation?.observed, 'nothing')}.`,
        todo: 'Make sure that nobody writes there, then override; or cancel. It gives up by itself after 10 minutes.',
        verbs: ['override', 'cancel'],
      },
    ];
  if (phase === 'source.contested')
    return [
      {
        says: 'Both sides were seen to write. Copies and pruning are frozen.',
        todo: `Decide whose data counts and stop the writer of the other side by any means you have. It ends by itself once only ${side} is seen to write.`,
        verbs: ['demote'],
      },
    ];
  if (publicOf(phase) !== 'failed') return [];
  return [failureAt(side, phase)];
}

function failureAt(side: Side, phase: string): Dispute {
  if (phase === 'failed.writerIntact')
    return {
      says: `${side} has failed, was never fenced, and may still write; its copies go on.`,
      todo: 'Recover finishes the demotion; or leave it, the workload runs.',
      verbs: ['recover'],
    };
  if (phase === 'failed.safe')
    return {
      says: `${side} has failed; it is proven that it cannot write.`,
      todo: 'Resync it if the other side writes; recover makes it a replica, which can be promoted if nobody writes.',
      verbs: ['resync', 'recover'],
    };
  return {
    says: `${side} has failed, and nobody knows whether it writes.`,
    todo: 'Find out why its region cannot be asked: breakers, credentials, the region itself. It is looked at every 2 minutes, and becomes clear once somebody knows.',
    verbs: [],
  };
}

function riskOf(risk: NonNullable<ReplicationView['status']>['riskAccepted']): Dispute[] {
  if (risk === null || risk === undefined || typeof risk.clearedAtMs === 'number') return [];
  return [
    {
      says: `${said(risk.by, 'Somebody')} has accepted two writers in epoch ${risk.epoch ?? '?'}, and the old one is not proven to have stopped.`,
      todo: 'Bring the old side back within reach: it is fenced as soon as it can be asked.',
      verbs: [],
    },
  ];
}

const moving = ['promoting', 'demoting', 'syncing'];
export const isMoving = (view: ReplicationView): boolean =>
  sides.some((side) => moving.includes(publicOf(phaseOf(view, side))));

export function moodOf(view: ReplicationView): Mood {
  const { status } = view;
  if (disputesOf(view).length > 0) return 'bad';
  if (isMoving(view)) return 'changing';
  if (status?.paused === true) return 'idle';
  if (status?.health === 'unhealthy') return 'bad';
  return status?.health === 'healthy' ? 'good' : 'changing';
}

/** Why it stands where it stands, in one line; empty when there is nothing to say. */
export function reasonOf(view: ReplicationView): string {
  const { because = [], paused, reason = '', lastFault } = view.status ?? {};
  if (because.length > 0) return because.join('; ');
  if (paused === true) return 'paused: no points are taken, the lag keeps counting';
  const fault = [lastFault?.code, lastFault?.message].filter(Boolean).join(': ');
  if (moodOf(view) === 'bad' && fault !== '') return fault;
  return moodOf(view) === 'good' ? '' : reason;
}

const units: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** `90s`, `5m`, `1h30m` in milliseconds; undefined when it is none. */
export function durationMs(text: string | undefined): number | undefined {
  if (text === undefined || !/^(\d+(\.\d+)?(ms|[smhd]))+$/.test(text)) return undefined;
  const parts = [...text.matchAll(/([\d.]+)(ms|[smhd])/g)];
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * (units[unit ?? ''] ?? 0), 0);
}

export interface Lag {
  /** Undefined while there is no committed point of this epoch. */
  readonly ms: number | undefined;
  /** What it is measured against; 0 when nothing is declared. */
  readonly ofMs: number;
  /** Name of that. */
  readonly of: 'RPO' | 'interval';
  /** 1 is all of it. */
  readonly ratio: number | undefined;
}

export function lagOf({ status, spec }: ReplicationView, nowMs: number): Lag {
  const fromMs = status?.lastSync ?? undefined;
  const rpoMs = durationMs(spec?.schedule?.rpo);
  const ofMs = rpoMs ?? status?.lag?.baseMs ?? 0;
  const ms = fromMs === undefined ? undefined : Math.max(0, nowMs - fromMs);
  return {
    ...{ ms, ofMs, of: rpoMs === undefined ? 'interval' : 'RPO' },
    ratio: ms === undefined || ofMs === 0 ? undefined : ms / ofMs,
  };
}

/** `cluster/zone`, as declared. */
export function placeOf({ spec }: ReplicationView, side: Side): string {
  const { cluster = '', region = '', zone = '' } = spec?.endpoints?.[side] ?? {};
  return [cluster, zone === '' ? region : zone].filter((part) => part !== '').join(' / ');
}
