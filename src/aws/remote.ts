/** Port Remote on SSM: sends a rendered script to one node and follows it to its end. The script itself runs once per opId. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Command, GetCommandInvocationCommandOutput } from '@aws-sdk/client-ssm';
import type { Remote } from '../../actors/ports.ts';
import type { ScriptAnswer } from '../../machines/messages.ts';
import { deadlines, pacing } from '../../machines/limits.ts';
import {
  agentNotYet,
  CloudFault,
  faultOf,
  inContext,
  invocationNotYet,
  ownFault,
  unlessDone,
} from './faults.ts';
import type { CallScope, Sessions } from './session.ts';

/** Rendering and reading of node scripts; bound by main, since adapters do not know each other. */
export interface ScriptText {
  /** The whole text of the script `verb`. @throws Error that names the parameter at fault */
  render(verb: string, parameters: Readonly<Record<string, string>>): string;
  /** The result in the last line of its output. @throws Error when there is none */
  parse(stdout: string): ScriptOutcome;
}

export interface ScriptOutcome {
  readonly ok: boolean;
  readonly code: string;
  readonly running?: boolean | undefined;
  readonly progress?: number | undefined;
  readonly facts?: Readonly<Record<string, unknown>> | undefined;
  readonly hint?: string | undefined;
}

type Order = Parameters<Remote['run']>[0];

/** How long a sent command may stay unknown to GetCommandInvocation. */
const unseenMs = 30_000;
/** How long SSM may try to deliver; its least is 30 s. */
const deliverySeconds = 60;
/** How far back a lost send is looked for. Older ones are sent again: the node's marker makes that harmless. */
const lookBackMs = 3_600_000;
const lookBackPages = 5;

export function createRemote(sessions: Sessions, script: ScriptText, pacingScale: number): Remote {
  return {
    async run(order, attempt) {
      const { account, region } = order;
      const scope: CallScope = { account, region, ...attempt };
      const commandId =
        (order.mayBeSent ? await findSent(sessions, scope, order) : undefined) ??
        (await send(sessions, scope, order, script));
      const ended = await follow(sessions, scope, order, commandId, pacingScale);
      return answerOf(ended, script);
    },
  };
}

/** The newest command of this opId that is still under way or succeeded; a failed one is sent again. */
async function findSent(
  sessions: Sessions,
  scope: CallScope,
  order: Order,
): Promise<string | undefined> {
  const since = new Date(Date.now() - lookBackMs).toISOString().replace(/\.\d+Z$/, 'Z');
  const found: Command[] = [];
  let token: string | undefined;
  for (let page = 0; page < lookBackPages; page += 1) {
    const reply = await inContext(agentNotYet, () =>
      sessions.ssm(scope, 'listCommands', {
        InstanceId: order.instanceId,
        Filters: [{ key: 'InvokedAfter', value: since }],
        MaxResults: 50,
        ...(token === undefined ? {} : { NextToken: token }),
      }),
    );
    found.push(...(reply.Commands ?? []).filter(({ Comment }) => Comment === order.opId));
    token = reply.NextToken;
    if (token === undefined || token === '') break;
  }
  const sentAt = ({ RequestedDateTime }: Command) => RequestedDateTime?.getTime() ?? 0;
  const newest = found.sort((left, right) => sentAt(right) - sentAt(left))[0];
  const dead = ['Failed', 'TimedOut', 'Cancelled', 'Cancelling'];
  return newest === undefined || dead.includes(newest.Status ?? '') ? undefined : newest.CommandId;
}

async function send(
  sessions: Sessions,
  scope: CallScope,
  order: Order,
  script: ScriptText,
): Promise<string> {
  const reply = await inContext(agentNotYet, () =>
    sessions.ssm(scope, 'sendCommand', {
      DocumentName: 'AWS-RunShellScript',
      InstanceIds: [order.instanceId],
      Comment: order.opId,
      TimeoutSeconds: order.deliverySeconds ?? deliverySeconds,
      Parameters: {
        commands: [rendered(order, script)],
        executionTimeout: [String(Math.ceil(deadlines.scriptFollowMs / 1_000))],
      },
    }),
  );
  const commandId = reply.Command?.CommandId;
  if (commandId === undefined)
    throw ownFault('ProviderError', 'reply.incomplete', 'a command was sent and got no id', {
      mayHaveHappened: true,
    });
  return commandId;
}

function rendered(order: Order, script: ScriptText): string {
  try {
    return script.render(order.verb, { ...order.parameters, FL_OP: order.opId });
  } catch (error) {
    const { message } = faultOf(error);
    throw new CloudFault(ownFault('InvalidSpec', 'script.parameters', message).fault, error);
  }
}

/** Polls until a terminal status. A failed poll rises: the next attempt finds the command by its opId. */
async function follow(
  sessions: Sessions,
  scope: CallScope,
  order: Order,
  commandId: string,
  pacingScale: number,
): Promise<GetCommandInvocationCommandOutput> {
  const startedMs = performance.now();
  const elapsedMs = () => performance.now() - startedMs;
  let waitMs = pacing.commandPollFirstMs / pacingScale;
  while (elapsedMs() < deadlines.scriptFollowMs) {
    await wait(waitMs, scope);
    waitMs = Math.min(waitMs * 1.5, pacing.commandPollMaxMs / pacingScale);
    const seen = await unlessDone(elapsedMs() < unseenMs ? ['InvocationDoesNotExist'] : [], () =>
      inContext(invocationNotYet, () =>
        sessions.ssm(scope, 'getCommandInvocation', {
          CommandId: commandId,
          InstanceId: order.instanceId,
        }),
      ),
    );
    if (seen?.Status !== undefined && terminal.includes(seen.Status)) return seen;
  }
  throw ownFault(
    'Timeout',
    'script.followTimeout',
    `${order.verb} on ${order.instanceId} has not ended within ${deadlines.scriptFollowMs / 1_000} s`,
    { mayHaveHappened: true },
  );
}

/** All other statuses, Delayed and Cancelling among them, still lead somewhere. */
const terminal: readonly string[] = ['Success', 'Cancelled', 'TimedOut', 'Failed'];

async function wait(delayMs: number, scope: CallScope): Promise<void> {
  try {
    await pause(delayMs, undefined, { signal: scope.signal });
  } catch (error) {
    throw new CloudFault(faultOf(error, scope.signal), error);
  }
}

/** A script that says why it failed is an answer; one that says nothing is a fault. */
function answerOf(ended: GetCommandInvocationCommandOutput, script: ScriptText): ScriptAnswer {
  if (ended.Status === 'Success' || (ended.Status === 'Failed' && ended.ResponseCode !== -1)) {
    try {
      const outcome = script.parse(ended.StandardOutputContent ?? '');
      return {
        ok: outcome.ok,
        code: outcome.code,
        running: outcome.running ?? false,
        progress: outcome.progress ?? (outcome.ok && outcome.running !== true ? 100 : 0),
        facts: outcome.facts ?? {},
        hint: outcome.hint ?? '',
      };
    } catch (error) {
      const { message } = faultOf(error);
      throw new CloudFault(endedWithoutAnswer(ended, message), error);
    }
  }
  throw new CloudFault(endedWithoutAnswer(ended, ''));
}

function endedWithoutAnswer(ended: GetCommandInvocationCommandOutput, why: string) {
  const details = (ended.StatusDetails ?? ended.Status ?? 'unknown').replaceAll(' ', '');
  const stderr = (ended.StandardErrorContent ?? '').trim().split('\n').at(-1) ?? '';
  const message = [`the script ended ${details}`, why, stderr].filter((part) => part !== '');
  const [type, ran] = endings[details] ?? ['ProviderError', ended.ResponseCode !== -1];
  return ownFault(type, `ssm.${details}`, message.join(': '), { mayHaveHappened: ran }).fault;
}

/** What a status detail means, and whether the script may have run. */
const endings: Readonly<
  Record<
    string,
    readonly ['Unavailable' | 'Timeout' | 'Retryable' | 'Unauthorized' | 'NotSupported', boolean]
  >
> = {
  DeliveryTimedOut: ['Unavailable', false],
  Undeliverable: ['Unavailable', false],
  Terminated: ['Unavailable', false],
  ExecutionTimedOut: ['Timeout', true],
  TimedOut: ['Timeout', true],
  Cancelled: ['Retryable', true],
  AccessDenied: ['Unauthorized', false],
  InvalidPlatform: ['NotSupported', false],
};
