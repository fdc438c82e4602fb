import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCluster } from './clusters.ts';
import type { Cluster } from './clusters.ts';
import { recordTools } from './tool-log.ts';

let cluster: Cluster;

beforeAll(async () => {
  cluster = await startCluster({ servers: 1, agents: 3 });
});

afterAll(async () => {
  await cluster.machines.stop();
});

const stuck = (node: string, pods: string[], bare = false) =>
  cluster.machines.fault({ kind: 'stuckPods', node, pods, bare });

describe('drain', () => {
  it('cordons the node and moves its pods off, and tells the same when asked again [goman-10]', async () => {
    const result = await cluster.about('a0', 'drain', 's0', 'drain-1');
    expect(result).toMatchObject({ ok: true, facts: { drained: true, forced: false } });
    expect(cluster.truth()).toMatchObject({ cordoned: ['a0'], evictions: 2 });
    expect(await cluster.about('a0', 'drain', 's0', 'drain-1')).toEqual(result);
    expect(cluster.truth().evictions).toBe(2);
  });

  it('runs once under five deliveries at the same time', async () => {
    const log = recordTools(cluster.machines);
    const results = await Promise.all(
      [1, 2, 3, 4, 5].map(() => cluster.about('a1', 'drain', 's0', 'drain-2')),
    );
    expect(results).toEqual(Array(5).fill(results[0]));
    expect(results[0]).toMatchObject({ ok: true });
    expect(log.lines().filter((line) => line.startsWith('systemd-run'))).toHaveLength(1);
    expect(cluster.truth()).toMatchObject({ cordoned: ['a0', 'a1'], evictions: 4 });
  });

  it('names what did not leave in time, and uncordons the node it gave up', async () => {
    await stuck('a2', ['shop/db-0', 'shop/db-1', 'shop/db-2', 'shop/q-0', 'shop/q-1', 'shop/q-2']);
    const result = await cluster.about('a2', 'drain', 's0', 'drain-3', { FL_DRAIN_TIMEOUT: '60' });
    expect(result).toMatchObject({
      ok: false,
      code: 'drain.timeout',
      facts: {
        remaining: ['shop/db-0', 'shop/db-1', 'shop/db-2', 'shop/q-0', 'shop/q-1'],
        remainingCount: 6,
      },
    });
    expect(result.hint).toContain('6 pods did not leave within 60 s');
    expect(cluster.truth().cordoned).not.toContain('a2');
  });

  it('leaves a node cordoned that somebody else had cordoned', async () => {
    await cluster.kubectl('s0', 'cordon', 'a2');
    const short = { FL_DRAIN_TIMEOUT: '30' };
    expect(await cluster.about('a2', 'drain', 's0', 'drain-4', short)).toMatchObject({ ok: false });
    expect(cluster.truth().cordoned).toContain('a2');
  });

  it('refuses to lose pods that nothing would bring back', async () => {
    expect(await cluster.about('a1', 'uncordon', 's0', 'uncordon-1')).toMatchObject({ ok: true });
    await stuck('a1', ['shop/late-0'], true);
    expect(await cluster.about('a1', 'drain', 's0', 'drain-5')).toMatchObject({
      ok: false,
      code: 'drain.refused',
      facts: { remaining: expect.arrayContaining(['shop/late-0']) as unknown },
    });
    expect(cluster.truth().cordoned).not.toContain('a1');
  });

  it('deletes what does not leave when it may use force, on two nodes side by side', async () => {
    const force = { FL_DRAIN_TIMEOUT: '60', FL_ON_TIMEOUT: 'force' };
    const results = await Promise.all(
      ['a1', 'a2'].map((node) => cluster.about(node, 'drain', 's0', `force-${node}`, force)),
    );
    expect(results).toMatchObject(
      Array(2).fill({ ok: true, facts: { drained: true, forced: true } }),
    );
    const left = cluster.truth().members.filter(({ name }) => name.startsWith('a'));
    expect(left.map(({ evicted }) => evicted)).toEqual(['all', 'all', 'all']);
  });

  it('goes on where it was when the machine loses its work in the middle', async () => {
    await cluster.about('a2', 'uncordon', 's0', 'uncordon-2');
    const long = { FL_DRAIN_TIMEOUT: '9999', FL_TARGET: 'a2' };
    const call = () => cluster.machines.call('drain', cluster.node('s0'), 'drain-9', long);
    await expect.poll(call, { timeout: 10_000 }).toMatchObject({ running: true, step: 'draining' });
    cluster.machines.restart();
    expect(cluster.truth().cordoned).toContain('a2');
    await cluster.machines.clearFaults();
    expect(await cluster.about('a2', 'drain', 's0', 'drain-9', long)).toMatchObject({
      ok: true,
      facts: { drained: true, forced: false },
    });
  });

  it('takes a node that is not there for drained and for uncordoned', async () => {
    expect(await cluster.about('a9', 'drain', 's0', 'drain-8')).toMatchObject({
      ok: true,
      facts: { drained: true, forced: false },
    });
    expect(await cluster.about('a9', 'uncordon', 's0', 'uncordon-3')).toMatchObject({ ok: true });
  });
});
