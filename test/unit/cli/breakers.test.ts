import { describe, expect, it } from 'vitest';
import { resolveKey } from '../../../src/cli/breaker-keys.ts';
import { clientProblem } from '../../../src/nats/problem.ts';
import { nowMs } from './fake-terminal.ts';
import { fakeService } from './fake-service.ts';
import { fairlead } from './running.ts';

const policy = {
  ...{ failuresMax: 3, openBaseMs: 30_000, successThreshold: 2, probesMax: 1 },
  ...{ attemptTimeoutMs: 45_000, concurrentMax: 5, ratePerSecond: 5, burst: 25 },
};
const breaker = (key: string, more: object = {}) => ({
  ...{ key, state: 'closed', epoch: 0, tripsInRow: 0, openUntilMs: 0, consecutive: 0 },
  ...{ window: { calls: 41, failed: 0, slow: 1 }, waiting: 0, wouldHaveTripped: 0 },
  calls: { ok: 41, slow: 1, failed: 0, ignored: 0, rejected: 0 },
  ...{ lastTrip: null, isolation: null, policy },
  ...more,
});
const trip = {
  ...{ type: 'Unavailable', code: 'Unavailable', requestId: 'req-1', atMs: nowMs - 12_000 },
  ...{ consecutive: 3, calls: 3, failed: 3, slow: 0 },
};
const open = breaker('main/eu-central-1/ec2:mutate', {
  ...{ state: 'open', epoch: 1, openUntilMs: nowMs + 18_000, consecutive: 3, waiting: 6 },
  window: { calls: 3, failed: 3, slow: 0 },
  lastTrip: trip,
});
const isolated = breaker('main/eu-central-1/ec2:read', {
  state: 'isolated',
  isolation: { reason: 'region drill', sinceMs: nowMs - 60_000, untilMs: nowMs + 1_740_000 },
});
const standing = [
  {
    ...{ orderId: 'o1', verb: 'set', key: 'main/eu-central-1/ec2', reason: 'tuned', by: 'bo' },
    ...{ atMs: nowMs - 90_000, untilMs: 0, allowTeardown: false, policy: { failuresMax: 3 } },
  },
  {
    ...{ orderId: 'o2', verb: 'isolate', key: 'main/eu-central-1/ec2:read', by: 'ana' },
    ...{ reason: 'region drill', atMs: nowMs - 60_000, untilMs: nowMs + 1_740_000 },
    ...{ allowTeardown: true, policy: {} },
  },
];

function service(...hosts: readonly [string, readonly object[]][]) {
  const fake = fakeService();
  const answers = (
    hosts.length > 0
      ? hosts
      : ([['h1', [open, isolated, breaker('main/eu-central-1/ssm')]]] as const)
  ).map(([host, items]) => ({
    ...{ host, standing, limits: [] },
    items: items.map((item) => ({ host, ...item })),
  }));
  fake.answers.set('guard', answers);
  return fake;
}

describe('fairlead breaker list', () => {
  it('shows state, counts, when calls go through again, who waits and what tripped it', async () => {
    const { stdout } = await fairlead('breaker list', service());
    expect(stdout.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      [
        ...['BREAKER', 'STATE', 'FAILS', 'CALLS/MIN', 'ERR%', 'SLOW%', 'OPEN UNTIL', 'WAITING'],
        'LAST TRIP',
      ],
      [
        ...['main/eu-central-1/ec2:mutate', 'open', '3/3', '3', '100.0', '0.0'],
        ...['12:00:18Z (18s)', '6', '3× Unavailable 11:59:48Z'],
      ],
      [
        ...['main/eu-central-1/ec2:read', 'isolated', '0/3', '41', '0.0', '2.4'],
        ...['12:29:00Z (29m) by ana', '0', '"region drill"'],
      ],
      ['main/eu-central-1/ssm', 'closed', '0/3', '41', '0.0', '2.4', '-', '0', '-'],
      [''],
    ]);
  });

  it('marks states by more than a colour on a terminal, and by nothing in a pipe', async () => {
    const options = { isTty: true, env: { LANG: 'C.UTF-8', NO_COLOR: '1' }, columns: 200 };
    const { stdout } = await fairlead('get breakers', service(), options);
    expect(stdout).toContain('✖ open');
    expect(stdout).toContain('● closed');
  });

  it('asks every host for itself, names hosts when they are several, and says what is only stored [D-41]', async () => {
    const key = 'main/eu-central-1/ssm';
    const stored = { key, state: 'open', host: 'gone', epoch: 3, openUntilMs: nowMs + 9_000 };
    const fake = service(
      ['h1', [breaker(key), stored, { ...open, key, host: 'h2' }]],
      ['h2', [breaker(key), stored]],
    );
    const { stdout } = await fairlead('breaker list', fake);
    const rows = stdout.trim().split('\n');
    expect(rows[0]).toMatch(/LAST TRIP +HOST$/);
    expect(
      rows.slice(1).map((row) => row.split(/ {2,}/).filter((_, at) => [1, 9].includes(at))),
    ).toEqual([
      ['open (stored)', 'gone'],
      ['closed', 'h1'],
      ['closed', 'h2'],
    ]);
  });
});

describe('fairlead breaker describe', () => {
  it('tells the last trip, the window, who waits, the policy and where it comes from', async () => {
    const { stdout, exit } = await fairlead('breaker describe ec2:mutate', service());
    expect(stdout.split('\n')).toEqual([
      'breaker/main/eu-central-1/ec2:mutate   host h1   epoch 1',
      'State       open   until 12:00:18Z (18s)   trip 0 in a row',
      'Window      3 calls in the last 60 s: 3 failed, 0 slow; 3 failures in a row',
      'Calls       ok 41 · slow 1 · failed 0 · ignored 0 · rejected 0',
      'Waiting     6 operations',
      'Last trip   2026-01-02T11:59:48.000Z   Unavailable   request req-1   3 in a row, 3 failed and 0 slow of 3 calls',
      'Policy      failures 3 · open 30s · successes 2 · probes 1 · attempt-timeout 45s · concurrent 5 · rate 5 · burst 25',
      "From        set by order: failures; the rest from the row of ec2:mutate in the host's profile",
      'Order       set main/eu-central-1/ec2   failures 3   by bo   "tuned"   2026-01-02T11:58:30.000Z',
      '',
    ]);
    expect(exit).toBe(0);
  });

  it('tells who isolated it, why, since when and until when', async () => {
    const { stdout } = await fairlead('describe breaker ec2:read', service());
    expect(stdout).toContain(
      'Isolation   by ana   "region drill"   since 2026-01-02T11:59:00.000Z   until 12:29:00Z (29m)\n',
    );
  });

  it('shows every class of a service, and JSON as get does', async () => {
    const { stdout } = await fairlead('breaker describe ec2 -o jsonl', service());
    const keys = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { kind: string; key: string });
    expect(keys).toMatchObject([{ kind: 'Breaker', key: open.key }, { key: isolated.key }]);
  });
});

describe('orders to breakers', () => {
  it('go to the one address that all hosts hear, with key, reason and who asks', async () => {
    const fake = service();
    const ran = await fairlead(
      'breaker isolate ec2 --for 30m --allow-teardown --reason drill --by ana',
      fake,
    );
    expect(fake.orders).toEqual([
      {
        ...{ namespace: 'system', kind: 'guard', name: 'fleet', verb: 'isolate' },
        ...{ by: 'ana', reason: 'drill' },
        arguments: {
          ...{ key: 'main/eu-central-1/ec2', reason: 'drill' },
          ...{ forMs: 1_800_000, allowTeardown: true },
        },
      },
    ]);
    expect(ran.stdout).toBe('breaker/main/eu-central-1/ec2 isolated for 30m   command id-1\n');
  });

  it('set only what is given [R-30]', async () => {
    const fake = service();
    await fairlead(
      'breaker set ec2:mutate --failures 5 --open 45s --concurrent 8 --rate 2.5',
      fake,
    );
    expect(fake.orders[0]?.arguments).toMatchObject({
      policy: { failuresMax: 5, openBaseMs: 45_000, concurrentMax: 8, ratePerSecond: 2.5 },
    });
    const nothing = await fairlead('breaker set ec2:mutate', fake);
    expect([nothing.exit, nothing.stderr.includes('--attempt-timeout')]).toEqual([2, true]);
  });

  it('name user and host when nobody else is named', async () => {
    const fake = service();
    await fairlead('breaker reset ssm -o json', fake, { env: { USER: 'pat' } });
    expect(fake.orders[0]?.by).toMatch(/^pat@.+/);
    expect(fake.orders[0]?.arguments).toEqual({
      ...{ key: 'main/eu-central-1/ssm', reason: 'no reason given' },
    });
  });

  it.each([
    ['breaker reset', 2, 'reset needs a key'],
    ['breaker reset a b', 2, 'reset takes one key'],
    ['cluster reset web', 2, 'reset takes breakers'],
    ['breaker isolate ec2 --for soon', 2, '--for soon is no span of time'],
    ['breaker set ec2 --failures many', 2, 'Write a whole number'],
    ['breaker rset ec2', 2, 'did you mean reset?'],
    ['breaker reset main/eu-central-1/ec4', 3, 'did you mean'],
    ['breaker reset nowhere', 3, 'no host knows a breaker nowhere'],
  ])('%s ends with %i: %s', async (line, exit, told) => {
    const fake = service();
    const ran = await fairlead(line, fake);
    expect(ran.stderr).toContain(told);
    expect([ran.exit, fake.orders.length]).toEqual([exit, 0]);
  });

  it('go out for an unknown key with --force, when it is a whole one', async () => {
    const fake = service();
    expect((await fairlead('breaker isolate main/mars-1/ec2 --force', fake)).exit).toBe(0);
    expect((await fairlead('breaker isolate mars --force', fake)).exit).toBe(3);
    expect(fake.orders.map((order) => (order.arguments as { key: string }).key)).toEqual([
      'main/mars-1/ec2',
    ]);
  });

  it('print what to do when they are refused', async () => {
    const fake = service();
    fake.refuse(
      clientProblem(429, 'mailbox.full', 'too many orders wait', {
        ...{ retryAfterMs: 60_000, remedy: 'send again after retryAfterMs' },
      }),
    );
    const { stderr, exit } = await fairlead('breaker reset ssm', fake);
    expect(stderr).toContain('\nremedy:  send again after retryAfterMs\n');
    expect(exit).toBe(6);
  });
});

describe('short keys', () => {
  const known = ['main/a/ec2:read', 'main/a/ec2:mutate', 'main/a/ssm', 'main/b/ssm', 'nats/store'];

  it.each([
    ['ec2:read', 'main/a/ec2:read'],
    ['ec2', 'main/a/ec2'],
    ['a/ssm', 'main/a/ssm'],
    ['main/a/ec2', 'main/a/ec2'],
    ['store', 'nats/store'],
  ])('%s means %s', (word, key) => {
    expect(resolveKey(word, known)).toBe(key);
  });

  it('are refused when they could mean several, with those', () => {
    expect(() => resolveKey('ssm', known)).toThrow('ssm could mean several breakers');
  });
});
