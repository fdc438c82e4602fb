/** What a cluster machine remembers, is told, and how its parts are named. */
import type { Slot } from './ids.ts';
import type { ClusterCommand, ClusterPlan, InstanceFact, SecurityGroups } from './messages.ts';
import type { NodePhase, NodeReport, NodeWaiting } from './node-context.ts';
import type { OperationChanged, Waiting } from './operation-context.ts';
import type { ClusterSpec } from './specs.ts';

/** Name of the control plane in node names and offer tables; no agent pool may take it. */
export const serverPool = 'server';

/** What the cluster keeps of each node: slim, because 200 of them share one record. */
export interface NodeEntry {
  readonly role: 'server' | 'agent';
  readonly pool: string;
  /** Number within the pool; part of the node's name. */
  readonly ordinal: number;
  readonly phase: NodePhase;
  readonly incarnation: number;
  readonly instanceId: string;
  readonly privateIp: string;
  readonly zone: string;
  readonly instanceType: string;
  readonly progress: number;
  readonly reason: string;
  readonly sinceMs: number;
  /** Offers tried in this incarnation round, and how often all were refused. */
  readonly offer: number;
  readonly rounds: number;
  /** Every offer was refused: no launch is granted until the capacity wait is over. */
  readonly awaitsCapacity: boolean;
  /** Refused in as many rounds as are allowed; only a retry or another manifest goes on. */
  readonly isExhausted: boolean;
  /** Script runs granted; part of operation ids. */
  readonly runs: number;
  /** What was sent and is not answered by a report yet. */
  readonly pending: '' | 'grant' | 'retry' | 'remove';
  /** It has failed before anything of it could be known to etcd or Kubernetes. */
  readonly isUnjoined?: true;
  /** Its join has failed and may have been done all the same: etcd may count it. */
  readonly mayHaveJoined?: true;
  /** What the change under way does with it; absent when nothing. */
  readonly task?: NodeTask;
  /** Its operation, while that waits for another try. */
  readonly waiting?: Waiting;
}

export type NodeTask = 'join' | 'leave' | 'restart';

export type ChangeKind = 'scaleUp' | 'scaleDown' | 'restart' | 'stop' | 'start';

/** How many of everything, and whether it runs: what changes of a living cluster may touch. */
export interface Counts {
  readonly servers: number;
  readonly pools: Readonly<Record<string, number>>;
  readonly desiredState: 'running' | 'stopped';
}

/** One path of the spec, before and after. */
export interface SpecChange {
  readonly path: string;
  readonly from: number | string;
  readonly to: number | string;
}

/** A change of the running cluster, from its first step to its end. */
export interface Change {
  readonly kind: ChangeKind;
  readonly opId: string;
  readonly startedAtMs: number;
  readonly deadlineAtMs: number;
  readonly correlationId: string;
  /** Who ordered it; empty when nobody is known. */
  readonly by: string;
  readonly changes: readonly SpecChange[];
  /** Nodes it is about. */
  readonly touches: number;
  /** Id of the failed change that this one takes back; empty otherwise. */
  readonly undoes: string;
}

/** How the last change ended; null as soon as the next one is ordered. */
export interface EndedChange {
  readonly opId: string;
  readonly kind: ChangeKind;
  readonly outcome: 'finished' | 'failed' | 'cancelled';
  readonly endedAtMs: number;
}

export interface LastError {
  readonly type: string;
  readonly code: string;
  readonly message: string;
  readonly step: string;
  readonly hint: string;
  readonly atMs: number;
}

export interface ClusterAccess {
  readonly endpoint: string;
  readonly kubeconfigParameter: string;
  readonly sha256: string;
  readonly expiresAt: string;
}

export interface ClusterInput {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly atMs: number;
}

export interface ClusterContext extends ClusterInput {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: ClusterSpec | null;
  readonly generation: number;
  readonly createdAtMs: number;
  readonly correlationId: string;
  readonly paused: boolean;
  /** Path of the lifecycle state, for people; set on entry. */
  readonly phase: string;
  readonly sinceMs: number;
  readonly planNumber: number;
  readonly plan: ClusterPlan | null;
  readonly groups: SecurityGroups | null;
  readonly secrets: { readonly server: string; readonly agent: string } | null;
  readonly nodes: Readonly<Record<Slot, NodeEntry>>;
  /** The server that was allowed to run `cluster-init`, and which machine of it; granted once per uid. */
  readonly initGrant: Slot | null;
  readonly initIncarnation: number;
  readonly caHash: string;
  readonly access: ClusterAccess | null;
  readonly verifyRuns: number;
  /** True once anything may exist in the cloud. */
  readonly hasTouchedCloud: boolean;
  readonly cleanSweeps: number;
  readonly autoRetries: number;
  /** Looks at an exceeded quota since somebody last did something about it. */
  readonly quotaChecks: number;
  /** The cluster's own operation, while it waits for another try. */
  readonly waiting: Waiting | null;
  readonly lastError: LastError | null;
  /** Last incarnation of every slot that was given up: the next machine in it counts on. */
  readonly retired: Readonly<Record<Slot, number>>;
  /** What the cluster was last known to be when nothing was under way; null before it first ran. */
  readonly settled: Counts | null;
  readonly change: Change | null;
  readonly changesBegun: number;
  readonly lastChange: EndedChange | null;
  /** Nodes that an order to restart still has to reach. */
  readonly restart: readonly Slot[];
  readonly isCancelled: boolean;
  /** A failed change could neither be finished nor taken back: an order or a retry goes on. */
  readonly isHalted: boolean;
  /** Who gave the last order; empty when unknown. */
  readonly by: string;
}

export type ClusterEvent =
  | ClusterCommand
  | {
      readonly type: 'facts.observed';
      readonly atMs: number;
      readonly instances: readonly InstanceFact[];
    }
  | NodeReport
  | NodeWaiting
  | OperationChanged;

/** The spec; states past `undeclared` always have one. */
export function specOf({ spec, phase }: ClusterContext): ClusterSpec {
  if (spec === null) throw new Error(`${phase} without a spec`);
  return spec;
}

/** The plan; states past planning always have one. */
export function planOf({ plan, phase }: ClusterContext): ClusterPlan {
  if (plan === null) throw new Error(`${phase} without a plan`);
  return plan;
}

export const scopeOf = (context: ClusterContext) => ({
  account: specOf(context).account,
  region: specOf(context).region,
});

const blocking: ReadonlySet<string> = new Set([
  'Unauthorized',
  'QuotaExceeded',
  'InvalidSpec',
  'NotSupported',
]);
/** True while some operation waits for its next try, so that an operator may hasten it. */
export const isWaiting = (context: ClusterContext): boolean =>
  context.waiting !== null ||
  Object.values(context.nodes).some((entry) => entry.waiting !== undefined);

/** True when only a person can help: waiting and trying again changes nothing. */
export const isBlocking = (faultType: string): boolean => blocking.has(faultType);

/** As refusals name it. */
export const resource = ({ namespace, name }: ClusterContext): string =>
  `cluster/${namespace}/${name}`;
