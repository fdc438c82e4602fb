/** The resources of a run as queries show them: what is made first, waited for, and taken away at the end. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FairleadClient } from '../../../src/nats/client.ts';
import { ClientProblem } from '../../../src/nats/client.ts';
import { dataVolume } from '../../../src/stack/data-volume.ts';
import { replicatedDevice, replicationManifest } from '../../../src/stack/demo-replication.ts';
import type { ReplicatedPlace } from '../../../src/stack/demo-replication.ts';
import type { SimulatorDoor } from '../../../src/stack/side-path.ts';
import { clusterKey, namespace, replicationKey, replicationName, sides } from './orders.ts';
import type { Order } from './sender.ts';

export interface ClusterRow {
  readonly name: string;
  readonly uid: string;
  readonly state: string;
  readonly isPaused: boolean;
  /** Machines by its manifest. */
  readonly wanted: number;
  readonly error: string;
}

interface View {
  readonly metadata: { readonly name: string; readonly uid: string };
  readonly spec?: {
    readonly servers?: { readonly count?: number };
    readonly agentPools?: readonly { readonly count?: number }[];
  };
  readonly status: {
    readonly state: string;
    readonly paused?: boolean;
    readonly lastError?: { readonly message?: string } | null;
    readonly nodes?: readonly { readonly instanceId?: string; readonly zone?: string }[];
  };
}

const QUERY_MS = 3_000;
const LOOK_MS = 200;
/** Nothing goes on by itself, or only after a long wait. */
const atRest = /^(running\.steady|stopped|failed|pending\.blocked|deleting\.stuck)/;

export const isAtRest = ({ state, isPaused }: ClusterRow): boolean =>
  atRest.test(state) && !isPaused;

export async function clustersOf(client: FairleadClient): Promise<ClusterRow[]> {
  const query = { namespace, kind: 'cluster', name: '_', verb: 'list', arguments: {} };
  const { items } = await client.query(query, { timeoutMs: QUERY_MS });
  return (items as readonly View[]).map(rowOf);
}

const rowOf = ({ metadata, spec, status }: View): ClusterRow => ({
  ...{ name: metadata.name, uid: metadata.uid, state: status.state },
  isPaused: status.paused === true,
  wanted: [spec?.servers, ...(spec?.agentPools ?? [])].reduce(
    (sum, each) => sum + (each?.count ?? 0),
    0,
  ),
  error: status.lastError?.message ?? '',
});

export interface ReplicationRow {
  readonly sides: readonly ReplicationSide[];
  readonly isPaused: boolean;
  /** An order is under way. */
  readonly isMoving: boolean;
}

export interface ReplicationSide {
  readonly name: (typeof sides)[number];
  readonly phase: string;
  /** Writer generation in which it last wrote. */
  readonly epoch: number;
}

interface ReplicationStatus {
  readonly endpoints: Readonly<Record<string, { readonly phase: string; readonly epoch: number }>>;
  readonly paused: boolean;
  readonly operation: object | null;
}

/** Undefined when there is none (any more). */
export async function replicationRow(client: FairleadClient): Promise<ReplicationRow | undefined> {
  try {
    const view = await client.query({ ...replicationKey, verb: 'get' }, { timeoutMs: QUERY_MS });
    const { endpoints, paused, operation } = view['status'] as ReplicationStatus;
    return {
      sides: sides.map((name) => ({ phase: '?', epoch: 0, ...endpoints[name], name })),
      ...{ isPaused: paused, isMoving: operation !== null },
    };
  } catch (error) {
    const status = error instanceof ClientProblem ? error.problem.status : 0;
    if (status === 404 || status === 410) return undefined;
    throw error;
  }
}

/** For people. */
export const replicationText = (row: ReplicationRow | undefined): string =>
  row?.sides.map(({ name, phase }) => `${name} ${phase}`).join(', ') ?? 'gone';

/** Looks again until it holds; a look that fails is one that does not. False when time is up. */
export async function until(look: () => Promise<boolean>, boundMs: number): Promise<boolean> {
  const endMs = performance.now() + boundMs;
  while (performance.now() < endMs) {
    if (await look().catch(() => false)) return true;
    await sleep(LOOK_MS);
  }
  return false;
}

/** A disk on the first side, written to from now on, and the order to keep it on the other side too. */
export async function replicationOf(
  client: FairleadClient,
  simulator: SimulatorDoor,
): Promise<{ readonly order: Order; readonly volumeId: string }> {
  const [home, away] = await Promise.all(sides.map((name) => placeOf(client, name)));
  if (home === undefined || away === undefined) throw new Error('the sides have no machines');
  const volumeId = await dataVolume(simulator, { ...home, device: replicatedDevice });
  const manifest = replicationManifest({ namespace, name: replicationName }, home, away, volumeId);
  return { order: { ...replicationKey, verb: 'apply', payload: { manifest } }, volumeId };
}

async function placeOf(client: FairleadClient, name: string): Promise<ReplicatedPlace> {
  const view = await client.query({ ...clusterKey(name), verb: 'get' }, { timeoutMs: QUERY_MS });
  const node = (view as unknown as View).status.nodes?.[0];
  if (node?.zone === undefined || node.instanceId === undefined)
    throw new Error(`${name} has no machine`);
  const { zone, instanceId } = node;
  return { cluster: name, region: zone.slice(0, -1), zone, instanceId };
}
