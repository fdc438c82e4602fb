/** GetCommandInvocation and the two lists. A command just sent is unknown to them for the length of the lag. */
import { GetCommandInvocation$, ListCommandInvocations$, ListCommands$ } from '@aws-sdk/client-ssm';
import type {
  CommandFilter,
  GetCommandInvocationRequest,
  GetCommandInvocationResult,
  ListCommandInvocationsRequest,
  ListCommandInvocationsResult,
  ListCommandsRequest,
  ListCommandsResult,
} from '@aws-sdk/client-ssm';
import { AwsError } from '../errors.ts';
import { operation } from '../operation.ts';
import { paginate } from '../paging.ts';
import { invocationKey } from '../state/records.ts';
import type { CommandRecord } from '../state/records.ts';
import type { Call } from '../world.ts';
import { invocationsOf, viewCommand, viewInvocation, viewListed } from './command-view.ts';

export const getCommandInvocation = operation(
  GetCommandInvocation$,
  (input: GetCommandInvocationRequest, call): GetCommandInvocationResult => {
    const commandId = readCommandId(input.CommandId);
    const { commands, invocations } = call.world.tables;
    const command = commands.get(commandId);
    const invocation = invocations.get(invocationKey(commandId, input.InstanceId ?? ''));
    if (command === undefined || invocation === undefined || !isListed(command, call)) {
      throw new AwsError('InvocationDoesNotExist', '');
    }
    return viewInvocation(command, invocation);
  },
);

function readCommandId(given: string | undefined): string {
  if (given?.length === 36) return given;
  throw new AwsError(
    'ValidationException',
    `1 validation error detected: Value '${given ?? ''}' at 'commandId' failed to satisfy constraint: Member must have length 36`,
  );
}

function isListed(command: CommandRecord, call: Call): boolean {
  return command.region === call.region && call.nowMs >= command.visibleAtMs;
}

export const listCommands = operation(
  ListCommands$,
  (input: ListCommandsRequest, call): ListCommandsResult => {
    const page = paginate(
      select(input, call).filter((command) => {
        const { InstanceId: wanted } = input;
        return wanted === undefined || command.instanceIds.includes(wanted);
      }),
      sortKey,
      readPageMax(input.MaxResults),
      input.NextToken,
      badToken,
    );
    return {
      Commands: page.items.map((command) => viewCommand(call.world, command)),
      ...(page.nextToken === undefined ? {} : { NextToken: page.nextToken }),
    };
  },
);

export const listCommandInvocations = operation(
  ListCommandInvocations$,
  (input: ListCommandInvocationsRequest, call): ListCommandInvocationsResult => {
    const pairs = select(input, call)
      .flatMap((command) =>
        invocationsOf(call.world, command).map((invocation) => ({ command, invocation })),
      )
      .filter(({ invocation }) => {
        return input.InstanceId === undefined || invocation.instanceId === input.InstanceId;
      });
    const page = paginate(
      pairs,
      ({ command, invocation }) => `${sortKey(command)}/${invocation.instanceId}`,
      readPageMax(input.MaxResults),
      input.NextToken,
      badToken,
    );
    return {
      CommandInvocations: page.items.map(({ command, invocation }) =>
        viewListed(command, invocation, input.Details ?? false),
      ),
      ...(page.nextToken === undefined ? {} : { NextToken: page.nextToken }),
    };
  },
);

/** Newest first, as SSM lists them; the sort is ascending, so the time counts down. */
function sortKey(command: CommandRecord): string {
  return `${String(1e15 - command.requestedAtMs).padStart(16, '0')}/${command.commandId}`;
}

function select(
  input: {
    readonly CommandId?: string | undefined;
    readonly Filters?: CommandFilter[] | undefined;
  },
  call: Call,
): CommandRecord[] {
  const tests = (input.Filters ?? []).map((filter) => filterTest(filter, call));
  return [...call.world.tables.commands.all()].filter(
    (command) =>
      isListed(command, call) &&
      (input.CommandId === undefined || command.commandId === input.CommandId) &&
      tests.every((test) => test(command)),
  );
}

function filterTest(filter: CommandFilter, call: Call): (command: CommandRecord) => boolean {
  const value = filter.value ?? '';
  switch (filter.key) {
    case 'InvokedAfter': {
      const fromMs = readTimeMs(value);
      return (command) => command.requestedAtMs >= fromMs;
    }
    case 'InvokedBefore': {
      const untilMs = readTimeMs(value);
      return (command) => command.requestedAtMs < untilMs;
    }
    case 'Status':
      return (command) => viewCommand(call.world, command).Status === value;
    case 'DocumentName':
      return (command) => command.documentName === value;
    case 'ExecutionStage':
    case undefined:
      throw new AwsError('InvalidFilterKey', 'The specified key is not valid.');
  }
}

function readTimeMs(text: string): number {
  const isoSeconds = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
  if (isoSeconds.test(text)) return Date.parse(text);
  throw new AwsError(
    'InvalidFilterValue',
    `The filter value ${text} is not valid: a time as 2021-07-07T00:00:00Z is expected.`,
  );
}

function readPageMax(given: number | undefined): number {
  if (given === undefined) return 50;
  if (given >= 1 && given <= 50) return given;
  throw new AwsError(
    'ValidationException',
    `1 validation error detected: Value '${String(given)}' at 'maxResults' failed to satisfy constraint: Member must be between 1 and 50`,
  );
}

function badToken(): AwsError {
  return new AwsError('ValidationException', 'The specified token is not valid.');
}
