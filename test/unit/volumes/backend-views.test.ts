import { expect, it } from 'vitest';
import type { CircuitState } from '../../../actors/policies/breaker-counts.ts';
import { discovery as limits } from '../../../machines/limits-kube-volumes.ts';
import { backendRegistry } from '../../../src/volumes/backend-views.ts';
import { createCsiAddons } from '../../../src/volumes/csi-addons/backend.ts';
import { attempt, twoClusters } from './clusters.ts';

const crds = ['volumereplications', 'volumereplicationclasses'].map(
  (name) => `${name}.replication.storage.openshift.io`,
);

function world(clusters: readonly string[] = ['prod/eu-a']) {
  const whole = twoClusters('csi-addons', { 'csi-addons': { volumeReplicationClass: 'rbd-5m' } });
  const { tools, discovery, clock, run, clusters: both } = whole;
  const circuits: CircuitState[] = [];
  const read = backendRegistry({
    ...{ discovery, clock, clusters, circuits: () => circuits },
    backends: { 'csi-addons': createCsiAddons(tools) },
  });
  const told = async (now = false) => {
    const entries = await run(Promise.resolve(read({ now })));
    return new Map(entries.map((each) => [each.name, each]));
  };
  return { ...whole, home: both.home, circuits, told };
}

it('a host that knows no cluster still tells what each back end can do', async () => {
  const entries = await world([]).told();
  expect([...entries.keys()]).toEqual(['ebs', 'csi-addons', 'trident', 'powerstore']);
  expect(entries.get('csi-addons')).toMatchObject({
    ...{ status: 'unknown', why: expect.stringContaining('no cluster was asked') as string },
    ...{ pause: false, syncNow: false, groups: true, testFailover: false, fenceProof: 'weak' },
  });
});

it('EC2 is as its circuits are: unknown before the first call, partly or wholly held back', async () => {
  const { circuits, told } = world([]);
  const ebs = async () => (await told()).get('ebs')?.['status'];
  expect(await ebs()).toBe('unknown');
  circuits.push({ key: 'main/eu-a/ec2:read', state: 'closed' });
  expect(await ebs()).toBe('available');
  circuits.push({ key: 'main/eu-b/ec2:read', state: 'open' });
  expect(await ebs()).toBe('partial');
  circuits.shift();
  expect(await ebs()).toBe('unavailable');
});

it('a cluster a replication has led to is shown too, and looked at again when asked to', async () => {
  const { home, discovery, run, told } = world([]);
  home.serve(...crds);
  await run(discovery.of('prod/eu-a', 'csi-addons', attempt));
  const key = 'prod/eu-a/csi-addons';
  expect((await told()).get(key)).toMatchObject({ status: 'partial', why: /controller/ });
  home.seed('CSIAddonsNode', 'node-1', {}, 'csi');
  expect((await told()).get(key)).toMatchObject({ status: 'partial' });
  expect((await told(true)).get(key)).toMatchObject({ status: 'available', why: '' });
});

it('a cluster that says nothing in time is unknown, as is one whose last call failed', async () => {
  const { home, discovery, clock, told } = world();
  home.serve(...crds);
  await told();
  home.isDown = true;
  discovery.forget('prod/eu-a', 'csi-addons');
  expect(discovery.known().find(({ backend }) => backend === 'csi-addons')).toMatchObject({
    ...{ availability: 'unknown', why: expect.stringContaining('failed') as string },
  });
  const begunMs = clock.monotonicMs();
  expect((await told()).get('prod/eu-a/csi-addons')).toMatchObject({ status: 'unknown' });
  expect(clock.monotonicMs() - begunMs).toBeLessThanOrEqual(limits.viewMs + 1_000);
});
