/** Replications on the command line, as they are read: rows, points, both sides, and what may come next. */
import { describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import { operationMachine } from '../../../machines/operation.ts';
import { replicationKind } from '../../../machines/replication-kind.ts';
import { buildReplicationMachine } from '../../../machines/replication.ts';
import type { ReplicationView } from '../../../src/cli/replication-view.ts';
import { fakeService } from './fake-service.ts';
import { nowMs } from './fake-terminal.ts';
import { promoting, view, written } from './replication-views.ts';
import { fairlead } from './running.ts';

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

  it('tells what speaks for and against a command, the way there, and the exit code it would have', async () => {
    const answer = {
      ...{ command: 'promote', actor: 'replication/default/db-1', allowed: 'no', unchanged: false },
      ...{ state: 'source.protected', code: 'transition.notAllowed', status: 409, needs: [] },
      message: 'home: source → promoting is not allowed.',
      because: [
        { guard: 'table', is: 'no', text: 'home is source (phase protected)' },
        { guard: 'hasData', is: 'yes', text: 'a committed recovery point exists (seq 41)' },
        { guard: 'x', is: 'unknown', text: 'needs point' },
      ],
      allowedNext: ['demote', 'pause'],
      path: ['demote home', 'wait for replica', 'promote'],
    };
    const service = fakeService(view());
    const session = { ...service.session, query: () => Promise.resolve(answer) };
    const line = 'why promote replication db-1 --endpoint home';
    const refused = await fairlead(line, { ...service, session });
    expect(refused.exit).toBe(5);
    expect(refused.stdout.split('\n')).toEqual([
      'x promote is refused   transition.notAllowed   replication/default/db-1   in source.protected',
      '  home: source → promoting is not allowed.',
      '  x home is source (phase protected)',
      '  * a committed recovery point exists (seq 41)',
      '  ~ needs point',
      '  way:          demote home > wait for replica > promote',
      '  allowed next: demote, pause',
      '  try:          fairlead demote replication db-1 -n default --endpoint home',
      '',
    ]);
    const json = await fairlead(`${line} -o json`, { ...service, session });
    expect(JSON.parse(json.stdout)).toEqual({
      ...{ apiVersion: 'fairlead.dev/v1', kind: 'Admission', ...answer },
    });
    const fine = await fairlead('replication why promote db-1', service);
    expect([fine.exit, fine.stdout]).toEqual([
      0,
      '* promote would be accepted   replication/default/db-1\n',
    ]);
  });

  it('tells with --dry-run what the turn of any order would do, and sends nothing', async () => {
    const turn = {
      ...{ revision: 7, stateBefore: 'replica.following', stateAfter: 'replica.preflightPromote' },
      edges: [],
      changes: [{ path: 'operation', before: null, after: { kind: 'promote' } }],
      starts: [{ id: 'awayCall', src: 'operation', input: {} }],
      timers: [{ event: 'xstate.after.preflight', delayMs: 60_000 }],
      ...{ events: ['orderTaken'], leftOut: 3 },
    };
    const service = fakeService(view());
    const query = () => Promise.resolve({ state: 'replica.following', turn });
    const session = { ...service.session, query };
    const line = 'promote replication db-1 --dry-run';
    const { stdout, exit } = await fairlead(line, { ...service, session });
    expect([exit, service.orders]).toEqual([0, []]);
    expect(stdout.split('\n').map((each) => each.trim())).toEqual([
      'replication/default/db-1 would be accepted   it is replica.following   (dry run, nothing sent)',
      'state   replica.following -> replica.preflightPromote',
      'change  operation: null -> {"kind":"promote"}',
      'start   awayCall (operation)',
      'timer   xstate.after.preflight in 1m0s',
      'events  orderTaken',
      'and 3 more; -o json shows what one answer holds',
      '',
    ]);
  });

  it('lists every command of a cluster with what stands against it', async () => {
    const service = fakeService();
    const items = [
      { command: 'stop', allowed: 'yes', unchanged: false, code: '', reason: '', needs: [] },
      { command: 'retry', allowed: 'no', unchanged: false, code: 'x', reason: 'no', needs: [] },
    ];
    const session = { ...service.session, query: () => Promise.resolve({ items }) };
    const { stdout } = await fairlead('next cluster web', { ...service, session });
    expect(stdout.split('\n').map((each) => each.trim().split(/ {2,}/))).toEqual([
      ['COMMAND', 'ALLOWED', 'BECAUSE'],
      ['stop', 'yes', '-'],
      ['retry', 'no', 'no'],
      [''],
    ]);
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
