import { describe, expect, it } from 'vitest';
import { createRemote } from '../../../src/aws/remote.ts';
import type { ScriptOutcome } from '../../../src/aws/remote.ts';
import { attempt, capture, faultFrom, scope } from './captured.ts';
import type { Answer, CapturedCall } from './captured.ts';

const opId = '01J000000000000000000000AA-s0-i1-stage-1';
const order = {
  ...scope,
  instanceId: 'i-0123456789abcdef0',
  verb: 'stage',
  opId,
  parameters: { FL_ROLE: 'server' },
  mayBeSent: false,
};
const script = {
  render: (verb: string, parameters: Readonly<Record<string, string>>) => {
    if (parameters['FL_ROLE'] === undefined)
      throw new Error('FL_ROLE of the stage script is missing');
    return `#!/bin/bash\n# ${verb} ${JSON.stringify(parameters)}`;
  },
  parse: (stdout: string) => JSON.parse(stdout) as ScriptOutcome,
};
const sent: Answer = { reply: { Command: { CommandId: 'c-new' } } };
const invocation = (Status: string, stdout = '', more: Record<string, unknown> = {}): Answer => ({
  reply: { Status, StatusDetails: Status, StandardOutputContent: stdout, ResponseCode: 0, ...more },
});
const success = invocation('Success', '{"ok":true,"code":"ok","facts":{"a":1}}');

/** Polls at once: time is divided by the pacing scale. */
function run(
  answer: (call: CapturedCall, number: number) => Answer,
  more: Partial<typeof order> = {},
) {
  const { sessions, calls } = capture(answer);
  const result = createRemote(sessions, script, 2_000).run({ ...order, ...more }, attempt());
  return { result, calls, actions: () => calls.map(({ action }) => action) };
}
const bySend = (then: Answer) => (call: CapturedCall) =>
  call.action === 'SendCommand' ? sent : then;

describe('a script run', () => {
  it('sends the rendered script with its opId as comment and argument', async () => {
    const { result, calls } = run(bySend(success));
    expect(await result).toEqual({
      ok: true,
      code: 'ok',
      running: false,
      progress: 100,
      facts: { a: 1 },
      hint: '',
    });
    const body = calls[0]?.json ?? {};
    expect(body).toMatchObject({
      DocumentName: 'AWS-RunShellScript',
      InstanceIds: [order.instanceId],
      Comment: opId,
    });
    const { commands, executionTimeout } = body['Parameters'] as Record<string, string[]>;
    expect(commands?.[0]).toContain(`"FL_OP":"${opId}"`);
    expect(executionTimeout).toEqual(['150']);
  });

  it('waits through unknown, empty, delayed and cancelling answers for a final status', async () => {
    const steps: Answer[] = [
      { error: 'InvocationDoesNotExist' },
      { reply: {} },
      invocation('Pending'),
      invocation('InProgress'),
      invocation('Delayed'),
      invocation('Cancelling'),
      success,
    ];
    const { result, calls } = run((call, number) =>
      call.action === 'SendCommand' ? sent : (steps[number - 2] ?? success),
    );
    expect((await result).ok).toBe(true);
    expect(calls).toHaveLength(8);
  });

  it('passes on that the work goes on behind the call', async () => {
    const { result } = run(
      bySend(invocation('Success', '{"ok":true,"code":"ok","running":true,"progress":25}')),
    );
    expect(await result).toMatchObject({ ok: true, running: true, progress: 25 });
  });

  it('takes a failed script that says why for an answer', async () => {
    const { result } = run(
      bySend(
        invocation('Failed', '{"ok":false,"code":"script.checksum","hint":"again"}', {
          ResponseCode: 1,
        }),
      ),
    );
    expect(await result).toMatchObject({ ok: false, code: 'script.checksum', hint: 'again' });
  });
});

describe('after a lost reply', () => {
  const listed = (...commands: Record<string, unknown>[]): Answer => ({
    reply: { Commands: commands },
  });
  const again = (list: Answer) =>
    run((call) => (call.action === 'ListCommands' ? list : bySend(success)(call)), {
      mayBeSent: true,
    });

  it('follows the command it finds by its comment instead of sending another', async () => {
    const { result, calls, actions } = again(
      listed(
        { CommandId: 'c-other', Comment: 'other', Status: 'InProgress', RequestedDateTime: 300 },
        { CommandId: 'c-old', Comment: opId, Status: 'Success', RequestedDateTime: 100 },
        { CommandId: 'c-lost', Comment: opId, Status: 'InProgress', RequestedDateTime: 200 },
      ),
    );
    await result;
    expect(actions()).toEqual(['ListCommands', 'GetCommandInvocation']);
    expect(calls[0]?.json).toMatchObject({
      InstanceId: order.instanceId,
      Filters: [{ key: 'InvokedAfter', value: expect.stringMatching(/^\d{4}-.*:\d\dZ$/) }],
    });
    expect(calls[1]?.json['CommandId']).toBe('c-lost');
  });

  it('sends again when there is none, or the one found ended badly', async () => {
    const empty = again(listed());
    await empty.result;
    expect(empty.actions()).toEqual(['ListCommands', 'SendCommand', 'GetCommandInvocation']);
    const failed = again(listed({ CommandId: 'c-1', Comment: opId, Status: 'TimedOut' }));
    await failed.result;
    expect(failed.actions()).toContain('SendCommand');
  });
});

describe('what ends without an answer', () => {
  it.each([
    ['TimedOut', 'DeliveryTimedOut', 'Unavailable', false],
    ['Failed', 'Undeliverable', 'Unavailable', false],
    ['Failed', 'Terminated', 'Unavailable', false],
    ['TimedOut', 'ExecutionTimedOut', 'Timeout', true],
    ['TimedOut', 'Execution Timed Out', 'Timeout', true],
    ['Cancelled', 'Cancelled', 'Retryable', true],
    ['Failed', 'AccessDenied', 'Unauthorized', false],
    ['Failed', 'InvalidPlatform', 'NotSupported', false],
    ['Failed', 'Failed', 'ProviderError', false],
  ])('%s (%s) is %s, may have happened: %s', async (status, StatusDetails, type, happened) => {
    const { result } = run(bySend(invocation(status, '', { StatusDetails, ResponseCode: -1 })));
    expect(await faultFrom(result)).toMatchObject({ type, mayHaveHappened: happened });
  });

  it('names the last line of stderr when the output is no result', async () => {
    const { result } = run(
      bySend(
        invocation('Failed', 'no json', {
          ResponseCode: 127,
          StandardErrorContent: 'first\nbash: k3s: command not found\n',
        }),
      ),
    );
    const fault = await faultFrom(result);
    expect(fault).toMatchObject({ type: 'ProviderError', mayHaveHappened: true });
    expect(fault['message']).toMatch(/command not found$/);
  });

  it('waits for an agent that has not registered', async () => {
    const { result } = run(() => ({ error: 'InvalidInstanceId' }));
    expect(await faultFrom(result)).toMatchObject({ type: 'Retryable', mayHaveHappened: false });
  });

  it('sends nothing when a parameter is wrong', async () => {
    const { result, calls } = run(() => sent, { parameters: {} as typeof order.parameters });
    expect(await faultFrom(result)).toMatchObject({
      type: 'InvalidSpec',
      code: 'script.parameters',
      message: 'FL_ROLE of the stage script is missing',
    });
    expect(calls).toEqual([]);
  });

  it('stops polling when the attempt is called off', async () => {
    const { sessions, calls } = capture(bySend(invocation('InProgress')));
    const controller = new AbortController();
    const remote = createRemote(sessions, script, 2_000);
    const result = remote.run(order, { signal: controller.signal, correlationId: 'c' });
    const fault = faultFrom(result);
    await expect.poll(() => calls.length).toBeGreaterThan(2);
    controller.abort();
    expect(await fault).toMatchObject({ type: 'Cancelled', mayHaveHappened: true });
  });
});
