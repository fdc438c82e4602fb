/** Orders of a replication carried out by the chart: the ways there and back, slow work, deletion, and what is shown of it. */
import { describe, expect, it } from 'vitest';
import { replicationEvents } from '../../../machines/messages.ts';
import type { ReplicationCommand } from '../../../machines/replication-events.ts';
import { replication } from '../../../machines/replication-limits.ts';
import { lagOf } from '../../../machines/replication-settings.ts';
import { replicationManifest } from '../../model/replication/manifest.ts';
import { stamp, started } from './replication-double.ts';

const order = (type: string, more: object = {}): ReplicationCommand =>
  ({ type: `replication.${type}`, ...stamp, ...more }) as ReplicationCommand;
const aimed = (verb: string, more: object = {}): ReplicationCommand =>
  order(verb, { endpoint: 'away', how: 'planned', force: false, ...more });
const failover = (how: 'planned' | 'forced' = 'planned') => order('failover', { how });

describe('the way there and back', () => {
  it('fails over, and back by plan once home follows: nothing is lost', async () => {
    const { order: give, phase, until, context, protectedNow, told } = started();
    await protectedNow();
    give(failover());
    expect(context().operation).toMatchObject({ kind: 'promote', verb: 'failover' });
    await until(
      () => phase('away') === 'source.protected' && phase('home') === 'replica.following',
    );
    give(order('failback'));
    expect(context().operation).toMatchObject({ kind: 'promote', endpoint: 'home', then: null });
    await until(
      () => phase('home') === 'source.protected' && phase('away') === 'replica.following',
    );
    expect(context()).toMatchObject({ epoch: 3, writer: 'home', loss: { seconds: 0 } });
    expect(context().history.map(({ from, to }) => `${from} → ${to}`)).toContain(
      'source → demoting',
    );
    expect(context().history.every(({ requestId }) => requestId === 'k-1')).toBe(true);
    for (const type of told) expect(replicationEvents).toContain(type);
    for (const type of ['created', 'transitioned', 'phaseEntered', 'fenceProven', 'lossRecorded'])
      expect(told).toContain(type);
  });

  it('overwrites home first where it holds nothing of away, then promotes it by itself', async () => {
    const { actor, order: give, phase, until, context, protectedNow, asked } = started();
    await protectedNow();
    give(failover());
    await until(() => phase('away').startsWith('source.') && phase('home') === 'replica.seeding');
    give(order('failback'));
    expect(phase('home')).toBe('syncing.preserving');
    expect(context().operation).toMatchObject({
      kind: 'resync',
      then: 'promote',
      verb: 'failback',
    });
    // What it is on the way to is in the record: a restart in between changes nothing.
    expect(JSON.stringify(actor.getPersistedSnapshot())).toContain('"then":"promote"');
    await until(() => phase('home') === 'source.protected');
    const effects = asked.map(({ effect }) => effect.slice('replication.'.length));
    expect(effects.lastIndexOf('preserve')).toBeLessThan(effects.lastIndexOf('transfer'));
    expect(effects.lastIndexOf('transfer')).toBeLessThan(effects.lastIndexOf('arm'));
    expect(context()).toMatchObject({ writer: 'home', epoch: 3 });
  });

  it('gives up a way home where it stands: home is safe, and no promotion follows', async () => {
    const { order: give, phase, until, context, protectedNow } = started();
    await protectedNow();
    give(failover());
    await until(() => phase('away').startsWith('source.') && phase('home') === 'replica.seeding');
    give(order('failback'));
    give(order('cancel'));
    expect(phase('home')).toBe('failed.safe');
    expect(context().operation).toBeNull();
    give(order('failback'));
    await until(() => phase('home') === 'source.protected');
  });

  it('relocates to the side that does not write', async () => {
    const { order: give, phase, until, protectedNow } = started();
    await protectedNow();
    give(order('relocate'));
    await until(
      () => phase('away') === 'source.protected' && phase('home') === 'replica.following',
    );
    give(order('relocate'));
    await until(() => phase('home') === 'source.protected');
  });
});

describe('slow work', () => {
  it('is asked again while it goes on, however long that takes', async () => {
    const many = 40;
    const {
      order: give,
      phase,
      until,
      view,
      protectedNow,
      asked,
      clock,
    } = started({
      // Each look takes no time here, so only the pauses between them pass.
      transfer: (before) => ({ isDone: before >= many, progress: before }),
    });
    await protectedNow();
    give(failover());
    await until(() => phase('away').startsWith('source.') && phase('home') === 'replica.seeding');
    give(aimed('resync', { endpoint: 'home' }));
    await until(() => phase('home') === 'syncing.transferring');
    await until(() => (view().status['operation'] as { progress: number }).progress > 3);
    const beganMs = clock.now();
    await until(() => phase('home') === 'replica.following');
    expect(clock.now() - beganMs).toBeGreaterThan(30_000);
    const transfers = asked.filter(({ effect }) => effect === 'replication.transfer');
    expect(transfers.length).toBe(many + 1);
    // One and the same call, so that what it finds is its own; only the time by which it must begin is new.
    expect(new Set(transfers.map(({ input }) => input.opId)).size).toBe(1);
    expect(new Set(transfers.map(({ input }) => input.issueBeforeMs)).size).toBeGreaterThan(1);
  });

  it('ends when it stands still', async () => {
    const {
      order: give,
      phase,
      until,
      protectedNow,
      clock,
      context,
    } = started({
      preserve: { isDone: false, progress: 10 },
    });
    await protectedNow();
    give(failover());
    await until(() => phase('away').startsWith('source.') && phase('home') === 'replica.seeding');
    give(aimed('resync', { endpoint: 'home' }));
    await until(() => phase('home') === 'syncing.preserving');
    const beganMs = clock.now();
    await until(() => phase('home') === 'failed.safe', 300);
    expect(clock.now() - beganMs).toBeGreaterThanOrEqual(replication.stallMs);
    expect(context().reason).toBe('no progress');
  });

  it('of a set of snapshots is shown with the schedule', async () => {
    const { until, view } = started({ copy: { isDone: false, progress: 42 } });
    const shown = () => view().status['schedule'] as { phase: string; progress: number | null };
    await until(() => shown().phase === 'copying' && shown().progress === 42);
  });
});

describe('accounts', () => {
  it('is protected by a point of this epoch only, and says how old the copy is', async () => {
    const { order: give, context, view, until, phase, protectedNow, actor } = started();
    const condition = (type: string) =>
      (view().status['conditions'] as { type: string; status: string; reason: string }[]).find(
        (each) => each.type === type,
      );
    await until(() => phase('home') === 'source.exposed');
    expect(condition('Protected')).toMatchObject({ status: 'False', reason: 'NoPoint' });
    await protectedNow();
    expect(condition('Protected')).toMatchObject({ status: 'True' });
    expect(lagOf(context(), 400_000 + 3_600_000 * 2.5)?.ratio).toBeCloseTo(2.5);
    actor.send({ type: 'lag.measured', atMs: 1, ratio: 2.5 });
    expect([phase('home'), phase('away')]).toEqual(['source.lagging', 'replica.lagging']);
    expect(view().status['health']).toBe('degraded');
    actor.send({ type: 'lag.measured', atMs: 1, ratio: 3 });
    expect(condition('Ready')).toMatchObject({ status: 'False', reason: 'LagTooLong' });
    actor.send({ type: 'lag.measured', atMs: 1, ratio: 0.5 });
    expect(condition('Ready')).toMatchObject({ status: 'True', reason: 'InStep' });
    give(failover());
    await until(() => phase('away') === 'promoting.demotingPeer');
    expect(context().lastSyncMs).toBeNull();
    expect(condition('Protected')).toMatchObject({ status: 'False' });
    const types = (view().status['conditions'] as { type: string }[]).map(({ type }) => type);
    expect(types).toEqual([
      ...['Ready', 'Protected', 'BackendAvailable', 'FenceProven', 'Contested', 'RiskAccepted'],
      ...['Paused', 'Testing', 'Slow'],
    ]);
  });

  it('freezes what a forced promotion lost, as an upper bound', async () => {
    const { order: give, phase, until, context, protectedNow } = started();
    await protectedNow();
    give(failover('forced'));
    await until(() => phase('away').startsWith('source.'));
    const { loss } = context();
    expect(loss).toMatchObject({ epoch: 2, fromPitMs: 400_000 });
    expect(loss?.seconds).toBeGreaterThanOrEqual(600);
  });
});

describe('pausing and changing', () => {
  it('pauses by order and by manifest, and goes on the same ways', async () => {
    const { order: give, phase, protectedNow, view, actor, admit } = started();
    await protectedNow();
    give(order('pause'));
    expect([phase('home'), phase('away')]).toEqual(['source.paused', 'replica.paused']);
    expect(view()).toMatchObject({ spec: { paused: true }, status: { paused: true } });
    expect(admit(order('pause')).kind).toBe('unchanged');
    const schedule = { every: '1h', rpo: '2h' };
    give(order('apply', { manifest: replicationManifest({ schedule, paused: false }) }));
    expect([phase('home'), phase('away')]).toEqual(['source.protected', 'replica.following']);
    give(order('apply', { manifest: replicationManifest({ schedule, paused: true }) }));
    expect(actor.getSnapshot().value).toMatchObject({ schedule: 'paused' });
    give(order('resume'));
    expect(actor.getSnapshot().value).toMatchObject({ schedule: 'idle' });
  });

  it('promotes while it is paused', async () => {
    const { order: give, phase, until, protectedNow } = started();
    await protectedNow();
    give(order('pause'));
    give(failover());
    await until(() => phase('away') === 'source.paused');
  });

  it('takes another interval to both sides and goes back to where it was', async () => {
    const { order: give, phase, until, context, protectedNow, asked, told } = started();
    await protectedNow();
    give(order('reconfigure', { every: '30m' }));
    expect([phase('home'), phase('away')]).toEqual([
      'source.reconfiguring',
      'replica.reconfiguring',
    ]);
    await until(
      () => phase('home') === 'source.protected' && phase('away') === 'replica.following',
    );
    expect(context()).toMatchObject({
      ...{ specGeneration: 2, settings: { everyMs: 1_800_000 } },
      spec: { schedule: { every: '30m' } },
    });
    expect(asked.filter(({ effect }) => effect === 'replication.reconfigure')).toHaveLength(2);
    expect(told).toContain('reconfigured');
  });
});

describe('deletion', () => {
  it('of a relationship at rest removes it and leaves a tombstone that keeps the epoch', async () => {
    const { order: give, actor, until, protectedNow, context, told } = started();
    await protectedNow();
    give(order('delete', { force: false }));
    expect(actor.getSnapshot().value).toMatchObject({ lifecycle: { deleting: 'removing' } });
    await until(() => context().lifecycle === 'deleted');
    expect(actor.getSnapshot().value).toMatchObject({ schedule: 'ended', health: 'unknown' });
    expect(context().epoch).toBe(1);
    expect(told).toContain('deleted');
  });

  it('waits for a promotion under way', async () => {
    const { actor, order: give, until, protectedNow, context, phase } = started();
    await protectedNow();
    give(failover('forced'));
    await until(() => phase('away').startsWith('promoting.'));
    give(order('delete', { force: false }));
    expect(context()).toMatchObject({ isDeleteOrdered: true, lifecycle: 'active' });
    await until(() => phase('away').startsWith('source.'));
    // The old writer is fenced, and is demoted once somebody has looked at it.
    expect(context().lifecycle).toBe('active');
    const seen = { endpoint: 'home', writable: 'no', generation: 2 } as const;
    actor.send({ type: 'endpoint.observed', atMs: context().atMs, ...seen });
    await until(() => context().lifecycle === 'deleted');
    expect([phase('home'), phase('away').split('.')[0]]).toEqual([
      expect.stringMatching(/^replica\./),
      'source',
    ]);
  });

  it('by force takes it back first', async () => {
    const { order: give, until, protectedNow, context, phase, asked } = started();
    await protectedNow();
    give(failover('forced'));
    await until(() => phase('away') === 'promoting.quietWindow');
    give(order('delete', { force: true }));
    expect(phase('away')).toBe('promoting.compensating');
    await until(() => context().lifecycle === 'deleted');
    expect(phase('away')).toBe('failed.safe');
    expect(asked.map(({ effect }) => effect)).not.toContain('replication.arm');
  });

  it('ends a test first, and a resync at once', async () => {
    const { order: give, until, protectedNow, context, phase, asked, told } = started();
    await protectedNow();
    give(aimed('test-start', { ttlSeconds: 3_600 }));
    await until(() => told.includes('testStarted'));
    give(order('delete', { force: false }));
    await until(() => context().lifecycle === 'deleted');
    expect(asked.map(({ effect }) => effect)).toContain('replication.endTest');
    const again = started();
    await again.protectedNow();
    again.order(failover());
    await again.until(
      () => again.phase('home') === 'replica.seeding' && again.phase('away').startsWith('source.'),
    );
    again.order(aimed('resync', { endpoint: 'home' }));
    again.order(order('delete', { force: false }));
    await again.until(() => again.context().lifecycle === 'deleted');
    expect(again.phase('home')).toBe('failed.safe');
    expect(phase('away')).toBe('replica.following');
  });
});
