/** What cuts into a change or a creation: deletion, pause, cancelling. */
import { describe, expect, it } from 'vitest';
import { CloudDouble, manifest } from './cloud-double.ts';
import { context, running, settles, steady } from './running-cluster.ts';

describe('deletion and pause', () => {
  it.each([
    'running.scalingUp',
    'running.scalingDown',
    'running.restarting',
    'stopping',
    'stopped',
    'starting',
  ])('deletes from %s and leaves nothing', async (phase) => {
    const cloud = await running(3, 3);
    if (phase === 'running.scalingUp') cloud.command('cluster.scale', { pool: 'web', count: 6 });
    else if (phase === 'running.scalingDown')
      cloud.command('cluster.scale', { pool: 'web', count: 1 });
    else if (phase === 'running.restarting') cloud.command('cluster.restart');
    else cloud.command('cluster.stop');
    if (phase === 'starting') {
      await cloud.runUntil(() => cloud.phase === 'stopped');
      cloud.command('cluster.start');
    }
    await cloud.runUntil(() => cloud.phase.startsWith(phase));
    for (let turn = 0; turn < 7; turn += 1) await Promise.resolve();
    cloud.command('cluster.delete');
    await cloud.runUntil(() => cloud.phase === 'deleted', 1_500);
    expect([...cloud.instances.values()].every(({ state }) => state === 'terminated')).toBe(true);
    expect(cloud.swept).toBe(0);
  });

  it('starts no call while paused, and goes on after resume', async () => {
    const cloud = await running(1, 3);
    cloud.command('cluster.pause');
    cloud.command('cluster.scale', { pool: 'web', count: 1 });
    for (let second = 0; second < 60; second += 1) await cloud.step();
    expect(cloud.calls).toEqual([]);
    cloud.command('cluster.resume');
    await settles(cloud);
    expect(cloud.alive('agent')).toHaveLength(1);
  });

  it.each([1, 60])(
    'takes back after resume what was cancelled %i minutes before',
    async (minutes) => {
      const cloud = await running(1, 0);
      cloud.bootsAtOnce = false;
      cloud.command('cluster.scale', { pool: 'server', count: 3 });
      await cloud.runUntil(() => cloud.instances.size === 2);
      cloud.command('cluster.pause');
      cloud.set('i-2', { state: 'running' });
      await cloud.runUntil(() => context(cloud).nodes['s1']?.phase === 'registered');
      cloud.command('cluster.cancel');
      for (let minute = 0; minute < minutes; minute += 1) await cloud.step(60_000);
      expect(cloud.alive('server')).toHaveLength(2);
      cloud.command('cluster.resume');
      await settles(cloud, 60);
      expect(cloud.alive('server').map(({ slot }) => slot)).toEqual(['s0']);
      expect(context(cloud).spec?.servers.count).toBe(1);
      expect(context(cloud).isHalted).toBe(false);
    },
  );

  it('takes back what is half made where two servers are left, though it has halted there', async () => {
    const cloud = await running(1, 0);
    cloud.command('cluster.scale', { pool: 'server', count: 3 });
    await cloud.runUntil(() => context(cloud).nodes['s1']?.phase === 'ready');
    cloud.bootsAtOnce = false;
    await cloud.runUntil(() => cloud.instances.size === 3);
    cloud.command('cluster.pause');
    cloud.command('cluster.cancel');
    for (let minute = 0; minute < 60; minute += 1) await cloud.step(60_000);
    expect(context(cloud).isHalted).toBe(true);
    cloud.command('cluster.resume');
    await settles(cloud, 60);
    expect(Object.keys(context(cloud).nodes)).toEqual(['s0', 's1']);
    expect(cloud.instances.get('i-3')?.state).toBe('terminated');
    cloud.command('cluster.retry');
    await settles(cloud, 60);
    expect(cloud.quorum).toEqual({ members: 1, up: 1 });
  });

  it('rests a cancelled creation until it is retried', async () => {
    const cloud = new CloudDouble();
    cloud.bootsAtOnce = false;
    cloud.command('cluster.apply', manifest(1, 1));
    await cloud.runUntil(() => cloud.instances.size === 2);
    cloud.command('cluster.cancel');
    expect(cloud.phase).toBe('failed.blocked');
    for (const id of cloud.instances.keys()) cloud.set(id, { state: 'running' });
    for (let second = 0; second < 60; second += 1) await cloud.step();
    expect(cloud.phase).toBe('failed.blocked');
    expect(cloud.count('node.script')).toBe(0);
    cloud.command('cluster.retry');
    await cloud.runUntil(steady(cloud));
    expect(cloud.instances.size).toBe(2);
  });

  it.each(['running', 'stopped'])(
    'takes back what a cancelled scaling has half made, not the agent that was lost: %s',
    async (wanted) => {
      const cloud = await running(1, 1);
      const [agent] = cloud.alive('agent');
      cloud.set(agent?.instanceId ?? '', { state: 'terminated' });
      cloud.bootsAtOnce = false;
      cloud.command('cluster.scale', { pool: 'web', count: 2 });
      await cloud.runUntil(() => cloud.instances.size === 3);
      if (wanted === 'stopped') cloud.command('cluster.stop');
      cloud.command('cluster.cancel');
      const rest = wanted === 'stopped' ? 'stopped' : 'running.steady';
      await cloud.runUntil(() => cloud.phase === rest);
      const agents = [...cloud.instances.values()].filter(({ slot }) => slot.startsWith('a'));
      expect(agents.map(({ state }) => state)).toEqual(['terminated', 'terminated']);
      expect(
        Object.entries(context(cloud).nodes).map(([slot, { phase }]) => [slot, phase]),
      ).toEqual([
        ['s0', wanted === 'stopped' ? 'stopped' : 'ready'],
        ['a0', 'lost'],
      ]);
    },
  );
});
