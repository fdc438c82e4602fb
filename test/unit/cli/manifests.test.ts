import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { clusterManifestSchema } from '../../../machines/specs.ts';
import { Failure } from '../../../src/cli/failure.ts';
import { parseManifests } from '../../../src/cli/manifests.ts';
import { packageRoot } from '../../../src/package-root.ts';
import { fakeService } from './fake-service.ts';
import { fairlead } from './running.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fairlead-manifests-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});
const write = (name: string, text: string): void => {
  writeFileSync(join(folder, name), text);
};

const good = (name: string): string =>
  `apiVersion: fairlead.dev/v1\nkind: Cluster\nmetadata: {name: ${name}}\nspec: {region: eu-central-1}\n`;

/** `place message` of every problem in the text. */
function problemsIn(text: string): string[] {
  try {
    parseManifests([{ source: 'x.yaml', text }], { name: 'default', isForced: false });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return (error.problem.problems ?? []).map((item) => `${item.at ?? ''} ${item.message}`);
  }
  return [];
}

describe('manifests', () => {
  it('report all problems of all documents with line and column, and send nothing', async () => {
    write('a.yaml', `${good('fine')}---\n${good('Bad_Name')}`);
    write(
      'b.yaml',
      'apiVersion: fairlead.dev/v1\nkind: Cluster\nmetadata: {name: b}\nspec:\n  region: eu-central-1\n  servers:\n    count: 2\n    instancetypes: [t3.medium]\n',
    );
    const service = fakeService();
    const { stderr, exit } = await fairlead('apply -f a.yaml -f b.yaml', service, { cwd: folder });
    expect(stderr.split('\n')).toEqual([
      'error:   3 problems in 2 files; nothing was sent   manifest.invalid',
      `  a.yaml:8:18  metadata.name is "Bad_Name": not a DNS label; use lower-case letters, digits and '-'.`,
      expect.stringMatching(/^ {2}b\.yaml:7:12 {2}spec\.servers\.count .*use 1, 3, 5 or 7\.$/),
      '  b.yaml:8:20  spec.servers.instancetypes is not a known key; did you mean instanceTypes?',
      'try:     fairlead explain cluster.spec',
      '',
    ]);
    expect(exit).toBe(2);
    expect(service.orders).toEqual([]);
  });

  it('name an unknown kind with the known ones', () => {
    expect(problemsIn('apiVersion: fairlead.dev/v1\nkind: Clustr\n')).toEqual([
      'x.yaml:2:7 kind is "Clustr", which is not known; did you mean Cluster?',
    ]);
    expect(problemsIn('kind: Volume\n')).toEqual([
      'x.yaml:1:7 kind is "Volume", which is not known; use Cluster or Replication or ReplicationGroup',
    ]);
    expect(problemsIn('apiVersion: fairlead.dev/v1\n')[0]).toContain(
      'kind is missing; use Cluster',
    );
  });

  it.each([
    ['a mapping that does not close', 'a: {b: 1\n', /^x\.yaml:\d+:\d+ /],
    ['a tab as indentation', 'a:\n\tb: 1\n', /^x\.yaml:2:1 /],
    ['a key twice', 'kind: Cluster\nkind: Cluster\n', /^x\.yaml:2:1 Map keys must be unique/],
    ['an unknown tag', 'kind: !evil Cluster\n', /^x\.yaml:1:7 Unresolved tag/],
    ['a list', '- kind: Cluster\n', /^x\.yaml:1:1 the document is no manifest/],
    ['a scalar', 'hello\n', /^x\.yaml:1:1 the document is no manifest/],
    ['an alias bomb', bomb(), /Excessive alias count/],
    [
      'a missing spec',
      'apiVersion: fairlead.dev/v1\nkind: Cluster\nmetadata: {name: a}\n',
      /spec is missing/,
    ],
  ])('refuse %s at its place', (_what, text, told) => {
    const found = problemsIn(text);
    expect(found.length).toBeGreaterThan(0);
    expect(found[0]).toMatch(told);
  });

  it('refuse a resource that is declared twice', () => {
    expect(problemsIn(`${good('a')}---\n${good('a')}`)).toEqual([
      'x.yaml:6:1 cluster/default/a is declared twice, first at x.yaml:1:1; keep one of them',
    ]);
  });

  it('skip empty documents and say so when nothing is left', async () => {
    const parsed = parseManifests(
      [{ source: 'x', text: `---\n# nothing\n---\n${good('a')}---\n` }],
      { name: 'shop', isForced: false },
    );
    expect(parsed.map((each) => each.manifest.metadata.namespace)).toEqual(['shop']);
    write('empty.yaml', '# nothing here\n');
    const { stderr, exit } = await fairlead('apply -f empty.yaml', fakeService(), { cwd: folder });
    expect(stderr).toContain('empty.yaml declares nothing');
    expect(exit).toBe(2);
  });

  it('refuse a namespace that contradicts -n', async () => {
    write('a.yaml', good('a').replace('{name: a}', '{name: a, namespace: shop}'));
    const { stderr, exit } = await fairlead('apply -f a.yaml -n other', fakeService(), {
      cwd: folder,
    });
    expect(stderr).toContain('a.yaml:3:32  metadata.namespace is shop, but -n says other');
    expect(exit).toBe(2);
  });

  it('come from stdin, JSON and folders too', async () => {
    const service = fakeService();
    mkdirSync(join(folder, 'fleet'));
    write('fleet/2.yml', good('two'));
    write('fleet/1.json', JSON.stringify({ ...jsonManifest('one') }));
    write('fleet/readme.txt', 'not a manifest');
    await fairlead('apply -f fleet', service, { cwd: folder });
    await fairlead('apply -f -', service, { cwd: folder, stdin: good('three') });
    expect(service.orders.map((order) => [order.verb, order.name])).toEqual([
      ['apply', 'one'],
      ['apply', 'two'],
      ['apply', 'three'],
    ]);
  });

  it('are sent whole, with defaults filled in', async () => {
    const service = fakeService();
    await fairlead('apply -f -', service, { stdin: good('a') });
    expect(service.orders[0]).toMatchObject({
      kind: 'cluster',
      namespace: 'default',
      arguments: { manifest: { kind: 'Cluster', spec: { servers: { count: 1 } } } },
    });
  });

  it('are only checked with --dry-run=client, and come back as YAML that applies again', async () => {
    const service = fakeService();
    const shown = await fairlead('apply -f - --dry-run=client -o yaml', service, {
      stdin: `${good('a')}---\n${good('b')}`,
    });
    const again = await fairlead('apply -f - --dry-run=client', service, { stdin: shown.stdout });
    expect(again.stdout).toBe(
      'cluster/default/a valid (checked here only)\ncluster/default/b valid (checked here only)\n',
    );
    expect(service.orders).toEqual([]);
  });
});

describe('examples/fleet.yaml', () => {
  it('declares an HA cluster with agents and a single-server one', () => {
    const text = readFileSync(join(packageRoot(), 'examples/fleet.yaml'), 'utf8');
    const declared = parseManifests([{ source: 'examples/fleet.yaml', text }], {
      name: 'default',
      isForced: false,
    }).map(({ manifest }) => clusterManifestSchema.parse(manifest));
    const sizes = declared.map(({ spec }) => [
      spec.servers.count,
      spec.agentPools.map((pool) => pool.count),
    ]);
    expect(sizes).toEqual([
      [3, [2]],
      [1, []],
    ]);
  });
});

function bomb(): string {
  const lines = ['a: &a [x, x, x, x, x, x, x, x, x]'];
  for (const [index, name] of Array.from('bcdefgh').entries()) {
    const before = 'abcdefgh'[index] ?? '';
    lines.push(`${name}: &${name} [${Array(9).fill(`*${before}`).join(', ')}]`);
  }
  return `${lines.join('\n')}\n`;
}

const jsonManifest = (name: string): Record<string, unknown> => ({
  apiVersion: 'fairlead.dev/v1',
  kind: 'Cluster',
  metadata: { name },
  spec: { region: 'eu-central-1' },
});
