import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startMachines } from './machines.ts';
import type { Machine, Machines } from './machines.ts';
import { uid } from './script-parameters.ts';

let machines: Machines;
let servers: Machine[];
let agents: Machine[];

beforeAll(async () => {
  machines = await startMachines({ scale: 1_000 });
  servers = ['s0', 's1', 's2'].map((name) => machines.add(name, 'server'));
  agents = ['a0', 'a1'].map((name) => machines.add(name, 'agent'));
});

afterAll(async () => {
  await machines.stop();
});

function at<T>(list: readonly T[], index: number): T {
  const item = list[index];
  if (item === undefined) throw new Error(`nothing at ${String(index)}`);
  return item;
}

describe('the scripts build a cluster of three servers and two agents', () => {
  let join: Record<string, string>;

  it('stages all nodes side by side', async () => {
    const results = await Promise.all(
      [...servers, ...agents].map((machine) => machines.finish('stage', machine, 'stage-1')),
    );
    expect(results).toEqual(
      Array(5).fill(expect.objectContaining({ ok: true, progress: 100, version: 'v1.31.4+k3s1' })),
    );
  });

  it('makes the first server once, and tells the CA hash', async () => {
    const [first] = servers;
    const result = await machines.finish('init', at(servers, 0), 'init-1');
    expect(result).toMatchObject({
      ok: true,
      facts: { voter: true, readyz: true, version: 'v1.31.4+k3s1' },
    });
    join = {
      FL_SERVER_URL: `https://${first?.privateIp ?? ''}:6443`,
      FL_CA_HASH: String(result.facts?.['caHash']),
    };
    expect(await machines.call('init', at(servers, 0), 'init-1')).toEqual(result);
  });

  it('joins servers one at a time and agents together', async () => {
    for (const server of servers.slice(1)) {
      expect(await machines.finish('join-server', server, 'join-1', join)).toMatchObject({
        ok: true,
        facts: { voter: true },
      });
    }
    const joined = await Promise.all(
      agents.map((agent) => machines.finish('join-agent', agent, 'join-1', join)),
    );
    expect(joined.map((result) => result.facts?.['ready'])).toEqual([true, true]);
  });

  it('observes every node', async () => {
    const { facts } = await machines.call('observe', at(servers, 2), 'observe-1');
    expect(facts).toEqual({
      readyz: true,
      total: 5,
      ready: 5,
      voters: 3,
      nodes: [
        ...['a0', 'a1'].map((name) => ({
          name,
          ready: true,
          role: 'agent',
          version: 'v1.31.4+k3s1',
        })),
        ...['s0', 's1', 's2'].map((name) => ({
          name,
          ready: true,
          role: 'server',
          voter: true,
          version: 'v1.31.4+k3s1',
        })),
      ],
    });
  });

  it('tells a large cluster in counts and by the names that are missing', async () => {
    machines.editClusters((members) => {
      const [pattern] = members.filter(({ role }) => role === 'agent');
      const lost = Array.from({ length: 30 }, (_, at) => ({
        ...pattern,
        name: `lost-${String(at + 10)}`,
        instanceId: `i-lost-${String(at)}`,
      }));
      return [...members, ...lost];
    });
    const observed = () => machines.call('observe', at(servers, 0), 'observe-2');
    await expect.poll(async () => (await observed()).facts?.['ready'], { timeout: 10_000 }).toBe(5);
    const result = await observed();
    expect(result.facts).toMatchObject({ readyz: true, total: 35, ready: 5, voters: 3 });
    expect(result.facts?.['notReady']).toHaveLength(30);
    expect(JSON.stringify(result).length).toBeLessThan(2_000);
  });

  it('publishes the kubeconfig and prints only its fingerprint', async () => {
    const { facts } = await machines.finish('publish-access', at(servers, 0), 'access-1');
    const text = machines.parameters.get(`/fairlead/${uid}/access/kubeconfig`) ?? '';
    expect(text).toContain(`server: https://${at(servers, 0).privateIp}:6443`);
    expect(text).toContain('name: shop-eu');
    expect(facts).toMatchObject({ parameter: `/fairlead/${uid}/access/kubeconfig`, version: 1 });
  });
});
