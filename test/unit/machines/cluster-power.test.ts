/** A running cluster whose machines are restarted, stopped and started. */
import { describe, expect, it } from 'vitest';
import { manifest } from './cloud-double.ts';
import { context, refusal, running, settles, verbOf, verbs } from './running-cluster.ts';

describe('restart', () => {
  it('drains agents, restarts them in rounds, then servers one at a time', async () => {
    const cloud = await running(3, 3);
    cloud.command('cluster.restart');
    await settles(cloud);
    const order = verbs(cloud).filter((verb) => /drain|reboot|uncordon|observe/.test(verb));
    expect(order.slice(0, 7)).toEqual([
      ...['drain', 'drain', 'node.reboot', 'node.reboot', 'uncordon', 'uncordon', 'observe'],
    ]);
    expect(order.slice(-6)).toEqual(
      Array.from({ length: 3 }, () => ['node.reboot', 'observe']).flat(),
    );
    expect([...cloud.instances.values()].map(({ boot }) => boot)).toEqual([2, 2, 2, 2, 2, 2]);
    expect([...cloud.instances.values()].some(({ isCordoned }) => isCordoned)).toBe(false);
    expect(cloud.quorumLost).toBe(0);
  });

  it('orders a restart again only when the boot id has not changed', async () => {
    let isLost = true;
    const cloud = await running(1, 1, (call) => {
      if (call.effect !== 'node.reboot' || !isLost) return undefined;
      isLost = false;
      return { value: { state: 'running' } };
    });
    cloud.command('cluster.restart', { pool: 'web' });
    await settles(cloud);
    expect(cloud.count('node.reboot')).toBe(2);
    expect(cloud.named('eu-web-0-1')?.boot).toBe(2);
  });

  it('fails when a node does not come back, and uncordons the others', async () => {
    let isAway = false;
    const cloud = await running(1, 2, (call) => {
      if (call.effect === 'node.reboot') isAway = true;
      const isLook = isAway && verbOf(call) === 'check' && call.token.includes('-a1-');
      return isLook ? refusal('script.unreachable') : undefined;
    });
    cloud.command('cluster.restart', { pool: 'web' });
    await settles(cloud);
    await cloud.runUntil(() => context(cloud).nodes['a0']?.phase === 'ready');
    expect(context(cloud).nodes['a1']?.phase).toBe('failed');
    expect(cloud.named('eu-web-0-1')?.isCordoned).toBe(false);
    expect(context(cloud).lastChange).toMatchObject({ kind: 'restart', outcome: 'failed' });
  });

  it('that fails leaves numbers that were ordered meanwhile to a change that can be taken back', async () => {
    let isAway = false;
    const cloud = await running(1, 0, (call) => {
      if (call.effect === 'node.reboot') isAway = true;
      return isAway && verbOf(call) === 'check' ? refusal('script.unreachable') : undefined;
    });
    cloud.command('cluster.restart');
    await cloud.runUntil(() => cloud.count('node.reboot') === 1);
    cloud.command('cluster.scale', { pool: 'server', count: 3 });
    await settles(cloud, 6_000);
    await cloud.step();
    expect(context(cloud).spec?.servers.count).toBe(1);
    expect(Object.keys(context(cloud).nodes)).toEqual(['s0']);
    expect(cloud.alive('server').map(({ slot }) => slot)).toEqual(['s0']);
    expect(context(cloud).lastError).not.toBeNull();
  });
});

describe('stop and start', () => {
  it('takes a snapshot, stops agents, then servers; starts servers together, then agents', async () => {
    const cloud = await running(3, 2);
    cloud.command('cluster.stop');
    await cloud.runUntil(() => cloud.phase === 'stopped');
    expect(verbs(cloud)).toEqual(['snapshot', ...Array<string>(5).fill('node.stop')]);
    const roles = cloud.calls
      .slice(1)
      .map(({ input }) => (input as { instanceId: string }).instanceId);
    expect(roles.slice(0, 2).every((id) => cloud.instances.get(id)?.slot.startsWith('a'))).toBe(
      true,
    );
    expect(context(cloud).spec?.desiredState).toBe('stopped');
    cloud.calls.length = 0;
    cloud.command('cluster.start');
    await settles(cloud);
    expect(verbs(cloud).filter((verb) => verb !== 'check')).toEqual([
      ...['node.start', 'node.start', 'node.start', 'observe'],
      ...['node.start', 'node.start', 'observe', 'publish-access'],
    ]);
    expect(cloud.quorum).toEqual({ members: 3, up: 3 });
  });

  it('stops a node that has failed, and starts it uncordoned', async () => {
    let isAway = false;
    const cloud = await running(1, 2, (call) => {
      if (call.effect === 'node.reboot') isAway = true;
      const isLook = isAway && verbOf(call) === 'check' && call.token.includes('-a1-');
      return isLook ? refusal('script.unreachable') : undefined;
    });
    cloud.command('cluster.restart', { pool: 'web' });
    await settles(cloud);
    expect(context(cloud).nodes['a1']?.phase).toBe('failed');
    cloud.command('cluster.stop');
    await cloud.runUntil(() => cloud.phase === 'stopped');
    expect([...cloud.instances.values()].map(({ state }) => state)).toEqual([
      ...['stopped', 'stopped', 'stopped'],
    ]);
    isAway = false;
    cloud.command('cluster.start');
    await settles(cloud, 120);
    expect(Object.values(context(cloud).nodes).map(({ phase }) => phase)).toEqual([
      ...['ready', 'ready', 'ready'],
    ]);
    expect(cloud.named('eu-web-1-1')?.isCordoned).toBe(false);
  });

  it.each([
    ['an agent', 1, 2],
    ['a server', 3, 0],
  ])(
    'stops %s that could not be drained, and starts it uncordoned',
    async (_who, servers, agents) => {
      let isStuck = true;
      const cloud = await running(servers, agents, (call) =>
        isStuck && verbOf(call) === 'drain' ? refusal('script.unreachable') : undefined,
      );
      const pool = agents > 0 ? 'web' : 'server';
      cloud.command('cluster.scale', { pool, count: 1 });
      cloud.command('cluster.stop');
      await cloud.runUntil(() => cloud.phase === 'stopped');
      expect(verbs(cloud).filter((verb) => /drain|cordon/.test(verb))).toEqual(['drain']);
      expect(new Set([...cloud.instances.values()].map(({ state }) => state))).toEqual(
        new Set(['stopped']),
      );
      isStuck = false;
      cloud.command('cluster.start');
      await settles(cloud, 120);
      expect(new Set(Object.values(context(cloud).nodes).map(({ phase }) => phase))).toEqual(
        new Set(['ready']),
      );
      expect([...cloud.instances.values()].some(({ isCordoned }) => isCordoned)).toBe(false);
    },
  );

  it('goes on with what was ordered besides a stop that fails, and can take that back', async () => {
    const cloud = await running(1, 1, (call) => {
      if (verbOf(call) === 'snapshot') return refusal('snapshot.failed');
      return call.effect === 'node.launch' && call.token.includes('-a2-')
        ? { fault: { type: 'QuotaExceeded', code: 'VcpuLimitExceeded', message: 'too many' } }
        : undefined;
    });
    cloud.command('cluster.apply', manifest(1, 3, { desiredState: 'stopped' }));
    await settles(cloud);
    await settles(cloud);
    expect(cloud.count('node.launch')).toBeGreaterThan(1);
    expect(context(cloud).spec?.agentPools[0]?.count).toBe(1);
    expect(cloud.alive('agent').map(({ name }) => name)).toEqual(['eu-web-0-1']);
  });

  it('brings nothing back to life while it is to be stopped', async () => {
    const cloud = await running(3, 1);
    cloud.command('cluster.stop');
    await cloud.runUntil(() => cloud.phase === 'stopped');
    cloud.calls.length = 0;
    for (let minute = 0; minute < 60; minute += 1) await cloud.step(60_000);
    expect(cloud.calls).toEqual([]);
  });

  it('goes on running when the snapshot fails', async () => {
    const cloud = await running(1, 1, (call) =>
      verbOf(call) === 'snapshot' ? refusal('snapshot.failed') : undefined,
    );
    cloud.command('cluster.stop');
    await settles(cloud);
    expect(context(cloud).spec?.desiredState).toBe('running');
    expect(context(cloud).lastError?.code).toBe('snapshot.failed');
    expect(cloud.count('node.stop')).toBe(0);
  });

  it('ends a start without a majority, says so, and goes on with the next order', async () => {
    let isAway = true;
    const cloud = await running(3, 1, (call) =>
      isAway && verbOf(call) === 'check' && call.token.includes('-s1-')
        ? refusal('script.unreachable')
        : undefined,
    );
    cloud.command('cluster.stop');
    await cloud.runUntil(() => cloud.phase === 'stopped');
    cloud.set('i-3', { state: 'terminated', stateReason: 'Server.InternalError' });
    cloud.observe();
    cloud.command('cluster.start');
    await settles(cloud);
    expect(context(cloud).lastError?.code).toBe('cluster.noMajority');
    expect(context(cloud).lastChange).toMatchObject({ kind: 'start', outcome: 'failed' });
    isAway = false;
    cloud.command('cluster.retry');
    await cloud.runUntil(() => context(cloud).nodes['s1']?.phase === 'ready');
    expect(cloud.quorum).toEqual({ members: 3, up: 2 });
  });

  it('turns round when started while it stops', async () => {
    const cloud = await running(3, 2, ({ effect }) =>
      effect === 'node.stop' ? { value: { state: 'stopping' } } : undefined,
    );
    cloud.command('cluster.stop');
    await cloud.runUntil(() => cloud.phase === 'stopping.agents');
    cloud.command('cluster.start');
    expect(cloud.phase).toBe('stopping.agents');
    for (const { instanceId } of cloud.alive('agent')) cloud.set(instanceId, { state: 'stopped' });
    await settles(cloud);
    expect(cloud.alive('server')).toHaveLength(3);
    expect(cloud.alive('agent')).toHaveLength(2);
    expect(cloud.quorumLost).toBe(0);
  });

  it.each(['paused', 'tried again'])(
    'stops again when a start is cancelled whose look is %s',
    async (why) => {
      const isPause = why === 'paused';
      let isDeaf = false;
      const fault = { type: 'RateLimit', code: 'Throttling', message: 'slower' } as const;
      const cloud = await running(1, 1, (call) =>
        isDeaf && verbOf(call) === 'observe' ? { fault } : undefined,
      );
      cloud.command('cluster.stop');
      if (isPause) cloud.command('cluster.pause');
      await cloud.runUntil(() => cloud.phase === (isPause ? 'stopping.agents' : 'stopped'));
      isDeaf = !isPause;
      cloud.command('cluster.start');
      await cloud.runUntil(() => context(cloud).waiting !== null);
      expect(cloud.phase).toBe('starting.quorum');
      cloud.command('cluster.cancel');
      await cloud.step(0);
      expect(cloud.phase).toMatch(/^stopp/);
      if (isPause) cloud.command('cluster.resume');
      await cloud.runUntil(() => cloud.phase === 'stopped');
      expect(context(cloud)).toMatchObject({ lastError: null, waiting: null });
    },
  );

  it('says that a node was stopped by hand, and that it is back', async () => {
    const cloud = await running(1, 1);
    cloud.set('i-2', { state: 'stopped' });
    cloud.observe();
    expect(context(cloud).nodes['a0']?.phase).toBe('stopped');
    cloud.set('i-2', { state: 'running' });
    cloud.observe();
    expect(context(cloud).nodes['a0']?.phase).toBe('ready');
    expect(cloud.count('node.start')).toBe(0);
  });
});
