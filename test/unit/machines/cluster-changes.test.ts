import { describe, expect, it } from 'vitest';
import type { PerformInput } from '../../../machines/messages.ts';
import { CloudDouble, manifest } from './cloud-double.ts';
import type { Answer, Script } from './cloud-double.ts';

const steady = (cloud: CloudDouble) => () => cloud.phase === 'running.steady';

async function running(servers: number, agents: number, script?: Script, extra = {}) {
  const cloud = new CloudDouble(script);
  cloud.command('cluster.apply', manifest(servers, agents, extra));
  await cloud.runUntil(steady(cloud));
  cloud.calls.length = 0;
  return cloud;
}

const verbOf = (call: PerformInput): string =>
  call.effect === 'node.script' ? (call.input as { verb: string }).verb : call.effect;
const verbs = (cloud: CloudDouble): string[] => cloud.calls.map(verbOf);
const context = (cloud: CloudDouble) => cloud.cluster.getSnapshot().context;
const told = (cloud: CloudDouble, type: string) =>
  cloud.emitted.filter((each) => each.type === type).map(({ data }) => data);
/** A script that answers no. */
const refusal = (code: string): Answer => ({
  value: { ok: false, running: false, code, progress: 0, hint: code, facts: {} },
});
const settles = async (cloud: CloudDouble, steps = 1_500): Promise<void> => {
  await cloud.step(0);
  await cloud.runUntil(steady(cloud), steps);
};

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
    const cloud = await running(1, 1, (call, nth) =>
      call.effect === 'node.launch' && nth > 0 && call.token.includes('-a1-')
        ? { fault: { type: 'CapacityShortage', code: 'X', message: 'x', mayHaveHappened: false } }
        : undefined,
    );
    cloud.command('cluster.scale', { pool: 'web', count: 3 });
    await cloud.runUntil(() => context(cloud).nodes['a1']?.awaitsCapacity === true);
    cloud.command('cluster.cancel');
    await settles(cloud);
    expect(Object.keys(context(cloud).nodes)).toEqual(['s0', 'a0']);
    expect(context(cloud).lastChange?.outcome).toBe('cancelled');
  });

  it('is taken back when there is no capacity for it, which is told once, as its failure', async () => {
    const cloud = await running(1, 1, (call, nth) =>
      call.effect === 'node.launch' && nth > 0 && call.token.includes('-a1-')
        ? { fault: { type: 'CapacityShortage', code: 'X', message: 'x', mayHaveHappened: false } }
        : undefined,
    );
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
});
