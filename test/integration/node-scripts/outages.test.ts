import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCluster } from './clusters.ts';
import type { Cluster } from './clusters.ts';

const names = ['s0', 's1', 's2'];
let cluster: Cluster;

beforeAll(async () => {
  cluster = await startCluster({ servers: names.length, agents: 0 });
});

afterAll(async () => {
  await cluster.machines.stop();
});

const soon = { timeout: 10_000 };
const fact = (name: string) => async () =>
  (await cluster.run('observe', 's0', 'observe')).facts?.[name];
const active = async (on: string) => (await cluster.run('check', on, 'check')).facts?.['active'];

describe('a cluster of three servers', () => {
  it('keeps its majority while servers restart one after the other', async () => {
    for (const name of names) {
      expect(await cluster.run('restart', name, 'restart')).toMatchObject({ ok: true });
    }
    expect(cluster.truth()).toMatchObject({ voters: names, quorumLost: 0, learnersMax: 1 });
  });

  it('answers with one server down, and not with two', async () => {
    cluster.power('s2', false);
    await expect.poll(fact('readyz'), soon).toBe(true);
    expect(await fact('voters')()).toBe(2);
    cluster.power('s1', false);
    await expect.poll(fact('readyz'), soon).toBe(false);
    expect(cluster.truth()).toMatchObject({ hasQuorum: false, quorumLost: 1 });
  });

  it('stays as it is when the simulator is killed and started', async () => {
    cluster.machines.restart();
    await expect.poll(fact('readyz'), soon).toBe(false);
  });

  it('waits for its majority when one server starts alone, and answers when all are back', async () => {
    cluster.power('s0', false);
    cluster.power('s0', true);
    await expect.poll(() => active('s0'), soon).toBe('active');
    expect(await fact('readyz')()).toBe(false);
    for (const name of ['s1', 's2']) cluster.power(name, true);
    await expect.poll(fact('ready'), soon).toBe(3);
    expect(cluster.truth()).toMatchObject({ voters: names, quorumLost: 1, learnersMax: 1 });
  });

  it('counts a terminated server as lost member until the whole cluster is gone', async () => {
    for (const name of ['s1', 's2']) cluster.terminate(name);
    await expect.poll(fact('readyz'), soon).toBe(false);
    expect(cluster.truth().voters).toEqual(names);
    cluster.terminate('s0');
    expect(cluster.machines.half().state()).toMatchObject({ clusters: [] });
  });
});
