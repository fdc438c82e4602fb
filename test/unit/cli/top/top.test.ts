/** `fairlead top` with a service in memory: live on a terminal, one table or data elsewhere. */
import { describe, expect, it, vi } from 'vitest';
import { storedCharts } from '../../../../src/inspector/chart/stored.ts';
import { rowOf, stepOf } from '../../inspector/made-fleet.ts';
import { fakeService } from '../fake-service.ts';
import type { FakeService } from '../fake-service.ts';
import { nowMs } from '../fake-terminal.ts';
import { fairlead, finished } from '../running.ts';
import { clusterView } from '../views.ts';
import { fakeScreen } from './screens.ts';
import type { FakeScreen } from './screens.ts';

const told = (actor: string, seq: number, fields: Parameters<typeof rowOf>[2] = {}) => {
  const row = rowOf(actor, seq, { sinceMs: nowMs - 60_000, ...fields });
  return stepOf(row, { atMs: nowMs - 5_000 });
};

function fleet(): FakeService {
  const shop = clusterView({ name: 'shop' });
  const service = fakeService(clusterView({ name: 'web' }), {
    ...shop,
    metadata: { ...shop.metadata, labels: { team: 'shop' } },
  });
  service.step(told('cluster/default/web', 1));
  service.step(told('cluster/default/shop', 1, { severity: 'failing', reason: 'no quota' }));
  service.step(told('replication/other/db-1', 1, { severity: 'changing' }));
  return service;
}

interface Live {
  readonly screen: FakeScreen;
  readonly service: FakeService;
  readonly ended: Promise<{ readonly exit: number; readonly stderr: string }>;
}

/** Machines may be busy: loading the verb takes a while the first time. */
const seen = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 10_000 });

async function live(line: string, service = fleet()): Promise<Live> {
  const screen = fakeScreen();
  const ended = finished(line, service, screen);
  await seen(() => expect(screen.picture()).toContain('fairlead top'));
  return { screen, service, ended };
}

describe('on a terminal', () => {
  it('shows the fleet, follows it, and gives the terminal back', async () => {
    const { screen, service, ended } = await live('top -A --interval 100ms');
    expect(screen.picture()).toMatch(/^> ✖ default\/shop/m);
    expect(screen.picture()).toContain('nats://127.0.0.1:4222 fake 2.10.27');
    service.step(told('cluster/default/web', 2, { severity: 'failing', reason: 'node lost' }));
    await seen(() => expect(screen.picture()).toContain('✖ 2 failing'));
    screen.type('q');
    expect(await ended).toMatchObject({ exit: 0, stderr: '' });
    expect([screen.isTaken(), screen.releases(), service.stepFollowers()]).toEqual([false, 1, 0]);
    expect(service.closed()).toBe(true);
  });

  it('keeps to the namespace, and says so', async () => {
    const { screen, ended } = await live('top');
    expect(screen.picture()).toContain('2 in namespace default');
    expect(screen.picture()).toMatch(/^> ✖ shop/m);
    expect(screen.picture()).not.toContain('db-1');
    screen.type('\u0003');
    expect((await ended).exit).toBe(130);
  });

  it('holds still while paused, and filters what is held', async () => {
    const { screen, service, ended } = await live('top -A --interval 100ms');
    screen.type('p');
    service.step(told('cluster/default/late', 1));
    screen.type('/kind:cluster\r');
    expect(screen.picture()).toContain('paused at');
    expect(screen.picture()).toContain('filter kind:cluster   2 of 3');
    expect(screen.picture()).not.toContain('late');
    screen.type('p');
    expect(screen.picture()).toContain('default/late');
    screen.type('q');
    await ended;
  });

  it('draws anew when the terminal changes its size', async () => {
    const { screen, ended } = await live('top -A');
    screen.resize(60, 10);
    const lines = screen.picture().split('\n');
    expect(lines).toHaveLength(10);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(60);
    screen.type('q');
    await ended;
  });

  it('asks a host for chart and commands of the one that is opened', async () => {
    const service = fleet();
    const hash = Object.values(storedCharts()).find(({ chart }) => chart.id === 'cluster')?.chart
      .hash;
    const value = { lifecycle: { running: 'steady' }, control: 'active' };
    const image = { src: 'cluster', status: 'active', value, children: {} };
    const pause = { command: 'pause', allowed: 'yes', unchanged: false, code: '' };
    const answers: Record<string, Readonly<Record<string, unknown>>> = {
      inspect: { image, hash, seq: 1, revision: 1 },
      commands: { items: [{ ...pause, reason: 'nothing under way', needs: [] }] },
    };
    const query: FakeService['session']['query'] = ({ verb }) =>
      Promise.resolve(answers[verb] ?? {});
    const asked = { ...service, session: { ...service.session, query } };
    const { screen, ended } = await live('top', asked);
    screen.resize(100, 90);
    screen.type('\u001b[B\r');
    await seen(() => expect(screen.picture()).toMatch(/● pause +yes +nothing under way/));
    expect(screen.picture()).toContain('● cluster/default/web   running.healthy');
    expect(screen.picture()).toContain('◉ cluster');
    expect(screen.picture()).toMatch(/[◉●] running/);
    screen.type('q');
    await ended;
  });

  it('tells what the host could not answer', async () => {
    const { screen, ended } = await live('top');
    screen.type('\r');
    await seen(() => expect(screen.picture()).toContain('knows no query inspect'));
    screen.type('q');
    expect((await ended).exit).toBe(0);
  });

  it('gives the terminal back and fails when drawing does', async () => {
    const { screen, ended } = await live('top');
    screen.breakWith(new Error('no such letter'));
    screen.type('j');
    const { exit, stderr } = await ended;
    expect([exit, screen.releases()]).toEqual([1, 1]);
    expect(stderr).toContain('no such letter');
  });

  it('ends with Ctrl-C from outside and with its time', async () => {
    const { screen, ended } = await live('top');
    screen.interrupt();
    expect((await ended).exit).toBe(130);
    const timed = await live('top --timeout 50ms');
    expect((await timed.ended).exit).toBe(0);
    expect(timed.screen.releases()).toBe(1);
  });

  it('prints one picture with --once and takes no screen', async () => {
    const screen = fakeScreen();
    const { exit, stdout } = await finished('top -A --once', fleet(), screen);
    expect([exit, screen.releases()]).toEqual([0, 0]);
    expect(stdout.split('\n')).toHaveLength(24);
    expect(stdout).toMatch(/^> ✖ default\/shop/m);
  });
});

describe('off a terminal', () => {
  it('prints one table, those first that need a look', async () => {
    const { exit, stdout, stderr } = await fairlead('top -A', fleet());
    expect(exit).toBe(0);
    expect(stdout.split('\n').map((line) => line.trimEnd())).toEqual([
      'NAMESPACE  NAME  KIND         SEVERITY  STATE            SINCE  REASON',
      'default    shop  cluster      failing   running.healthy  1m0s   no quota',
      'other      db-1  replication  changing  running.healthy  1m0s   -',
      'default    web   cluster      healthy   running.healthy  1m0s   -',
      '',
    ]);
    expect(stderr).toBe('3 shown, 1 failing, 1 changing, newest change 5s ago\n');
  });

  it('prints data', async () => {
    const { stdout } = await fairlead('top -A -o json -q severity:failing', fleet());
    expect(JSON.parse(stdout)).toMatchObject({
      kind: 'List',
      items: [{ kind: 'ActorRow', actor: 'cluster/default/shop', reason: 'no quota' }],
    });
    const lines = (await fairlead('top -A -o jsonl', fleet())).stdout.trim().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { actor: string }).actor)).toHaveLength(3);
    expect((await fairlead('top -o name', fleet())).stdout).toBe(
      'cluster/default/shop\ncluster/default/web\n',
    );
  });

  it('takes labels, which hosts know', async () => {
    const { stdout } = await fairlead('top -o name -l team=web', fleet());
    expect(stdout).toBe('cluster/default/web\n');
    expect((await fairlead('top -l =', fleet())).exit).toBe(2);
  });

  it('refuses a query nobody can answer', async () => {
    const { exit, stderr } = await fairlead('top -q kid:cluster', fleet());
    expect(exit).toBe(2);
    expect(stderr).toContain('query, column 1: got the key "kid"');
    expect(stderr).toContain('write kind:');
  });

  it('says why when the stream is not read in time', async () => {
    const service = fleet();
    const steps: FakeService['session']['steps'] = (_hearing, { log }) => {
      log('info', { cause: 'stream not found' }, 'the steps are read anew');
      const state = { status: 'reconnecting', sinceMs: 1, lag: 0 } as const;
      const ready = new Promise<void>(() => undefined);
      return { ready, state: () => state, stop: () => Promise.resolve() };
    };
    const deaf = { ...service, session: { ...service.session, steps } };
    const { exit, stderr } = await fairlead('top --timeout 50ms', deaf);
    expect(exit).toBe(6);
    expect(stderr).toContain('not read to its end in 0.05 s');
    expect(stderr).toContain('stream not found');
  });
});
