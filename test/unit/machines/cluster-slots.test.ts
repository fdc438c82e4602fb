/** Which nodes a cluster makes and which it lets go, by its numbers alone. */
import { describe, expect, it } from 'vitest';
import type { ClusterContext, NodeEntry } from '../../../machines/cluster-context.ts';
import {
  changesBetween,
  countsOf,
  isUnmade,
  missingNodes,
  presentCounts,
  surplusNodes,
  withCounts,
} from '../../../machines/cluster-slots.ts';
import type { NodePhase } from '../../../machines/node-context.ts';
import { manifest } from './cloud-double.ts';

type Nodes = ClusterContext['nodes'];

const specOf = (servers: number, pools: Readonly<Record<string, number>>) => {
  const instanceTypes = ['m6g.large'];
  const agentPools = Object.entries(pools).map(([name, count]) => ({ name, count, instanceTypes }));
  return manifest(servers, 0, { agentPools }).spec;
};

/** Entries as `s0: server 0 ready`. */
const nodesOf = (text: Readonly<Record<string, string>>): Nodes =>
  Object.fromEntries(
    Object.entries(text).map(([slot, line]) => {
      const [pool = '', ordinal, phase] = line.split(' ');
      const role = pool === 'server' ? 'server' : 'agent';
      return [slot, { pool, role, ordinal: Number(ordinal), phase } as NodeEntry];
    }),
  );
const clusterOf = (
  spec: ClusterContext['spec'],
  nodes: Readonly<Record<string, string>>,
  retired: ClusterContext['retired'] = {},
) => ({ spec, nodes: nodesOf(nodes), retired }) as ClusterContext;

const shown = (added: Nodes): Record<string, string> =>
  Object.fromEntries(
    Object.entries(added).map(([slot, { pool, role, ordinal, phase, incarnation }]) => [
      slot,
      `${pool} ${role} ${ordinal} ${phase} ${incarnation}`,
    ]),
  );

describe('numbers', () => {
  const spec = specOf(3, { web: 2, db: 1 });
  it('are those of the spec, and go back into it', () => {
    const counts = countsOf(spec);
    expect(counts).toEqual({ servers: 3, pools: { web: 2, db: 1 }, desiredState: 'running' });
    expect(withCounts(spec, counts)).toEqual(spec);
    const other = withCounts(spec, { servers: 5, pools: { web: 7 }, desiredState: 'stopped' });
    expect(countsOf(other)).toEqual({
      ...{ servers: 5, pools: { web: 7, db: 1 }, desiredState: 'stopped' },
    });
    expect(other.agentPools[0]).toEqual({ ...spec.agentPools[0], count: 7 });
  });

  it('are compared path by path; a pool that is not there counts as none', () => {
    const before = { servers: 3, pools: { web: 2, db: 1 }, desiredState: 'running' } as const;
    expect(changesBetween(before, before)).toEqual([]);
    expect(
      changesBetween(before, { servers: 5, pools: { web: 2, ai: 4 }, desiredState: 'stopped' }),
    ).toEqual([
      { path: 'spec.servers.count', from: 3, to: 5 },
      { path: 'spec.agentPools.db.count', from: 1, to: 0 },
      { path: 'spec.agentPools.ai.count', from: 0, to: 4 },
      { path: 'spec.desiredState', from: 'running', to: 'stopped' },
    ]);
  });

  it('that are there leave out what is half made, whatever became of the rest', () => {
    const nodes = nodesOf({
      ...{ s0: 'server 0 ready', s1: 'server 1 lost', s2: 'server 2 booting' },
      ...{ a0: 'web 0 ready', a1: 'web 1 failed', a2: 'web 2 staged', a3: 'old 0 ready' },
    });
    const unjoined = { ...nodes['a1'], isUnjoined: true } as NodeEntry;
    expect(presentCounts(spec, { ...nodes, a4: unjoined })).toEqual({
      ...{ servers: 2, pools: { web: 2, db: 0 }, desiredState: 'running' },
    });
  });
});

it.each<[NodePhase, boolean]>([
  ...(
    ['waiting', 'launching', 'booting', 'registering', 'registered', 'staging', 'staged'] as const
  ).map((phase): [NodePhase, boolean] => [phase, true]),
  ...(['joining', 'ready', 'draining', 'failed', 'lost', 'stopped', 'gone'] as const).map(
    (phase): [NodePhase, boolean] => [phase, false],
  ),
])('a node that is %s is half made: %s', (phase, is) => {
  expect(isUnmade({ phase } as NodeEntry)).toBe(is);
  expect(isUnmade({ phase, isUnjoined: true } as NodeEntry)).toBe(true);
});

describe('what is missing', () => {
  it('is made servers first, in the lowest free slots and ordinals', () => {
    const nodes = { s1: 'server 1 ready', a0: 'db 0 ready', a2: 'web 1 ready' };
    expect(shown(missingNodes(clusterOf(specOf(3, { web: 3, db: 1 }), nodes)))).toEqual({
      ...{ s0: 'server server 0 waiting 1', s2: 'server server 2 waiting 1' },
      ...{ a1: 'web agent 0 waiting 1', a3: 'web agent 2 waiting 1' },
    });
  });

  it('takes no name that a machine has had', () => {
    const cluster = clusterOf(specOf(1, { web: 1 }), {}, { s0: 2, a0: 5 });
    expect(shown(missingNodes(cluster))).toEqual({
      ...{ s0: 'server server 0 waiting 3', a0: 'web agent 0 waiting 6' },
    });
  });

  it('begins with nothing known', () => {
    const { s0 } = missingNodes(clusterOf(specOf(1, {}), {}));
    expect(s0).toEqual({
      ...{ role: 'server', pool: 'server', ordinal: 0, phase: 'waiting', incarnation: 1 },
      ...{ instanceId: '', privateIp: '', zone: '', instanceType: '', progress: 0, reason: '' },
      ...{ sinceMs: 0, offer: 0, rounds: 0, awaitsCapacity: false, isExhausted: false },
      ...{ runs: 0, pending: '' },
    });
  });

  it('waits where there is no room for more, and is nothing where all is there, or nothing wanted', () => {
    const spec = specOf(3, { web: 2 });
    expect(Object.keys(missingNodes(clusterOf(spec, {}), 4))).toEqual(['s0', 's1', 's2', 'a0']);
    expect(missingNodes(clusterOf(spec, {}), 0)).toEqual({});
    const two = { s0: 'server 0 ready', s1: 'server 1 ready' };
    expect(Object.keys(missingNodes(clusterOf(spec, two), 1))).toEqual(['s2']);
    expect(missingNodes(clusterOf(null, {}))).toEqual({});
    const more = { s0: 'server 0 ready', s1: 'server 1 gone' };
    expect(missingNodes(clusterOf(specOf(1, {}), more))).toEqual({});
  });
});

describe('what is too much', () => {
  const surplus = (servers: number, web: number, nodes: Readonly<Record<string, string>>) =>
    surplusNodes(clusterOf(specOf(servers, { web }), nodes));

  it('goes by what it is worth, then the youngest first', () => {
    const nodes = {
      ...{ a0: 'web 0 ready', a1: 'web 1 stopped', a2: 'web 2 draining', a3: 'web 3 lost' },
      ...{ a4: 'web 4 failed', a5: 'web 5 booting', a6: 'web 6 ready', a7: 'web 7 staged' },
    };
    expect(surplus(1, 0, nodes)).toEqual(['a7', 'a5', 'a4', 'a3', 'a2', 'a1', 'a6', 'a0']);
    expect(surplus(1, 5, nodes)).toEqual(['a7', 'a5', 'a4']);
    expect(surplus(1, 8, nodes)).toEqual([]);
  });

  it('is agents before servers', () => {
    const nodes = {
      ...{ s0: 'server 0 ready', s1: 'server 1 ready', s2: 'server 2 booting' },
      ...{ a0: 'web 0 ready', a1: 'web 1 ready' },
    };
    expect(surplus(1, 1, nodes)).toEqual(['a1', 's2', 's1']);
  });

  it('is nothing where less is there than wanted, or nothing is wanted', () => {
    expect(surplus(3, 1, { s0: 'server 0 ready' })).toEqual([]);
    expect(surplusNodes(clusterOf(null, { s0: 'server 0 ready' }))).toEqual([]);
  });
});
