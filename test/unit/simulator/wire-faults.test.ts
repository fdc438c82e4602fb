import { RunInstancesCommand } from '@aws-sdk/client-ec2';
import { GetParameterCommand } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { launchInput, unique } from '../../contract/aws/scene.ts';
import { eventually } from '../../contract/aws/target.ts';
import { startCloud } from './cloud.ts';
import type { Cloud } from './cloud.ts';

let cloud: Cloud;

beforeAll(async () => {
  cloud = await startCloud();
});

beforeEach(async () => {
  await cloud.side('DELETE', 'faults');
});

afterAll(async () => {
  await cloud.close();
});

interface Outcome {
  readonly name?: string;
  readonly code?: string;
  readonly status?: number;
}

/** Launches under a fault; tells what the SDK says and how many machines there are by the token. */
async function launchUnder(act: object): Promise<{ outcome: Outcome; machines: number }> {
  const token = unique('token');
  const input = await launchInput(cloud, { ClientToken: token });
  await cloud.side('POST', 'faults', { op: 'RunInstances', match: { ClientToken: token }, act });
  let outcome: Outcome = {};
  try {
    await cloud.ec2.send(new RunInstancesCommand(input), {
      abortSignal: AbortSignal.timeout(1_000),
    });
  } catch (error) {
    const seen = error as {
      name: string;
      code?: string;
      $metadata?: { httpStatusCode?: number };
    };
    const status = seen.$metadata?.httpStatusCode;
    outcome = {
      name: seen.name,
      ...(seen.code === undefined ? {} : { code: seen.code }),
      ...(status === undefined ? {} : { status }),
    };
  }
  const state = await cloud.side<{ instances: { clientToken: string }[] }>('GET', 'state');
  const machines = state.instances.filter((it) => it.clientToken === token).length;
  return { outcome, machines };
}

const error = { kind: 'error', code: 'RequestLimitExceeded', status: 503 };

it.each([
  ['an error', error, { name: 'RequestLimitExceeded', status: 503 }, 0],
  ['a hang-up before', { kind: 'hangupBefore' }, { code: 'ECONNRESET' }, 0],
  ['a hang-up after', { kind: 'hangupAfter' }, { code: 'ECONNRESET' }, 1],
  ['a reset', { kind: 'rst' }, { code: 'ECONNRESET' }, 0],
  ['a cut body', { kind: 'cutBody' }, { code: 'ECONNRESET' }, 1],
  ['a stalled body', { kind: 'stall' }, {}, 1],
  ['a page of a load balancer', { kind: 'html500' }, { status: 500 }, 0],
  ['a late call', { kind: 'late', ms: 36_000_000 }, {}, 0],
  [
    'a late call that is refused',
    { kind: 'late', ms: 36_000_000, reply: '503' },
    { name: 'ServiceUnavailable', status: 503 },
    0,
  ],
  ['an empty body', { kind: 'emptyBody' }, {}, 1],
  ['a delay', { kind: 'delay', ms: 50 }, {}, 1],
  ['a late clock', { kind: 'dateSkew', ms: -600_000 }, {}, 1],
])('%s does to a launch what it says', async (_, act, outcome, machines) => {
  const seen = await launchUnder(act);
  expect(seen.outcome).toMatchObject(outcome);
  expect(seen.machines).toBe(machines);
});

it('ends a stalled reply only when the caller gives up', async () => {
  const startedMs = Date.now();
  await launchUnder({ kind: 'stall' });
  expect(Date.now() - startedMs).toBeGreaterThan(900);
});

it('does a late call after its time, without a caller', async () => {
  await launchUnder({ kind: 'late', ms: 60_000, reply: '503' });
  await eventually('the launch', cloud, async () => {
    const path = 'log?op=RunInstances';
    const { calls } = await cloud.side<{ calls: { fault?: string }[] }>('GET', path);
    return calls.find(({ fault }) => fault === 'landed');
  });
});

it('meets only the nth call that matches, once', async () => {
  const Name = '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64';
  await cloud.side('POST', 'faults', {
    service: 'ssm',
    op: 'Get*',
    match: { Name: '/aws/*' },
    nth: 2,
    act: { kind: 'error', code: 'ThrottlingException', status: 400 },
  });
  const codes: string[] = [];
  for (let call = 0; call < 4; call += 1) {
    const result = await cloud.ssm
      .send(new GetParameterCommand({ Name }))
      .then(() => 'ok')
      .catch((refused: unknown) => (refused as Error).name);
    codes.push(result);
  }
  expect(codes).toEqual(['ok', 'ThrottlingException', 'ok', 'ok']);
});

it('meets the launches of one zone only', async () => {
  await cloud.side('POST', 'faults', { op: 'RunInstances', zone: 'eu-central-1b', act: error });
  const input = await launchInput(cloud);
  await cloud.ec2.send(new RunInstancesCommand(input));
  const elsewhere = { ...input, Placement: { AvailabilityZone: 'eu-central-1b' } };
  delete elsewhere.SubnetId;
  await expect(cloud.ec2.send(new RunInstancesCommand(elsewhere))).rejects.toMatchObject({
    name: 'RequestLimitExceeded',
  });
});

it('refuses a rule it does not understand and says why', async () => {
  const unknown = cloud.side('POST', 'faults', { op: 'RunInstances', act: { kind: 'explode' } });
  await expect(unknown).rejects.toThrow(/400 .*act\.kind/s);
});

it('logs every call with what became of it, and no secret', async () => {
  await cloud.side('DELETE', 'log');
  await launchUnder({ kind: 'hangupAfter' });
  const log = await cloud.side<{ calls: object[] }>('GET', 'log?op=RunInstances');
  expect(log.calls).toHaveLength(1);
  expect(log.calls[0]).toMatchObject({ caller: 'owner', status: 200, fault: 'hangupAfter' });
});
