/** Every machine that is drawn, as hosts run it but for what they bind: bindings change no chart. */
import type { AnyStateMachine } from 'xstate';
import { breakerMachine } from '../../../machines/breaker.ts';
import { buildClusterMachine } from '../../../machines/cluster.ts';
import { guardFleetMachine } from '../../../machines/guard-fleet.ts';
import { guardMachine } from '../../../machines/guard.ts';
import { buildNodeMachine } from '../../../machines/node.ts';
import { operationMachine } from '../../../machines/operation.ts';
import { probeMachine } from '../../../machines/probe.ts';
import { buildGroupMachine } from '../../../machines/replication-group.ts';
import { buildReplicationMachine } from '../../../machines/replication.ts';

const node = buildNodeMachine(operationMachine, 1);

/** By machine id. */
export const drawnMachines: Readonly<Record<string, AnyStateMachine>> = {
  cluster: buildClusterMachine({ operation: operationMachine, node, scale: 1 }),
  node,
  operation: operationMachine,
  replication: buildReplicationMachine(operationMachine),
  replicationgroup: buildGroupMachine(operationMachine),
  guardFleet: guardFleetMachine,
  guard: guardMachine,
  breaker: breakerMachine,
  probe: probeMachine,
};
