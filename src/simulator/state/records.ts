/** The rows the simulated cloud keeps. All plain JSON; every `…AtMs` is wall time, already divided by the scale. */

export type InstanceState =
  'pending' | 'running' | 'stopping' | 'stopped' | 'shutting-down' | 'terminated';

/** One step in the life of an instance, planned ahead: the state holds from `atMs`, Describe shows it from `seenAtMs`. */
export interface Transition {
  readonly state: InstanceState;
  readonly atMs: number;
  readonly seenAtMs: number;
  readonly reason?: { readonly code: string; readonly message: string };
}

export interface InstanceRecord {
  readonly instanceId: string;
  readonly reservationId: string;
  readonly region: string;
  readonly zone: string;
  readonly subnetId: string;
  readonly vpcId: string;
  readonly imageId: string;
  readonly instanceType: string;
  readonly architecture: 'x86_64' | 'arm64';
  readonly lifecycle: 'onDemand' | 'spot';
  readonly privateIp: string;
  readonly hasPublicIp: boolean;
  readonly launchIndex: number;
  readonly clientToken: string;
  readonly launchedAtMs: number;
  /** From when Describe and calls by id know it. */
  readonly visibleAtMs: number;
  readonly profileName?: string | undefined;
  readonly groupIds: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
  readonly isProtected: boolean;
  /** Absent: on, as at every launch. */
  readonly sourceDestCheck?: boolean;
  readonly rootVolume: { readonly volumeId: string; readonly deviceName: string };
  readonly metadata: {
    readonly tokens: 'optional' | 'required';
    readonly hopLimit: number;
    readonly tags: 'enabled' | 'disabled';
  };
  readonly transitions: readonly Transition[];
  /** While a reboot lasts the instance is `running`, but its operating system is not. */
  readonly rebootUntilMs?: number | undefined;
  /** From when the SSM agent answers; absent: never. */
  readonly agentOnlineAtMs?: number | undefined;
}

/** What a client token was used for; kept for its life so that a repeated launch finds the first one. */
export interface TokenRecord {
  readonly key: string;
  readonly requestHash: string;
  readonly reservationId: string;
  readonly instanceIds: readonly string[];
  readonly madeAtMs: number;
}

export interface GroupRule {
  readonly protocol: string;
  readonly fromPort: number;
  readonly toPort: number;
  /** `cidr:…`, `cidr6:…` or `group:sg-…`. */
  readonly peer: string;
  readonly description?: string;
}

export interface GroupRecord {
  readonly groupId: string;
  readonly region: string;
  readonly vpcId: string;
  readonly name: string;
  readonly description: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly visibleAtMs: number;
  readonly ingress: readonly GroupRule[];
}

export interface CommandRecord {
  readonly commandId: string;
  readonly region: string;
  readonly comment: string;
  readonly documentName: string;
  readonly parameters: Readonly<Record<string, readonly string[]>>;
  readonly instanceIds: readonly string[];
  readonly requestedAtMs: number;
  /** A command not delivered by then is given up. */
  readonly deliverUntilMs: number;
  readonly executionTimeoutMs: number;
  /** From when GetCommandInvocation and the lists know it. */
  readonly visibleAtMs: number;
}

type InvocationStatus =
  'Pending' | 'InProgress' | 'Cancelling' | 'Success' | 'Failed' | 'TimedOut' | 'Cancelled';

export interface InvocationRecord {
  readonly commandId: string;
  readonly instanceId: string;
  readonly status: InvocationStatus;
  readonly details: string;
  readonly deliverAtMs: number;
  readonly startedAtMs?: number;
  readonly endedAtMs?: number;
  readonly responseCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export function invocationKey(commandId: string, instanceId: string): string {
  return `${commandId}/${instanceId}`;
}

export interface ParameterRecord {
  readonly region: string;
  readonly name: string;
  readonly type: 'String' | 'StringList' | 'SecureString';
  /** Sealed when the type is SecureString: the journal never holds a secret in plain text. */
  readonly value: string;
  readonly tier: 'Standard' | 'Advanced';
  readonly keyId?: string;
  readonly version: number;
  readonly modifiedAtMs: number;
}
