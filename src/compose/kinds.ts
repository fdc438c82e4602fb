/** The kinds this host runs, their charts bound to its ports. */
import { guardFleetKind } from '../../machines/guard-kinds.ts';
import { clusterKind } from '../../machines/kinds.ts';
import { buildClusterMachine } from '../../machines/cluster.ts';
import { buildNodeMachine } from '../../machines/node.ts';
import { buildOperationMachine } from '../../machines/operation.ts';
import { replicationGroupKind } from '../../machines/replication-group-kind.ts';
import { buildGroupMachine } from '../../machines/replication-group.ts';
import { replicationKind } from '../../machines/replication-kind.ts';
import type { SafetyTimes } from '../../machines/replication-limits.ts';
import { buildReplicationMachine } from '../../machines/replication.ts';
import type { Retries } from '../../machines/retry.ts';
import { wholeCall } from '../../machines/whole-call.ts';
import { gate } from '../../actors/effect.ts';
import type { EffectsInFlight } from '../../actors/effects/in-flight.ts';
import { performer } from '../../actors/effects/perform.ts';
import type { Idempotency } from '../../actors/policies/idempotency.ts';
import type { CallGuard, Ports } from '../../actors/ports.ts';

export interface Pace {
  readonly retries: Retries;
  readonly inFlight: EffectsInFlight;
  /** Divides polls and waits of the charts, never deadlines. */
  readonly scale: number;
  /** Of replications; the standard ones with the real AWS. */
  readonly safety: SafetyTimes;
}

/** One operation machine for all of them, bound bottom-up. */
export function hostedKinds(
  ports: Ports & { readonly guard: CallGuard; readonly idempotency: Idempotency },
  { retries, inFlight, scale, safety }: Pace,
) {
  const perform = gate(inFlight.bounding(performer(ports)), wholeCall);
  const operation = buildOperationMachine(retries).provide({ actors: { perform } });
  const node = buildNodeMachine(operation, scale);
  return {
    cluster: clusterKind(buildClusterMachine({ operation, node, scale })),
    replication: replicationKind(buildReplicationMachine(operation), safety),
    replicationgroup: replicationGroupKind(buildGroupMachine(operation)),
    guard: guardFleetKind,
  };
}
