/** The kinds this host runs, their charts bound to its ports. */
import { clusterKind } from '../../machines/kinds.ts';
import { buildClusterMachine } from '../../machines/cluster.ts';
import { buildNodeMachine } from '../../machines/node.ts';
import { operationMachine } from '../../machines/operation.ts';
import { wholeCall } from '../../machines/whole-call.ts';
import { gate } from '../../actors/effect.ts';
import { performer } from '../../actors/effects/perform.ts';
import type { Idempotency } from '../../actors/policies/idempotency.ts';
import type { CallGuard, Ports } from '../../actors/ports.ts';

/** @param scale divides polls and waits of the charts, never deadlines */
export function hostedCluster(
  ports: Ports & { readonly guard: CallGuard; readonly idempotency: Idempotency },
  scale: number,
) {
  const perform = gate(performer(ports), wholeCall);
  const operation = operationMachine.provide({ actors: { perform } });
  return clusterKind(
    buildClusterMachine({ operation, node: buildNodeMachine(operation, scale), scale }),
  );
}
