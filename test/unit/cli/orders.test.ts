import { describe, expect, it } from 'vitest';
import { clientProblem } from '../../../src/nats/problem.ts';
import { fakeService } from './fake-service.ts';
import { fairlead } from './running.ts';
import { clusterView } from './views.ts';

const manifest = (name: string): string =>
  `apiVersion: fairlead.dev/v1\nkind: Cluster\nmetadata: {name: ${name}}\nspec: {region: eu-central-1}\n`;
const two = { stdin: `${manifest('a')}---\n${manifest('b')}` };

describe('fairlead apply', () => {
  it('prints one line per accepted document', async () => {
    const { stdout, exit } = await fairlead('apply -f -', fakeService(), two);
    expect(stdout).toBe(
      'cluster/default/a accepted   revision 5   command id-1\ncluster/default/b accepted   revision 5   command id-2\n',
    );
    expect(exit).toBe(0);
  });

  it('prints outcomes for machines', async () => {
    const json = await fairlead('apply -f - -o json', fakeService(), { stdin: manifest('a') });
    expect(JSON.parse(json.stdout)).toMatchObject({
      kind: 'Outcome',
      actor: 'cluster/default/a',
      commandId: 'id-1',
      revision: 5,
    });
    const list = await fairlead('apply -f - -o json', fakeService(), two);
    expect(JSON.parse(list.stdout)).toMatchObject({ kind: 'List', items: [{}, {}] });
    const names = await fairlead('apply -f - -o name', fakeService(), two);
    expect(names.stdout).toBe('cluster/default/a\ncluster/default/b\n');
  });

  it('sends the rest when one is refused, and ends with the code of the refusal', async () => {
    const service = fakeService();
    service.refuse(clientProblem(409, 'resource.deleting', 'it is being deleted'));
    const { stdout, stderr, exit } = await fairlead('apply -f -', service, two);
    expect(stdout).toBe('cluster/default/b accepted   revision 5   command id-2\n');
    expect(stderr).toContain(
      'error:   it is being deleted   resource.deleting   cluster/default/a',
    );
    expect(exit).toBe(5);
  });

  it('asks the service what would happen with --dry-run', async () => {
    const service = fakeService();
    const { stdout, exit } = await fairlead('apply -f - --dry-run', service, two);
    expect(stdout).toContain(
      'cluster/default/a would be accepted   it is pending.planning   (dry run, nothing sent)\n',
    );
    expect([service.orders, exit]).toEqual([[], 0]);
  });

  it('refuses one command id for several documents', async () => {
    const { exit } = await fairlead('apply -f - --command-id x', fakeService(), two);
    expect(exit).toBe(2);
  });
});

describe('orders', () => {
  it('carry id, revision, and reason', async () => {
    const service = fakeService();
    await fairlead('pause cluster web --command-id x --if-revision 7 --reason audit', service);
    expect(service.orders).toEqual([
      {
        kind: 'cluster',
        namespace: 'default',
        name: 'web',
        verb: 'pause',
        arguments: { reason: 'audit' },
        commandId: 'x',
        ifRevision: 7,
        reason: 'audit',
      },
    ]);
  });

  it('are sent again while the actor is busy', async () => {
    const service = fakeService();
    service.refuse(clientProblem(429, 'mailbox.full', 'busy', { retryAfterMs: 5 }));
    service.refuse(clientProblem(429, 'mailbox.full', 'busy', { retryAfterMs: 5 }));
    const { exit } = await fairlead('resume cluster web', service);
    expect([service.orders.length, exit]).toEqual([3, 0]);
  });

  it('are not repeated under an id that the caller chose: a refused id is spent', async () => {
    const service = fakeService();
    service.refuse(clientProblem(429, 'mailbox.full', 'busy', { retryAfterMs: 5 }));
    const { exit } = await fairlead('resume cluster web --command-id x', service);
    expect([service.orders.length, exit]).toEqual([1, 6]);
  });

  it('go to several resources in any spelling', async () => {
    const service = fakeService();
    await fairlead('pause cluster a b', service);
    await fairlead('cluster pause c -n shop', service);
    await fairlead('resume cluster/a cluster/shop/c', service);
    expect(service.orders.map((order) => `${order.verb} ${order.namespace}/${order.name}`)).toEqual(
      ['pause default/a', 'pause default/b', 'pause shop/c', 'resume default/a', 'resume shop/c'],
    );
  });
});

describe('fairlead delete', () => {
  it('asks on a terminal and does nothing without the name', async () => {
    const service = fakeService();
    const wrong = await fairlead('delete cluster web', service, { isTty: true, answer: 'yes' });
    expect([wrong.exit, service.orders]).toEqual([1, []]);
    const right = await fairlead('delete cluster web', service, { isTty: true, answer: 'web' });
    expect([right.exit, service.orders.length]).toEqual([0, 1]);
  });

  it('does not ask scripts, nor with --yes', async () => {
    const service = fakeService();
    await fairlead('delete cluster web --force', service);
    await fairlead('delete cluster web --yes', service, { isTty: true });
    expect(service.orders.map((order) => order.arguments)).toEqual([{ force: true }, {}]);
  });

  it('takes manifests', async () => {
    const service = fakeService();
    await fairlead('delete -f -', service, two);
    expect(service.orders.map((order) => [order.verb, order.name])).toEqual([
      ['delete', 'a'],
      ['delete', 'b'],
    ]);
  });

  it('forgives what is gone already with --ignore-not-found', async () => {
    const service = fakeService();
    service.refuse(clientProblem(404, 'resource.notFound', 'none'));
    expect((await fairlead('delete cluster web --ignore-not-found', service)).exit).toBe(0);
    service.refuse(clientProblem(404, 'resource.notFound', 'none'));
    expect((await fairlead('delete cluster web', service)).exit).toBe(3);
  });
});

describe('fairlead cluster create', () => {
  it('makes a manifest out of flags', async () => {
    const service = fakeService();
    const flags =
      '--region eu-central-1 --servers 3 --agents 2 --instance-type m6i.large,m5.large --k3s v1.31.4+k3s1';
    const { exit } = await fairlead(`cluster create web ${flags}`, service);
    expect(exit).toBe(0);
    expect(service.orders[0]).toMatchObject({
      verb: 'create',
      name: 'web',
      arguments: {
        manifest: {
          kind: 'Cluster',
          metadata: { namespace: 'default', name: 'web' },
          spec: {
            region: 'eu-central-1',
            version: { k3s: 'v1.31.4+k3s1' },
            servers: { count: 3, instanceTypes: ['m6i.large', 'm5.large'] },
            agentPools: [{ name: 'agents', count: 2, instanceTypes: ['m6i.large', 'm5.large'] }],
          },
        },
      },
    });
  });

  it('reports all that is wrong with the flags', async () => {
    const service = fakeService();
    const flags = '--region eu-central --servers 4 --channel v1.31 --k3s v1.31.4+k3s1';
    const { stderr, exit } = await fairlead(`cluster create Web ${flags}`, service);
    for (const path of ['metadata.name', 'spec.region', 'spec.servers.count', 'spec.version'])
      expect(stderr).toContain(`\n  ${path} `);
    expect([exit, service.orders]).toEqual([2, []]);
  });

  it('writes the manifest for later with --dry-run=client -o yaml', async () => {
    const made = await fairlead(
      'cluster create web --region eu-central-1 --dry-run=client -o yaml',
    );
    const service = fakeService();
    const { exit } = await fairlead('apply -f -', service, { stdin: made.stdout });
    expect([exit, service.orders.length]).toEqual([0, 1]);
  });
});

describe('fairlead outcome', () => {
  it('shows what became of a command', async () => {
    const service = fakeService(clusterView({ name: 'web' }));
    const { stdout, exit } = await fairlead('outcome cluster web id-1', service);
    expect(stdout).toBe(
      'cluster/default/web accepted   state running.steady   revision 5   commandId id-1\n',
    );
    expect(exit).toBe(0);
    const spelled = await fairlead('outcome cluster/default/web id-1', service);
    expect(spelled.stdout).toBe(stdout);
  });
});
