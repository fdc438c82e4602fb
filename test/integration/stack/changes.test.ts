/** The life of one cluster after its birth, through the CLI and the whole stack, judged by the simulator's own books. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { run } from '../../../src/cli/run.ts';
import { connectNats } from '../../../src/cli/session.ts';
import { duplicateInstances, groundTruth, leftovers } from '../../../src/stack/ground-truth.ts';
import { sidePath } from '../../../src/stack/side-path.ts';
import { startStack } from '../../../src/stack/stack.ts';
import type { Stack } from '../../../src/stack/stack.ts';
import { fakeTerminal } from '../../unit/cli/fake-terminal.ts';

const folder = mkdtempSync(join(tmpdir(), 'fairlead-changes-'));
let stack: Stack;

const manifest = (servers: number, pool: number, region = 'eu-central-1'): string => `
apiVersion: fairlead.dev/v1
kind: Cluster
metadata: { name: web, labels: { team: ops }, annotations: { note: kept } }
spec:
  region: ${region}
  servers: { count: ${servers} }
  agentPools:
    - { name: pool, count: ${pool}, instanceTypes: [t3.medium], drain: { timeoutSeconds: 600 } }
`;

beforeAll(async () => {
  stack = await startStack({ dataDir: join(folder, '.fairlead'), scale: 200, seed: 5 });
  const made = await fairlead('apply -f - --wait', manifest(1, 2));
  expect(made.exit, made.stderr).toBe(0);
});
afterAll(async () => {
  await stack.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function fairlead(line: string, input = '') {
  const terminal = fakeTerminal({ cwd: folder, env: { USER: 'pat' }, stdin: input });
  const exit = await run(line.split(' '), { ...terminal, nowMs: Date.now }, connectNats);
  return { exit, stdout: terminal.stdout(), stderr: terminal.stderr() };
}

async function succeeds(line: string): Promise<string> {
  const { exit, stdout, stderr } = await fairlead(line);
  expect(exit, stderr).toBe(0);
  return stdout;
}

const books = z.object({
  clusters: z.array(
    z.object({
      members: z.array(z.object({ name: z.string(), role: z.string(), listed: z.boolean() })),
      ...{ voters: z.array(z.string()), learners: z.array(z.string()) },
      ...{ cordoned: z.array(z.string()), hasQuorum: z.boolean() },
      ...{ quorumLost: z.number(), learnersMax: z.number(), evictions: z.number() },
    }),
  ),
});

const simulator = (method: 'GET' | 'POST' | 'DELETE', path: string, body?: object) =>
  sidePath(stack.simulator.ready, method, path, { body });

async function k3s() {
  const [cluster] = books.parse(await simulator('GET', 'node/state')).clusters;
  if (cluster === undefined) throw new Error('no simulated cluster');
  return cluster;
}

const states = async (): Promise<string[]> =>
  (await groundTruth(stack.simulator.ready)).instances
    .map(({ state }) => state)
    .filter((state) => state !== 'terminated');
const listed = async (): Promise<string[]> =>
  (await k3s()).members
    .filter((member) => member.listed)
    .map(({ name }) => name)
    .sort();

interface Told {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}
const told = async (type: string): Promise<Told['data'][]> => {
  const text = await succeeds('history cluster web --limit 500 -o jsonl');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Told)
    .filter((event) => event.type.includes(`.${type}.`))
    .map(({ data }) => data);
};

it('scales agents up and down, drained first, and tells path, before and after of each change [G-14]', async () => {
  await succeeds('scale cluster web --pool pool --count 4 --wait --reason more');
  expect(await states()).toHaveLength(5);
  await succeeds('scale cluster web --pool pool --count 1 --wait');
  expect(await states()).toEqual(['running', 'running']);
  expect(await listed()).toEqual(['web-pool-0-1', 'web-server-0-1']);
  expect((await k3s()).evictions).toBeGreaterThan(0);
  expect(await told('operationStarted')).toMatchObject([
    { kind: 'scaleUp', changes: [{ path: 'spec.agentPools.pool.count', from: 2, to: 4 }] },
    { kind: 'scaleDown', changes: [{ path: 'spec.agentPools.pool.count', from: 4, to: 1 }] },
  ]);
  expect(await told('operationFinished')).toHaveLength(2);
});

it('keeps a node that cannot be drained, takes the change back and says why [G-13] [G-15]', async () => {
  await succeeds('scale cluster web --pool pool --count 2 --wait');
  const victim = 'web-pool-1-2';
  await simulator('POST', 'node/faults', { kind: 'stuckPods', node: victim, pods: ['shop/db-0'] });
  const failed = await fairlead('scale cluster web --pool pool --count 1 --wait');
  expect(failed.exit).not.toBe(0);
  expect(failed.stderr).toContain('scale-down');
  await simulator('DELETE', 'node/faults');
  await succeeds('wait cluster web --for condition=Ready --timeout 60s');
  expect(await listed()).toContain(victim);
  expect((await k3s()).cordoned).toEqual([]);
  const view = JSON.parse(await succeeds('get cluster web -o json')) as {
    spec: { agentPools: { count: number }[] };
    metadata: { labels: object; annotations: object };
  };
  expect(view.spec.agentPools[0]?.count).toBe(2);
  expect(view.metadata).toMatchObject({ labels: { team: 'ops' }, annotations: { note: 'kept' } });
  expect(await told('operationFailed')).toMatchObject([
    {
      ...{ kind: 'scaleDown', code: 'drain.timeout', rolledBack: true },
      changes: [{ path: 'spec.agentPools.pool.count', from: 1, to: 2 }],
    },
  ]);
});

it('scales servers one at a time in both directions without losing etcd [G-16]', async () => {
  // A manifest with other numbers is the same order as `scale`.
  const applied = await fairlead('apply -f - --wait', manifest(3, 2));
  expect(applied.exit, applied.stderr).toBe(0);
  expect((await k3s()).voters).toHaveLength(3);
  await succeeds('scale cluster web --pool server --count 1 --wait');
  const { voters, quorumLost, learnersMax } = await k3s();
  expect(voters).toEqual(['web-server-0-1']);
  expect(quorumLost).toBe(0);
  expect(learnersMax).toBeLessThanOrEqual(1);
});

it('restarts every node, stops and starts the cluster [G-29]', async () => {
  await succeeds('scale cluster web --pool server --count 3 --wait');
  await succeeds('restart cluster web --wait');
  expect((await k3s()).quorumLost).toBe(0);
  expect((await k3s()).cordoned).toEqual([]);
  await succeeds('stop cluster web --wait');
  expect(new Set(await states())).toEqual(new Set(['stopped']));
  expect((await succeeds('get cluster web')).toLowerCase()).toContain('stopped');
  await succeeds('start cluster web --wait');
  expect(new Set(await states())).toEqual(new Set(['running']));
  const { hasQuorum, voters } = await k3s();
  expect({ hasQuorum, voters: voters.length }).toEqual({ hasQuorum: true, voters: 3 });
});

it('shows Ready and Provisioning of the cluster and of every node, and how many it touches at once [V-23] [P-08]', async () => {
  const view = JSON.parse(await succeeds('get cluster web -o json')) as {
    status: {
      concurrency: number;
      conditions: { type: string; reason: string }[];
      nodes: { conditions: { type: string; status: string; reason: string }[] }[];
    };
  };
  expect(view.status.conditions).toContainEqual(
    expect.objectContaining({ type: 'Ready', status: 'True', reason: 'ClusterReady' }),
  );
  // The smaller of what the profile development allows (2) and what five nodes can spare (3).
  expect(view.status.concurrency).toBe(2);
  for (const { conditions } of view.status.nodes)
    expect(conditions).toContainEqual(
      expect.objectContaining({ type: 'Ready', status: 'True', reason: 'VMReady' }),
    );
});

it('refuses what would break etcd or means no pool, and says what to write', async () => {
  const even = await fairlead('scale cluster web --pool server --count 2');
  expect(even.stderr).toContain('use 1, 3, 5 or 7');
  const unknown = await fairlead('scale cluster web --pool wbe --count 2');
  expect(unknown.stderr).toContain('arguments.pool');
  const moved = await fairlead('apply -f -', manifest(3, 3, 'eu-west-1'));
  expect(moved.stderr).toContain('spec.region');
  expect((await fairlead('cancel cluster web')).stderr).toContain('nothing is under way');
});

it('deletes a stopped cluster and leaves nothing', async () => {
  await succeeds('stop cluster web --wait');
  await succeeds('delete cluster web --yes --wait');
  const truth = await groundTruth(stack.simulator.ready);
  expect(duplicateInstances(truth)).toBe(0);
  expect(leftovers(truth)).toEqual([]);
  expect(await states()).toEqual([]);
});
