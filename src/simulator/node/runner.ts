/** Runs shipped scripts, and nothing else, with real bash in the folder that stands for a machine. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandOrder, CommandResult, CommandRunner, SimulatedInstance } from './contract.ts';
import { dropGroup, killGroup, killGroups, noteGroup } from './process-groups.ts';
import { prepareMachine } from './sandbox.ts';

/** What SSM keeps of a command's output, in characters. */
const stdoutMax = 24_000;
const stderrMax = 8_000;

export interface RunnerOptions {
  /** Holds one folder per machine. */
  readonly folder: string;
  /** The only entry of PATH. */
  readonly tools: string;
  /** Why this text must not run; undefined when it is one of the shipped scripts. */
  readonly refusal: (text: string) => string | undefined;
  /** Since when the machine is up; undefined: it is down and runs nothing. */
  readonly upSinceMs: (instanceId: string) => number | undefined;
  /** The environment beyond FAIRLEAD_ROOT and PATH. */
  readonly environment: (instance: SimulatedInstance) => Readonly<Record<string, string>>;
  /** Told when a machine's processes were stopped, and when it is gone for good. */
  readonly onHalt: (instanceId: string) => void;
  readonly onForget: (instanceId: string) => void;
}

interface Running {
  readonly commandId: string;
  readonly instanceId: string;
  readonly leader: number;
  readonly child: ChildProcess;
  ending: 'Cancelled' | 'TimedOut' | 'Failed' | undefined;
}

export function createRunner(options: RunnerOptions): CommandRunner {
  const running = new Set<Running>();
  let deliveries = 0;
  const machineOf = (instanceId: string) => join(options.folder, instanceId);

  function end(run: Running, ending: NonNullable<Running['ending']>): void {
    // Ended by itself already: its number may belong to somebody else by now.
    if (run.child.exitCode !== null || run.child.signalCode !== null) return;
    run.ending ??= ending;
    killGroup(run.leader);
  }

  async function run(order: CommandOrder): Promise<CommandResult> {
    const refusal = options.refusal(order.text);
    if (refusal !== undefined) return notRun(refusal);
    const bootedAtMs = options.upSinceMs(order.instance.instanceId);
    if (bootedAtMs === undefined) return notRun('the machine is down');
    const machine = machineOf(order.instance.instanceId);
    prepareMachine(machine, order.instance, bootedAtMs);
    deliveries += 1;
    const file = join(machine, `run/command-${String(process.pid)}-${String(deliveries)}.sh`);
    writeFileSync(file, order.text, { mode: 0o700 });
    const child = spawn(join(options.tools, 'bash'), [file], {
      cwd: machine,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...options.environment(order.instance),
        FAIRLEAD_ROOT: machine,
        PATH: options.tools,
      },
    });
    const ended = outcomeOf(child);
    if (child.pid === undefined) return notRun((await ended).stderr);
    const entry: Running = {
      commandId: order.commandId,
      instanceId: order.instance.instanceId,
      leader: child.pid,
      child,
      ending: undefined,
    };
    running.add(entry);
    noteGroup(machine, entry.leader);
    const deadline = setTimeout(() => {
      end(entry, 'TimedOut');
    }, order.executionTimeoutMs);
    const outcome = await ended;
    clearTimeout(deadline);
    running.delete(entry);
    dropGroup(machine, entry.leader);
    rmSync(file, { force: true });
    return {
      ...outcome,
      status: entry.ending ?? (outcome.responseCode === 0 ? 'Success' : 'Failed'),
    };
  }

  return {
    run: (order) => run(order).catch((error: unknown) => notRun(String(error))),
    cancel: (commandId) => {
      for (const entry of running) if (entry.commandId === commandId) end(entry, 'Cancelled');
    },
    halt: (instanceId) => {
      for (const entry of running) if (entry.instanceId === instanceId) end(entry, 'Failed');
      killGroups(machineOf(instanceId));
      options.onHalt(instanceId);
    },
    forget: (instanceId) => {
      for (const entry of running) if (entry.instanceId === instanceId) end(entry, 'Failed');
      killGroups(machineOf(instanceId));
      rmSync(machineOf(instanceId), { recursive: true, force: true, maxRetries: 5 });
      options.onForget(instanceId);
    },
    endLeftovers: () => {
      for (const instanceId of readdirSync(options.folder)) killGroups(machineOf(instanceId));
    },
  };
}

/** Collects what the script printed until both of its pipes are closed. */
function outcomeOf(child: ChildProcess): Promise<Omit<CommandResult, 'status'>> {
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout = (stdout + text).slice(0, stdoutMax);
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(0, stderrMax);
  });
  return new Promise((resolve) => {
    child.on('error', (error) => {
      resolve({ responseCode: -1, stdout, stderr: error.message });
    });
    child.on('close', (code) => {
      // Killed by a signal: the shell's convention for SIGKILL, as the agent reports it.
      resolve({ responseCode: code ?? 137, stdout, stderr });
    });
  });
}

function notRun(reason: string): CommandResult {
  return { status: 'Failed', responseCode: -1, stdout: '', stderr: reason };
}
