/** Resources as the service shows them, and clusters above all. Parts may be missing: an older or younger host answers too. */
import { Failure } from './failure.ts';
import { exits } from './exit-codes.ts';
import type { Mood } from './style.ts';

export interface NodeView {
  readonly name: string;
  readonly role?: string;
  readonly pool?: string;
  readonly slot?: string;
  readonly incarnation?: number;
  readonly instanceId?: string;
  readonly zone?: string;
  readonly type?: string;
  readonly state?: string;
  /** Percent of the script that runs on it. */
  readonly progress?: number;
  readonly privateIp?: string;
  readonly sinceMs?: number;
  readonly reason?: string;
}

export interface ConditionView {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

/** What every kind of resource tells of itself. */
export interface ResourceStatus {
  readonly phase?: string;
  /** Path of the active state, e.g. `installing.staging`. */
  readonly state?: string;
  readonly generation?: number;
  readonly revision?: number;
  readonly paused?: boolean;
  readonly health?: string;
  readonly conditions?: readonly ConditionView[];
  readonly createdAtMs?: number;
  readonly sinceMs?: number;
  readonly correlationId?: string;
}

export interface ResourceView {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: {
    readonly namespace: string;
    readonly name: string;
    readonly uid?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly status?: ResourceStatus;
  readonly revision?: number;
  readonly asOf?: string | number;
  /** Verbs that would be accepted now. */
  readonly allowedNext?: readonly string[];
}

export interface ClusterStatus extends ResourceStatus {
  readonly resolved?: { readonly version?: string; readonly zones?: readonly string[] };
  readonly nodes?: readonly NodeView[];
  readonly progress?: {
    readonly percent?: number;
    readonly steps?: readonly { readonly name: string; readonly state: string }[];
  };
  readonly operation?: {
    /** Of a change under way: `scaleUp`, `stop` and so on. */
    readonly kind?: string;
    readonly opId?: string;
    readonly startedAtMs?: number;
    readonly deadlineAtMs?: number;
    readonly by?: string;
    readonly undoes?: string;
    readonly waitingFor?: string;
    readonly changes?: readonly {
      readonly path: string;
      readonly from: string | number;
      readonly to: string | number;
    }[];
    readonly step?: string;
    readonly attempt?: number;
    readonly nextRetryAt?: string | number;
  };
  /** How the last change ended, until the next is ordered. */
  readonly lastOperation?: {
    readonly opId?: string;
    readonly kind?: string;
    readonly outcome?: string;
  };
  readonly lastError?: {
    readonly type?: string;
    readonly code?: string;
    readonly message?: string;
    readonly step?: string;
    readonly hint?: string;
  };
  readonly access?: {
    readonly endpoint?: string;
    readonly kubeconfigParameter?: string;
    readonly sha256?: string;
    readonly expiresAt?: string;
  };
}

export interface ClusterView extends ResourceView {
  readonly spec?: {
    readonly region?: string;
    readonly account?: string;
    readonly profile?: string;
    readonly version?: { readonly channel?: string; readonly k3s?: string };
    readonly servers?: { readonly count?: number };
    readonly agentPools?: readonly { readonly name: string; readonly count?: number }[];
  };
  readonly status?: ClusterStatus;
}

/** The answer as a view; only what everything else leans on is checked. */
export function asResource(body: unknown): ResourceView {
  const metadata = isObject(body) && isObject(body['metadata']) ? body['metadata'] : {};
  const { name, namespace } = metadata;
  if (typeof name !== 'string' || typeof namespace !== 'string')
    throw new Failure(
      {
        code: 'cli.unexpectedAnswer',
        message: 'the service answered with something that is no resource',
        reason: 'CLI and host are probably of different versions',
      },
      exits.failed,
      ['fairlead version', 'fairlead doctor'],
    );
  return body as ResourceView;
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const stateOf = (view: ResourceView): string =>
  view.status?.state ?? view.status?.phase?.toLowerCase() ?? 'unknown';

export const revisionOf = (view: ResourceView): number =>
  view.revision ?? view.status?.revision ?? 0;

/** True when the state is `goal` or lies inside it: `running.steady` is in `running`. */
export const isIn = (state: string, goal: string): boolean =>
  state === goal || state.startsWith(`${goal}.`);

export function moodOf(view: ClusterView): Mood {
  const state = stateOf(view);
  const stuck = ['failed', 'pending.blocked', 'deleting.stuck'].some((bad) => isIn(state, bad));
  if (stuck) return 'bad';
  if (view.status?.paused === true || ['deleted', 'stopped'].includes(state)) return 'idle';
  if (!isIn(state, 'running')) return 'changing';
  return ['healthy', 'unknown', undefined].includes(view.status?.health) ? 'good' : 'changing';
}

export function nodeMood(node: NodeView): Mood {
  const state = node.state ?? '';
  if (isIn(state, 'ready')) return 'good';
  if (['failed', 'lost'].some((bad) => isIn(state, bad))) return 'bad';
  return ['waiting', 'stopped', 'gone', ''].includes(state) ? 'idle' : 'changing';
}

export const serversOf = (view: ClusterView): readonly NodeView[] =>
  (view.status?.nodes ?? []).filter((node) => node.role === 'server');
export const agentsOf = (view: ClusterView): readonly NodeView[] =>
  (view.status?.nodes ?? []).filter((node) => node.role !== 'server');
export const readyCount = (nodes: readonly NodeView[]): number =>
  nodes.filter((node) => isIn(node.state ?? '', 'ready')).length;

/** Why it stands where it stands, in one line; empty when there is nothing to say. */
export function reasonOf(view: ClusterView): string {
  const { lastError, paused, conditions = [], nodes = [] } = view.status ?? {};
  if (moodOf(view) === 'bad' && lastError !== undefined)
    return [lastError.code ?? lastError.type, lastError.message].filter(Boolean).join(': ');
  if (paused === true) return 'paused';
  const told = conditions.find(
    ({ type, status }) => status === 'True' && ['Blocked', 'Degraded'].includes(type),
  );
  if (told !== undefined) return told.message ?? told.reason ?? '';
  // What is gone was told to go; what waits may wait for capacity.
  const node = nodes.find(
    (each) => nodeMood(each) !== 'good' && each.state !== 'gone' && (each.reason ?? '') !== '',
  );
  return node === undefined ? '' : `${node.name}: ${node.reason ?? ''}`;
}

/** The change under way in one line: what, from where to where, at which step; empty when there is none. */
export function changeText(view: ClusterView): string {
  const { operation } = view.status ?? {};
  if (operation?.kind === undefined) return '';
  const changes = (operation.changes ?? []).map(({ path, from, to }) => `${path} ${from}→${to}`);
  const undoes = operation.undoes === undefined ? '' : `takes back ${operation.undoes}`;
  return [operation.opId ?? operation.kind, ...changes, undoes, operation.step ?? '']
    .filter((part) => part !== '')
    .join('  ');
}
