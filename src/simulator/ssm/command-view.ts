/** Commands and invocations as SSM describes them. */
import type {
  Command,
  CommandInvocation,
  CommandPlugin,
  CommandStatus,
  GetCommandInvocationResult,
} from '@aws-sdk/client-ssm';
import { invocationKey } from '../state/records.ts';
import type { CommandRecord, InvocationRecord } from '../state/records.ts';
import type { World } from '../world.ts';

/** Output shown by ListCommandInvocations; GetCommandInvocation shows all that was kept. */
const listedOutputMaxCharacters = 2_500;

export function viewCommand(world: World, command: CommandRecord): Command {
  const invocations = invocationsOf(world, command);
  const status = overall(invocations);
  return {
    CommandId: command.commandId,
    DocumentName: command.documentName,
    DocumentVersion: '$DEFAULT',
    Comment: command.comment,
    Parameters: Object.fromEntries(
      Object.entries(command.parameters).map(([name, values]) => [name, [...values]]),
    ),
    InstanceIds: [...command.instanceIds],
    Targets: [],
    RequestedDateTime: new Date(command.requestedAtMs),
    ExpiresAfter: new Date(command.deliverUntilMs + command.executionTimeoutMs),
    Status: status,
    StatusDetails: status,
    OutputS3BucketName: '',
    OutputS3KeyPrefix: '',
    MaxConcurrency: '50',
    MaxErrors: '0',
    TargetCount: command.instanceIds.length,
    CompletedCount: invocations.filter((it) => it.endedAtMs !== undefined).length,
    ErrorCount: invocations.filter((it) => it.status === 'Failed' || it.status === 'TimedOut')
      .length,
    DeliveryTimedOutCount: invocations.filter((it) => it.details === 'DeliveryTimedOut').length,
  };
}

export function invocationsOf(world: World, command: CommandRecord): InvocationRecord[] {
  return command.instanceIds
    .map((id) => world.tables.invocations.get(invocationKey(command.commandId, id)))
    .filter((invocation) => invocation !== undefined);
}

/** Worst news first, as the console shows it: unfinished, then failed, then cancelled, then success. */
function overall(invocations: readonly InvocationRecord[]): CommandStatus {
  const order = ['Pending', 'InProgress', 'Cancelling', 'Failed', 'TimedOut', 'Cancelled'] as const;
  return order.find((status) => invocations.some((it) => it.status === status)) ?? 'Success';
}

export function viewInvocation(
  command: CommandRecord,
  invocation: InvocationRecord,
): GetCommandInvocationResult {
  const { startedAtMs, endedAtMs } = invocation;
  return {
    CommandId: command.commandId,
    InstanceId: invocation.instanceId,
    Comment: command.comment,
    DocumentName: command.documentName,
    DocumentVersion: '$DEFAULT',
    PluginName: 'aws:runShellScript',
    ResponseCode: invocation.responseCode,
    Status: invocation.status,
    StatusDetails: invocation.details,
    // Strings in SSM's model, unlike every other time of the service.
    ExecutionStartDateTime: startedAtMs === undefined ? '' : new Date(startedAtMs).toISOString(),
    ExecutionEndDateTime: endedAtMs === undefined ? '' : new Date(endedAtMs).toISOString(),
    ExecutionElapsedTime:
      startedAtMs === undefined || endedAtMs === undefined
        ? ''
        : `PT${String((endedAtMs - startedAtMs) / 1000)}S`,
    StandardOutputContent: invocation.stdout,
    StandardOutputUrl: '',
    StandardErrorContent: invocation.stderr,
    StandardErrorUrl: '',
    CloudWatchOutputConfig: { CloudWatchLogGroupName: '', CloudWatchOutputEnabled: false },
  };
}

export function viewListed(
  command: CommandRecord,
  invocation: InvocationRecord,
  withDetails: boolean,
): CommandInvocation {
  const { startedAtMs, endedAtMs } = invocation;
  const output = `${invocation.stdout}${invocation.stderr === '' ? '' : `\n----------ERROR-------\n${invocation.stderr}`}`;
  const plugin: CommandPlugin = {
    Name: 'aws:runShellScript',
    // A plugin has no state of its own for the time in which its command is being cancelled.
    Status: invocation.status === 'Cancelling' ? 'InProgress' : invocation.status,
    StatusDetails: invocation.details,
    ResponseCode: invocation.responseCode,
    Output: output.slice(0, listedOutputMaxCharacters),
    StandardOutputUrl: '',
    StandardErrorUrl: '',
    ...(startedAtMs === undefined ? {} : { ResponseStartDateTime: new Date(startedAtMs) }),
    ...(endedAtMs === undefined ? {} : { ResponseFinishDateTime: new Date(endedAtMs) }),
  };
  return {
    CommandId: command.commandId,
    InstanceId: invocation.instanceId,
    InstanceName: '',
    Comment: command.comment,
    DocumentName: command.documentName,
    DocumentVersion: '$DEFAULT',
    RequestedDateTime: new Date(command.requestedAtMs),
    Status: invocation.status,
    StatusDetails: invocation.details,
    StandardOutputUrl: '',
    StandardErrorUrl: '',
    CommandPlugins: withDetails ? [plugin] : [],
  };
}
