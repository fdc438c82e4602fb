/** Conditions of a cluster and of each of its nodes: what is true, since nothing else tells scripts so in one word. Pure. */
import type { ClusterContext, NodeEntry } from './cluster-context.ts';
import { nameOf } from './cluster-plan.ts';
import type { FaultType } from './messages.ts';

export const capital = (word: string): string => `${word.charAt(0).toUpperCase()}${word.slice(1)}`;

interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}

/** Reason that each fault type gives to a condition. */
const reasons: Readonly<Record<FaultType, string>> = {
  NotFound: 'ResourceNotFound',
  InvalidSpec: 'ValidationError',
  Unauthorized: 'AuthenticationFailed',
  NotSupported: 'OperationNotSupported',
  Retryable: 'TransientError',
  Unavailable: 'ProviderUnavailable',
  RateLimit: 'RateLimited',
  Timeout: 'OperationTimeout',
  QuotaExceeded: 'QuotaExceeded',
  Conflict: 'Conflict',
  CapacityShortage: 'InsufficientCapacity',
  CircuitOpen: 'ProviderUnavailable',
  Cancelled: 'Cancelled',
  ProviderError: 'ProviderError',
  InternalError: 'InternalError',
};
const isFaultType = (text: string): text is FaultType => Object.hasOwn(reasons, text);

const truth = (value: boolean): 'True' | 'False' => (value ? 'True' : 'False');

const names = (context: ClusterContext, list: readonly NodeEntry[]): string =>
  list.map((entry) => nameOf(context, entry)).join(', ');

const makingPhases = /^(pending\.planning|provisioning|installing|configuring)/;
const changingPhases =
  /^(pending\.planning|provisioning|installing|configuring|deleting|stopping|starting|running\.(?!steady))/;

export function clusterConditions(context: ClusterContext): Condition[] {
  const blocked = context.phase.endsWith('.blocked');
  return [
    readyOf(context),
    provisioningOf(context),
    {
      type: 'Progressing',
      status: truth(changingPhases.test(context.phase)),
      reason:
        context.change === null
          ? capital(context.phase.split('.')[0] ?? '')
          : capital(context.change.kind),
      message: context.phase,
    },
    degradedOf(context),
    {
      type: 'Blocked',
      status: truth(blocked),
      reason: context.lastError === null ? 'NotBlocked' : faultReason(context.lastError.type),
      message: blocked ? (context.lastError?.hint ?? '') : 'nothing blocks',
    },
    {
      type: 'Paused',
      status: truth(context.paused),
      reason: context.paused ? 'Paused' : 'Active',
      message: context.paused ? 'no new effect starts until resume' : 'effects may start',
    },
  ];
}

const faultReason = (type: string): string => (isFaultType(type) ? reasons[type] : type);

function readyOf(context: ClusterContext): Condition {
  const list = Object.values(context.nodes);
  const ready = list.filter(({ phase }) => phase === 'ready').length;
  const text = `${ready} of ${list.length} nodes are ready`;
  if (context.phase.startsWith('running') && ready === list.length)
    return { type: 'Ready', status: 'True', reason: 'ClusterReady', message: text };
  return {
    type: 'Ready',
    status: 'False',
    reason: notReadyReason(context, list),
    message: context.lastError?.message ?? text,
  };
}

function notReadyReason(context: ClusterContext, list: readonly NodeEntry[]): string {
  if (list.some(({ phase }) => phase === 'lost')) return 'NodeLost';
  if (context.lastError !== null) return faultReason(context.lastError.type);
  return capital(context.phase.split('.').at(-1) ?? '');
}

/** True while it is being made, False for good once it is, or with the reason when that has failed. */
function provisioningOf(context: ClusterContext): Condition {
  const type = 'Provisioning';
  if (makingPhases.test(context.phase))
    return { type, status: 'True', reason: 'Creating', message: context.phase };
  if (context.access === null && /^(failed|pending\.blocked)/.test(context.phase))
    return {
      ...{ type, status: 'False', reason: 'CreateFailed' },
      message: context.lastError?.message ?? '',
    };
  return { type, status: 'False', reason: 'Created', message: 'nothing is being created' };
}

function degradedOf(context: ClusterContext): Condition {
  const list = Object.values(context.nodes);
  const isRunning = context.phase.startsWith('running');
  const lost = list.filter(({ phase }) => phase === 'lost');
  const still = list.filter(({ phase }) => phase === 'stopped');
  const failed = list.filter(({ phase, task }) => phase === 'failed' && task === undefined);
  const [reason, missing, text] =
    lost.length > 0
      ? (['NodeLost', lost, 'lost'] as const)
      : still.length > 0
        ? (['NodeStopped', still, 'stopped, though it should run'] as const)
        : (['NodeFailed', failed, 'failed'] as const);
  if (!isRunning || missing.length === 0)
    return {
      ...{ type: 'Degraded', status: 'False', reason: 'AllNodesPresent' },
      message: 'no node is lost',
    };
  return {
    ...{ type: 'Degraded', status: 'True', reason },
    message: `${text}: ${names(context, missing)}`,
  };
}

const unmade: ReadonlySet<string> = new Set([
  ...['waiting', 'launching', 'booting', 'registering', 'registered', 'staging', 'staged'],
  'joining',
]);

/** Ready and Provisioning of one node; the reason of what went wrong is the type of its fault. */
export function nodeConditions({ phase, reason }: NodeEntry): Condition[] {
  const isReady = phase === 'ready';
  const why = reason === '' ? capital(phase) : wordOf(reason);
  const isFailed = phase === 'failed' || phase === 'lost';
  const ready: Condition = {
    type: 'Ready',
    status: truth(isReady),
    reason: isReady ? 'VMReady' : isFailed ? why : capital(phase),
    message: reason,
  };
  if (unmade.has(phase))
    return [ready, { type: 'Provisioning', status: 'True', reason: 'Creating', message: phase }];
  const failed = phase === 'failed';
  return [
    ready,
    {
      type: 'Provisioning',
      status: 'False',
      reason: failed ? 'CreateFailed' : 'Created',
      message: failed ? reason : '',
    },
  ];
}

/** Codes of scripts and of EC2 say more, and stand in `reason` of the node itself. */
const wordOf = (reason: string): string =>
  isFaultType(reason) ? reasons[reason] : /^[A-Z]\w*$/.test(reason) ? reason : 'ProviderError';
