/** A replication by csi-addons through the running service: its host asks two API servers, and a pretended controller answers. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { KubeRef } from '../../../actors/kube-port.ts';
import type { Side } from '../../../machines/replication-table.ts';
import { startKubeServer } from '../../servers/kube/api-server.ts';
import type { KubeServer } from '../../servers/kube/api-server.ts';
import { fairlead } from '../../servers/cli-process.ts';
import { stackWorld } from '../../servers/stack-world.ts';
import type { StackWorld } from '../../servers/stack-world.ts';
import { kubeconfig } from '../kube/ways.ts';
import { hostReadings } from './host-readings.ts';

interface Endpoint {
  readonly state: string;
  readonly phase: string;
  readonly writable: string;
}
interface Status {
  readonly state: string;
  readonly writer: string;
  readonly epoch: number;
  readonly health: string;
  readonly endpoints: Readonly<Record<Side, Endpoint>>;
  readonly points: readonly object[];
  readonly operation: object | null;
  readonly conditions: readonly { readonly type: string; readonly status: string }[];
}

const sides = ['home', 'away'] as const;
const token = 'test-token';
let folder: string;
let world: StackWorld;
let servers: Record<Side, KubeServer>;
const { valueOf, registry } = hostReadings(() => world);

const address = (name: string) => ({ namespace: 'test', kind: 'replication', name });
const view = (name: string) => world.client.query({ ...address(name), verb: 'get' });
const statusOf = async (name: string) => (await view(name))['status'] as Status;
const apply = (name: string) =>
  world.client.command(
    { ...address(name), verb: 'apply', arguments: { manifest: manifest(name) } },
    { timeoutMs: 10_000 },
  );

const manifest = (name: string) => ({
  ...{ apiVersion: 'fairlead.dev/v1', kind: 'Replication', metadata: address(name) },
  metadata: { namespace: 'test', name },
  spec: {
    endpoints: {
      home: { cluster: 'eu-a', region: 'eu-central-1', zone: 'eu-central-1a', storageClass: 'rbd' },
      away: { cluster: 'eu-b', region: 'eu-central-1', zone: 'eu-central-1b', storageClass: 'rbd' },
    },
    volumes: [
      {
        name: 'data',
        home: { pvc: `data-${name}`, namespace: 'prod' },
        away: { pvc: `data-${name}`, namespace: 'prod' },
      },
    ],
    schedule: { every: '5m', rpo: '15m' },
    backend: 'csi-addons',
    extensions: { 'csi-addons': { volumeReplicationClass: 'rbd-5m' } },
  },
});

/** Of the only replication that has resources here. */
let vr: KubeRef = { kind: 'VolumeReplication', namespace: 'prod', name: '' };
/** What the controller of each side does; by default what the spec says. */
const plays: Record<Side, 'obeys' | 'sleeps' | 'knows nothing'> = { home: 'obeys', away: 'obeys' };

function control(side: Side): void {
  const found = servers[side].find(vr);
  if (found === undefined || plays[side] === 'sleeps') return;
  const { replicationState } = found['spec'] as { replicationState: string };
  const isPrimary = replicationState === 'primary';
  const observedGeneration = found.metadata['generation'];
  const known = found['status'] as { state?: string; observedGeneration?: unknown } | undefined;
  const state = plays[side] === 'knows nothing' ? 'Unknown' : isPrimary ? 'Primary' : 'Secondary';
  if (known?.observedGeneration === observedGeneration && known?.state === state) return;
  const at = new Date().toISOString();
  const told = { observedGeneration, lastTransitionTime: at };
  servers[side].setStatus(vr, {
    ...{ state, observedGeneration },
    ...(isPrimary && { lastSyncTime: at }),
    conditions: [
      { ...told, type: 'Completed', status: 'True', reason: isPrimary ? 'Promoted' : 'Demoted' },
      { ...told, type: 'Degraded', status: 'False', reason: 'Healthy' },
      { ...told, type: 'Resyncing', status: 'False', reason: 'NotResyncing' },
    ],
  });
}

const until = (what: string, holds: (status: Status) => boolean): Promise<void> =>
  world.until(
    what,
    async () => {
      for (const side of sides) control(side);
      return holds(await statusOf('db-1'));
    },
    20_000,
  );

/** So many more looks of the host at a side's resource. */
function untilLookedAt(side: Side, times: number): Promise<void> {
  const looks = () =>
    servers[side].seen.filter(
      ({ method, path }) => method === 'GET' && path.includes('/volumereplications/'),
    ).length;
  const before = looks();
  return until('it was looked at again', () => looks() >= before + times);
}

beforeAll(async () => {
  const [home, away] = await Promise.all([startKubeServer({ token }), startKubeServer({ token })]);
  servers = { home, away };
  folder = await mkdtemp(join(tmpdir(), 'fairlead-kube-'));
  for (const side of sides) {
    await writeFile(join(folder, side), kubeconfig(servers[side].url, token));
    servers[side].seed({ kind: 'CSIAddonsNode', namespace: 'csi', name: 'node-1' });
    const claim = { kind: 'PersistentVolumeClaim', namespace: 'prod', name: 'data-db-1' } as const;
    servers[side].seed(claim, { spec: { volumeName: 'pv-1' } });
  }
  world = await stackWorld({
    ...{ scale: 100, seed: 42 },
    safety: {
      ...{ issueWindowMs: 1_500, attemptTimeoutMs: 100, clockSkewMs: 100 },
      ...{ ssmDeliveryMs: 100, proofGapMs: 100 },
    },
    kubernetes: {
      clusters: {
        'test/eu-a': { kubeconfigFile: join(folder, 'home') },
        'test/eu-b': { kubeconfigFile: join(folder, 'away') },
      },
    },
  });
  // What is loaded with the first call takes its time, and the time to begin a call is short here.
  await registry('backend', { now: true });
  const outcome = await apply('db-1');
  expect(outcome.ok, JSON.stringify(outcome)).toBe(true);
  const { uid } = (await view('db-1'))['metadata'] as { uid: string };
  vr = { ...vr, name: `fairlead-${uid.toLowerCase()}-data` };
}, 60_000);
afterAll(async () => {
  await world.close();
  await Promise.all(sides.map((side) => servers[side].stop()));
  await rm(folder, { recursive: true });
});

it('is declared on both clusters, and is what their controllers say: a source and a replica', async () => {
  await until('it has a point', ({ points }) => points.length > 0);
  const status = await statusOf('db-1');
  expect(status).toMatchObject({
    ...{ state: 'replica', writer: 'home' },
    endpoints: { home: { state: 'source' }, away: { state: 'replica', writable: 'no' } },
  });
  const wanted = sides.map((side) => servers[side].find(vr)?.['spec']);
  expect(wanted).toMatchObject([
    { replicationState: 'primary', autoResync: false },
    { replicationState: 'secondary', autoResync: false },
  ]);
});

it('fails over by plan, but not on answers of an older generation, nor on Unknown', async () => {
  plays.home = 'sleeps';
  const ordered = await fairlead(world.stack, ['failover', 'replication', 'db-1', '-n', 'test']);
  expect(ordered.exit, ordered.stderr).toBe(0);
  const isFencing = ({ endpoints }: Status) => endpoints.home.phase === 'demoting.selfFencing';
  await until('home is to be fenced', isFencing);
  await untilLookedAt('home', 5);
  expect((await statusOf('db-1')).endpoints.home.phase).toBe('demoting.selfFencing');
  plays.home = 'knows nothing';
  await untilLookedAt('home', 5);
  expect(await statusOf('db-1')).toMatchObject({
    endpoints: { home: { phase: 'demoting.selfFencing' }, away: { state: 'promoting' } },
  });
  expect(servers.away.find(vr)?.['spec']).toMatchObject({ replicationState: 'secondary' });
  plays.home = 'obeys';
  await until('away writes', ({ writer, operation }) => writer === 'away' && operation === null);
  expect(await statusOf('db-1')).toMatchObject({
    ...{ state: 'source', epoch: 2 },
    endpoints: { home: { state: 'replica', writable: 'no' }, away: { writable: 'yes' } },
  });
});

it('takes the first point of the new writer at once, and fails back by plan', async () => {
  await until('the new writer has a point', ({ points }) => points.length > 0);
  const ordered = await fairlead(world.stack, ['failback', 'replication', 'db-1', '-n', 'test']);
  expect(ordered.exit, ordered.stderr).toBe(0);
  await until('home writes', ({ writer, operation }) => writer === 'home' && operation === null);
  const wanted = sides.map((side) => servers[side].find(vr)?.['spec']);
  expect(wanted).toMatchObject([
    { replicationState: 'primary' },
    { replicationState: 'secondary' },
  ]);
  expect(await valueOf('fairlead_replication_single_writer_violation_total')).toBeUndefined();
});

it('get backends tells which cluster has what, as its API server says [U-61]', async () => {
  const asked = await fairlead(world.stack, ['get', 'backends', '-o', 'json']);
  expect(asked.exit, asked.stderr).toBe(0);
  const { items } = JSON.parse(asked.stdout) as { items: readonly { name: string }[] };
  const of = (name: string) => items.find((each) => each.name === name);
  expect(of('test/eu-a/csi-addons')).toMatchObject({
    ...{ status: 'available', fenceProof: 'weak', pause: false, groups: true },
    modes: ['synchronous', 'asynchronous'],
  });
  expect(of('test/eu-b/trident')).toMatchObject({ status: 'partial', why: /controller/ });
  expect(of('ebs')).toMatchObject({ fenceProof: 'strong', crossRegion: true, testFailover: true });
});

it('a cluster that does not answer is unknown, and what rests on it is never healthy', async () => {
  await servers.away.stop();
  expect((await apply('db-2')).ok).toBe(true);
  await world.until('the silence was noticed', async () => {
    const { lastFault } = (await statusOf('db-2')) as Status & { lastFault?: { code: string } };
    return lastFault !== undefined;
  });
  const status = await statusOf('db-2');
  expect(status.endpoints.away.writable).toBe('unknown');
  expect(status.health).not.toBe('healthy');
  expect(status.conditions.find(({ type }) => type === 'Ready')?.status).not.toBe('True');
  const items = await registry('backend', { now: true });
  const silent = items.find((each) => each.name === 'test/eu-b/csi-addons');
  expect(silent).toMatchObject({ status: 'unknown' });
});
