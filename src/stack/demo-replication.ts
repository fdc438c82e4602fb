/** The second half of the demo: a disk of one cluster is replicated to another, handed over by plan, and torn back by force. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { ClusterView } from '../cli/view.ts';
import { dataVolume } from './data-volume.ts';
import type { FleetCli } from './fleet-cli.ts';
import type { Stack } from './stack.ts';
import { watchWriters } from './writers.ts';

export interface ReplicationVerdict {
  readonly replications: number;
  readonly failovers: number;
  /** Of the host, between two writers. */
  readonly kills: number;
  readonly twoWriters: number;
  readonly lostCommittedPoints: number;
}

export const noReplication: ReplicationVerdict = {
  ...{ replications: 0, failovers: 0, kills: 0, twoWriters: 0, lostCommittedPoints: 0 },
};

interface Told {
  readonly stack: Stack;
  readonly cli: FleetCli;
  readonly say: (text: string) => void;
  /** Runs a command that has to end well. */
  readonly must: (what: string, words: readonly string[]) => Promise<void>;
  readonly fail: (text: string) => void;
}

const NAME = 'orders';
/** Of the disk in the manifest of `replicationManifest`. */
export const replicatedDevice = '/dev/sdf';
const WAIT = ['--timeout', '120s'];
/** What is written meanwhile is what a forced promotion loses. */
const UNCOPIED_MS = 2_000;

const told = z.object({
  status: z.object({
    loss: z.object({ seconds: z.number() }).nullish(),
    endpoints: z.object({ away: z.object({ phase: z.string() }) }),
  }),
});
const PHASE_DEADLINE_MS = 60_000;
const POLL_MS = 50;

async function untilPhase(cli: FleetCli, wanted: RegExp): Promise<void> {
  const deadlineMs = performance.now() + PHASE_DEADLINE_MS;
  for (;;) {
    const { status } = told.parse(await cli.resource('replication', NAME));
    const { phase } = status.endpoints.away;
    if (wanted.test(phase)) return;
    if (performance.now() > deadlineMs) throw new Error(`the recovery side is still ${phase}`);
    await sleep(POLL_MS);
  }
}

/** @throws Error when the clusters have no node to attach the disk to */
export async function tellReplication(
  { stack, cli, say, must, fail }: Told,
  clusters: readonly ClusterView[],
): Promise<ReplicationVerdict> {
  const [from, to] = ['web', 'dev'].map((name) => placeIn(clusters, name));
  if (from === undefined || to === undefined) throw new Error('the clusters have no nodes');
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-demo-'));
  const file = join(folder, 'replication.json');
  const volumeId = await dataVolume(stack.simulator.ready, { ...from, device: replicatedDevice });
  say(`a disk, ${volumeId}, is written to on ${from.node} of cluster ${from.cluster}`);
  const watch = watchWriters(stack.simulator.ready, volumeId);
  const target = ['replication', NAME];
  const lossSeconds = async (): Promise<number> =>
    told.parse(await cli.resource('replication', NAME)).status.loss?.seconds ?? -1;
  try {
    await writeFile(file, JSON.stringify(replicationManifest({ name: NAME }, from, to, volumeId)));
    await must('a replication is accepted', ['apply', '-f', file]);
    const isProtected = ['wait', ...target, '--for', 'condition=Protected', ...WAIT];
    await must('it is protected', isProtected);
    await must('a planned failover', ['failover', ...target]);
    await untilPhase(cli, /^promoting\.(quietWindow|choosingPoint|materializing|arming)$/);
    say(`it is between two writers: SIGKILL to the host (pid ${stack.host.pid ?? 0})`);
    await stack.host.kill('SIGKILL');
    await stack.host.start();
    await must('it ends all the same', ['wait', ...target, '--for', 'writer=away', ...WAIT]);
    const planned = await lossSeconds();
    say(`handed over by plan: ${planned} s lost`);
    if (planned !== 0) fail(`a planned failover lost ${planned} s`);
    await must('it is protected again', isProtected);
    await sleep(UNCOPIED_MS);
    const back = ['promote', ...target, '--endpoint', 'home', '--forced', '--yes', '--wait'];
    await must('a forced failover', [...back, ...WAIT]);
    const forced = await lossSeconds();
    say(`torn back by force: at most ${forced} s lost, and it says so`);
    if (!(forced > 0)) fail('a forced failover did not tell what it lost');
    const lostCommittedPoints = await watch.lostPoints();
    if (lostCommittedPoints > 0) fail(`${lostCommittedPoints} committed points are lost`);
    if (watch.twoWriters() > 0)
      fail(`two volumes could be written to, ${watch.twoWriters()} times`);
    if (watch.looks() === 0) fail('nobody has looked at who writes');
    const [missed] = watch.missed();
    if (missed !== undefined)
      fail(`${watch.missed().length} looks at who writes failed: ${missed}`);
    say(`one writer at a time, in ${watch.looks()} looks at the simulator's books`);
    await must('it is deleted', ['delete', ...target, '--yes', '--wait', ...WAIT]);
    const changes = { replications: 1, failovers: 2, kills: 1 };
    return { ...changes, twoWriters: watch.twoWriters(), lostCommittedPoints };
  } finally {
    watch.stop();
    await rm(folder, { recursive: true });
  }
}

/** A machine whose disk is followed, or follows. */
export interface ReplicatedPlace {
  readonly cluster: string;
  readonly region: string;
  readonly zone: string;
  readonly instanceId: string;
}

interface Place extends ReplicatedPlace {
  readonly node: string;
}

/** The last node: agents come after servers. */
function placeIn(clusters: readonly ClusterView[], name: string): Place | undefined {
  const cluster = clusters.find(({ metadata }) => metadata.name === name);
  const node = cluster?.status?.nodes?.at(-1);
  if (cluster === undefined || node?.zone === undefined || node.instanceId === undefined)
    return undefined;
  const { zone, instanceId } = node;
  return { cluster: name, region: zone.slice(0, -1), zone, node: node.name, instanceId };
}

/** One volume of the home side, followed by the away side every minute. */
export const replicationManifest = (
  metadata: { readonly namespace?: string; readonly name: string },
  home: ReplicatedPlace,
  away: ReplicatedPlace,
  volumeId: string,
) => ({
  apiVersion: 'fairlead.dev/v1',
  kind: 'Replication',
  metadata,
  spec: {
    endpoints: { home: endpointOf(home), away: endpointOf(away) },
    volumes: [
      {
        name: 'data',
        home: { volumeId, instanceId: home.instanceId, device: replicatedDevice },
        away: { instanceId: away.instanceId, device: replicatedDevice },
      },
    ],
    schedule: { every: '1m', rpo: '5m' },
  },
});

const endpointOf = ({ cluster, region, zone }: ReplicatedPlace) => ({ cluster, region, zone });
