/** What effects need of a cloud provider, and the guard that stands before every call to it. */
import type {
  CloudScope,
  ClusterPlan,
  EffectFault,
  InstanceFact,
  LaunchOrder,
  LaunchedNode,
  Priority,
  ScriptAnswer,
  SecurityGroups,
} from '../machines/messages.ts';
import type { ClusterSpec } from '../machines/specs.ts';
import type { Attempt } from './attempt.ts';

/** One call on the wire, as its guard sees it. */
export interface CallOrder {
  /** Breaker key, e.g. `main/eu-central-1/ec2:mutate`. */
  readonly key: string;
  readonly attempt: Attempt;
  /** Which operation of the service it is; time-outs that adapt are kept for each. */
  readonly operation?: string;
  /** Instances the call asks for; they have a rate of their own. Default 0. */
  readonly launches?: number;
  /** Of this kind of call; the breaker's own limit may be shorter. Default: that alone. */
  readonly timeoutMs?: number;
  /** Whatever the call throws, as a fault: its type decides whether the service is to blame. */
  classify(thrown: unknown): EffectFault;
}

/** What a guarded call is told. */
export interface Within {
  /** Fires on time-out and with the attempt's own signal. It is made when somebody reads it. */
  readonly signal: AbortSignal;
}

/**
 * Stands before every call to a provider: circuit, rate limit, bulkhead, attempt time-out. A call it refuses was not made;
 * the fault then names the policy in `rejectedBy`.
 */
export interface CallGuard {
  call<T>(order: CallOrder, run: (within: Within) => Promise<T>): Promise<T>;
  /** Resolves when it is this waiter's turn after the circuit lets calls through; rejects with the signal, or when too many wait. */
  untilReleased(key: string, priority: Priority, signal: AbortSignal): Promise<void>;
  /** Counts a call of ours that nothing may block, as those of the record store. */
  observed<T>(key: string, run: () => Promise<T>, hasFailed?: (value: T) => boolean): Promise<T>;
}

/** Nodes: safe to repeat by token. All methods throw `CloudFault`-shaped objects (see `actors/faults.ts`). */
export interface Machines {
  launch(order: LaunchOrder, token: string, attempt: Attempt): Promise<LaunchedNode>;
  /** By tags at launch; undefined proves nothing. */
  find(order: LaunchOrder, token: string, attempt: Attempt): Promise<LaunchedNode | undefined>;
  /** Lifts termination protection first when told to. An unknown id is `gone`. */
  terminate(
    scope: CloudScope,
    instanceId: string,
    liftProtection: boolean,
    attempt: Attempt,
  ): Promise<{ state: string }>;
  /** Lifts the protection of all and terminates them. @throws the first failure, after all were tried */
  terminateAll(scope: CloudScope, instanceIds: readonly string[], attempt: Attempt): Promise<void>;
  /**
   * Stop and start answer the state the machine is going through; one that is there already is a success. Faults: `NotFound`
   * when it is gone, `Retryable` while it is still on its way from one state to another.
   */
  stop(scope: CloudScope, instanceId: string, attempt: Attempt): Promise<{ state: string }>;
  start(scope: CloudScope, instanceId: string, attempt: Attempt): Promise<{ state: string }>;
  /** Repeating it may restart the machine again: compare boot ids before. */
  reboot(scope: CloudScope, instanceId: string, attempt: Attempt): Promise<{ state: string }>;
  /** Lets it pass on packets that are neither from nor to its own address. Lasts for the life of the machine. */
  letRoute(scope: CloudScope, instanceId: string, attempt: Attempt): Promise<void>;
  /** Every instance that carries the uid tag and is not terminated. */
  listByUid(scope: CloudScope, uid: string, attempt: Attempt): Promise<readonly InstanceFact[]>;
}

/** What a cluster needs around its nodes. */
export interface Surroundings {
  /** Image, version, zones, subnets, offers, permission by DryRun; nothing is created. */
  plan(
    request: CloudScope & { spec: ClusterSpec; uid: string; plan: number },
    attempt: Attempt,
  ): Promise<ClusterPlan>;
  ensureSecurityGroups(
    request: CloudScope & { uid: string; cluster: string; vpcId: string; spec: ClusterSpec },
    attempt: Attempt,
  ): Promise<SecurityGroups>;
  deleteSecurityGroups(
    scope: CloudScope,
    uid: string,
    vpcId: string,
    attempt: Attempt,
  ): Promise<number>;
  /** Creates both secrets if absent; returns parameter names, never values. */
  ensureSecrets(
    scope: CloudScope,
    uid: string,
    attempt: Attempt,
  ): Promise<{ server: string; agent: string }>;
  deleteSecrets(scope: CloudScope, uid: string, attempt: Attempt): Promise<number>;
}

/** Runs shipped scripts on nodes; the same `opId` runs once. */
export interface Remote {
  run(
    order: CloudScope & {
      instanceId: string;
      verb: string;
      opId: string;
      parameters: Readonly<Record<string, string>>;
      /** True when an earlier attempt may have sent it: look for that command first. */
      mayBeSent: boolean;
      /** How long it may wait for the node before it is dropped; at least 30. Default 60. */
      deliverySeconds?: number;
    },
    attempt: Attempt,
  ): Promise<ScriptAnswer>;
}

/** One look at every instance Fairlead manages in an account and region. */
export interface FleetView {
  /** uid → facts. Rejects when the answer is failed, partial or from the wrong account: absence is then unknown. */
  look(
    scope: CloudScope,
    /** Instance ids whose agent is still awaited. */
    awaitingAgent: ReadonlySet<string>,
  ): Promise<ReadonlyMap<string, readonly InstanceFact[]>>;
}
