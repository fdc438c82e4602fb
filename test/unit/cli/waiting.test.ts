import { describe, expect, it } from 'vitest';
import { fakeService } from './fake-service.ts';
import { fakeTerminal } from './fake-terminal.ts';
import { fairlead, finished } from './running.ts';
import { stirring } from './stirring.ts';
import { blockedView, clusterView, installingView } from './views.ts';

const manifest =
  'apiVersion: fairlead.dev/v1\nkind: Cluster\nmetadata: {name: web}\nspec: {region: eu-central-1}\n';

describe('fairlead wait', () => {
  it('returns when the state is reached, with one line per change', async () => {
    const service = fakeService();
    service.show(
      'web',
      installingView('web', 3),
      installingView('web', 4),
      clusterView({ name: 'web' }),
    );
    const { stdout, stderr, exit } = await stirring(
      service,
      fairlead('wait cluster web --for running', service),
    );
    expect([stdout, exit]).toEqual(['cluster/default/web running.steady\n', 0]);
    expect(stderr).toBe(
      '00:00  cluster/default/web  installing.staging  servers 0/1\n00:00  cluster/default/web  running.steady  servers 1/1  agents 1/1\n',
    );
  });

  it('returns at once when the goal can no longer be reached', async () => {
    const service = fakeService(blockedView('web'));
    const { stderr, stdout, exit } = await fairlead('wait cluster web --for running', service);
    expect([stdout, exit]).toEqual(['', 1]);
    expect(stderr).toContain(
      'error:   running can no longer be reached   cli.goalUnreachable   cluster/default/web   in failed.blocked',
    );
    expect(stderr).toContain('reason:  VcpuLimitExceeded: your quota allows 8 vCPUs');
    expect(stderr).toContain('fairlead retry cluster web -n default');
  });

  it('goes on while a failure is tried again by itself', async () => {
    const failing = clusterView({
      name: 'web',
      revision: 4,
      status: { phase: 'Failed', state: 'failed.retryable' },
    });
    const service = fakeService();
    service.show('web', failing, clusterView({ name: 'web' }));
    const { exit } = await stirring(service, fairlead('wait cluster web --for running', service));
    expect(exit).toBe(0);
  });

  it('takes absence for success only when it waits for that', async () => {
    const gone = fakeService();
    expect((await fairlead('wait cluster web --for deleted', gone)).exit).toBe(0);
    const missing = await fairlead('wait cluster web --for running', gone);
    expect([missing.exit, missing.stderr.includes('resource.notFound')]).toEqual([3, true]);
    const deleting = fakeService(clusterView({ name: 'web', status: { state: 'deleting.nodes' } }));
    expect((await fairlead('wait cluster web --for running', deleting)).exit).toBe(1);
  });

  it('waits for conditions', async () => {
    const service = fakeService();
    service.show('web', installingView('web', 3), clusterView({ name: 'web' }));
    const { exit } = await stirring(
      service,
      fairlead('wait cluster web --for condition=Ready', service),
    );
    expect(exit).toBe(0);
  });

  it('ends with 124 when time runs out, and says that the work goes on', async () => {
    const service = fakeService(installingView('web'));
    const { stderr, exit } = await fairlead(
      'wait cluster web --for running --timeout 50ms',
      service,
    );
    expect(exit).toBe(124);
    expect(stderr).toContain('running was not reached within 0s');
    expect(stderr).toContain('reason:  the work itself goes on');
  });

  it('detaches with 130 on Ctrl-C', async () => {
    const service = fakeService(installingView('web'));
    const terminal = fakeTerminal();
    const waiting = finished('wait cluster web --for running', service, terminal);
    setTimeout(() => terminal.interrupt(), 20);
    const { stderr, exit } = await waiting;
    expect(exit).toBe(130);
    expect(stderr).toContain('detached; the work goes on');
    expect(stderr).not.toContain('error:');
  });

  it('sits out a service that is away', async () => {
    const service = fakeService();
    service.show('web', installingView('web', 3), 'away', 'away', clusterView({ name: 'web' }));
    const { stderr, exit } = await stirring(
      service,
      fairlead('wait cluster web --for running', service),
    );
    expect(exit).toBe(0);
    expect(stderr.match(/waiting for it to come back/g)).toHaveLength(1);
  });

  it('waits for several and fails with the first that cannot', async () => {
    const service = fakeService(clusterView({ name: 'a' }), blockedView('b'));
    const { stdout, exit } = await fairlead('wait cluster a b --for running', service);
    expect([stdout, exit]).toEqual(['cluster/default/a running.steady\n', 1]);
  });
});

describe('--wait', () => {
  it('ignores what was true before the command', async () => {
    const service = fakeService();
    // The first look is older than revision 5, at which the fake service accepts.
    service.show(
      'web',
      clusterView({ name: 'web', revision: 4 }),
      installingView('web', 5),
      clusterView({ name: 'web', revision: 9 }),
    );
    const { stdout, stderr, exit } = await stirring(
      service,
      fairlead('apply -f - --wait', service, { stdin: manifest }),
    );
    expect(exit).toBe(0);
    expect(stdout).toBe(
      'cluster/default/web accepted   revision 5   command id-1\ncluster/default/web running.steady\n',
    );
    expect(stderr).toContain('installing.staging');
  });

  it('leaves one JSON document on stdout: what was reached', async () => {
    const service = fakeService(clusterView({ name: 'web', revision: 6 }));
    const { stdout } = await fairlead('apply -f - --wait -o json', service, { stdin: manifest });
    expect(JSON.parse(stdout)).toMatchObject({ kind: 'Cluster', revision: 6 });
  });

  it('takes another goal with an equals sign', async () => {
    const service = fakeService(installingView('web', 6));
    const { exit } = await fairlead('apply -f - --wait=installing', service, { stdin: manifest });
    expect(exit).toBe(0);
  });

  it('of delete waits until it is gone', async () => {
    const service = fakeService();
    service.show(
      'web',
      clusterView({ name: 'web', revision: 5, status: { state: 'deleting.nodes' } }),
      'gone',
    );
    const { stdout, exit } = await stirring(
      service,
      fairlead('delete cluster web --wait', service),
    );
    expect([stdout.split('\n')[1], exit]).toEqual(['cluster/default/web deleted', 0]);
  });
});

describe('progress on a terminal', () => {
  it('redraws a block with nodes that are not ready', async () => {
    const service = fakeService();
    service.show('web', installingView('web', 3), clusterView({ name: 'web' }));
    const terminal = fakeTerminal({ isTty: true, env: { LANG: 'C.UTF-8', NO_COLOR: '1' } });
    const work = finished('wait cluster web --for running', service, terminal);
    const { stderr } = await stirring(service, work);
    expect(stderr).toContain('◐ cluster/default/web  installing.staging  00:00  servers 0/1\n');
    expect(stderr).toContain('    ◐ web-server-0-1  eu-central-1a  staging  75%\n');
    // Three lines were drawn; they are taken back before the next block.
    expect(stderr).toContain('\u001b[3A\u001b[0J');
    expect(stderr.trimEnd().split('\n').at(-1)).toContain('Provisioning Done · Installing Done');
  });

  it('never draws more lines than the screen has', async () => {
    const names = Array.from('abcdefgh');
    const service = fakeService(...names.map((name) => clusterView({ name })));
    const screen = { isTty: true, rows: 6, env: { LANG: 'C', NO_COLOR: '1' } };
    const { stderr } = await fairlead(
      `wait cluster ${names.join(' ')} --for running`,
      service,
      screen,
    );
    const blocks = stderr.split('\u001b[0J').map((block) => block.split('\n').length - 1);
    expect(Math.max(...blocks)).toBe(5);
    expect(stderr).toContain('and 4 more\n');
  });
});
