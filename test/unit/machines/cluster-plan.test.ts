/** How far a cluster's nodes have come, who may be asked, and who may go. */
import { describe, expect, it } from 'vitest';
import type { ClusterContext, NodeEntry } from '../../../machines/cluster-context.ts';
import {
  allNodesGone,
  allNodesReady,
  allServersReady,
  allServersRegistered,
  allServersStaged,
  entries,
  failedNode,
  firstServerReady,
  inFlight,
  isInitLost,
  mayRetryNode,
  nameOf,
  nextRemovals,
  nodeEvent,
  percentDone,
  readyServer,
  servers,
} from '../../../machines/cluster-plan.ts';
import { bounds } from '../../../machines/limits.ts';
import type { NodePhase } from '../../../machines/node-context.ts';

type Nodes = Readonly<Record<string, Partial<NodeEntry> | NodePhase>>;

/** Slots that begin with `s` are servers. */
const clusterOf = (nodes: Nodes, more: Partial<ClusterContext> = {}): ClusterContext => {
  const all = Object.entries(nodes).map(([slot, given]) => {
    const own = typeof given === 'string' ? { phase: given } : given;
    const role = slot.startsWith('s') ? 'server' : 'agent';
    const entry = { role, pool: role, ordinal: 0, incarnation: 1, phase: 'ready', pending: '' };
    return [slot, { ...entry, ...own }];
  });
  return {
    ...{ name: 'eu', nodes: Object.fromEntries(all) as ClusterContext['nodes'] },
    ...{ initGrant: 's0', initIncarnation: 1, access: null, plan: null },
    ...more,
  } as ClusterContext;
};
const access = {} as ClusterContext['access'];

/** The phases on the way to ready, in this order. */
const way: readonly NodePhase[] = [
  ...(['waiting', 'launching', 'booting', 'registering', 'registered', 'staging'] as const),
  ...(['staged', 'joining', 'ready'] as const),
];
/** Those that no longer go that way, by how far they are from it. */
const back: readonly NodePhase[] = ['gone', 'lost', 'failed', 'terminating', 'leaving', 'left'];

describe('every server', () => {
  it.each([
    ['registered', allServersRegistered],
    ['staged', allServersStaged],
    ['ready', allServersReady],
  ] as const)('has come as far as %s, and no agent counts', (aim, has) => {
    for (const phase of [...way, ...back, 'deregistering' as const]) {
      const is = way.indexOf(phase) >= way.indexOf(aim);
      expect([phase, has(clusterOf({ s0: 'ready', s1: phase, a0: 'gone' }))]).toEqual([phase, is]);
    }
    for (const phase of ['draining', 'drained', 'undrained', 'uncordoning', 'rebooted'] as const)
      expect(has(clusterOf({ s0: phase }))).toBe(true);
    for (const phase of ['rebooting', 'stopping', 'stopped', 'starting', 'checking'] as const)
      expect([phase, has(clusterOf({ s0: phase }))]).toEqual([phase, aim !== 'ready']);
  });
});

it('counts nodes as they are', () => {
  const cluster = clusterOf({ s0: 'ready', a0: 'ready', a1: 'booting' });
  expect(entries(cluster).map(([slot]) => slot)).toEqual(['s0', 'a0', 'a1']);
  expect(servers(cluster).map(([slot]) => slot)).toEqual(['s0']);
  expect([allNodesReady(cluster), allNodesReady(clusterOf({ s0: 'ready' }))]).toEqual([
    false,
    true,
  ]);
  expect([allNodesGone(cluster), allNodesGone(clusterOf({ s0: 'gone' }))]).toEqual([false, true]);
  expect(allNodesGone(clusterOf({ s0: 'gone', a0: 'ready' }))).toBe(false);
  expect([inFlight(cluster, 'booting'), inFlight(cluster, 'ready')]).toEqual([1, 2]);
});

describe('the first server', () => {
  it('is there once it is ready', () => {
    expect(firstServerReady(clusterOf({ s0: 'ready' }))).toBe(true);
    expect(firstServerReady(clusterOf({ s0: 'joining', s1: 'ready' }))).toBe(false);
    expect(firstServerReady(clusterOf({ s0: 'ready' }, { initGrant: null }))).toBe(false);
    expect(firstServerReady(clusterOf({}, {}))).toBe(false);
  });

  it('is lost for good with its machine, until somebody else has its database', () => {
    const again = clusterOf({ a0: 'ready', s0: { incarnation: 2 }, s1: 'ready' });
    expect(isInitLost(again)).toBe(true);
    expect(failedNode(again)?.[0]).toBe('s0');
    expect(isInitLost({ ...again, access })).toBe(false);
    expect(isInitLost({ ...again, initGrant: null })).toBe(false);
    expect(isInitLost(clusterOf({ s0: 'ready' }))).toBe(false);
    expect(isInitLost(clusterOf({ s1: { incarnation: 2 } }))).toBe(false);
  });
});

describe('a node that failed', () => {
  it.each<[string, Partial<NodeEntry>, boolean]>([
    ['failed', { phase: 'failed' }, true],
    ['lost', { phase: 'lost' }, true],
    ['tried again', { phase: 'failed', pending: 'retry' }, false],
    ['refused by every offer', { phase: 'waiting', isExhausted: true }, true],
    ['ready', { phase: 'ready' }, false],
  ])('is one that is %s', (_what, entry, is) => {
    const found = failedNode(clusterOf({ s0: 'ready', a0: entry }));
    expect(found?.[0]).toBe(is ? 'a0' : undefined);
  });

  it('goes on where it stopped; of the lost, agents get another machine', () => {
    const may = (role: NodeEntry['role'], phase: NodePhase) =>
      mayRetryNode({ role, phase } as NodeEntry);
    expect([may('server', 'failed'), may('agent', 'failed')]).toEqual([true, true]);
    expect([may('server', 'lost'), may('agent', 'lost')]).toEqual([false, true]);
    expect([may('server', 'ready'), may('agent', 'ready')]).toEqual([false, false]);
  });
});

it('a server that is ready is asked, not the one in question, and no agent', () => {
  const cluster = clusterOf({ a0: 'ready', s0: 'joining', s1: 'ready', s2: 'ready' });
  expect(readyServer(cluster)?.[0]).toBe('s1');
  expect(readyServer(cluster, 's1')?.[0]).toBe('s2');
  expect(readyServer(clusterOf({ a0: 'ready', s0: 'joining' }))).toBeUndefined();
});

describe('progress', () => {
  const plan = {} as ClusterContext['plan'];
  it('is none before the plan, a little with it, all with access, and never all before', () => {
    expect(percentDone(clusterOf({}))).toBe(0);
    expect(percentDone(clusterOf({}, { plan }))).toBe(5);
    expect(percentDone(clusterOf({ s0: 'ready', a0: 'ready' }, { plan }))).toBe(98);
    expect(percentDone(clusterOf({ s0: 'waiting' }, { plan, access }))).toBe(100);
  });

  it('grows with every phase, and what fell back counts as nothing', () => {
    const percents = way.map((phase) => percentDone(clusterOf({ s0: phase }, { plan })));
    expect(percents).toEqual([5, 17, 28, 40, 52, 63, 75, 86, 98]);
    for (const phase of back)
      expect(percentDone(clusterOf({ s0: phase, s1: 'ready' }, { plan }))).toBe(52);
  });
});

it('so many go at a time, and none is told twice', () => {
  const many = bounds.removalsInFlightMax + 5;
  const nodes: Nodes = Object.fromEntries(
    Array.from({ length: many }, (_, at) => [`a${at}`, 'ready']),
  );
  const first = nextRemovals(clusterOf({ gone: 'gone', ...nodes }));
  expect(first).toEqual(Object.keys(nodes).slice(0, bounds.removalsInFlightMax));
  const told = (slots: readonly string[]): Nodes =>
    Object.fromEntries(slots.map((slot) => [slot, { pending: 'remove' }]));
  expect(nextRemovals(clusterOf({ ...nodes, ...told(first) }))).toEqual([]);
  const [left = '', ...others] = first;
  const next = clusterOf({ ...nodes, ...told(others), [left]: 'gone' });
  expect(nextRemovals(next)).toEqual([`a${bounds.removalsInFlightMax}`]);
});

it('publishes a node under its name, with where it is and how far', () => {
  const entry = { pool: 'web', ordinal: 3, incarnation: 2, zone: 'z', reason: 'r' };
  const cluster = clusterOf({
    a4: { ...entry, instanceId: 'i-1', progress: 40, phase: 'staging' },
  });
  const [[slot, node] = ['', {} as NodeEntry]] = entries(cluster);
  expect(nameOf(cluster, node)).toBe('eu-web-3-2');
  expect(nodeEvent(cluster, slot, node)).toEqual({
    ...{ slot: 'a4', name: 'eu-web-3-2', role: 'agent', state: 'staging', progress: 40 },
    ...{ instanceId: 'i-1', zone: 'z', reason: 'r' },
  });
});
