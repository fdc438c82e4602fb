/** Every type of fault, met by a real creation at its first calls: whether it is tried again, and what the user is told. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resilience } from '../../../machines/limits.ts';
import { manifest, stackWorld } from '../../servers/stack-world.ts';
import type { StackWorld } from '../../servers/stack-world.ts';
import { hostReadings } from './host-readings.ts';

let world: StackWorld;

beforeAll(async () => {
  world = await stackWorld({
    ...{ scale: 200, seed: 52 },
    hostEnvironment: {
      FAIRLEAD_RETRY_MAX_RETRIES: '1',
      FAIRLEAD_RETRY_BASE_DELAY: '20ms',
      FAIRLEAD_BREAKER_EC2_FAILURE_THRESHOLD: '100',
    },
  });
});
afterAll(() => world.close());

interface Told {
  readonly exhausted: Readonly<Record<string, unknown>> | undefined;
  readonly lastError: Readonly<Record<string, unknown>>;
  readonly ready: Readonly<Record<string, unknown>> | undefined;
}

const at = (name: string) => ({ namespace: 'test', kind: 'cluster', name });

/** A creation whose first look at EC2 is answered with this code, whenever it is made. */
async function creationUnder(code: string, status: number): Promise<Told> {
  const name = code.toLowerCase().replace('.', '-');
  await world.simulator('POST', 'faults', {
    ...{ service: 'ec2', op: 'DescribeSecurityGroups' },
    act: { kind: 'error', code, status, message: `No: ${code}.` },
  });
  await world.apply(name, 1);
  const hasEnded = async () => /^failed|blocked$/.test(await world.state(name));
  await world.until(`${name} has failed`, hasEnded, 15_000);
  await world.simulator('DELETE', 'faults');
  const view = await world.client.query({ ...at(name), verb: 'get' });
  const { items } = await world.client.query({ ...at(name), verb: 'history', arguments: {} });
  await world.remove(name);
  const events = items as { type: string; data: Record<string, unknown> }[];
  const { lastError, conditions } = view['status'] as {
    lastError: Record<string, unknown>;
    conditions: Record<string, unknown>[];
  };
  return {
    exhausted: events.find(({ type }) => type.endsWith('.operationExhausted.v1'))?.data,
    lastError,
    ready: conditions.find(({ type }) => type === 'Ready'),
  };
}

const { lines, valueOf } = hostReadings(() => world);

const once = [
  ['InvalidSubnetID.NotFound', 400, 'NotFound', 'ResourceNotFound'],
  ['InvalidParameterCombination', 400, 'InvalidSpec', 'ValidationError'],
  ['UnauthorizedOperation', 403, 'Unauthorized', 'AuthenticationFailed'],
  ['UnsupportedOperation', 400, 'NotSupported', 'OperationNotSupported'],
  ['VcpuLimitExceeded', 400, 'QuotaExceeded', 'QuotaExceeded'],
  ['IncorrectState', 400, 'Conflict', 'Conflict'],
  ['InsufficientInstanceCapacity', 500, 'CapacityShortage', 'InsufficientCapacity'],
] as const;

const again = [
  ['InternalError', 500, 'Retryable', 'TransientError'],
  ['Unavailable', 503, 'Unavailable', 'ProviderUnavailable'],
  ['RequestLimitExceeded', 503, 'RateLimit', 'RateLimited'],
  ['RequestTimeout', 400, 'Timeout', 'OperationTimeout'],
] as const;

describe('an operation ends with its first try', () => {
  it.each(once)('at %s (HTTP %i), which is %s, and Ready says %s [V-02] [V-25]', async (...row) => {
    const [code, status, type, reason] = row;
    const { exhausted, lastError, ready } = await creationUnder(code, status);
    expect(exhausted).toMatchObject({ attempt: 1, maxAttempts: 2, fault: type, code });
    expect(lastError).toMatchObject({ type, code, message: `No: ${code}.` });
    expect(ready).toMatchObject({ status: 'False', reason, message: `No: ${code}.` });
  });
});

describe('an operation is tried again', () => {
  it.each(again)(
    'at %s (HTTP %i), which is %s, and Ready says %s [V-03] [V-25]',
    async (...row) => {
      const [code, status, type, reason] = row;
      const { exhausted, ready } = await creationUnder(code, status);
      expect(exhausted).toMatchObject({ attempt: 2, maxAttempts: 2, fault: type, code });
      expect(ready).toMatchObject({ status: 'False', reason });
    },
  );

  it('out of a budget of retries, each counted by its number, its wait in a histogram [G-22] [D-14] [D-15]', async () => {
    const key = 'main/eu-central-1/ec2:read';
    const tokens = await valueOf('fairlead_retry_budget_tokens', { key });
    expect(tokens).toBeGreaterThan(resilience.budgetTokens - 10);
    expect(tokens).toBeLessThan(resilience.budgetTokens);
    const retried = { policy: 'default', n: '2' };
    const retries = await valueOf('fairlead_retry_attempts_total', retried);
    expect(retries).toBeGreaterThanOrEqual(again.length);
    const within = { policy: 'default', le: '300' };
    const waits = await valueOf('fairlead_retry_delay_seconds_bucket', within);
    expect(waits).toBeGreaterThanOrEqual(again.length);
  });

  it('at an answer that nobody knows when it was only a look, whatever its type says [V-05] [V-25]', async () => {
    const { exhausted, ready } = await creationUnder('NeverHeardOf', 400);
    expect(exhausted).toMatchObject({ attempt: 2, fault: 'ProviderError', code: 'NeverHeardOf' });
    expect(ready).toMatchObject({ status: 'False', reason: 'ProviderError' });
  });
});

it('a fault is logged with type, code, message and request id, and counted by type and service [V-04] [G-56]', async () => {
  const told = lines().filter(({ msg }) => msg === 'effect failed');
  for (const [code, , fault] of [...once, ...again]) {
    expect(told.find((line) => line['code'] === code)).toMatchObject({
      ...{ fault, effect: 'cluster.plan', reason: `No: ${code}.` },
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
    });
    const counted = await valueOf('fairlead_errors_total', { type: fault, service: 'ec2' });
    expect(counted, fault).toBeGreaterThanOrEqual(1);
  }
});

it('an answer that nobody has classified raises a counter of its own and a line with the code [V-26]', async () => {
  const ofEc2 = { type: 'ProviderError', service: 'ec2' };
  const before = (await valueOf('fairlead_errors_total', ofEc2)) ?? 0;
  await world.simulator('POST', 'faults', {
    ...{ service: 'ec2', op: 'CreateSecurityGroup', times: 1 },
    act: { kind: 'error', code: 'NeverHeardOf', status: 400 },
  });
  await world.apply('odd', 1);
  const isCounted = async () => (await valueOf('fairlead_errors_total', ofEc2)) === before + 1;
  await world.until('it is counted', isCounted);
  const told = () =>
    lines().find(({ code, actor }) => code === 'NeverHeardOf' && actor === 'cluster/test/odd');
  await world.until('it is told', () => Promise.resolve(told() !== undefined));
  expect(told()).toMatchObject({ fault: 'ProviderError' });
  await world.remove('odd');
  await world.until('gone', async () => (await world.state('odd')) === 'resource.deleted');
});

it('breaker, retries, probes, rates, places and budgets have all left numbers of it [D-01] [V-01]', async () => {
  const ask = { namespace: 'system', kind: 'health', name: '_', verb: 'survey' };
  await world.client.survey({ ...ask, arguments: { now: true } });
  const key = 'main/eu-central-1/ec2:read';
  for (const [name, labels] of [
    ['fairlead_breaker_calls_total', { breaker: key, outcome: 'failed' }],
    ['fairlead_retry_outcomes_total', { policy: 'default', outcome: 'exhausted' }],
    ['fairlead_health_checks_total', { check: 'nats', result: 'passed' }],
    ['fairlead_ratelimit_allowed_total', { key }],
    ['fairlead_bulkhead_wait_seconds_count', { key }],
    ['fairlead_slo_budget_consumed', { slo: 'calls/main/eu-central-1' }],
  ] as const)
    expect(await valueOf(name, labels), name).toBeGreaterThan(0);
});

it('each region has circuits, rates and places of its own: one that is shut holds up no other [P-45] [V-06] [V-22]', async () => {
  const order = (verb: string) =>
    world.client.command({
      ...{ namespace: 'system', kind: 'guard', name: 'fleet', verb },
      arguments: { key: 'main/eu-central-1/ec2', reason: 'a drill' },
    });
  const listed = async (kind: string, name: string) => {
    const to = { namespace: 'system', kind, name, verb: 'list', arguments: {} };
    return (await world.client.query(to))['items'] as Record<string, unknown>[];
  };
  const of = async (kind: string, name: string, key: string) =>
    (await listed(kind, name)).find((each) => each['key'] === key);
  expect(await order('isolate')).toMatchObject({ ok: true });
  const shut = async () =>
    (await of('guard', 'fleet', 'main/eu-central-1/ec2:read'))?.['state'] === 'isolated';
  await world.until('one region is shut', shut);
  const { spec, ...rest } = manifest('west');
  const elsewhere = { ...rest, spec: { ...spec, region: 'us-west-2' } };
  await world.client.command({ ...at('west'), verb: 'apply', arguments: { manifest: elsewhere } });
  await world.until('west runs', async () => (await world.state('west')) === 'running.steady');
  expect(await shut()).toBe(true);
  const key = 'main/us-west-2/ec2:read';
  expect(await of('guard', 'fleet', key)).toMatchObject({ state: 'closed' });
  expect(await of('limit', 'all', key)).toMatchObject({ provider: { key: 'main/us-west-2' } });
});
