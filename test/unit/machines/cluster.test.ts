import { describe, expect, it } from 'vitest';
import { admitCluster } from '../../../machines/cluster-admission.ts';
import type { EffectFault, LaunchOrder, PerformInput } from '../../../machines/messages.ts';
import { bounds } from '../../../machines/limits.ts';
import { CloudDouble, manifest } from './cloud-double.ts';

const fault = (type: EffectFault['type'], mayHaveHappened = false): { fault: EffectFault } => ({
  fault: { type, code: type, message: `${type} happened`, mayHaveHappened },
});
const orderOf = (call: PerformInput) => (call.input as { order: LaunchOrder }).order;
const scripts = (cloud: CloudDouble): string[] =>
  cloud.calls
    .filter((call) => call.effect === 'node.script')
    .map((call) => (call.input as { verb: string }).verb);

describe('cluster chart', () => {
  it('goes from a manifest to running with three servers and two agents', async () => {
    const cloud = new CloudDouble();
    cloud.command('cluster.apply', manifest(3, 2));
    await cloud.runUntil(() => cloud.phase === 'running.steady');
    expect(cloud.count('node.launch')).toBe(5);
    expect(cloud.instances.size).toBe(5);
    const joins = scripts(cloud).filter((verb) => /init|join/.test(verb));
    expect(joins).toEqual(['init', 'join-server', 'join-server', 'join-agent', 'join-agent']);
    expect(cloud.emitted.map((event) => event.type)).toContain('ready');
    const states = cloud.emitted
      .filter(({ data }) => data['slot'] === 's1')
      .map(({ data }) => data['state']);
    expect(states).toEqual(
      expect.arrayContaining(['launching', 'booting', 'staging', 'staged', 'joining', 'ready']),
    );
  });

  it('spreads servers over zones', async () => {
    const cloud = new CloudDouble();
    cloud.command('cluster.apply', manifest(3, 0));
    await cloud.runUntil(() => cloud.phase === 'running.steady');
    expect(new Set([...cloud.instances.values()].map((each) => each.zone)).size).toBe(3);
  });

  it('falls to the next zone, then to the next type, with a new token each time', async () => {
    const cloud = new CloudDouble((call) =>
      call.effect === 'node.launch' && orderOf(call).offer.instanceType === 'm6g.large'
        ? fault('CapacityShortage')
        : undefined,
    );
    cloud.command('cluster.apply', manifest(1, 0));
    await cloud.runUntil(() => cloud.phase === 'running.steady');
    const launches = cloud.calls.filter((call) => call.effect === 'node.launch');
    expect(launches.map((call) => orderOf(call).offer.zone.slice(-1)).join('')).toBe('abca');
    expect(new Set(launches.map((call) => call.token)).size).toBe(4);
  });

  it('waits between capacity rounds and fails retryable after three', async () => {
    const cloud = new CloudDouble((call) =>
      call.effect === 'node.launch' ? fault('CapacityShortage') : undefined,
    );
    cloud.command('cluster.apply', manifest(1, 0));
    await cloud.runUntil(() => cloud.phase === 'failed.retryable');
    expect(cloud.count('node.launch')).toBe(18);
    expect(cloud.cluster.getSnapshot().context.lastError?.type).toBe('CapacityShortage');
  });

  it('goes on by itself after a retryable failure', async () => {
    const cloud = new CloudDouble((call, nth) =>
      call.effect === 'node.script' && nth === 1 ? fault('ProviderError') : undefined,
    );
    cloud.command('cluster.apply', manifest(1, 0));
    await cloud.runUntil(() => cloud.phase === 'failed.retryable');
    await cloud.runUntil(() => cloud.phase === 'running.steady');
    expect(cloud.count('node.launch')).toBe(1);
  });

  it('rests blocked when permission is missing and goes on after retry', async () => {
    const cloud = new CloudDouble((call, nth) =>
      call.effect === 'cluster.plan' && nth === 1 ? fault('Unauthorized') : undefined,
    );
    cloud.command('cluster.apply', manifest(1, 0));
    await cloud.runUntil(() => cloud.phase === 'pending.blocked');
    expect(cloud.count('network.ensure')).toBe(0);
    cloud.command('cluster.retry');
    await cloud.runUntil(() => cloud.phase === 'running.steady');
  });

  it('uses the same token again while it is unknown whether a launch happened', async () => {
    const cloud = new CloudDouble((call, nth) =>
      call.effect === 'node.launch' && nth <= 3 ? fault('Timeout', true) : undefined,
    );
    cloud.command('cluster.apply', manifest(1, 0));
    await cloud.runUntil(() => cloud.phase === 'running.steady');
    const tokens = cloud.calls.filter((c) => c.effect === 'node.launch').map((c) => c.token);
    expect(tokens).toHaveLength(4);
    expect(new Set(tokens).size).toBe(1);
  });

  it('replaces an instance that dies while booting, under a new incarnation', async () => {
    const cloud = new CloudDouble();
    cloud.bootsAtOnce = false;
    cloud.command('cluster.apply', manifest(1, 0));
    await cloud.runUntil(() => cloud.instances.size === 1);
    cloud.bootsAtOnce = true;
    cloud.set('i-1', { state: 'terminated', stateReason: 'Server.InsufficientInstanceCapacity' });
    await cloud.runUntil(() => cloud.phase === 'running.steady');
    expect([...cloud.instances.values()].map((each) => each.incarnation)).toEqual([1, 2]);
  });

  it('lets no second machine initialise the cluster, not even by retry', async () => {
    const cloud = new CloudDouble((call) =>
      call.effect === 'node.script' && call.token.includes('-init-') ? 'hang' : undefined,
    );
    cloud.command('cluster.apply', manifest(1, 0));
    await cloud.runUntil(() => cloud.phase === 'configuring.initFirst');
    await cloud.step();
    cloud.set('i-1', { state: 'terminated', stateReason: 'Server.SpotInstanceTermination' });
    await cloud.runUntil(() => cloud.phase === 'failed.needsOperator');
    const { context } = cloud.cluster.getSnapshot();
    expect(context.lastError?.code).toBe('cluster.initLost');
    const stamp = { atMs: 0, roll: 0, commandId: 'c', correlationId: 'k' };
    expect(admitCluster(context, { type: 'cluster.retry', ...stamp })).toMatchObject({
      kind: 'refused',
      refusal: { because: ['delete it, then apply it again: nothing of it was in use yet'] },
    });
    for (let minute = 0; minute < 60; minute += 1) await cloud.step(60_000);
    expect(cloud.count('node.launch')).toBe(1);
  });

  it('resolves a launch whose reply was lost before it calls the cluster deleted', async () => {
    const cloud = new CloudDouble((call) => (call.effect === 'node.launch' ? 'hang' : undefined));
    cloud.command('cluster.apply', manifest(1, 0));
    await cloud.runUntil(() => cloud.count('node.launch') === 1);
    cloud.command('cluster.delete');
    await cloud.runUntil(() => cloud.phase === 'deleted', 1500);
    expect(cloud.count('node.resolve')).toBe(1);
    expect([...cloud.instances.values()].map((each) => each.state)).toEqual(['terminated']);
    expect(cloud.count('cluster.sweep')).toBeGreaterThanOrEqual(2);
  });

  it('deletes a running cluster and leaves nothing', async () => {
    const cloud = new CloudDouble();
    cloud.command('cluster.apply', manifest(3, 2));
    await cloud.runUntil(() => cloud.phase === 'running.steady');
    cloud.command('cluster.delete');
    await cloud.runUntil(() => cloud.phase === 'deleted', 1500);
    expect([...cloud.instances.values()].every((each) => each.state === 'terminated')).toBe(true);
    expect(cloud.count('network.delete')).toBe(1);
    expect(cloud.count('secrets.delete')).toBe(1);
  });

  it('deletes at once what never touched the cloud', async () => {
    const cloud = new CloudDouble((call) =>
      call.effect === 'cluster.plan' ? fault('Unauthorized') : undefined,
    );
    cloud.command('cluster.apply', manifest(1, 0));
    await cloud.runUntil(() => cloud.phase === 'pending.blocked');
    cloud.command('cluster.delete');
    expect(cloud.phase).toBe('deleted');
  });

  it('starts no mutating call while paused and goes on after resume', async () => {
    const cloud = new CloudDouble();
    cloud.command('cluster.apply', manifest(3, 0));
    await cloud.runUntil(() => cloud.instances.size === 3);
    cloud.command('cluster.pause');
    for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
    const before = cloud.calls.length;
    for (let second = 0; second < 120; second += 1) {
      for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
      cloud.observe();
      cloud.clock.increment(1000);
    }
    expect(cloud.calls.length).toBe(before);
    cloud.command('cluster.resume');
    await cloud.runUntil(() => cloud.phase === 'running.steady');
  });

  it('says that a node is lost when a running instance is terminated by hand', async () => {
    const cloud = new CloudDouble();
    cloud.command('cluster.apply', manifest(3, 0));
    await cloud.runUntil(() => cloud.phase === 'running.steady');
    cloud.set('i-2', { state: 'terminated', stateReason: 'Client.UserInitiatedShutdown' });
    cloud.observe();
    expect(Object.values(cloud.cluster.getSnapshot().context.nodes).map((n) => n.phase)).toContain(
      'lost',
    );
  });

  it('keeps 200 nodes under the record cap from creation to deletion', async () => {
    const cloud = new CloudDouble();
    let [largest, looks] = [0, 0];
    // Asked several times a simulated second, before and after the world moves: every other look is enough.
    const measure = (): void => {
      looks += 1;
      if (looks % 2 !== 0) return;
      largest = Math.max(largest, JSON.stringify(cloud.cluster.getPersistedSnapshot()).length);
    };
    const reaches = (phase: string) => (): boolean => {
      measure();
      return cloud.phase === phase;
    };
    cloud.command('cluster.apply', manifest(7, 193));
    await cloud.runUntil(reaches('running.steady'));
    cloud.command('cluster.delete');
    await cloud.runUntil(reaches('deleted'), 1500);
    expect(largest).toBeGreaterThan(100_000);
    expect(largest).toBeLessThan(bounds.recordBytesMax);
    expect([...cloud.instances.values()].every((each) => each.state === 'terminated')).toBe(true);
  }, 60_000);
});
