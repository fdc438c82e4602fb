/** What nodes of a living cluster may do next: be drained, leave, restart, stop, start, take work again. Pure. */
import { specOf } from './cluster-context.ts';
import type { ClusterContext, NodeEntry } from './cluster-context.ts';
import { entries, readyServer, servers } from './cluster-plan.ts';
import { aboutNode, onNode } from './cluster-scripts.ts';
import { isUnmade } from './cluster-slots.ts';
import type { Grant } from './cluster-grants.ts';
import { scriptOpId } from './ids.ts';
import type { Slot } from './ids.ts';
import { changeBounds } from './limits.ts';
import type { NodePhase, ScriptGrant } from './node-context.ts';
import { mayLeave, mayRestart } from './quorum.ts';

type Pair = [Slot, NodeEntry];

/** One script about a node, or on it, as a step of the change under way. */
interface Step {
  readonly type: ScriptGrant;
  readonly verb: 'drain' | 'uncordon' | 'leave-etcd' | 'delete-node' | 'check';
  readonly phase: NodePhase;
}
const steps = {
  drain: { type: 'node.drainGranted', verb: 'drain', phase: 'draining' },
  uncordon: { type: 'node.uncordonGranted', verb: 'uncordon', phase: 'uncordoning' },
  leave: { type: 'node.leaveGranted', verb: 'leave-etcd', phase: 'leaving' },
  deregister: { type: 'node.deregisterGranted', verb: 'delete-node', phase: 'deregistering' },
  reboot: { type: 'node.rebootGranted', verb: 'check', phase: 'rebooting' },
  start: { type: 'node.startGranted', verb: 'check', phase: 'starting' },
} as const satisfies Record<string, Step>;

/** Every grant for the state the cluster is in; a node that was told something is told nothing more until it answers. */
export function changeGrants(context: ClusterContext, atMs: number): Grant[] {
  const idle = entries(context).filter(([, { pending }]) => pending === '');
  if (context.phase.startsWith('stopping.')) return stopGrants(context, idle, atMs);
  if (context.phase.startsWith('starting.')) return startGrants(context, idle, atMs);
  if (!context.phase.startsWith('running')) return [];
  return idle.flatMap((pair) => {
    const step = nextStep(context, pair);
    return step === undefined ? [] : scriptGrant(context, pair, step, atMs);
  });
}

function nextStep(context: ClusterContext, [, entry]: Pair): Step | undefined {
  switch (entry.task) {
    case 'leave':
      return nextOfLeaving(context, entry);
    case 'restart':
      return nextOfRestart(context, entry);
    case 'join':
      return undefined;
    default:
      return isSetAside(entry.phase) ? steps.uncordon : undefined;
  }
}

/** Drained for a change that is over: it takes work again. */
const isSetAside = (phase: NodePhase): boolean =>
  ['drained', 'undrained', 'rebooted'].includes(phase);

/** Drained first, while nothing is lost yet; from `leaving` on only forward. */
function nextOfLeaving(context: ClusterContext, entry: NodeEntry): Step | undefined {
  const isServer = entry.role === 'server';
  if (isUnmade(entry)) return undefined;
  switch (entry.phase) {
    case 'ready':
      return context.isCancelled ? undefined : steps.drain;
    case 'drained':
    case 'lost':
    case 'stopped':
    case 'failed':
      if (context.isCancelled && entry.phase === 'drained' && !isCommitted(entry)) return undefined;
      if (!isServer) return steps.deregister;
      return mayGoNow(context, entry) ? steps.leave : undefined;
    case 'left':
      return steps.deregister;
    default:
      return undefined;
  }
}

/** Its removal has begun before: etcd or Kubernetes may have let go of it already. */
const isCommitted = (entry: NodeEntry): boolean => entry.reason !== '' && entry.phase === 'drained';

function mayGoNow(context: ClusterContext, entry: NodeEntry): boolean {
  const list = servers(context).map(([, each]) => each);
  // What a server is that has failed to join, only etcd knows: the script asks it.
  if (entry.phase === 'failed') return list.every(({ phase }) => phase !== 'leaving');
  return isCommitted(entry) || mayLeave(list, entry);
}

function nextOfRestart(context: ClusterContext, entry: NodeEntry): Step | undefined {
  if (entry.phase === 'rebooted') return steps.uncordon;
  if (entry.phase === 'drained') return steps.reboot;
  if (entry.phase !== 'ready') return undefined;
  if (entry.role === 'agent') return steps.drain;
  return mayRestart(servers(context).map(([, each]) => each)) ? steps.reboot : undefined;
}

function scriptGrant(
  context: ClusterContext,
  [slot, entry]: Pair,
  step: Step,
  atMs: number,
): Grant[] {
  const runs = entry.runs + 1;
  const opId = scriptOpId(context.uid, slot, entry.incarnation, step.verb, runs);
  const script =
    step.verb === 'check'
      ? { verb: step.verb, opId, parameters: onNode(context, entry) }
      : askedOfServer(context, [slot, entry], step.verb, opId);
  if (script === undefined) return [];
  return [
    {
      slot,
      isInit: false,
      changes: { pending: 'grant', phase: step.phase, sinceMs: atMs, runs },
      event: { type: step.type, atMs, correlationId: context.correlationId, script },
    },
  ];
}

/** Asked of another server than the one it is about; there is none while all are away. */
function askedOfServer(
  context: ClusterContext,
  [slot, entry]: Pair,
  verb: Exclude<Step['verb'], 'check'>,
  opId: string,
) {
  const server = readyServer(context, slot);
  if (server === undefined) return undefined;
  const parameters = aboutNode(context, server[1], entry, verb);
  return { verb, opId, parameters, instanceId: server[1].instanceId };
}

/**
 * Agents first, then servers, as they are: what was set aside takes work again at the start. Before the stop it might wait for
 * ever, for a server to be asked that is stopped already.
 */
function stopGrants(context: ClusterContext, idle: readonly Pair[], atMs: number): Grant[] {
  const role = context.phase === 'stopping.servers' ? 'server' : 'agent';
  if (!['stopping.servers', 'stopping.agents'].includes(context.phase)) return [];
  if (specOf(context).desiredState === 'running') return [];
  const mine = idle.filter(([, entry]) => entry.role === role);
  const room = changeBounds.powerInFlightMax - busy(context, 'stopping');
  return mine
    .filter(
      ([, { phase, instanceId }]) =>
        phase === 'ready' || isSetAside(phase) || (phase === 'failed' && instanceId !== ''),
    )
    .slice(0, Math.max(0, room))
    .map(([slot]): Grant => ({
      slot,
      isInit: false,
      changes: { pending: 'grant', phase: 'stopping', sinceMs: atMs },
      event: { type: 'node.stopGranted', atMs, correlationId: context.correlationId },
    }));
}

/**
 * All servers together: one of three waits for the majority before it serves. Then the agents; one that was stopped while
 * set aside takes work again.
 */
function startGrants(context: ClusterContext, idle: readonly Pair[], atMs: number): Grant[] {
  const role = context.phase === 'starting.servers' ? 'server' : 'agent';
  if (!['starting.servers', 'starting.agents'].includes(context.phase)) return [];
  const room = changeBounds.powerInFlightMax - busy(context, 'starting');
  const mine = idle.filter(([, entry]) => entry.role === role);
  const starts = mine.filter(([, { phase }]) => phase === 'stopped').slice(0, Math.max(0, room));
  const back = mine.filter(([, { phase }]) => isSetAside(phase));
  return [
    ...starts.flatMap((pair) => scriptGrant(context, pair, steps.start, atMs)),
    ...back.flatMap((pair) => scriptGrant(context, pair, steps.uncordon, atMs)),
  ];
}

const busy = (context: ClusterContext, phase: NodePhase): number =>
  entries(context).filter(([, entry]) => entry.phase === phase).length;

/** Slots that have never joined and are to go: their machines are simply terminated. */
export const unmadeLeavers = (context: ClusterContext): Slot[] =>
  entries(context)
    .filter(([, entry]) => entry.task === 'leave' && isUnmade(entry) && entry.pending !== 'remove')
    .map(([slot]) => slot);
