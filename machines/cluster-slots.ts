/** Which slots a cluster has, which it lacks and which are too many. Pure. */
import { serverPool } from './cluster-context.ts';
import type { ClusterContext, Counts, NodeEntry, SpecChange } from './cluster-context.ts';
import { agentSlot, serverSlot } from './ids.ts';
import type { Slot } from './ids.ts';
import type { NodePhase } from './node-context.ts';
import type { ClusterSpec } from './specs.ts';

type Nodes = Readonly<Record<Slot, NodeEntry>>;

const newEntry = (
  role: NodeEntry['role'],
  pool: string,
  ordinal: number,
  incarnation: number,
): NodeEntry => ({
  role,
  pool,
  ordinal,
  phase: 'waiting',
  incarnation,
  instanceId: '',
  privateIp: '',
  zone: '',
  instanceType: '',
  progress: 0,
  reason: '',
  sinceMs: 0,
  offer: 0,
  rounds: 0,
  awaitsCapacity: false,
  isExhausted: false,
  runs: 0,
  pending: '',
});

/** The wanted numbers, as a spec gives them. */
export const countsOf = (spec: ClusterSpec): Counts => ({
  servers: spec.servers.count,
  pools: Object.fromEntries(spec.agentPools.map(({ name, count }) => [name, count])),
  desiredState: spec.desiredState,
});

export const withCounts = (spec: ClusterSpec, counts: Counts): ClusterSpec => ({
  ...spec,
  desiredState: counts.desiredState,
  servers: { ...spec.servers, count: counts.servers },
  agentPools: spec.agentPools.map((pool) => ({
    ...pool,
    count: counts.pools[pool.name] ?? pool.count,
  })),
});

/** What differs, as paths of the spec. */
export function changesBetween(before: Counts, after: Counts): SpecChange[] {
  const pools = Object.keys({ ...before.pools, ...after.pools });
  const all = [
    { path: 'spec.servers.count', from: before.servers, to: after.servers },
    ...pools.map((pool) => ({
      path: `spec.agentPools.${pool}.count`,
      from: before.pools[pool] ?? 0,
      to: after.pools[pool] ?? 0,
    })),
    { path: 'spec.desiredState', from: before.desiredState, to: after.desiredState },
  ];
  return all.filter(({ from, to }) => from !== to);
}

const inPool = (nodes: Nodes, pool: string): [Slot, NodeEntry][] =>
  Object.entries(nodes).filter(([, entry]) => entry.pool === pool);

const poolsOf = (spec: ClusterSpec): { name: string; count: number }[] => [
  { name: serverPool, count: spec.servers.count },
  ...spec.agentPools,
];

/** How many nodes each pool has, whatever has become of them; what is half made is none yet. */
export const presentCounts = (spec: ClusterSpec, nodes: Nodes): Counts => {
  const countOf = (pool: string): number =>
    inPool(nodes, pool).filter(([, entry]) => !isUnmade(entry)).length;
  return {
    servers: countOf(serverPool),
    pools: Object.fromEntries(spec.agentPools.map(({ name }) => [name, countOf(name)])),
    desiredState: spec.desiredState,
  };
};

/** New entries for what the spec asks for beyond what is there: servers first, lowest free slots and ordinals first. */
export function missingNodes(
  { spec, nodes, retired }: ClusterContext,
  room = Infinity,
): Record<Slot, NodeEntry> {
  if (spec === null) return {};
  const added: Record<Slot, NodeEntry> = {};
  const taken = new Set(Object.keys(nodes));
  for (const { name, count } of poolsOf(spec)) {
    const present = inPool(nodes, name);
    const ordinals = new Set(present.map(([, { ordinal }]) => ordinal));
    for (let lacking = count - present.length; lacking > 0; lacking -= 1) {
      if (taken.size - Object.keys(nodes).length >= room) return added;
      const ordinal = lowestFree((each) => ordinals.has(each));
      ordinals.add(ordinal);
      const role = name === serverPool ? 'server' : 'agent';
      const slotOf = role === 'server' ? serverSlot : agentSlot;
      const slot = slotOf(lowestFree((each) => taken.has(slotOf(each))));
      taken.add(slot);
      added[slot] = newEntry(role, name, ordinal, (retired[slot] ?? 0) + 1);
    }
  }
  return added;
}

function lowestFree(isTaken: (index: number) => boolean): number {
  let index = 0;
  while (isTaken(index)) index += 1;
  return index;
}

const preJoin: ReadonlySet<NodePhase> = new Set<NodePhase>([
  ...([
    'waiting',
    'launching',
    'booting',
    'registering',
    'registered',
    'staging',
    'staged',
  ] as const),
]);
/** Nothing of it is known to etcd or Kubernetes: its machine is simply terminated. */
export const isUnmade = ({ phase, isUnjoined }: NodeEntry): boolean =>
  isUnjoined === true || preJoin.has(phase);

/** Those that serve least go first, then the youngest: ordinals rotate over zones, so a pool stays spread. */
const worthOf: Readonly<Record<string, number>> = { lost: 1, failed: 1, stopped: 3, ready: 4 };
/** What is half made goes before a node that was lost: nobody makes it on, so a stop would wait for it for ever. */
const worth = (entry: NodeEntry): number => (isUnmade(entry) ? 0 : (worthOf[entry.phase] ?? 2));

/** Slots beyond what the spec asks for, those to go first in front; servers after agents. */
export function surplusNodes({ spec, nodes }: ClusterContext): Slot[] {
  if (spec === null) return [];
  return poolsOf(spec)
    .flatMap(({ name, count }) =>
      inPool(nodes, name)
        .sort(([, left], [, right]) => worth(left) - worth(right) || right.ordinal - left.ordinal)
        .slice(0, Math.max(0, inPool(nodes, name).length - count)),
    )
    .sort(([, left], [, right]) => Number(left.role === 'server') - Number(right.role === 'server'))
    .map(([slot]) => slot);
}
