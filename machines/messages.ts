/** What travels: commands from outside, facts, effect inputs and results, reports between machines, published events. */
import type { ReplicationEffects, ReplicationFacts } from './replication-effects.ts';
import type { GroupEffects } from './replication-group-effects.ts';
import type { ClusterManifest, ClusterSpec } from './specs.ts';
import type { Slot } from './ids.ts';

export { commandSchemas, systemCommandSchemas } from './messages-commands.ts';
export { querySchemas } from './messages-queries.ts';

/** Fault types of provider errors; what is retried and how follows from the type alone. */
export const faultTypes = [
  'NotFound',
  'InvalidSpec',
  'Unauthorized',
  'NotSupported',
  'Retryable',
  'Unavailable',
  'RateLimit',
  'Timeout',
  'QuotaExceeded',
  'Conflict',
  'CapacityShortage',
  'CircuitOpen',
  'Cancelled',
  'ProviderError',
  'InternalError',
] as const;
export type FaultType = (typeof faultTypes)[number];

/** A failed effect as plain JSON. */
export interface EffectFault {
  readonly type: FaultType;
  /** The provider's own code, or one of ours (`area.camelCase`). */
  readonly code: string;
  readonly message: string;
  readonly requestId?: string;
  /** A floor for the next delay, from the provider. */
  readonly retryAfterMs?: number;
  /** Set where more is known than the type tells: then this decides whether it is tried again. */
  readonly retryable?: boolean;
  /** False when the call certainly did nothing; absent or true when it may have happened. */
  readonly mayHaveHappened?: boolean;
  /** Set when we refused the call ourselves: no request went out, and no attempt is counted. */
  readonly rejectedBy?: Rejection;
  /** Key of the breaker or limit that refused. */
  readonly key?: string;
}
export type Rejection = 'circuit' | 'rateLimit' | 'bulkhead' | 'budget';

/** Who goes first when calls have to wait. */
export const priorities = ['teardown', 'failover', 'user', 'repair', 'background'] as const;
export type Priority = (typeof priorities)[number];

/** What a hosted effect always resolves to: the host stamps wall time and a random number, so charts need neither. */
export type EffectResult<O> =
  | { readonly ok: true; readonly value: O; readonly atMs: number; readonly roll: number }
  | {
      readonly ok: false;
      readonly fault: EffectFault;
      readonly atMs: number;
      readonly roll: number;
    };

// ---------------------------------------------------------------------------------------------- effects

/** Where calls for a cluster go. */
export interface CloudScope {
  readonly account: string;
  readonly region: string;
}

/** One place and size a node may be launched with, in order of preference. */
export interface Offer {
  readonly instanceType: string;
  readonly zone: string;
  readonly subnetId: string;
  readonly imageId: string;
}

/** The fully rendered launch: the same token always goes with the same order. */
export interface LaunchOrder extends CloudScope {
  readonly offer: Offer;
  readonly rootDevice: string;
  readonly rootVolume: {
    readonly sizeGiB: number;
    readonly encrypted: boolean;
    readonly kmsKeyId: string;
  };
  readonly securityGroupIds: readonly string[];
  readonly instanceProfile: string;
  readonly publicIp: boolean;
  /** Pods are routed through the machine by their own addresses (host-gw), which EC2 drops unless told otherwise. */
  readonly routesPods?: boolean;
  readonly protected: boolean;
  readonly tags: Readonly<Record<string, string>>;
}

/** What launches of one plan resolved to; pinned for the life of the plan. */
export interface ClusterPlan {
  /** Number of the plan; part of launch tokens. */
  readonly number: number;
  readonly version: string;
  readonly vpcId: string;
  readonly rootDevice: string;
  readonly architecture: 'amd64' | 'arm64';
  /** Offers per pool name (`server` for the control plane), zones rotating within a type. */
  readonly offers: Readonly<Record<string, readonly Offer[]>>;
  readonly zones: readonly string[];
}

export interface SecurityGroups {
  readonly servers: string;
  readonly nodes: string;
}

/** Every effect: what goes in and what comes out. Names are ours; AWS words stay in src/aws. */
export interface Effects extends ReplicationEffects, GroupEffects {
  'cluster.plan': {
    in: CloudScope & { spec: ClusterSpec; uid: string; plan: number };
    out: ClusterPlan;
  };
  'network.ensure': {
    in: CloudScope & { uid: string; cluster: string; vpcId: string; spec: ClusterSpec };
    out: SecurityGroups;
  };
  'secrets.ensure': { in: CloudScope & { uid: string }; out: { server: string; agent: string } };
  'node.launch': { in: { order: LaunchOrder }; out: LaunchedNode };
  /**
   * Learns what became of a launch: found by tags, or the same token again; `null` when it certainly never happened.
   * `isWanted`: it is to serve as if the launch had answered; false when it is only looked for to be removed.
   */
  'node.resolve': { in: { order: LaunchOrder; isWanted: boolean }; out: LaunchedNode | null };
  'node.terminate': {
    in: CloudScope & { instanceId: string; protected: boolean };
    out: { state: string };
  };
  /** Asks the machine to stop, start or restart; answers the state EC2 is taking it through. */
  'node.stop': { in: CloudScope & { instanceId: string }; out: { state: string } };
  'node.start': { in: CloudScope & { instanceId: string }; out: { state: string } };
  /** Whether it has happened only another boot id tells. */
  'node.reboot': { in: CloudScope & { instanceId: string }; out: { state: string } };
  'node.script': {
    in: CloudScope & {
      instanceId: string;
      verb: string;
      opId: string;
      parameters: Readonly<Record<string, string>>;
    };
    out: ScriptAnswer;
  };
  /** Terminates whatever still carries our uid tag; counts what was alive. */
  'cluster.sweep': { in: CloudScope & { uid: string }; out: { alive: number } };
  'network.delete': { in: CloudScope & { uid: string; vpcId: string }; out: { deleted: number } };
  'secrets.delete': { in: CloudScope & { uid: string }; out: { deleted: number } };
  /** Ends when the circuit lets calls through again; asks for nothing itself. */
  'circuit.wait': { in: { key: string; priority: Priority }; out: { waited: true } };
}
export type EffectName = keyof Effects;

export interface LaunchedNode {
  readonly instanceId: string;
  readonly zone: string;
  readonly privateIp: string;
  readonly state: string;
}

/** Last line of a node script, checked at the edge. */
export interface ScriptAnswer {
  readonly ok: boolean;
  readonly running: boolean;
  readonly code: string;
  readonly progress: number;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly hint: string;
}

/** One effect to perform, as the `perform` source receives it. `attempt` counts from 1. */
export interface PerformInput {
  readonly effect: EffectName;
  readonly input: Effects[EffectName]['in'];
  /** Idempotency token; empty where the effect is repeatable by nature. */
  readonly token: string;
  readonly correlationId: string;
  readonly attempt: number;
  /** True when an earlier try of the same operation may have reached the world. */
  readonly isRepeat: boolean;
  /** Name of its retry policy. */
  readonly preset: string;
  /** Wall time at which its operation was meant; tells two without a token apart. */
  readonly begunAtMs?: number;
  /** Of the node it is about; absent for calls about the whole cluster. */
  readonly incarnation?: number;
  /** What the record of a replication tells about it; only with its effects. */
  readonly relationship?: ReplicationFacts;
}
/**
 * The call as it is stored: empty where it is the operation's own effect, because the machines above hold every part of
 * it in the same record.
 */
export type PerformCall = PerformInput | Record<string, never>;
export type PerformResult = EffectResult<Effects[EffectName]['out']>;

// ------------------------------------------------------------------------------------------------ facts

/** One instance as last seen; `agent` is null when not asked for. */
export interface InstanceFact {
  readonly slot: Slot;
  readonly incarnation: number;
  readonly instanceId: string;
  readonly state: 'pending' | 'running' | 'shutting-down' | 'terminated' | 'stopping' | 'stopped';
  readonly privateIp: string;
  readonly zone: string;
  readonly agentOnline: boolean;
  readonly stateReason: string;
}

// --------------------------------------------------------------------------------------------- commands

/** What every command event carries besides its own arguments; filled by the host. */
export interface CommandStamp {
  readonly atMs: number;
  readonly roll: number;
  readonly commandId: string;
  readonly correlationId: string;
  /** Who says to have sent it; absent when nobody says. A claim, no proof. */
  readonly by?: string;
}

export type ClusterCommand = CommandStamp &
  (
    | {
        readonly type: 'cluster.create' | 'cluster.apply';
        readonly manifest: ClusterManifest;
      }
    | { readonly type: 'cluster.delete'; readonly force: boolean; readonly reason?: string }
    | {
        readonly type:
          | 'cluster.pause'
          | 'cluster.resume'
          | 'cluster.retry'
          | 'cluster.cancel'
          | 'cluster.stop'
          | 'cluster.start';
        readonly reason?: string;
      }
    | {
        readonly type: 'cluster.scale';
        readonly pool: string;
        readonly count: number;
        readonly reason?: string;
      }
    | {
        readonly type: 'cluster.restart';
        readonly pool?: string | undefined;
        readonly nodes?: readonly string[] | undefined;
        readonly reason?: string;
      }
  );

// ------------------------------------------------------------------------------------- published events

/** Names of what a cluster publishes, past tense; the subject token is the kebab-case of it. */
export const clusterEvents = [
  'accepted',
  'phaseChanged',
  'planned',
  'nodeChanged',
  'operationRetried',
  'operationExhausted',
  'stepEnded',
  'operationStarted',
  'operationStepped',
  'operationFinished',
  'operationFailed',
  'paused',
  'resumed',
  'failed',
  'ready',
  'deleted',
] as const;

/** Names of what a replication publishes; a fact of one endpoint names it. */
export const replicationEvents = [
  'created',
  'transitioned',
  'phaseEntered',
  'pointCommitted',
  'pointPruned',
  'lagChanged',
  'fenceProven',
  'lossRecorded',
  'contested',
  'riskAccepted',
  'riskCleared',
  'testStarted',
  'testEnded',
  'reconfigured',
  'operationRetried',
  'operationExhausted',
  'deleted',
] as const;

/** Names of what a group of replications publishes. */
export const groupEvents = [
  'created',
  'phaseEntered',
  'orderEnded',
  'reconfigured',
  'stepEnded',
  'operationRetried',
  'operationExhausted',
  'deleted',
] as const;

/** What guards publish: `breakerChanged` by the guard of a host, the others by the fleet's. */
export const guardEvents = ['breakerChanged', 'ordered', 'hostDrained', 'hostUndrained'] as const;

/** What a chart emits; the host adds id, time, revision and the resource's identity. */
export interface PublishedEvent {
  readonly type: string;
  readonly correlationId: string;
  readonly data: Readonly<Record<string, unknown>>;
}
