/** Conditions of a replication: nine facts in words that scripts can wait for, each with since when. Pure. */
import type { ReplicationContext } from './replication-context.ts';
import type { FaultType } from './messages.ts';
import { publicStateOf } from './replication-context.ts';
import { sides } from './replication-table.ts';
import type { Side } from './replication-table.ts';

type Context = ReplicationContext;
export type Health = 'healthy' | 'degraded' | 'unhealthy' | 'unknown';

interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  /** Wall time in milliseconds. */
  readonly since: number;
  /** Of the declaration that was in force. */
  readonly observedGeneration: number;
}
type Found = Omit<Condition, 'type' | 'observedGeneration'>;

export function replicationConditions(context: Context, health: Health): readonly Condition[] {
  const found: readonly (readonly [string, Found])[] = [
    ['Ready', readyOf(context, health)],
    ['Protected', protectedOf(context)],
    ['BackendAvailable', backendOf(context)],
    ['FenceProven', fenceOf(context)],
    ['Contested', inPhase(context, 'source.contested', 'BothWrite', 'OneWriter')],
    ['RiskAccepted', riskOf(context)],
    ['Paused', pausedOf(context)],
    ['Testing', inPhase(context, 'replica.testing', 'TestRuns', 'NoTest')],
    ['Slow', slowOf(context)],
  ];
  return found.map(([type, fact]) => ({
    ...{ type, ...fact },
    observedGeneration: context.specGeneration,
  }));
}

const truth = (is: boolean): 'True' | 'False' => (is ? 'True' : 'False');
const movedAtMs = ({ home, away }: Context): number => Math.max(home.sinceMs, away.sinceMs);

/** One side was seen to write, the other at rest, and the copy is no older than it may be. */
function readyOf(context: Context, health: Health): Found {
  const since = movedAtMs(context);
  const { home, away } = context;
  const stands = `home is ${home.phase}, away is ${away.phase}`;
  const found = (status: Found['status'], reason: string): Found => ({
    ...{ status, reason, since },
    message: context.reason === '' ? stands : `${stands}: ${context.reason}`,
  });
  if (context.lifecycle !== 'active') return found('False', 'Deleting');
  const states = sides.map((side) => publicStateOf(context[side].phase));
  if (states.includes('failed')) return found('False', 'EndpointFailed');
  if (!states.includes('source')) return found('False', 'NoWriter');
  if (!states.includes('replica')) return found('False', 'NoReplica');
  if (sides.some((side) => context[side].phase === 'source.contested'))
    return found('False', 'Contested');
  if (!context.protection.isProtected) return found('False', 'NotProtected');
  if (context.isPaused) return found('False', 'Paused');
  if (health === 'unknown') return found('Unknown', 'NotObserved');
  return health === 'unhealthy' ? found('False', 'LagTooLong') : found('True', 'InStep');
}

/** True only after the first committed point of this epoch and this declaration. */
function protectedOf({ protection, specGeneration, points, epoch }: Context): Found {
  const { isProtected, sinceMs: since, generation } = protection;
  const newest = points.at(-1);
  if (isProtected && generation === specGeneration)
    return {
      ...{ status: 'True', reason: 'PointCommitted', since },
      message: `newest point ${newest?.seq ?? 0} of epoch ${epoch}`,
    };
  const message = isProtected
    ? 'no point has been committed since the declaration changed'
    : `no point of epoch ${epoch} has been committed`;
  return { status: 'False', reason: isProtected ? 'Outdated' : 'NoPoint', since, message };
}

const outages: readonly FaultType[] = [
  ...(['Unavailable', 'Timeout', 'CircuitOpen', 'RateLimit', 'Unauthorized'] as const),
  'NotSupported',
];

/** By the last call that ended: nothing else asks a back end how it fares. */
function backendOf({ lastFault, lastFaultAtMs, createdAtMs, epoch, waiting }: Context): Found {
  if (waiting?.waitingFor === 'circuit')
    return {
      ...{ status: 'False', reason: 'CircuitOpen', since: lastFaultAtMs || createdAtMs },
      message: `${waiting.effect} waits for ${waiting.because}`,
    };
  if (lastFault !== null && outages.includes(lastFault.type))
    return {
      ...{ status: 'False', reason: lastFault.type, since: lastFaultAtMs },
      message: lastFault.message,
    };
  const since = lastFault === null ? createdAtMs : lastFaultAtMs;
  if (epoch === 0)
    return { status: 'Unknown', reason: 'NotAsked', since, message: 'it has not answered yet' };
  return { status: 'True', reason: 'Answers', since, message: 'its last answers were no outage' };
}

function fenceOf({ fence, epoch }: Context): Found {
  const { stage, atMs: since } = fence;
  const of = `writers older than epoch ${epoch}`;
  if (stage === 'proven')
    return { status: 'True', reason: 'Proven', since, message: `${of} were read unable to write` };
  if (stage === 'waived')
    return { status: 'False', reason: 'Waived', since, message: `nobody has proven it of ${of}` };
  return { status: 'Unknown', reason: 'NotAsked', since, message: `nothing was asked of ${of}` };
}

function inPhase(context: Context, phase: string, yes: string, no: string): Found {
  const side = sides.find((each: Side) => context[each].phase === phase);
  return {
    ...{ status: truth(side !== undefined), reason: side === undefined ? no : yes },
    since: side === undefined ? movedAtMs(context) : context[side].sinceMs,
    message: side === undefined ? '' : `${side} is ${phase}`,
  };
}

function riskOf({ riskAccepted: risk, createdAtMs }: Context): Found {
  if (risk === null)
    return { status: 'False', reason: 'NoOverride', since: createdAtMs, message: '' };
  if (risk.clearedAtMs !== null)
    return {
      ...{ status: 'False', reason: 'Cleared', since: risk.clearedAtMs },
      message: `override of epoch ${risk.epoch} is cleared by proof`,
    };
  return {
    ...{ status: 'True', reason: 'Override', since: risk.atMs },
    message: `${risk.by === '' ? 'somebody' : risk.by} accepted two writers in epoch ${risk.epoch}; seen: ${risk.observed}`,
  };
}

const pausedOf = ({ isPaused, pausedAtMs, createdAtMs }: Context): Found => ({
  ...{ status: truth(isPaused), reason: isPaused ? 'Paused' : 'Active' },
  since: pausedAtMs || createdAtMs,
  message: isPaused ? 'no points are taken until resume; lag keeps counting' : '',
});

/** Points take longer than their interval, or an order is expected to take longer than its objective. */
function slowOf({ schedule, operation, settings }: Context): Found {
  const rtoMs = settings?.rtoMs ?? null;
  const expectedMs = (operation?.estimate?.rtoSeconds ?? 0) * 1_000;
  if (operation !== null && rtoMs !== null && expectedMs > rtoMs)
    return {
      ...{ status: 'True', reason: 'LongerThanRto', since: operation.startedAtMs },
      message: `${operation.verb} is expected to take ${expectedMs / 1_000} s, rto is ${rtoMs / 1_000} s`,
    };
  const { hasOverrun, cycleMs, sinceMs: since } = schedule;
  const reason = hasOverrun ? 'TickOverrun' : 'InTime';
  const message = hasOverrun ? `the last point took ${cycleMs / 1_000} s` : '';
  return { status: truth(hasOverrun), reason, since, message };
}
