/** A call put together from the machines above it: nothing stands twice in a record. Asked again after a crash, it is the same. */
import { scopeOf, specOf } from './cluster-context.ts';
import type { ClusterContext } from './cluster-context.ts';
import type { EffectName, PerformCall, PerformInput } from './messages.ts';
import { nodeEffectInput } from './node-context.ts';
import type { NodeContext } from './node-context.ts';
import { factsOf } from './replication-context.ts';
import type { ReplicationContext } from './replication-context.ts';
import { isOfReplication } from './replication-effects.ts';
import type { OperationContext } from './operation-context.ts';

/** @param contexts  of the machines above the call, the nearest first: its operation, that operation's node, the node's cluster */
export function wholeCall(call: PerformCall, contexts: readonly unknown[]): PerformInput {
  if ('effect' in call) return call as PerformInput;
  const operation = contexts[0] as OperationContext;
  const { effect, token, correlationId, attempt, preset, atMs } = operation;
  const node = operation.input === null ? (contexts[1] as NodeContext) : undefined;
  return {
    ...{ effect, token, correlationId, attempt, preset },
    input: operation.input ?? inputOf(effect, contexts[1] as NodeContext, contexts[2]),
    isRepeat: operation.starts > 1,
    begunAtMs: atMs,
    ...(node !== undefined && { incarnation: node.incarnation }),
    ...(isOfReplication(effect) && { relationship: factsOf(contexts[1] as ReplicationContext) }),
  };
}

function inputOf(effect: EffectName, node: NodeContext, above: unknown): PerformInput['input'] {
  const cluster = above as ClusterContext;
  const isServer = cluster.nodes[node.slot]?.role === 'server';
  const isProtected = isServer && specOf(cluster).protection.instances;
  return nodeEffectInput(effect, node, { ...scopeOf(cluster), isProtected });
}
