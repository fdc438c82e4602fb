/** One command on its way to one instance: waiting for the agent, running, and what came of it. */
import { asMachine } from '../ec2/directory.ts';
import { isAgentOnline, stateAt } from '../ec2/instance-state.ts';
import type { CommandResult } from '../node/contract.ts';
import { invocationKey } from '../state/records.ts';
import type { CommandRecord, InstanceRecord, InvocationRecord } from '../state/records.ts';
import { commandsKeptMs } from '../timing.ts';
import type { World } from '../world.ts';

/** How often an agent that was away is asked again, in simulated milliseconds. */
const retryDeliveryMs = 2_000;
const stdoutMaxCharacters = 24_000;
const stderrMaxCharacters = 8_000;

/** Hands the command to the machine when it is due; a Pending one is repeated after a restart of the simulator. */
export function deliver(world: World, command: CommandRecord, instanceId: string): void {
  const key = invocationKey(command.commandId, instanceId);
  const waiting = world.tables.invocations.get(key);
  if (waiting?.status !== 'Pending') return;
  world.clock.at(waiting.deliverAtMs, () => {
    attempt(world, command, instanceId);
  });
}

function attempt(world: World, command: CommandRecord, instanceId: string): void {
  const key = invocationKey(command.commandId, instanceId);
  const invocation = world.tables.invocations.get(key);
  const instance = world.tables.instances.get(instanceId);
  if (invocation?.status !== 'Pending') return;
  const nowMs = world.clock.nowMs();
  if (instance === undefined || stateAt(instance, nowMs) === 'terminated') {
    end(world, command, { ...invocation, status: 'Failed', details: 'Terminated' });
  } else if (nowMs >= command.deliverUntilMs) {
    end(world, command, { ...invocation, status: 'TimedOut', details: 'DeliveryTimedOut' });
  } else if (isAgentOnline(instance, nowMs)) {
    start(world, command, instance, invocation);
  } else {
    const againMs = nowMs + world.clock.scaled(retryDeliveryMs);
    world.clock.at(Math.min(againMs, command.deliverUntilMs), () => {
      attempt(world, command, instanceId);
    });
  }
}

function start(
  world: World,
  command: CommandRecord,
  instance: InstanceRecord,
  invocation: InvocationRecord,
): void {
  const key = invocationKey(command.commandId, instance.instanceId);
  const running: InvocationRecord = {
    ...invocation,
    status: 'InProgress',
    details: 'InProgress',
    startedAtMs: world.clock.nowMs(),
  };
  world.tables.invocations.put(key, running);
  void world.runner
    .run({
      commandId: command.commandId,
      instance: asMachine(instance),
      text: (command.parameters['commands'] ?? []).join('\n'),
      executionTimeoutMs: command.executionTimeoutMs,
    })
    .then((result) => {
      // A simulator that has stopped must not write: its journal may have a new owner.
      if (!world.clock.isStopped()) finish(world, command, running, result);
    });
}

function finish(
  world: World,
  command: CommandRecord,
  running: InvocationRecord,
  result: CommandResult,
): void {
  // Reset meanwhile: nobody knows the command any more.
  if (!world.tables.invocations.has(invocationKey(command.commandId, running.instanceId))) return;
  end(world, command, {
    ...running,
    status: result.status,
    details: result.status === 'TimedOut' ? 'ExecutionTimedOut' : result.status,
    responseCode: result.responseCode,
    stdout: result.stdout.slice(0, stdoutMaxCharacters),
    stderr: result.stderr.slice(0, stderrMaxCharacters),
  });
}

function end(world: World, command: CommandRecord, invocation: InvocationRecord): void {
  const key = invocationKey(command.commandId, invocation.instanceId);
  world.tables.invocations.put(key, { ...invocation, endedAtMs: world.clock.nowMs() });
  watchCommand(world, command);
}

/** Plans the end of a finished command's listing. */
function watchCommand(world: World, command: CommandRecord): void {
  const keys = command.instanceIds.map((id) => invocationKey(command.commandId, id));
  const isOver = keys.every((key) => world.tables.invocations.get(key)?.endedAtMs !== undefined);
  if (!isOver) return;
  world.clock.at(world.clock.nowMs() + world.clock.scaled(commandsKeptMs), () => {
    for (const key of keys) world.tables.invocations.remove(key);
    world.tables.commands.remove(command.commandId);
  });
}

/** Cancels at once what has not started; what runs is asked to end, which is best effort as it is on AWS. */
export function cancelInvocation(world: World, command: CommandRecord, instanceId: string): void {
  const key = invocationKey(command.commandId, instanceId);
  const invocation = world.tables.invocations.get(key);
  if (invocation?.status === 'Pending') {
    end(world, command, { ...invocation, status: 'Cancelled', details: 'Cancelled' });
  } else if (invocation?.status === 'InProgress') {
    world.tables.invocations.put(key, {
      ...invocation,
      status: 'Cancelling',
      details: 'Cancelling',
    });
    world.runner.cancel(command.commandId);
  }
}

/**
 * After a restart of the simulator: what waited is delivered, what ran has lost its processes with the simulator and is
 * reported as failed, as SSM reports a command whose agent was restarted.
 */
export function resumeDeliveries(world: World): void {
  for (const command of [...world.tables.commands.all()]) {
    for (const instanceId of command.instanceIds) {
      const key = invocationKey(command.commandId, instanceId);
      const invocation = world.tables.invocations.get(key);
      if (invocation?.status === 'Pending') deliver(world, command, instanceId);
      else if (invocation !== undefined && invocation.endedAtMs === undefined) {
        const stderr = 'The agent was restarted while the command ran.';
        end(world, command, { ...invocation, status: 'Failed', details: 'Failed', stderr });
      } else watchCommand(world, command);
    }
  }
}
