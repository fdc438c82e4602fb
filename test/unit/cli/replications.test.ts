/** Replications on the command line: what is shown, what is sent, what is asked before, and how refusals are told. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import { operationMachine } from '../../../machines/operation.ts';
import { replicationKind } from '../../../machines/replication-kind.ts';
import { buildReplicationMachine } from '../../../machines/replication.ts';
import { phases } from '../../../machines/replication-context.ts';
import { refuseTransition } from '../../../machines/replication-table.ts';
import { commands, globalFlags } from '../../../src/cli/commands.ts';
import { ClientProblem, clientProblem } from '../../../src/nats/problem.ts';
import type { ReplicationStatus, ReplicationView } from '../../../src/cli/replication-view.ts';
import { packageRoot } from '../../../src/package-root.ts';
import { nowMs } from './fake-terminal.ts';
import { fakeService } from './fake-service.ts';
import { fairlead } from './running.ts';
import { stirring } from './stirring.ts';

const example = readFileSync(join(packageRoot(), 'examples/replication.yaml'), 'utf8');
const minuteMs = 60_000;

function view(revision = 7, status: Partial<ReplicationStatus> = {}): ReplicationView {
  return {
    ...{ apiVersion: 'fairlead.dev/v1', kind: 'Replication', revision },
    metadata: { namespace: 'default', name: 'db-1', uid: '01jddb' },
    spec: {
      endpoints: {
        home: { cluster: 'eu-a', region: 'eu-west-1', zone: 'eu-west-1a' },
        away: { cluster: 'eu-b', region: 'eu-central-1', zone: 'eu-central-1b' },
      },
      schedule: { mode: 'interval', every: '450s', rpo: '15m', rto: '30m' },
    },
    status: {
      ...{ state: 'replica', phase: 'replica.following', health: 'healthy' },
      endpoints: {
        home: {
          ...{ state: 'source', phase: 'source.protected', writable: 'yes' },
          ...{ sinceMs: nowMs - 60 * minuteMs, observedAt: nowMs - 20_000 },
          next: [{ state: 'demoting', verb: 'demote' }],
        },
        away: {
          ...{ state: 'replica', phase: 'replica.following', writable: 'no' },
          ...{ sinceMs: nowMs - 60 * minuteMs, observedAt: nowMs - 20_000 },
          next: [
            { state: 'promoting', verb: 'promote', because: ['home has not been seen for 6m'] },
            { state: 'syncing', verb: 'resync', because: ['away is ahead'] },
          ],
        },
      },
      ...{ writer: 'home', epoch: 1, backend: 'ebs', mode: 'asynchronous' },
      ...{ createdAtMs: nowMs - 24 * 60 * minuteMs, lastSync: nowMs - 2 * minuteMs },
      lag: { ratio: 0.3, baseMs: 450_000 },
      points: [
        { seq: 40, pitMs: nowMs - 9 * minuteMs, epoch: 1, at: 'away', isFinal: false },
        { seq: 41, pitMs: nowMs - 2 * minuteMs, epoch: 1, at: 'away', isFinal: false },
      ],
      operation: null,
      conditions: [{ type: 'Protected', status: 'True', reason: 'PointCommitted' }],
      history: [
        {
          ...{ seq: 1, endpoint: 'away', from: 'absent', to: 'replica' },
          ...{ atMs: nowMs - 60 * minuteMs, reason: 'apply', epoch: 1 },
        },
      ],
      ...status,
    },
    allowedNext: ['apply', 'promote'],
  };
}

const promoting = (phase: string, more: Partial<ReplicationStatus['operation'] & object> = {}) =>
  view(8, {
    state: 'promoting',
    endpoints: {
      home: { state: 'source', phase: 'source.protected', writable: 'unknown' },
      away: { state: 'promoting', phase, writable: 'no' },
    },
    operation: {
      ...{ kind: 'promote', verb: 'failover', endpoint: 'away', how: 'forced', phase },
      ...{ opId: 'order-2', startedAtMs: nowMs - 30_000, by: 'ana@ops' },
      ...more,
    },
  });

const written = view(12, {
  ...{ state: 'source', writer: 'away', epoch: 2, lastSync: null, operation: null },
  endpoints: {
    home: { state: 'failed', phase: 'failed.safe', writable: 'no' },
    away: { state: 'source', phase: 'source.exposed', writable: 'yes' },
  },
  loss: { seconds: 134, fromPitMs: nowMs - 3 * minuteMs, atMs: nowMs - minuteMs, epoch: 2 },
});

describe('fairlead get replications', () => {
  it('prints who writes, how current the copy is, and what was lost [U-34]', async () => {
    const { stdout } = await fairlead('get repl', fakeService(view()));
    expect(stdout.split('\n').slice(0, 2)).toEqual([
      'NAME  STATE    PHASE      WRITER  EPOCH  HEALTH   LAG          RPO  LAST SYNC  LOSS  AGE  REASON',
      'db-1  replica  following  home    1      healthy  2m0s (0.3×)  15m  2m0s ago   -     1d   -',
    ]);
    const after = await fairlead('get replication db-1', fakeService(written));
    expect(after.stdout).toMatch(/db-1 {2}source +exposed +away +2 .* ≤2m14s/);
  });

  it('prints the resource itself for machines, and points as a table', async () => {
    const json = await fairlead('get replication db-1 -o json', fakeService(view()));
    expect(JSON.parse(json.stdout)).toMatchObject({ kind: 'Replication', revision: 7 });
    const points = await fairlead('points replication db-1', fakeService(view()));
    expect(points.stdout.split('\n').map((line) => line.split(/ {2,}/)[0])).toEqual(
      'SEQ 40 41 '.split(' '),
    );
  });
});

describe('fairlead describe replication', () => {
  it('tells both sides, the order under way, points and moves', async () => {
    const shown = promoting('promoting.quietWindow', {
      estimate: { rtoSeconds: 600, lossSeconds: 134, windowSeconds: 45 },
    });
    const { stdout } = await fairlead('describe replication db-1', fakeService(shown));
    for (const part of [
      'replication/default/db-1   uid 01jddb   revision 8',
      'Home        source.protected   writable unknown',
      'Away        promoting.quietWindow   writable no',
      'Operation   forced failover of away in promoting.quietWindow   id order-2   by ana@ops   for 00:30',
      'Estimate    takes about 10m   loses 2m14s at most   quiet window 45s',
      'Points      newest 2 of 2',
      'absent → replica',
    ])
      expect(stdout).toContain(part);
  });

  it('shows an override that is waited for, and how to go on', async () => {
    const waiting = promoting('promoting.awaitingOverride', {
      ...{ observed: 'i-1 is running', overrideToken: '01jddb.e2.i-1 is running' },
    });
    const { stdout } = await fairlead('describe replication db-1', fakeService(waiting));
    expect(stdout).toContain('away waits for an override: i-1 is running');
    expect(stdout).toContain('Token       01jddb.e2.i-1 is running');
    expect(stdout).toContain('fairlead override replication db-1 -n default');
  });
});

describe('orders to replications', () => {
  const sent = async (line: string) => {
    const service = fakeService(view());
    const { exit, stderr } = await fairlead(line, service);
    return { exit, stderr, order: service.orders[0] };
  };

  it.each([
    ['promote replication db-1 --endpoint home', 'promote', { endpoint: 'home', how: 'planned' }],
    ['replication failover db-1 --forced --yes', 'failover', { how: 'forced' }],
    ['failover replication db-1 --point 40', 'failover', { how: 'planned', point: 40 }],
    ['demote replication db-1 --force', 'demote', { force: true }],
    ['resync replication db-1', 'resync', {}],
    ['recover replication db-1 --expect-epoch 3', 'recover', { expectEpoch: 3 }],
    ['failback replication db-1 --reason drill', 'failback', { reason: 'drill' }],
    ['repl relocate db-1', 'relocate', {}],
    ['cancel replication db-1', 'cancel', {}],
    ['pause replication db-1', 'pause', {}],
    ['resume replication db-1', 'resume', {}],
    ['sync replication db-1', 'sync', {}],
    ['replication test start db-1 --ttl 2h', 'test-start', { ttlSeconds: 7200 }],
    ['test-stop replication db-1', 'test-stop', {}],
    ['reconfigure replication db-1 --every 5m', 'reconfigure', { every: '5m' }],
    ['delete replication db-1', 'delete', {}],
    ['delete replication db-1 --force --confirm db-1', 'delete', { force: true }],
    ['override replication db-1 --token t --yes', 'override', { token: 't' }],
  ])('%s', async (line, verb, given) => {
    const { exit, order } = await sent(line);
    expect(exit).toBe(0);
    expect(order).toMatchObject({ kind: 'replication', namespace: 'default', name: 'db-1', verb });
    expect(order?.arguments).toEqual(given);
  });

  it.each([
    'failover replication db-1 --forced',
    'promote replication db-1 --forced',
    'delete replication db-1 --force',
    'override replication db-1 --token t',
    'failover replication db-1 --forced --confirm db-2',
    'promote replication db-1 --planned --forced',
    'reconfigure replication db-1',
    'promote cluster db-1',
    'pause replication db-1 --wait',
  ])('%s is refused here, nothing is sent', async (line) => {
    const { exit, order, stderr } = await sent(line);
    expect([exit, order]).toEqual([2, undefined]);
    expect(stderr).toContain('cli.usage');
  });

  it('ask for the name on a terminal, with what it costs', async () => {
    const service = fakeService(view());
    const line = 'failover replication db-1 --forced';
    const no = await fairlead(line, service, { isTty: true, answer: 'yes' });
    expect([no.exit, service.orders]).toEqual([1, []]);
    const yes = await fairlead(line, service, { isTty: true, answer: 'db-1' });
    expect([yes.exit, service.orders.length]).toEqual([0, 1]);
  });

  it('override with the token of what the person was shown', async () => {
    const told = { observed: 'i-1 is running', overrideToken: '01jddb.e2.i-1 is running' };
    const service = fakeService(promoting('promoting.awaitingOverride', told));
    await fairlead('override replication db-1', service, { isTty: true, answer: 'db-1' });
    expect(service.orders[0]?.arguments).toEqual({ token: told.overrideToken });
  });
});

describe('refusals', () => {
  const refusal = refuseTransition('default/db-1', 'away', {
    ...{ from: 'replica', to: 'source', phase: 'replica.following' },
  });

  it('tell what may follow instead, and end with 5 [U-05]', async () => {
    const service = fakeService(view());
    service.refuse(clientProblem(409, refusal.code, refusal.message, { ...refusal }));
    const { stderr, exit } = await fairlead('promote replication db-1', service);
    expect(exit).toBe(5);
    expect(stderr).toContain('away: replica → source is not allowed (phase following).');
    expect(stderr).toContain('allowed: promoting, syncing');
    expect(stderr).toContain('fairlead next replication db-1 -n default');
  });

  it('are the same object for machines', async () => {
    const service = fakeService(view());
    service.refuse(clientProblem(409, refusal.code, refusal.message, { ...refusal }));
    const { stderr } = await fairlead('promote replication db-1 -o json', service);
    expect(JSON.parse(stderr)).toMatchObject({
      error: { code: 'transition.notAllowed', allowedNext: refusal.allowedNext, exitCode: 5 },
    });
  });
});

describe('fairlead next and why', () => {
  it('lists allowed states, the command for each and failed guards [U-08]', async () => {
    const { stdout } = await fairlead('next replication db-1', fakeService(view()));
    expect(stdout.split('\n').map((line) => line.trim().split(/ {2,}/))).toEqual([
      ['ENDPOINT', 'STATE', 'NEXT', 'ALLOWED', 'COMMAND', 'BECAUSE'],
      [
        ...['home', 'source.protected', 'demoting', 'yes'],
        ...['fairlead demote replication db-1 -n default --endpoint home', '-'],
      ],
      [
        ...['away', 'replica.following', 'promoting', 'no'],
        ...['fairlead promote replication db-1 -n default', 'home has not been seen for 6m'],
      ],
      [
        ...['away', 'replica.following', 'promoting', 'yes'],
        ...['fairlead promote replication db-1 -n default --forced', '-'],
      ],
      [
        ...['away', 'replica.following', 'syncing', 'no'],
        ...['fairlead resync replication db-1 -n default', 'away is ahead'],
      ],
      [''],
    ]);
  });

  it('tells every reason against a command, with the exit code it would have', async () => {
    const problem = clientProblem(409, 'precondition.failed', 'cannot become promoting now', {
      because: ['away has no committed point', 'home is demoting: wait until it rests'],
    });
    const service = fakeService(view());
    const session = { ...service.session, query: () => Promise.reject(new ClientProblem(problem)) };
    const refused = await fairlead('why promote replication db-1', { ...service, session });
    expect(refused.exit).toBe(5);
    expect(refused.stdout.split('\n').slice(2, 4)).toEqual([
      '  x away has no committed point',
      '  x home is demoting: wait until it rests',
    ]);
    const fine = await fairlead('replication why promote db-1', service);
    expect([fine.exit, fine.stdout]).toEqual([
      0,
      '* promote would be accepted   replication/default/db-1\n',
    ]);
  });
});

describe('waiting for a replication', () => {
  it('goes on until the other side writes, and shows every phase once', async () => {
    const service = fakeService();
    service.show('db-1', view(), promoting('promoting.fencing'), written);
    const line = 'failover replication db-1 --forced --confirm db-1 --wait';
    const { stdout, stderr, exit } = await stirring(service, fairlead(line, service));
    expect(exit).toBe(0);
    expect(stdout.split('\n')[1]).toBe(
      'replication/default/db-1 home failed.safe, away source.exposed',
    );
    expect(stderr).toContain('home source.protected, away promoting.fencing');
  });

  it('waits for the end of a rehearsal, which is no order under way', async () => {
    const testing = (status: 'True' | 'False', phase: string) =>
      view(status === 'True' ? 8 : 9, {
        endpoints: { ...view().status?.endpoints, away: { state: 'replica', phase } },
        conditions: [{ type: 'Testing', status }],
      });
    const service = fakeService();
    service.show('db-1', testing('True', 'replica.testing'), testing('False', 'replica.following'));
    const line = 'test-stop replication db-1 --wait';
    const { stdout, exit, stderr } = await stirring(service, fairlead(line, service));
    expect([exit, stdout.split('\n')[1]], stderr).toEqual([
      ...[0, 'replication/default/db-1 home source.protected, away replica.following'],
    ]);
  });

  it('ends when the order came to nothing, with why', async () => {
    const back = view(9, { because: ['home was not reachable'], health: 'degraded' });
    const { stderr, exit } = await fairlead('promote replication db-1 --wait', fakeService(back));
    expect(exit).toBe(1);
    expect(stderr).toContain('writer=away can no longer be reached');
    expect(stderr).toContain('reason:  home was not reachable');
  });

  it('knows states of either side, the writer, conditions and deletion', async () => {
    const reached = async (goal: string) =>
      (await fairlead(`wait replication db-1 --for ${goal}`, fakeService(view()))).exit;
    for (const goal of [
      ...['replica', 'state=replica.following', 'home=source', 'writer=home', 'done'],
      'condition=Protected',
    ])
      expect([goal, await reached(goal)]).toEqual([goal, 0]);
    expect(await reached('running')).toBe(2);
    const gone = await fairlead('wait replication db-1 --for deleted', fakeService());
    expect(gone.exit).toBe(0);
  });
});

describe('examples/replication.yaml', () => {
  it('is applied and created as it stands, with the back end and the interval settled', async () => {
    const service = fakeService();
    await fairlead('apply -f -', service, { stdin: example });
    await fairlead('replication create -f -', service, { stdin: example });
    expect(service.orders.map(({ kind, verb }) => [kind, verb])).toEqual([
      ['replication', 'apply'],
      ['replication', 'create'],
    ]);
    expect(service.orders[0]?.arguments).toMatchObject({
      manifest: { spec: { backend: 'ebs', schedule: { every: '450s' } } },
    });
  });

  it('is refused with every problem at its line', async () => {
    const wrong = example
      .replace('eu-central-1b,', 'eu-central-1z,')
      .replace('rpo: 15m', 'rpo: 0s');
    const { stderr, exit } = await fairlead('apply -f -', fakeService(), { stdin: wrong });
    expect(exit).toBe(2);
    expect(stderr).toContain('2 problems in stdin; nothing was sent');
    expect(stderr).toMatch(/stdin:\d+:\d+ {2}spec\.endpoints\.away\.zone is "eu-central-1z": eu-/);
    expect(stderr).toContain('fairlead explain replication.spec');
  });

  it('is explained by its schema', async () => {
    const { stdout, exit } = await fairlead('explain replication.spec.schedule');
    expect(exit).toBe(0);
    expect(stdout).toMatch(/rpo +string/);
  });
});

describe('what the service tells of a replication just declared', () => {
  it('is read by get, describe and next as it is', async () => {
    const machine = buildReplicationMachine(operationMachine);
    const input = { uid: '01jddb', namespace: 'default', name: 'db-1', atMs: nowMs };
    const told = replicationKind(machine).view(createActor(machine, { input }).getSnapshot());
    const service = fakeService({ ...(told as unknown as ReplicationView), revision: 1 });
    const row = await fairlead('get replication db-1 --no-headers', service);
    expect(row.stdout).toMatch(/^db-1 {2}absent +created +none +0 +unknown/);
    const whole = await fairlead('describe replication db-1', service);
    expect(whole.stdout).toContain('Home        absent.created   writable unknown');
    expect(whole.stdout).toContain('Protected=False (NoPoint)');
    const moves = await fairlead('next replication db-1 -o jsonl', service);
    expect(moves.stdout).toContain('"to":"replica"');
  });
});

describe('docs/replication.md', () => {
  const page = readFileSync(join(packageRoot(), 'docs/replication.md'), 'utf8');

  it('shows the move that is allowed and the one that is not, in the words of the service [U-50]', async () => {
    const service = fakeService(view());
    const line = 'promote replication db-1 -n prod --planned --reason user_requested_failover';
    expect(page).toContain(`$ fairlead ${line}`);
    await fairlead(line, service);
    expect(service.orders[0]).toMatchObject({
      arguments: { how: 'planned', reason: 'user_requested_failover' },
    });
    const refusal = refuseTransition('prod/db-1', 'away', {
      ...{ from: 'replica', to: 'source', phase: 'replica.following' },
    });
    expect(page).toContain(refusal.message);
  });

  it('tells what every phase waits for', () => {
    const named = Object.entries(phases).flatMap(([state, steps]) =>
      state === 'absent' ? [] : steps.filter((step) => !page.includes(`.${step}\``)),
    );
    expect(named).toEqual([]);
  });

  it('names only commands and flags that there are', () => {
    const verbs = commands.map((each) => each.name);
    const used = [...page.matchAll(/fairlead ([a-z-]+)/g)].map(([, verb = '']) => verb);
    const known = [...verbs, 'breakers'];
    expect(used.filter((verb) => !known.includes(verb))).toEqual([]);
    const flags = commands.flatMap((each) => each.flags).concat(globalFlags);
    const spelled = flags.map((each) => each.flags).join(' ');
    const named = [...page.matchAll(/--[a-z][a-z-]*/g)].map(([flag]) => flag);
    expect(named.filter((flag) => !spelled.includes(flag))).toEqual([]);
  });
});
