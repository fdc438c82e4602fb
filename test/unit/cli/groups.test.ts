/** Groups of replications on the command line, and a whole cluster moved to another. */
import { expect, it } from 'vitest';
import type { GroupView } from '../../../src/cli/group-view.ts';
import type { ReplicationView } from '../../../src/cli/replication-view.ts';
import { fakeService } from './fake-service.ts';
import { fairlead } from './running.ts';

const replication = (name: string, writer = 'home', from = 'eu-a'): ReplicationView => ({
  ...{ apiVersion: 'fairlead.dev/v1', kind: 'Replication', revision: 7 },
  metadata: { namespace: 'default', name },
  spec: { endpoints: { home: { cluster: from }, away: { cluster: 'eu-b' } } },
  status: {
    endpoints: {
      home: { phase: writer === 'home' ? 'source.protected' : 'replica.following' },
      away: { phase: writer === 'away' ? 'source.protected' : 'replica.following' },
    },
    ...{ writer, operation: null },
  },
});
const group = (status: GroupView['status'] = {}): GroupView => ({
  ...{ apiVersion: 'fairlead.dev/v1', kind: 'ReplicationGroup', revision: 7 },
  metadata: { namespace: 'default', name: 'shop' },
  spec: { members: [{ name: 'db-1' }, { name: 'db-2' }] },
  status: { phase: 'resting', writer: 'home', operation: null, ...status },
});
const failed = group({
  lastOrder: {
    ...{ verb: 'failover', ok: false, cause: 'a member gave up' },
    failures: [{ name: 'db-2', says: 'quota exceeded' }],
  },
});

it('orders a failover of a group and waits for all of it', async () => {
  const service = fakeService(group());
  service.show('shop', group({ writer: 'away', lastOrder: { ok: true } }));
  const ran = await fairlead('failover rg shop --wait', service);
  expect(ran.exit).toBe(0);
  expect(service.orders).toMatchObject([
    { kind: 'replicationgroup', name: 'shop', verb: 'failover', arguments: { how: 'planned' } },
  ]);
});

it('tells which member stood against it', async () => {
  const ran = await fairlead('group failover shop --wait', fakeService(failed));
  expect(ran.exit).toBe(1);
  expect(ran.stderr).toContain('a member gave up; db-2: quota exceeded');
  const shown = await fairlead('describe replicationgroup shop', fakeService(failed));
  expect(shown.stdout).toContain('quota exceeded');
  expect((await fairlead('get rg', fakeService(failed))).stdout).toContain('shop');
});

it('asks for the name of a group before it is forced', async () => {
  const service = fakeService(group());
  expect((await fairlead('failover rg shop --forced', service)).exit).toBe(2);
  expect(service.orders).toEqual([]);
  await fairlead('failover rg shop --forced --confirm shop', service);
  expect(service.orders).toMatchObject([{ arguments: { how: 'forced' } }]);
});

it('moves what writes in one cluster to the other, groups first, and tells how each ended', async () => {
  const views = [replication('db-1'), replication('db-2'), replication('solo')];
  const elsewhere = [replication('there', 'away'), replication('other', 'home', 'eu-c')];
  const service = fakeService(...views, ...elsewhere, group());
  service.show('shop', group(), group({ writer: 'away', lastOrder: { ok: true } }));
  service.show('solo', replication('solo'), { ...replication('solo'), revision: 8 });
  const ran = await fairlead('cluster failover eu-a --to eu-b -o json', service);
  expect(service.orders).toMatchObject([
    { kind: 'replicationgroup', name: 'shop', verb: 'failover', arguments: { how: 'planned' } },
    { kind: 'replication', name: 'solo', verb: 'promote', arguments: { endpoint: 'away' } },
  ]);
  const { items } = JSON.parse(ran.stdout) as { items: object[] };
  expect(items).toMatchObject([
    { resource: 'replicationgroup/default/shop', side: 'away', end: 'moved' },
    { resource: 'replication/default/solo', side: 'away', end: 'failed' },
  ]);
  expect(ran.exit).toBe(1);
});

it('refuses to move a cluster from which nothing can be moved there', async () => {
  const service = fakeService(replication('db-1'));
  const ran = await fairlead('cluster failover eu-b --to eu-a', service);
  expect(ran.stderr).toContain('no replication in namespace default writes in eu-b');
  expect(ran.exit).not.toBe(0);
  expect(service.orders).toEqual([]);
  const forced = await fairlead('cluster failover eu-a --to eu-b --forced', service);
  expect([forced.exit, service.orders.length]).toEqual([2, 0]);
});
