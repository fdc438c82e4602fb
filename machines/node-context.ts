/** What a node machine remembers, is told and reports; shared by its chart and by its parent. */
import type { Slot } from './ids.ts';
import type {
  CloudScope,
  EffectFault,
  EffectName,
  Effects,
  InstanceFact,
  LaunchOrder,
  LaunchedNode,
  ScriptAnswer,
} from './messages.ts';
import type { RetryPresetName } from './limits.ts';
import type {
  OperationChanged,
  OperationInput,
  OperationOutput,
  Waiting,
} from './operation-context.ts';

export type NodePhase =
  | 'waiting'
  | 'launching'
  | 'booting'
  | 'registering'
  | 'registered'
  | 'staging'
  | 'staged'
  | 'joining'
  | 'ready'
  | 'draining'
  | 'drained'
  | 'undrained'
  | 'uncordoning'
  | 'leaving'
  | 'left'
  | 'deregistering'
  | 'rebooting'
  | 'rebooted'
  | 'stopping'
  | 'stopped'
  | 'starting'
  | 'checking'
  | 'terminating'
  | 'failed'
  | 'lost'
  | 'gone';

export interface NodeInput {
  readonly slot: Slot;
  /** Above 1 where an earlier machine of this slot has been here: names are not used twice. */
  readonly incarnation: number;
  readonly preset: RetryPresetName;
  readonly paused: boolean;
  readonly atMs: number;
  readonly correlationId: string;
}

/** One script to run, as granted by the cluster; `opId` makes repeats run once. */
export interface ScriptOrder {
  /** Where it runs, when that is another node: a server that is asked about this one. */
  readonly instanceId?: string;
  readonly verb: string;
  readonly opId: string;
  readonly parameters: Readonly<Record<string, string>>;
}

export interface NodeContext extends NodeInput {
  /** Launch intent that has no known instance yet; its token never goes with another order. */
  readonly order: LaunchOrder | null;
  readonly token: string;
  readonly instanceId: string;
  readonly privateIp: string;
  readonly instanceState: InstanceFact['state'] | '';
  readonly agentOnline: boolean;
  readonly script: ScriptOrder | null;
  readonly progress: number;
  readonly replacements: number;
  readonly isRemoval: boolean;
  /** Why it stands where it stands: a fault type or code, empty when all is well. */
  readonly reason: string;
  readonly fault: EffectFault | null;
  /** Where `node.retry` goes on. */
  readonly resume: 'waiting' | 'launching' | 'registered' | 'staged' | 'checking';
  /** Of a `check`: every look has an id of its own, or the node would repeat its first answer. */
  readonly looks?: number | undefined;
  /** Looks there had been when its machine was last told to restart. */
  readonly looksBefore?: number | undefined;
  /** Boot id before a restart. */
  readonly bootId?: string | undefined;
  /** Seen stopped although nobody here has asked for it. */
  readonly isHalted?: boolean | undefined;
  /** Stopped so short a time ago that a start ordered before may still land. */
  readonly mayStartLate?: boolean | undefined;
  /** Kubernetes has been told to place nothing on it. */
  readonly isCordoned?: boolean | undefined;
}

/** Leave to take the next step, with the script that takes it. */
export type ScriptGrant =
  | 'node.stageGranted'
  | 'node.joinGranted'
  | 'node.drainGranted'
  | 'node.uncordonGranted'
  | 'node.leaveGranted'
  | 'node.deregisterGranted'
  | 'node.rebootGranted'
  | 'node.startGranted';

export type NodeEvent =
  | {
      type: 'node.launchGranted';
      atMs: number;
      correlationId: string;
      order: LaunchOrder;
      token: string;
    }
  | { type: ScriptGrant; atMs: number; correlationId: string; script: ScriptOrder }
  | { type: 'node.stopGranted'; atMs: number; correlationId: string }
  | { type: 'node.fact'; atMs: number; fact: InstanceFact }
  | { type: 'node.removeRequested'; atMs: number; correlationId: string }
  | { type: 'node.retry'; atMs: number; correlationId: string }
  | { type: 'control.paused' }
  | { type: 'control.resumed' }
  | { type: 'operation.retryNow' }
  | { type: 'operation.cancel'; atMs: number }
  | OperationChanged;

/** Sent to the cluster on every change it should know of. */
export interface NodeReport {
  readonly type: 'node.changed';
  readonly slot: Slot;
  readonly atMs: number;
  readonly phase: NodePhase;
  readonly incarnation: number;
  readonly instanceId: string;
  readonly privateIp: string;
  readonly progress: number;
  readonly reason: string;
  readonly fault: EffectFault | null;
  /** Facts of the script that has just ended, e.g. the CA hash. */
  readonly facts: Readonly<Record<string, unknown>>;
}

/** Sent to the cluster when the node's operation begins to wait and, with null, when it goes on. */
export interface NodeWaiting {
  readonly type: 'node.waiting';
  readonly slot: Slot;
  readonly waiting: Waiting | null;
}

/** Done events of invoked operations are no members of the declared events; only their own transitions read them. */
export const outputOf = (event: unknown): OperationOutput =>
  (event as { output: OperationOutput }).output;

export const launchedOf = (event: unknown): LaunchedNode | null => {
  const { result } = outputOf(event);
  return result.ok ? (result.value as LaunchedNode | null) : null;
};

export const answerOf = (event: unknown): ScriptAnswer | null => {
  const { result } = outputOf(event);
  return result.ok ? (result.value as ScriptAnswer) : null;
};

export const faultOf = (event: unknown): EffectFault | null => {
  const { result } = outputOf(event);
  return result.ok ? null : result.fault;
};

/** Boot id that a `check` has told; undefined when it has not got that far. */
export function bootIdOf(event: unknown): string | undefined {
  const bootId = answerOf(event)?.facts['bootId'];
  return typeof bootId === 'string' ? bootId : undefined;
}

/** True when the instance is ending or gone, by the last fact. */
export const isDead = (context: NodeContext): boolean =>
  context.instanceState === 'shutting-down' || context.instanceState === 'terminated';

/** Its launch failed and may have happened all the same: nothing but an answer under the same token ends the intent. */
export const isUnresolved = ({ resume, order }: NodeContext): boolean =>
  resume === 'launching' && order !== null;

/** No try under this token may have launched anything, neither of this operation nor of one before. */
export const isCertain = (context: NodeContext, event: unknown): boolean =>
  !outputOf(event).isUncertain && !isUnresolved(context);

/** Input of the operation that a node state invokes; the effect's own input stays in the node's context. */
export const nodeOperation = (
  context: NodeContext,
  effect: OperationInput['effect'],
  token = '',
): OperationInput => ({
  effect,
  input: null,
  token,
  preset: context.preset,
  correlationId: context.correlationId,
  atMs: context.atMs,
  paused: context.paused,
});

/** Inputs of the effects a node starts. States that start one are entered only with its parts in hand. */
export function nodeEffectInput(
  effect: EffectName,
  context: NodeContext,
  /** Of its cluster: where calls go, and whether its machine is protected against termination. */
  { isProtected, ...scope }: CloudScope & { readonly isProtected: boolean },
): Effects[EffectName]['in'] {
  const { instanceId, order } = context;
  switch (effect) {
    case 'node.launch':
      return { order: orderOf(effect, order) };
    case 'node.resolve':
      return { order: orderOf(effect, order), isWanted: !context.isRemoval };
    case 'node.terminate':
      return { ...scope, instanceId, protected: isProtected };
    case 'node.stop':
    case 'node.start':
    case 'node.reboot':
      return { ...scope, instanceId };
    case 'node.script':
      return { ...scope, instanceId, ...scriptOf(context) };
    default:
      throw new Error(`${effect} is no effect of a node`);
  }
}

function orderOf(effect: EffectName, order: LaunchOrder | null): LaunchOrder {
  if (order === null) throw new Error(`${effect} without an order`);
  return order;
}

/** The script in hand; states that run one are entered only with it. A `check` has another id at each look. */
export function scriptOf({ script, looks = 0 }: NodeContext): ScriptOrder {
  if (script === null) throw new Error('a script state without a script');
  return script.verb === 'check' ? { ...script, opId: `${script.opId}.${looks}` } : script;
}

export const report = (
  context: NodeContext,
  phase: NodePhase,
  facts: Readonly<Record<string, unknown>> = {},
): NodeReport => ({
  type: 'node.changed',
  slot: context.slot,
  atMs: context.atMs,
  phase,
  incarnation: context.incarnation,
  instanceId: context.instanceId,
  privateIp: context.privateIp,
  progress: context.progress,
  reason: context.reason,
  fault: context.fault,
  facts,
});
