/**
 * The line between the simulated cloud and the machines in it: the cloud half owns instances, commands and parameters,
 * the node half runs shipped scripts in a folder per instance and keeps the K3s membership they build.
 */

/** What the node half needs to know of an instance. */
export interface SimulatedInstance {
  readonly instanceId: string;
  readonly region: string;
  readonly zone: string;
  readonly privateIp: string;
  readonly architecture: 'x86_64' | 'arm64';
}

/** One delivery of AWS-RunShellScript to one instance. */
export interface CommandOrder {
  readonly commandId: string;
  readonly instance: SimulatedInstance;
  /** The whole text, shebang and parameter block included. */
  readonly text: string;
  readonly executionTimeoutMs: number;
}

export interface CommandResult {
  readonly status: 'Success' | 'Failed' | 'TimedOut' | 'Cancelled';
  /** The exit code; −1 when nothing ran. */
  readonly responseCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs scripts on simulated machines with real bash. */
export interface CommandRunner {
  /** Never rejects: a refused script is a `Failed` result that says why. */
  run(order: CommandOrder): Promise<CommandResult>;
  /** Ends one running command, best effort: its `run` then resolves as `Cancelled`. Unknown ids are no error. */
  cancel(commandId: string): void;
  /** Stops every process of the instance (stop, reboot, terminate, outage); the folder stays. */
  halt(instanceId: string): void;
  /** Removes folder and cluster membership of a terminated instance. */
  forget(instanceId: string): void;
  /** Ends what an earlier simulator process left running, by the process groups it noted. */
  endLeftovers(): void;
}

/** What the node half asks of the cloud half. */
export interface InstanceDirectory {
  byId(instanceId: string): SimulatedInstance | undefined;
  byPrivateIp(privateIp: string): SimulatedInstance | undefined;
  /** True while the operating system is up: false before the first boot, while stopped or rebooting, once terminated. */
  isRunning(instanceId: string): boolean;
}
