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
  readonly memoryMiB: number;
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
  /**
   * The machine goes down now (stop, reboot, terminate, outage): every process and its K3s service end, the folder stays.
   * To be called once the directory says that it is down. Coming up needs no call: whoever looks at a machine asks
   * `upSinceMs`, gives each boot an id of its own and lets the enabled service start with it.
   */
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
  /**
   * Since when the operating system is up, in wall milliseconds; another moment is another boot. Undefined while it is
   * down: before the first boot, while stopped or rebooting, once terminated.
   */
  upSinceMs(instanceId: string): number | undefined;
}
