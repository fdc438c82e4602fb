/**
 * What the rings inside need of the world, in our words. Adapters in src/ implement these; tests run the same contract
 * suite on the fakes and on the real ones.
 */
import type { ResourceKey } from '../machines/ids.ts';
import type { Attempt } from './attempt.ts';
import type { VolumeBackends } from './replication-ports.ts';
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

export type { Attempt } from './attempt.ts';

/** Cancels a timer; doing it twice or late is harmless. */
export type Cancel = () => void;

/** Wall time for durable deadlines, monotonic time for leases and time-outs. */
export interface Clock {
  /** Wall time, milliseconds since the epoch. */
  nowMs(): number;
  /** Milliseconds from an arbitrary start; never goes back. */
  monotonicMs(): number;
  /** Calls `run` once after `delayMs` (any length; below 0 counts as 0). */
  after(delayMs: number, run: () => void): Cancel;
}

export interface Random {
  /** A number in [0, 1). */
  roll(): number;
  /** A new ULID: 26 characters, sortable by time. */
  ulid(): string;
}

// ------------------------------------------------------------------------------------------------ store

export interface StoredRecord {
  readonly key: string;
  readonly bytes: string;
  readonly revision: number;
}

/**
 * How a write ended. `stale`: somebody else wrote in between, nothing was written. `unknown`: the answer is missing, read
 * the key back before deciding anything.
 */
export type WriteOutcome =
  | { readonly kind: 'written'; readonly revision: number }
  | { readonly kind: 'stale' }
  | { readonly kind: 'unknown'; readonly cause: string };

/** One JSON document per actor under compare-and-set. Reads come from the leader. */
export interface RecordStore {
  load(key: string): Promise<StoredRecord | undefined>;
  /** `expectedRevision` 0 creates. Never retries by itself and never rejects. */
  write(key: string, bytes: string, expectedRevision: number): Promise<WriteOutcome>;
  /** Every record of the given partitions, latest revision once each; all partitions when left out. */
  scan(partitions?: readonly number[]): AsyncIterable<StoredRecord>;
}

/**
 * What became of calls, by key, under compare-and-set: the same promises as for records. Entries vanish by themselves
 * when their time is over. Nothing is retried inside; `load` rejects when the store is away.
 */
export interface IdempotencyStore {
  load(key: string): Promise<StoredRecord | undefined>;
  write(key: string, bytes: string, expectedRevision: number): Promise<WriteOutcome>;
  scan(): AsyncIterable<StoredRecord>;
}

/** One small text of this host that outlives its process. The last save wins; losing it costs memory, not safety. */
export interface Shelf {
  load(): Promise<string | undefined>;
  save(text: string): Promise<void>;
}

// -------------------------------------------------------------------------------------------------- bus

/** A command as it came off the stream, not yet understood. */
export interface CommandDelivery {
  /** Stream sequence: the fallback command id is `cmd-<sequence>`. */
  readonly sequence: number;
  readonly namespace: string;
  readonly kind: string;
  readonly name: string;
  readonly verb: string;
  /** Header names as received → last value. */
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: Uint8Array;
  /** 1 on the first delivery. */
  readonly deliveries: number;
  /** Monotonic time when the host took it; set by the host. */
  readonly takenMs?: number;
  /** The decision is in a record: plain acknowledgement. */
  ack(): void;
  /** Removes the message for certain before it resolves; for refusals that no record holds. */
  ackConfirmed(): Promise<void>;
  /** Removes the message with a reason; used after it was dead-lettered. */
  terminate(reason: string): Promise<void>;
  /** Tells the server that work goes on, so that the message is not redelivered meanwhile. */
  working(): void;
}

/** A CloudEvent to publish; `id` makes repeats fold. */
export interface OutboundEvent {
  readonly id: string;
  readonly namespace: string;
  readonly kind: string;
  readonly name: string;
  /** Event name as registered, e.g. `phaseChanged`. */
  readonly event: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A command that will never run, with the whole problem object. */
export interface DeadLetter {
  readonly delivery: CommandDelivery;
  readonly commandId: string;
  readonly problem: Readonly<Record<string, unknown>>;
}

export interface QueryRequest {
  readonly namespace: string;
  readonly kind: string;
  readonly name: string;
  readonly verb: string;
  readonly payload: Uint8Array;
}

/** Body of an answer; `error` puts status and text into the micro-service headers as well. */
export interface QueryAnswer {
  readonly body: Readonly<Record<string, unknown>>;
  readonly error?: { readonly status: number; readonly text: string };
}

export interface Subscription {
  /** Stops taking new messages; resolves when what was handed over has been settled. */
  stop(): Promise<void>;
  pause(): void;
  resume(): void;
}

export interface Bus {
  /**
   * Consumes all commands in stream order after re-creating the durable, so that unacknowledged ones come back at once.
   * `epoch` names the durable. The handler is not awaited: keep what is in flight bounded with `pause`.
   */
  consumeCommands(
    epoch: number,
    handle: (delivery: CommandDelivery) => void,
  ): Promise<Subscription>;
  /** Resolves after the stream has stored it; rejects when that is not known. Safe to repeat with the same id. */
  publishEvent(event: OutboundEvent): Promise<void>;
  /** Resolves after the dead letter is stored. */
  publishDeadLetter(letter: DeadLetter): Promise<void>;
  /** Fire and forget; only `_INBOX` subjects are accepted, others are dropped with a log line. */
  reply(
    inbox: string,
    body: Readonly<Record<string, unknown>>,
    error?: { status: number; text: string },
  ): void;
  serveQueries(handle: (request: QueryRequest) => Promise<QueryAnswer>): Promise<Subscription>;
  /** Committed events of one resource, oldest first, as stored. */
  history(filter: {
    namespace: string;
    kind: string;
    name: string;
    limit: number;
  }): Promise<Readonly<Record<string, unknown>>[]>;
  /** The stored problem of a dead-lettered command. */
  findDeadLetter(filter: {
    namespace: string;
    kind: string;
    name: string;
    commandId: string;
  }): Promise<Readonly<Record<string, unknown>> | undefined>;
  connected(): boolean;
}

/** Ownership of all partitions by one host at a time. Times are monotonic. */
export interface Lease {
  /** Takes the lease when free, expired or already in our name; undefined while somebody else holds it. */
  acquire(holder: string): Promise<{ readonly revision: number } | undefined>;
  /** True when the lease is still ours and lives on; false when it certainly is not; rejects when unknown. */
  renew(holder: string): Promise<boolean>;
  release(holder: string): Promise<void>;
}

/** A command of one actor to another, as any user would send it. */
export interface ActorOrder {
  readonly key: ResourceKey;
  readonly verb: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly commandId: string;
  readonly correlationId: string;
  /** Who orders. */
  readonly by: string;
}

export interface Orders {
  /**
   * Sends a command and waits for its outcome: 20 s at most. Under the same id it runs once and is answered the same again.
   * @throws CloudFault-shaped errors (`actors/faults.ts`) while nobody knows the outcome; those may be tried again
   */
  send(
    order: ActorOrder,
    attempt: Attempt,
  ): Promise<{
    readonly outcome: 'accepted' | 'unchanged' | 'refused';
    /** Of a refusal. */
    readonly code: string;
    readonly message: string;
  }>;
}

// ------------------------------------------------------------------------------------------------ cloud

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

// -------------------------------------------------------------------------------------------- telemetry

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type LogFields = Readonly<Record<string, unknown>>;

/** Log lines and measurements; names of metrics are in `actors/metric-names.ts`. Never throws. */
export interface Telemetry {
  log(level: LogLevel, fields: LogFields, message: string): void;
  /** Adds to a counter. */
  count(metric: string, labels?: Readonly<Record<string, string>>, by?: number): void;
  /** One observation for a histogram, in the unit of its name. */
  observe(metric: string, value: number, labels?: Readonly<Record<string, string>>): void;
}

export interface Ports {
  readonly clock: Clock;
  readonly random: Random;
  readonly store: RecordStore;
  readonly bus: Bus;
  readonly lease: Lease;
  readonly machines: Machines;
  readonly surroundings: Surroundings;
  readonly remote: Remote;
  readonly fleet: FleetView;
  readonly volumes: VolumeBackends;
  readonly telemetry: Telemetry;
  /** Absent where no actor orders others about, as in tests of a single part. */
  readonly orders?: Orders;
}
