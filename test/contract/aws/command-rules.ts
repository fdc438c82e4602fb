/** Run Command: who can be asked, when a command is known, and what comes of it. */
import {
  CancelCommandCommand,
  GetCommandInvocationCommand,
  ListCommandInvocationsCommand,
  ListCommandsCommand,
  SendCommandCommand,
} from '@aws-sdk/client-ssm';
import type { Command, SendCommandCommandInput } from '@aws-sdk/client-ssm';
import { expect } from 'vitest';
import { renderScript } from '../../../src/k3s/script.ts';
import { refusal } from './rules.ts';
import type { Book, Rule } from './rules.ts';
import { launched, registered, unique } from './scene.ts';
import { eventually } from './target.ts';
import type { Target } from './target.ts';

const api = 'SSM API reference, SendCommand';
const nobody = 'i-0123456789abcdef0';
const unknownCommand = '00000000-0000-4000-8000-000000000000';

/** A shipped script, since the simulator's machines run nothing else. On a bare machine it reports that K3s is absent. */
function observe(opId: string): string {
  return renderScript('observe', {
    FL_OP: opId,
    FL_UID: 'contract',
    FL_NODE: 'contract-s0',
    FL_CLUSTER: 'test/contract',
  });
}

function order(instanceId: string, opId: string): SendCommandCommandInput {
  return {
    DocumentName: 'AWS-RunShellScript',
    InstanceIds: [instanceId],
    Comment: opId,
    Parameters: { commands: [observe(opId)], executionTimeout: ['60'] },
  };
}

async function send(target: Target, instanceId: string, opId = unique('op')): Promise<string> {
  const { Command } = await target.ssm.send(new SendCommandCommand(order(instanceId, opId)));
  return Command?.CommandId ?? '';
}

export function commandRules(book: Book): void {
  sendRules(book);
  followRules(book);
}

function sendRules({ rule }: Book): void {
  rule('an instance without an agent is no target', {
    source: api,
    ...refusedOrder('InvalidInstanceId', 'any-instance-accepted', () => order(nobody, 'op')),
  });

  rule('more than 50 instances are refused', {
    source: api,
    ...refusedOrder('ValidationException', 'too-many-instances-accepted', () => ({
      ...order(nobody, 'op'),
      InstanceIds: Array.from({ length: 51 }, (_, index) => `i-${String(index).padStart(17, '0')}`),
    })),
  });

  rule('a delivery timeout below 30 s is refused', {
    source: api,
    ...refusedOrder('ValidationException', 'short-timeout-accepted', (id) => ({
      ...order(id, 'op'),
      TimeoutSeconds: 5,
    })),
  });

  rule('a comment above 100 characters is refused', {
    source: api,
    ...refusedOrder('ValidationException', 'long-comment-accepted', (id) => ({
      ...order(id, 'op'),
      Comment: 'x'.repeat(101),
    })),
  });

  rule('an unknown document is refused', {
    source: api,
    ...refusedOrder('InvalidDocument', 'unknown-document-accepted', (id) => ({
      ...order(id, 'op'),
      DocumentName: unique('Document'),
    })),
  });
}

/** An order that AWS refuses by this name; a deviating target accepts it. */
function refusedOrder(
  name: string,
  motoDeviation: string,
  input: (instanceId: string) => SendCommandCommandInput,
): Pick<Rule, 'holds' | 'deviations'> {
  const machine = (target: Target): Promise<string> =>
    target.abilities.has('ssm.inventory') ? registered(target) : launched(target);
  return {
    holds: async (target) => {
      const command = new SendCommandCommand(input(await machine(target)));
      expect(await refusal(target.ssm.send(command))).toEqual({ name, status: 400 });
    },
    deviations: {
      moto: {
        id: motoDeviation,
        does: async (target) => {
          await target.ssm.send(new SendCommandCommand(input(await machine(target))));
        },
      },
    },
  };
}

function followRules({ rule }: Book): void {
  rule('an unknown command has no invocation', {
    source: 'SSM API reference, GetCommandInvocation',
    holds: async (target) => {
      const input = { CommandId: unknownCommand, InstanceId: nobody };
      const refused = await refusal(target.ssm.send(new GetCommandInvocationCommand(input)));
      expect(refused).toEqual({ name: 'InvocationDoesNotExist', status: 400 });
    },
    deviations: {
      moto: {
        id: 'unknown-command-invalid',
        does: async (target) => {
          const input = { CommandId: unknownCommand, InstanceId: nobody };
          const refused = await refusal(target.ssm.send(new GetCommandInvocationCommand(input)));
          expect(refused.name).toBe('InvalidCommandId');
        },
      },
    },
  });

  rule('a command ends with its exit code and its output', {
    source: 'SSM API reference, GetCommandInvocation',
    needs: ['ssm.exec', 'ssm.inventory'],
    holds: async (target) => {
      const InstanceId = await registered(target);
      const opId = unique('op');
      const CommandId = await send(target, InstanceId, opId);
      const ended = await eventually('the end of the command', target, async () => {
        const got = await invocation(target, CommandId, InstanceId);
        return ['Success', 'Failed', 'TimedOut'].includes(got?.Status ?? '') ? got : undefined;
      });
      expect(ended.ResponseCode).toBeGreaterThanOrEqual(0);
      const lastLine = (ended.StandardOutputContent ?? '').trim().split('\n').at(-1) ?? '';
      expect(JSON.parse(lastLine)).toMatchObject({ opId });
      expect(ended.Comment).toBe(opId);
    },
  });

  rule('a command is found in the list by its time and comment', {
    source: 'SSM API reference, ListCommands',
    holds: async (target) => {
      const InstanceId = await registered(target);
      const opId = unique('op');
      const CommandId = await send(target, InstanceId, opId);
      const found = await listed(target, InstanceId, opId);
      expect(found.CommandId).toBe(CommandId);
      expect(found.InstanceIds).toEqual([InstanceId]);
    },
    deviations: {
      moto: {
        id: 'command-lists-every-instance',
        does: async (target) => {
          const [InstanceId] = [await launched(target), await launched(target)];
          const opId = unique('op');
          const CommandId = await send(target, InstanceId, opId);
          const found = await listed(target, InstanceId, opId);
          expect(found.CommandId).toBe(CommandId);
          expect(found.InstanceIds?.length).toBeGreaterThan(1);
        },
      },
    },
  });

  rule('the invocations of a command are listed with their output', {
    source: 'SSM API reference, ListCommandInvocations',
    needs: ['ssm.exec', 'ssm.inventory'],
    holds: async (target) => {
      const InstanceId = await registered(target);
      const CommandId = await send(target, InstanceId);
      const finished = await eventually('the finished invocation', target, async () => {
        const { CommandInvocations = [] } = await target.ssm.send(
          new ListCommandInvocationsCommand({ CommandId, Details: true }),
        );
        const [first] = CommandInvocations;
        return first?.Status === 'Success' || first?.Status === 'Failed' ? first : undefined;
      });
      expect(finished.InstanceId).toBe(InstanceId);
      expect(finished.CommandPlugins?.[0]?.Output).toContain('"opId"');
    },
  });

  rule('an unknown command cannot be cancelled', {
    source: 'SSM API reference, CancelCommand',
    needs: ['ssm.inventory'],
    holds: async (target) => {
      const command = new CancelCommandCommand({ CommandId: unknownCommand });
      expect(await refusal(target.ssm.send(command))).toEqual({
        name: 'InvalidCommandId',
        status: 400,
      });
    },
  });
}

/** The command with that comment, among those of the last minute. */
function listed(target: Target, InstanceId: string, opId: string): Promise<Command> {
  const value = `${new Date(Date.now() - 60_000).toISOString().slice(0, 19)}Z`;
  const Filters = [{ key: 'InvokedAfter' as const, value }];
  return eventually('the command in the list', target, async () => {
    const command = new ListCommandsCommand({ InstanceId, Filters });
    const { Commands = [] } = await target.ssm.send(command);
    return Commands.find((it) => it.Comment === opId);
  });
}

/** Undefined while the service does not know the invocation yet. */
async function invocation(target: Target, CommandId: string, InstanceId: string) {
  try {
    return await target.ssm.send(new GetCommandInvocationCommand({ CommandId, InstanceId }));
  } catch (error) {
    if (error instanceof Error && error.name === 'InvocationDoesNotExist') return undefined;
    throw error;
  }
}
