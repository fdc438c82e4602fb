/** `fairlead chart`: of a kind without a service, of a resource with the states it is in. */
import { describe, expect, it } from 'vitest';
import type { Image } from '../../../actors/steps/step.ts';
import { storedCharts } from '../../../src/inspector/chart/stored.ts';
import { fakeService } from './fake-service.ts';
import type { FakeService } from './fake-service.ts';
import { fairlead } from './running.ts';

const hashOf = (id: string): string =>
  Object.values(storedCharts()).find(({ chart }) => chart.id === id)?.chart.hash ?? '';

const call: Image = { src: 'perform', status: 'active', children: {} };
const image: Image = {
  src: 'cluster',
  status: 'active',
  value: { lifecycle: { provisioning: 'nodes' }, control: 'active' },
  children: {
    n000: {
      src: 'node',
      status: 'active',
      value: 'launching',
      children: {
        operation: { src: 'operation', status: 'active', value: 'attempting', children: { call } },
      },
    },
  },
};

/** Answers `inspect` of any name with the image above, under a hash of one's choice. */
function inspected(hash = hashOf('cluster')): FakeService {
  const service = fakeService();
  const query: FakeService['session']['query'] = ({ verb }) => {
    expect(verb).toBe('inspect');
    return Promise.resolve({ image, hash, seq: 12, revision: 9 });
  };
  return { ...service, session: { ...service.session, query } };
}
const utf8 = { env: { LANG: 'C.UTF-8' } };

describe('chart of a kind', () => {
  it('is drawn without a service', async () => {
    const refused: FakeService = {
      ...fakeService(),
      get session(): never {
        throw new Error('connected');
      },
    };
    const { exit, stdout, stderr } = await fairlead('chart clusters', refused, utf8);
    expect([exit, stderr]).toEqual([0, '']);
    expect(stdout).toContain('○ cluster  (parallel)\n');
    expect(stdout).toContain('retry / noteStamp, announceCommand, retryWaiting');
  });

  it('is known for machines that are parts of others', async () => {
    for (const name of ['operation', 'node', 'breaker', 'probe'])
      expect((await fairlead(`chart ${name}`, fakeService(), utf8)).stdout).toContain(`○ ${name}`);
    const named = await fairlead('chart operation web');
    expect(named.exit).toBe(2);
    expect(named.stderr).toContain('operation has no record of its own');
    expect((await fairlead('chart node web')).exit).toBe(2);
  });

  it.each([
    ['svg', '<svg xmlns='],
    ['mermaid', 'stateDiagram-v2'],
    ['dot', 'digraph "replication" {'],
    ['text', 'o replication  (parallel)'],
  ])('comes as %s', async (format, start) => {
    const { exit, stdout } = await fairlead(`chart replication -o ${format}`);
    expect([exit, stdout.slice(0, start.length)]).toEqual([0, start]);
  });

  it('folds what is inside where an overview is asked for', async () => {
    const whole = await fairlead('chart replication -o svg');
    const folded = await fairlead('chart replication -o svg --overview');
    expect([folded.exit, folded.stdout.slice(0, 4)]).toEqual([0, '<svg']);
    const boxes = (svg: string): number => (svg.match(/class="node/g) ?? []).length;
    expect(boxes(folded.stdout)).toBeGreaterThan(5);
    expect(boxes(folded.stdout)).toBeLessThan(boxes(whole.stdout) / 2);
    // One that fits as it is has no other drawing.
    const [small, same] = [
      await fairlead('chart breaker -o svg'),
      await fairlead('chart breaker -o svg --overview'),
    ];
    expect(same).toEqual(small);
    const text = await fairlead('chart replication --overview');
    expect([text.exit, text.stderr]).toEqual([2, expect.stringContaining('-o svg')]);
  });

  it('refuses forms and kinds it does not have', async () => {
    const form = await fairlead('chart cluster -o yaml');
    expect(form.exit).toBe(2);
    expect(form.stderr).toMatch(/text, svg, mermaid, dot/);
    const kind = await fairlead('chart limit');
    expect([kind.exit, kind.stderr]).toEqual([2, expect.stringContaining('does not take limits')]);
    expect((await fairlead('chart cluster --child n000')).stderr).toContain('needs a resource');
  });
});

describe('chart of a resource', () => {
  it.each(['chart cluster web', 'chart cluster/default/web', 'cluster chart web'])(
    'marks where it is: %s',
    async (line) => {
      const { exit, stdout, stderr } = await fairlead(line, inspected(), utf8);
      expect([exit, stderr]).toEqual([0, '']);
      const lines = stdout.split('\n');
      expect(lines.slice(0, 2)).toEqual([
        'cluster/default/web   revision 9   step 12',
        '◉ cluster  (parallel)',
      ]);
      expect(lines).toContain('│  ├─ ◉ provisioning');
      expect(lines).toContain('│  │  ├─ ● nodes');
      expect(lines).toContain('   ├─ ● active');
    },
  );

  it('marks it in drawings too', async () => {
    const svg = await fairlead('chart cluster web -o svg', inspected());
    expect(svg.stdout.match(/class="node [a-z ]*active"/g)).toHaveLength(2);
    const folded = await fairlead('chart cluster web -o svg --overview', inspected());
    expect(folded.stdout).toMatch(/class="node [a-z ]*active"/);
    const mermaid = await fairlead('chart cluster web -o mermaid', inspected());
    expect(mermaid.stdout.match(/class s\d+ active/g)).toHaveLength(2);
    const dot = await fairlead('chart cluster web -o dot', inspected());
    expect(dot.stdout).toMatch(/"cluster.lifecycle.provisioning.nodes" \[.*penwidth=2\]/);
  });

  it('goes down to the machines inside', async () => {
    const node = await fairlead('chart cluster web --child n000', inspected(), utf8);
    expect(node.stdout).toContain('cluster/default/web n000 ');
    expect(node.stdout).toContain('├─ ● launching');
    const path = 'chart cluster web --child n000/operation';
    const operation = await fairlead(path, inspected(), utf8);
    expect(operation.stdout).toContain('├─ ● attempting');
    const missing = await fairlead('chart cluster web --child n001', inspected());
    expect(missing.exit).toBe(2);
    expect(missing.stderr).toMatch(/no machine n001 inside[\s\S]*n000/);
    const aCall = await fairlead(`${path}/call`, inspected());
    expect([aCall.exit, aCall.stderr]).toEqual([2, expect.stringContaining('has no states')]);
  });

  it('is coloured on a terminal only', async () => {
    const plain = await fairlead('chart cluster web', inspected(), utf8);
    expect(plain.stdout).not.toContain('\u001b');
    const onTty = await fairlead('chart cluster web', inspected(), { ...utf8, isTty: true });
    expect(onTty.stdout).toContain('\u001b[32m● nodes\u001b[0m');
  });

  it('says so when the host has another chart, and shows the states by their names', async () => {
    const other = await fairlead('chart cluster web', inspected('0123456789abcdef'), utf8);
    expect(other.exit).toBe(0);
    expect(other.stderr).toContain('0123456789abcdef');
    expect(other.stdout).toContain('│  └─ ◉ provisioning\n│     └─ ● nodes\n');
    const drawn = await fairlead('chart cluster web -o svg', inspected('0123456789abcdef'));
    expect([drawn.exit, drawn.stdout]).toEqual([2, '']);
  });
});
