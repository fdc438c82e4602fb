import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCluster } from './clusters.ts';
import type { Cluster } from './clusters.ts';

let cluster: Cluster;

beforeAll(async () => {
  cluster = await startCluster({ servers: 3, agents: 0 });
});

afterAll(async () => {
  await cluster.machines.stop();
});

const leave = (target: string, on: string, opId: string) =>
  cluster.about(target, 'leave-etcd', on, opId);

/** Changes what etcd knows of a server, as a slow or unlucky moment would have it. */
function edit(name: string, changes: object): void {
  cluster.machines.editClusters((members) =>
    members.map((member) => (member.name === name ? { ...member, ...changes } : member)),
  );
}

async function voters(on: string, wanted: number): Promise<void> {
  const seen = async () => (await cluster.run('observe', on, 'observe')).facts?.['voters'];
  await expect.poll(seen, { timeout: 10_000 }).toBe(wanted);
}

describe('leave-etcd', () => {
  it('refuses to remove the server it runs on, and a second healthy one beside a dead one [goman-11]', async () => {
    expect(await leave('s0', 's0', 'leave-1')).toMatchObject({ code: 'script.targetIsSelf' });
    cluster.power('s2', false);
    const result = await leave('s1', 's0', 'leave-2');
    expect(result).toMatchObject({ ok: false, code: 'etcd.quorumUnsafe' });
    expect(result.hint).toBe('without s1 1 of 2 members would be healthy: too few to go on');
    expect(cluster.truth()).toMatchObject({ hasQuorum: true, voters: ['s0', 's1', 's2'] });
  });

  it('refuses while a server is still learning, and on one that has no API [goman-14]', async () => {
    cluster.power('s2', true);
    await voters('s0', 3);
    edit('s2', { voter: false, voterAtMs: Date.now() + 3_600_000 });
    expect(await leave('s1', 's0', 'leave-3')).toMatchObject({
      code: 'etcd.quorumUnsafe',
      hint: 'a server is still learning; wait until it votes',
    });
    edit('s2', { voterAtMs: 0 });
    await voters('s0', 3);
    await cluster.run('stop', 's1', 'stop-1');
    expect(await leave('s2', 's1', 'leave-4')).toMatchObject({ code: 'script.apiUnavailable' });
    await cluster.run('restart', 's1', 'restart-1');
    await voters('s0', 3);
  });

  it('takes its order back when etcd does not carry it out in time', async () => {
    await cluster.kubectl('s0', 'annotate', 'node', 's2', 'etcd.k3s.cattle.io/remove=true');
    edit('s2', { leavesAtMs: Date.now() + 3_600_000 });
    expect(await leave('s2', 's0', 'leave-5')).toMatchObject({
      ok: false,
      code: 'etcd.leaveTimeout',
    });
    expect(cluster.truth()).toMatchObject({
      members: expect.arrayContaining([
        expect.objectContaining({ name: 's2', leavesAtMs: null }),
      ]) as unknown,
    });
  });

  it('removes the member once, and goes on after a loss of its work', async () => {
    await cluster.kubectl('s0', 'annotate', 'node', 's2', 'etcd.k3s.cattle.io/remove=true');
    edit('s2', { leavesAtMs: Date.now() + 3_600_000 });
    const call = () =>
      cluster.machines.call('leave-etcd', cluster.node('s0'), 'leave-6', { FL_TARGET: 's2' });
    await expect.poll(call, { timeout: 10_000 }).toMatchObject({ step: 'leaving' });
    edit('s2', { leavesAtMs: 0 }); // the machines start anew with it, their work is lost
    const results = await Promise.all([1, 2, 3, 4, 5].map(() => leave('s2', 's0', 'leave-6')));
    expect(results).toEqual(Array(5).fill(results[0]));
    expect(results[0]).toMatchObject({ ok: true, facts: { removed: true, members: 2 } });
    expect(await leave('s2', 's1', 'leave-7')).toMatchObject({
      ok: true,
      facts: { removed: true, members: 2 },
    });
    expect(cluster.truth()).toMatchObject({ voters: ['s0', 's1'], quorumLost: 0 });
  });

  it('removes a dead member, and never the last one', async () => {
    await cluster.run('restart', 's2', 'restart-2'); // joins again, as a learner first (k3s #9818)
    await voters('s0', 3);
    cluster.terminate('s2');
    expect(await leave('s2', 's0', 'leave-8')).toMatchObject({ facts: { members: 2 } });
    expect(await leave('s1', 's0', 'leave-9')).toMatchObject({ facts: { members: 1 } });
    expect(cluster.truth()).toMatchObject({ voters: ['s0'], quorumLost: 0, learnersMax: 1 });
    expect(await leave('s0', 's1', 'leave-10')).toMatchObject({ ok: false });
    expect(cluster.truth().hasQuorum).toBe(true);
  });
});

describe('delete-node', () => {
  it('refuses a voting member, which K3s would drop without asking', async () => {
    expect(await cluster.join('s3', 'server')).toMatchObject({ ok: true });
    expect(await cluster.about('s3', 'delete-node', 's0', 'delete-1')).toMatchObject({
      ok: false,
      code: 'etcd.stillMember',
    });
    expect(await leave('s3', 's0', 'leave-11')).toMatchObject({ ok: true });
  });

  it('removes node and password, so that a machine may come under that name', async () => {
    const results = await Promise.all(
      [1, 2, 3, 4, 5].map(() => cluster.about('s2', 'delete-node', 's0', 'delete-2')),
    );
    expect(results).toEqual(
      Array(5).fill(expect.objectContaining({ ok: true, facts: { deleted: true } })),
    );
    expect(await cluster.about('s2', 'delete-node', 's0', 'delete-3')).toMatchObject({ ok: true });
    for (const name of ['s1', 's3']) {
      await cluster.run('stop', name, 'stop-last');
      await cluster.about(name, 'delete-node', 's0', `delete-${name}`);
      cluster.terminate(name);
    }
    expect(cluster.truth().members.map(({ name }) => name)).toEqual(['s0']);
    expect(await cluster.join('s2', 'server')).toMatchObject({ ok: true });
    expect(cluster.truth()).toMatchObject({ voters: ['s0', 's2'], learnersMax: 1, quorumLost: 0 });
  });
});
