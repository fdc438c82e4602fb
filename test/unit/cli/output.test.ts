import { stripVTControlCharacters } from 'node:util';
import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';
import { fakeService } from './fake-service.ts';
import { fairlead } from './running.ts';
import { blockedView, clusterView, installingView } from './views.ts';

const fleet = () =>
  fakeService(clusterView({ name: 'web' }), installingView('dev'), blockedView('old'));

describe('fairlead get clusters', () => {
  it('prints one aligned row per cluster', async () => {
    const { stdout, exit } = await fairlead('get clusters', fleet());
    expect(stdout.split('\n')).toEqual([
      'NAME  STATE               SERVERS  AGENTS  K3S           REGION        AGE  REASON',
      'web   running.steady      1/1      1/1     v1.31.4+k3s1  eu-central-1  2h   -',
      'dev   installing.staging  0/1      0/1     v1.31.4+k3s1  eu-central-1  2h   -',
      'old   failed.blocked      1/1      1/1     v1.31.4+k3s1  eu-central-1  2h   VcpuLimitExceeded: your quota allows 8 vCPUs',
      '',
    ]);
    expect(exit).toBe(0);
  });

  it('adds columns with -o wide and the namespace with -A', async () => {
    const service = fakeService(clusterView({ name: 'web', namespace: 'shop' }));
    const { stdout } = await fairlead('get clusters -A -o wide', service);
    expect(stdout.split('\n')[0]?.split(/ +/)).toEqual(
      'NAMESPACE NAME STATE HEALTH SERVERS AGENTS K3S REGION ZONES AGE REV UID REASON OPERATION'.split(
        ' ',
      ),
    );
    expect(stdout).toContain('shop       web   running.steady  healthy  1/1');
    expect(stdout).toContain('eu-central-1a,eu-central-1b');
  });

  it('leaves the first line out with --no-headers', async () => {
    const { stdout } = await fairlead('get clusters --no-headers', fleet());
    expect(stdout.startsWith('web ')).toBe(true);
  });

  it('prints a list as JSON and YAML, and one named cluster bare', async () => {
    const json = await fairlead('get clusters -o json', fleet());
    expect(JSON.parse(json.stdout)).toMatchObject({
      apiVersion: 'fairlead.dev/v1',
      kind: 'List',
      items: [{ kind: 'Cluster' }, {}, {}],
    });
    const yaml = await fairlead('get cluster web -o yaml', fleet());
    expect(parse(yaml.stdout)).toMatchObject({ kind: 'Cluster', metadata: { name: 'web' } });
  });

  it('prints one object per line with -o jsonl', async () => {
    const { stdout } = await fairlead('get clusters -o jsonl', fleet());
    const names = stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { metadata: { name: string } }).metadata.name);
    expect(names).toEqual(['web', 'dev', 'old']);
  });

  it('prints names that other commands take with -o name', async () => {
    const { stdout } = await fairlead('get clusters -o name', fleet());
    expect(stdout).toBe('cluster/default/web\ncluster/default/dev\ncluster/default/old\n');
    const again = await fairlead('get cluster/default/web -o name', fleet());
    expect(again.stdout).toBe('cluster/default/web\n');
  });

  it('says on stderr that there is nothing, and where it has looked', async () => {
    const { stdout, stderr, exit } = await fairlead('get clusters -n shop', fleet());
    expect([stdout, exit]).toEqual(['', 0]);
    expect(stderr).toBe('no clusters in namespace shop (-A looks in all)\n');
  });
});

describe('fairlead get nodes', () => {
  it('prints the nodes of one cluster', async () => {
    const { stdout } = await fairlead('get nodes dev', fleet());
    expect(stdout.split('\n').slice(0, 2)).toEqual([
      'NAME            CLUSTER  ROLE    STATE    INSTANCE             TYPE       ZONE           AGE    REASON',
      'dev-server-0-1  dev      server  staging  i-0a1b2c3d4e5f60718  m6i.large  eu-central-1a  1m30s  -',
    ]);
  });

  it('prints nodes of all clusters as resources of their own', async () => {
    const { stdout } = await fairlead('get nodes -o jsonl', fleet());
    expect(stdout.trim().split('\n')).toHaveLength(5);
    expect(JSON.parse(stdout.split('\n')[0] ?? '')).toMatchObject({
      kind: 'Node',
      metadata: { namespace: 'default', cluster: 'web', name: 'web-server-0-1' },
      status: { state: 'ready' },
    });
  });
});

describe('decoration', () => {
  const utf8 = { LANG: 'en_US.UTF-8' };

  it('appears on a terminal only', async () => {
    const piped = await fairlead('get clusters', fleet(), { env: utf8 });
    expect(piped.stdout).toBe(stripVTControlCharacters(piped.stdout));
    expect(piped.stdout).not.toContain('●');
    const shown = await fairlead('get clusters', fleet(), { isTty: true, env: utf8 });
    expect(shown.stdout).toContain('\u001b[32m●\u001b[0m running.steady');
    expect(shown.stdout).toContain('\u001b[31m✖\u001b[0m failed.blocked');
  });

  it('falls back to ASCII without a UTF-8 locale and loses its colour with NO_COLOR', async () => {
    const env = { LANG: 'C', NO_COLOR: '1' };
    const { stdout } = await fairlead('get clusters', fleet(), { isTty: true, env });
    expect(stdout).toContain('* running.steady');
    expect(stdout).not.toContain('\u001b');
  });

  it('obeys FORCE_COLOR, --color and TERM=dumb', async () => {
    const forced = await fairlead('get clusters --color always', fleet(), { env: utf8 });
    expect(forced.stdout).not.toContain('\u001b');
    const dumb = await fairlead('get clusters', fleet(), { isTty: true, env: { TERM: 'dumb' } });
    expect(dumb.stdout).not.toContain('\u001b');
    const error = await fairlead('get cluster nope', fleet(), { env: { FORCE_COLOR: '1' } });
    expect(error.stderr).toContain('\u001b[31merror:');
    const never = await fairlead('get clusters --color never', fleet(), { isTty: true, env: utf8 });
    expect(never.stdout).not.toContain('\u001b');
  });

  it('cuts lines at the width of the terminal, and never when piped', async () => {
    const narrow = await fairlead('get clusters', fleet(), { isTty: true, columns: 60, env: utf8 });
    for (const line of narrow.stdout.split('\n'))
      expect(Array.from(stripVTControlCharacters(line)).length).toBeLessThanOrEqual(60);
    expect(narrow.stdout).toContain('…');
    const piped = await fairlead('get clusters', fleet(), { columns: 60 });
    expect(piped.stdout).toContain('your quota allows 8 vCPUs');
  });
});

describe('fairlead describe', () => {
  it('shows state, nodes, conditions, trouble and what may be done', async () => {
    const service = fleet();
    service.past.set('old', [
      {
        id: 'u/1',
        time: '2026-01-02T11:00:00.000Z',
        type: 'fairlead.cluster.failed.v1',
        source: '/fairlead/here/cluster/default/old',
        data: { code: 'VcpuLimitExceeded' },
      },
    ]);
    const { stdout, exit } = await fairlead('describe cluster old', service);
    expect(exit).toBe(0);
    for (const part of [
      'cluster/default/old   uid 01jdold   revision 4   generation 1',
      'failed.blocked   since 1h',
      'Last error  QuotaExceeded VcpuLimitExceeded   your quota allows 8 vCPUs   in provisioning.nodes',
      'Hint        raise the quota',
      'Steps       Provisioning Done · Installing Done',
      'Can         apply, delete, pause',
      'Nodes       2 of 2 ready',
      '2026-01-02T11:00:00.000Z  failed  code=VcpuLimitExceeded',
    ])
      expect(stdout).toContain(part);
  });

  it('is the resource itself for machines', async () => {
    const { stdout } = await fairlead('describe cluster web -o json', fleet());
    expect(JSON.parse(stdout)).toMatchObject({ kind: 'Cluster', revision: 7 });
  });
});
