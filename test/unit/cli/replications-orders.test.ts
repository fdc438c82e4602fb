/** Orders to replications from the command line: what is sent, what is asked before, and what is waited for. */
import { describe, expect, it } from 'vitest';
import { fakeService } from './fake-service.ts';
import { promoting, replicationExample, view, written } from './replication-views.ts';
import { fairlead } from './running.ts';
import { stirring } from './stirring.ts';

describe('orders to replications', () => {
  it.each([
    ['promote replication db-1 --endpoint home', 'promote', { endpoint: 'home', how: 'planned' }],
    ['replication failover db-1 --forced --yes', 'failover', { how: 'forced' }],
    ['failover replication db-1 --point 40', 'failover', { how: 'planned', point: 40 }],
    ['demote replication db-1 --force', 'demote', { force: true }],
    ['resync replication db-1', 'resync', {}],
    ['recover replication db-1 --expect-epoch 3', 'recover', { expectEpoch: 3 }],
    ['failback replication db-1 --reason drill', 'failback', { reason: 'drill' }],
    ['repl relocate db-1', 'relocate', {}],
    ['cancel replication db-1', 'cancel', {}],
    ['pause replication db-1', 'pause', {}],
    ['resume replication db-1', 'resume', {}],
    ['sync replication db-1', 'sync', {}],
    ['replication test start db-1 --ttl 2h', 'test-start', { ttlSeconds: 7200 }],
    ['test-stop replication db-1', 'test-stop', {}],
    ['reconfigure replication db-1 --every 5m', 'reconfigure', { every: '5m' }],
    ['delete replication db-1', 'delete', {}],
    ['delete replication db-1 --force --confirm db-1', 'delete', { force: true }],
    ['override replication db-1 --token t --yes', 'override', { token: 't' }],
  ])('%s', async (line, verb, given) => {
    const service = fakeService(view());
    const { exit } = await fairlead(line, service);
    expect(exit).toBe(0);
    const [order] = service.orders;
    expect(order).toMatchObject({ kind: 'replication', namespace: 'default', name: 'db-1', verb });
    expect(order?.arguments).toEqual(given);
  });

  it('ask for the name on a terminal, with what it costs', async () => {
    const service = fakeService(view());
    const line = 'failover replication db-1 --forced';
    const no = await fairlead(line, service, { isTty: true, answer: 'yes' });
    expect([no.exit, service.orders]).toEqual([1, []]);
    const yes = await fairlead(line, service, { isTty: true, answer: 'db-1' });
    expect([yes.exit, service.orders.length]).toEqual([0, 1]);
  });

  it('override with the token of what the person was shown', async () => {
    const told = { observed: 'i-1 is running', overrideToken: '01jddb.e2.i-1 is running' };
    const service = fakeService(promoting('promoting.awaitingOverride', told));
    await fairlead('override replication db-1', service, { isTty: true, answer: 'db-1' });
    expect(service.orders[0]?.arguments).toEqual({ token: told.overrideToken });
  });
});

describe('waiting for a replication', () => {
  it('goes on until the other side writes, and shows every phase once', async () => {
    const service = fakeService();
    service.show('db-1', view(), promoting('promoting.fencing'), written);
    const line = 'failover replication db-1 --forced --confirm db-1 --wait';
    const { stdout, stderr, exit } = await stirring(service, fairlead(line, service));
    expect(exit).toBe(0);
    expect(stdout.split('\n')[1]).toBe(
      'replication/default/db-1 home failed.safe, away source.exposed',
    );
    expect(stderr).toContain('home source.protected, away promoting.fencing');
  });

  it('waits for the end of a rehearsal, which is no order under way', async () => {
    const testing = (status: 'True' | 'False', phase: string) =>
      view(status === 'True' ? 8 : 9, {
        endpoints: { ...view().status?.endpoints, away: { state: 'replica', phase } },
        conditions: [{ type: 'Testing', status }],
      });
    const service = fakeService();
    service.show('db-1', testing('True', 'replica.testing'), testing('False', 'replica.following'));
    const line = 'test-stop replication db-1 --wait';
    const { stdout, exit, stderr } = await stirring(service, fairlead(line, service));
    expect([exit, stdout.split('\n')[1]], stderr).toEqual([
      ...[0, 'replication/default/db-1 home source.protected, away replica.following'],
    ]);
  });

  it('ends when the order came to nothing, with why', async () => {
    const back = view(9, { because: ['home was not reachable'], health: 'degraded' });
    const { stderr, exit } = await fairlead('promote replication db-1 --wait', fakeService(back));
    expect(exit).toBe(1);
    expect(stderr).toContain('writer=away can no longer be reached');
    expect(stderr).toContain('reason:  home was not reachable');
  });

  it('knows states of either side, the writer, conditions and deletion', async () => {
    const reached = async (goal: string) =>
      (await fairlead(`wait replication db-1 --for ${goal}`, fakeService(view()))).exit;
    for (const goal of [
      ...['replica', 'state=replica.following', 'home=source', 'writer=home', 'done'],
      'condition=Protected',
    ])
      expect([goal, await reached(goal)]).toEqual([goal, 0]);
    expect(await reached('running')).toBe(2);
    const gone = await fairlead('wait replication db-1 --for deleted', fakeService());
    expect(gone.exit).toBe(0);
  });
});

describe('examples/replication.yaml', () => {
  it('is applied and created as it stands, with the back end and the interval settled', async () => {
    const service = fakeService();
    await fairlead('apply -f -', service, { stdin: replicationExample });
    await fairlead('replication create -f -', service, { stdin: replicationExample });
    expect(service.orders.map(({ kind, verb }) => [kind, verb])).toEqual([
      ['replication', 'apply'],
      ['replication', 'create'],
    ]);
    expect(service.orders[0]?.arguments).toMatchObject({
      manifest: { spec: { backend: 'ebs', schedule: { every: '450s' } } },
    });
  });

  it('is explained by its schema', async () => {
    const { stdout, exit } = await fairlead('explain replication.spec.schedule');
    expect(exit).toBe(0);
    expect(stdout).toMatch(/rpo +string/);
  });
});
