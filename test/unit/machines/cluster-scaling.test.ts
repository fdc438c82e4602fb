/** A running cluster that gains and loses nodes. */
import { describe, expect, it } from 'vitest';
import type { Script } from './cloud-double.ts';
import { context, refusal, running, settles, told, verbOf, verbs } from './running-cluster.ts';

const noCapacityForOneMore: Script = (call, nth) =>
  call.effect === 'node.launch' && nth > 0 && call.token.includes('-a1-')
    ? { fault: { type: 'CapacityShortage', code: 'X', message: 'x', mayHaveHappened: false } }
    : undefined;

describe('scale up', () => {
  it('adds agents under new tokens and names, and says what has changed', async () => {
    const cloud = await running(1, 2);
    cloud.command('cluster.scale', { pool: 'web', count: 4 });
    expect(cloud.phase).toBe('running.scalingUp.planning');
    await settles(cloud);
    expect(cloud.alive('agent').map(({ name }) => name)).toEqual([
      'eu-web-0-1',
      'eu-web-1-1',
      'eu-web-2-1',
      'eu-web-3-1',
    ]);
    expect(told(cloud, 'operationStarted')).toMatchObject([
      {
        kind: 'scaleUp',
        opId: 'scale-up-1',
        changes: [{ path: 'spec.agentPools.web.count', from: 2, to: 4 }],
      },
    ]);
    expect(told(cloud, 'operationFinished')).toMatchObject([{ opId: 'scale-up-1' }]);
    expect(told(cloud, 'operationStepped').map(({ step }) => step)).toEqual([
      'running.scalingUp.planning',
      'running.scalingUp.nodes',
      'running.scalingUp.verify',
    ]);
  });

  it('adds servers one at a time, the next one after the last is a voter', async () => {
    const cloud = await running(1, 0);
    cloud.command('cluster.scale', { pool: 'server', count: 3 });
    await settles(cloud);
    expect(verbs(cloud).filter((verb) => /launch|join|observe/.test(verb))).toEqual([
      ...['node.launch', 'join-server', 'observe'],
      ...['node.launch', 'join-server', 'observe'],
    ]);
    expect(cloud.quorum).toEqual({ members: 3, up: 3 });
  });

  it('takes back what it has made when a node cannot be made, and restores the spec', async () => {
    let isShort = false;
    const cloud = await running(1, 1, (call) =>
      isShort && call.effect === 'node.launch' && call.token.includes('-a2-')
        ? { fault: { type: 'QuotaExceeded', code: 'VcpuLimitExceeded', message: 'too many' } }
        : undefined,
    );
    isShort = true;
    cloud.command('cluster.scale', { pool: 'web', count: 3 });
    await settles(cloud);
    await settles(cloud);
    expect(context(cloud).spec?.agentPools[0]?.count).toBe(1);
    expect(cloud.alive('agent').map(({ name }) => name)).toEqual(['eu-web-0-1']);
    expect(told(cloud, 'operationFailed')).toMatchObject([
      {
        opId: 'scale-up-1',
        code: 'VcpuLimitExceeded',
        rolledBack: true,
        changes: [{ path: 'spec.agentPools.web.count', from: 3, to: 1 }],
      },
    ]);
    expect(context(cloud).lastChange).toMatchObject({ opId: 'scale-up-1', outcome: 'failed' });
    expect(told(cloud, 'operationStarted').at(-1)).toMatchObject({ undoes: 'scale-up-1' });
  });

  it('is taken back when cancelled', async () => {
    const cloud = await running(1, 1, noCapacityForOneMore);
    cloud.command('cluster.scale', { pool: 'web', count: 3 });
    await cloud.runUntil(() => context(cloud).nodes['a1']?.awaitsCapacity === true);
    cloud.command('cluster.cancel');
    await settles(cloud);
    expect(Object.keys(context(cloud).nodes)).toEqual(['s0', 'a0']);
    expect(context(cloud).lastChange?.outcome).toBe('cancelled');
  });

  it('is taken back when there is no capacity for it, which is told once, as its failure', async () => {
    const cloud = await running(1, 1, noCapacityForOneMore);
    cloud.command('cluster.scale', { pool: 'web', count: 3 });
    await settles(cloud);
    await settles(cloud);
    expect(Object.keys(context(cloud).nodes)).toEqual(['s0', 'a0']);
    expect(told(cloud, 'operationFailed')).toMatchObject([{ opId: 'scale-up-1', code: 'X' }]);
    expect(told(cloud, 'operationFinished')).toMatchObject([{ undoes: 'scale-up-1' }]);
    expect(context(cloud).lastChange).toMatchObject({ opId: 'scale-up-1', outcome: 'failed' });
  });

  it('is taken back after half an hour and two minutes for each node it touches [G-15]', async () => {
    let isStuck = false;
    const cloud = await running(1, 1, (call) =>
      isStuck && call.effect === 'cluster.plan' ? 'hang' : undefined,
    );
    isStuck = true;
    const startMs = cloud.clock.now();
    cloud.command('cluster.scale', { pool: 'web', count: 3 });
    await settles(cloud, 4_000);
    const minutes = (cloud.clock.now() - startMs) / 60_000;
    expect(Math.round(minutes)).toBe(30 + 2 * 2);
    expect(told(cloud, 'operationFailed')).toMatchObject([{ opId: 'scale-up-1' }]);
    expect(Object.keys(context(cloud).nodes)).toEqual(['s0', 'a0']);
  });

  it('carries out the last order of several at the next edge', async () => {
    const cloud = await running(1, 1);
    cloud.command('cluster.scale', { pool: 'web', count: 5 });
    await cloud.step();
    cloud.command('cluster.scale', { pool: 'web', count: 2 });
    await settles(cloud);
    expect(cloud.alive('agent')).toHaveLength(2);
  });
});

describe('scale down', () => {
  it('drains agents, forgets them in Kubernetes, then terminates them, in rounds of the profile', async () => {
    const cloud = await running(1, 4);
    cloud.command('cluster.scale', { pool: 'web', count: 1 });
    await settles(cloud);
    expect(verbs(cloud).filter((verb) => verb !== 'observe')).toEqual([
      ...['drain', 'drain', 'delete-node', 'delete-node', 'node.terminate', 'node.terminate'],
      ...['drain', 'delete-node', 'node.terminate'],
    ]);
    expect(cloud.alive('agent').map(({ name }) => name)).toEqual(['eu-web-0-1']);
    expect(Object.keys(context(cloud).nodes)).toEqual(['s0', 'a0']);
  });

  it('never uses the name of a node twice', async () => {
    const cloud = await running(1, 2);
    cloud.command('cluster.scale', { pool: 'web', count: 1 });
    await settles(cloud);
    cloud.command('cluster.scale', { pool: 'web', count: 2 });
    await settles(cloud);
    const launches = cloud.calls.filter(({ effect }) => effect === 'node.launch');
    expect(launches.map(({ token }) => token.slice(-11))).toEqual(['p2-a1-i2-o0'.slice(-11)]);
    expect(cloud.alive('agent').map(({ name }) => name)).toEqual(['eu-web-0-1', 'eu-web-1-2']);
  });

  it('takes servers out one at a time: drained, out of etcd, out of Kubernetes, terminated', async () => {
    const cloud = await running(3, 0);
    cloud.command('cluster.scale', { pool: 'server', count: 1 });
    await settles(cloud);
    const one = ['drain', 'leave-etcd', 'delete-node', 'node.terminate', 'observe'];
    expect(verbs(cloud)).toEqual([...one, ...one]);
    expect(cloud.quorum).toEqual({ members: 1, up: 1 });
    expect(cloud.quorumLost).toBe(0);
  });

  it('keeps a node that cannot be drained, uncordons it and says why', async () => {
    const cloud = await running(1, 2, (call) =>
      verbOf(call) === 'drain' ? refusal('drain.timeout') : undefined,
    );
    cloud.command('cluster.scale', { pool: 'web', count: 1 });
    await settles(cloud);
    await cloud.runUntil(() => context(cloud).nodes['a1']?.phase === 'ready');
    expect(cloud.named('eu-web-1-1')?.isCordoned).toBe(false);
    expect(context(cloud).spec?.agentPools[0]?.count).toBe(2);
    expect(context(cloud).lastError).toMatchObject({ code: 'drain.timeout' });
    expect(told(cloud, 'operationFailed')).toMatchObject([{ kind: 'scaleDown', rolledBack: true }]);
    expect(cloud.count('node.terminate')).toBe(0);
  });

  it('goes only forward once etcd may have let go of a server', async () => {
    let failures = 0;
    const cloud = await running(3, 0, (call) => {
      if (verbOf(call) !== 'leave-etcd' || failures >= 2) return undefined;
      failures += 1;
      return refusal('script.timeout');
    });
    cloud.command('cluster.scale', { pool: 'server', count: 1 });
    await settles(cloud);
    expect(verbs(cloud).filter((verb) => verb === 'leave-etcd')).toHaveLength(4);
    expect(verbs(cloud)).not.toContain('uncordon');
    expect(cloud.quorum).toEqual({ members: 1, up: 1 });
  });

  it('halts where etcd refuses to let a server go, and goes on by retry', async () => {
    let isUnsafe = true;
    const cloud = await running(5, 0, (call, nth) =>
      verbOf(call) === 'leave-etcd' && isUnsafe && nth > 0 && call.token.includes('-s3-')
        ? refusal('etcd.quorumUnsafe')
        : undefined,
    );
    cloud.command('cluster.scale', { pool: 'server', count: 3 });
    await settles(cloud);
    await cloud.runUntil(() => context(cloud).nodes['s3']?.phase === 'ready');
    expect(context(cloud)).toMatchObject({ isHalted: true, spec: { servers: { count: 3 } } });
    expect(Object.keys(context(cloud).nodes)).toHaveLength(4);
    isUnsafe = false;
    cloud.command('cluster.retry');
    await settles(cloud);
    expect(cloud.quorum).toEqual({ members: 3, up: 3 });
  });

  it('takes lost nodes first, without draining them', async () => {
    const cloud = await running(1, 2);
    cloud.set('i-2', { state: 'terminated', stateReason: 'Client.UserInitiatedShutdown' });
    cloud.observe();
    cloud.command('cluster.scale', { pool: 'web', count: 1 });
    await settles(cloud);
    expect(verbs(cloud)).not.toContain('drain');
    expect(Object.keys(context(cloud).nodes)).toEqual(['s0', 'a1']);
  });
});
