/** SendCommand and CancelCommand: what AWS accepts, and what becomes a delivery. */
import { randomUUID } from 'node:crypto';
import { CancelCommand$, SendCommand$ } from '@aws-sdk/client-ssm';
import type {
  CancelCommandRequest,
  SendCommandRequest,
  SendCommandResult,
} from '@aws-sdk/client-ssm';
import { ownerId } from '../catalogue.ts';
import { isAgentOnline, isVisible } from '../ec2/instance-state.ts';
import { AwsError } from '../errors.ts';
import { operation } from '../operation.ts';
import { invocationKey } from '../state/records.ts';
import type { CommandRecord } from '../state/records.ts';
import { drawDuration } from '../world.ts';
import type { Call } from '../world.ts';
import { viewCommand } from './command-view.ts';
import { cancelInvocation, deliver } from './delivery.ts';

const instancesMax = 50;
const documentMaxBytes = 64 * 1024;
const commentMaxCharacters = 100;
const executionTimeoutDefaultMs = 3_600_000;
const deliveryTimeoutDefaultMs = 3_600_000;

export const sendCommand = operation(
  SendCommand$,
  (input: SendCommandRequest, call): SendCommandResult => {
    const parameters = readParameters(input);
    const instanceIds = readInstances(input, call);
    const commandId = randomUUID();
    const { world, nowMs, region } = call;
    const command: CommandRecord = {
      commandId,
      region,
      comment: readComment(input.Comment),
      documentName: readDocument(input.DocumentName),
      parameters,
      instanceIds,
      requestedAtMs: nowMs,
      deliverUntilMs: nowMs + readDeliveryTimeoutMs(input.TimeoutSeconds, call),
      executionTimeoutMs: readExecutionTimeoutMs(parameters),
      visibleAtMs: nowMs + drawDuration(world, 'lag', commandId),
    };
    world.tables.commands.put(commandId, command);
    for (const instanceId of instanceIds) {
      const key = invocationKey(commandId, instanceId);
      world.tables.invocations.put(key, {
        commandId,
        instanceId,
        status: 'Pending',
        details: 'Pending',
        deliverAtMs: nowMs + drawDuration(world, 'delivery', key),
        responseCode: -1,
        stdout: '',
        stderr: '',
      });
      deliver(world, command, instanceId);
    }
    return { Command: viewCommand(world, command) };
  },
);

function readDocument(name: string | undefined): string {
  if (name === 'AWS-RunShellScript') return name;
  throw new AwsError('InvalidDocument', `Document with name ${name ?? ''} does not exist.`);
}

function readParameters(input: SendCommandRequest): Readonly<Record<string, readonly string[]>> {
  readDocument(input.DocumentName);
  const parameters = input.Parameters ?? {};
  const known = ['commands', 'executionTimeout', 'workingDirectory'];
  const unknown = Object.keys(parameters).find((name) => !known.includes(name));
  if (unknown !== undefined || (parameters['commands'] ?? []).length === 0) {
    throw new AwsError('InvalidParameters', `Invalid parameters: ${unknown ?? 'commands'}`);
  }
  const bytes = Object.values(parameters)
    .flat()
    .reduce((sum, it) => sum + Buffer.byteLength(it), 0);
  if (bytes > documentMaxBytes) {
    throw new AwsError(
      'MaxDocumentSizeExceeded',
      'The size of the document or its parameters exceeds 64 KB.',
    );
  }
  return parameters;
}

function readInstances(input: SendCommandRequest, call: Call): readonly string[] {
  if (input.Targets !== undefined) {
    throw new AwsError('ValidationException', 'The simulator takes InstanceIds, not Targets.');
  }
  const ids = input.InstanceIds ?? [];
  if (ids.length === 0 || ids.length > instancesMax) {
    throw new AwsError(
      'ValidationException',
      `1 validation error detected: Value at 'instanceIds' failed to satisfy constraint: Member must have length between 1 and ${String(instancesMax)}`,
    );
  }
  if (new Set(ids).size < ids.length) {
    throw new AwsError(
      'DuplicateInstanceId',
      'You cannot specify an instance ID in more than one association.',
    );
  }
  const { instances } = call.world.tables;
  const unready = ids.filter((id) => {
    const record = instances.get(id);
    const isOurs = record?.region === call.region && isVisible(call.world, record, call.nowMs);
    return !isOurs || !isAgentOnline(record, call.nowMs);
  });
  if (unready.length > 0) {
    throw new AwsError(
      'InvalidInstanceId',
      `Instances [[${unready.join(', ')}]] not in a valid state for account ${ownerId}`,
    );
  }
  return ids;
}

function readComment(comment = ''): string {
  if (comment.length <= commentMaxCharacters) return comment;
  throw new AwsError(
    'ValidationException',
    `1 validation error detected: Value at 'comment' failed to satisfy constraint: Member must have length less than or equal to ${String(commentMaxCharacters)}`,
  );
}

/** How long the agent may take to fetch the command; it passes in simulated time, like all that the cloud itself takes. */
function readDeliveryTimeoutMs(seconds: number | undefined, call: Call): number {
  if (seconds === undefined) return call.world.clock.scaled(deliveryTimeoutDefaultMs);
  if (Number.isInteger(seconds) && seconds >= 30 && seconds <= 2_592_000) {
    return call.world.clock.scaled(seconds * 1000);
  }
  throw new AwsError(
    'ValidationException',
    `1 validation error detected: Value '${String(seconds)}' at 'timeoutSeconds' failed to satisfy constraint: Member must be between 30 and 2592000`,
  );
}

/** How long the script may run. Wall time: real bash does not run faster because the simulated cloud does. */
function readExecutionTimeoutMs(parameters: Readonly<Record<string, readonly string[]>>): number {
  const text = parameters['executionTimeout']?.[0];
  if (text === undefined) return executionTimeoutDefaultMs;
  const seconds = Number(text);
  if (Number.isInteger(seconds) && seconds >= 1 && seconds <= 172_800) return seconds * 1000;
  throw new AwsError(
    'InvalidParameters',
    `executionTimeout is ${text}: it must be 1 to 172800 seconds`,
  );
}

export const cancelCommand = operation(
  CancelCommand$,
  (input: CancelCommandRequest, call): object => {
    const command = call.world.tables.commands.get(input.CommandId ?? '');
    if (command?.region !== call.region) {
      throw new AwsError('InvalidCommandId', `Command ${input.CommandId ?? ''} does not exist.`);
    }
    const ids = input.InstanceIds ?? command.instanceIds;
    const stranger = ids.find((id) => !command.instanceIds.includes(id));
    if (stranger !== undefined) {
      throw new AwsError('InvalidInstanceId', `Instance ${stranger} is not part of the command.`);
    }
    for (const id of ids) cancelInvocation(call.world, command, id);
    return {};
  },
);
