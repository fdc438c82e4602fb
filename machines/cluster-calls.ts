/** What a cluster's own states ask of the world: one operation at a time, with all that it needs. */
import { scopeOf, specOf } from './cluster-context.ts';
import type { ClusterContext } from './cluster-context.ts';
import { readyServer, servers } from './cluster-plan.ts';
import { accessScript, observeScript, snapshotScript } from './cluster-scripts.ts';
import { scriptOpId } from './ids.ts';
import { profiles } from './limits.ts';
import type { EffectName, Effects } from './messages.ts';
import type { OperationInput } from './operation-context.ts';

/** Child id of the one operation a lifecycle state may have in flight. */
export const operationId = 'op';

export function operation<N extends EffectName>(
  context: ClusterContext,
  effect: N,
  input: Effects[N]['in'],
  token = '',
): OperationInput {
  return {
    effect,
    input,
    token,
    preset: profiles[specOf(context).profile].retry,
    correlationId: context.correlationId,
    atMs: context.sinceMs,
    paused: context.paused,
  };
}

/** The plan of this number: for a creation, and again for what a change adds. */
export const planCall = (context: ClusterContext): OperationInput =>
  operation(context, 'cluster.plan', {
    ...scopeOf(context),
    spec: specOf(context),
    uid: context.uid,
    plan: context.planNumber,
  });

const serverScripts = {
  observe: observeScript,
  'publish-access': accessScript,
  snapshot: snapshotScript,
};

/**
 * One more script on a healthy server; every run has its own operation id. Where the last healthy one was lost a moment ago
 * any is asked, and the call tells what that has come to.
 */
export function serverScript(
  context: ClusterContext,
  verb: 'observe' | 'publish-access' | 'snapshot',
) {
  const [slot, entry] = readyServer(context) ?? servers(context)[0] ?? [];
  if (slot === undefined || entry === undefined) throw new Error('a cluster without servers');
  const parameters = serverScripts[verb];
  const opId = scriptOpId(context.uid, slot, entry.incarnation, verb, context.verifyRuns);
  return operation(
    context,
    'node.script',
    {
      ...scopeOf(context),
      instanceId: entry.instanceId,
      verb,
      opId,
      parameters: parameters(context, entry),
    },
    opId,
  );
}
