/** Faults of earlier tools, and parts of the frame that no back end's own test reaches. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { KubeKind, KubeObject } from '../../../actors/kube-port.ts';
import type { ReplicationFacts } from '../../../machines/replication-effects.ts';
import { packageRoot } from '../../../src/package-root.ts';
import { createCsiAddons } from '../../../src/volumes/csi-addons/backend.ts';
import { marks } from '../../../src/volumes/kube/write.ts';
import type { Cluster } from './clusters.ts';
import { attempt, twoClusters } from './clusters.ts';

const crds = ['volumereplications', 'volumereplicationclasses'].map(
  (name) => `${name}.replication.storage.openshift.io`,
);
const sides = ['home', 'away'] as const;
const syncedAt = '2023-11-14T22:14:00Z';

/** @param lastSync  of each object by its name; none where it says nothing */
function obey(cluster: Cluster, kind: KubeKind, lastSync: (name: string) => string | undefined) {
  cluster.control(kind, ({ metadata, spec }: KubeObject) => {
    const isPrimary = spec?.['replicationState'] === 'primary';
    const told = {
      observedGeneration: metadata.generation,
      lastTransitionTime: '2023-11-14T22:13:00Z',
    };
    const lastSyncTime = isPrimary ? lastSync(metadata.name) : undefined;
    return {
      state: isPrimary ? 'Primary' : 'Secondary',
      ...(lastSyncTime !== undefined && { lastSyncTime }),
      conditions: [
        { ...told, type: 'Completed', status: 'True', reason: isPrimary ? 'Promoted' : 'Demoted' },
        { ...told, type: 'Degraded', status: 'False', reason: 'Healthy' },
        { ...told, type: 'Resyncing', status: 'False', reason: 'NotResyncing' },
      ],
    };
  });
}

/** Two volumes, data and log. */
async function established(kind: KubeKind, extension: object = {}) {
  const whole = twoClusters('csi-addons', {
    'csi-addons': { volumeReplicationClass: 'rbd-5m', ...extension },
  });
  const { clusters, tools, act, run } = whole;
  for (const side of sides) {
    clusters[side].serve(...crds);
    for (const claim of ['data-db', 'log-db']) clusters[side].claim(claim, false);
  }
  const facts = (more: Partial<ReplicationFacts> = {}): ReplicationFacts => {
    const { spec, ...rest } = whole.facts(more);
    const log = { pvc: 'log-db', namespace: 'prod' };
    return {
      ...rest,
      spec: { ...spec, volumes: [...spec.volumes, { name: 'log', home: log, away: log }] },
    };
  };
  const synced = { log: true };
  const controllers = () => {
    for (const side of sides)
      obey(clusters[side], kind, (name) =>
        name.endsWith('-log') && !synced.log ? undefined : syncedAt,
      );
  };
  const { effects, ...backend } = createCsiAddons(tools);
  for (const side of ['away', 'home'] as const) {
    const input = act(side, 1, 'establish');
    await run(effects['replication.establish'](facts(), input, attempt), controllers);
  }
  return { ...whole, ...clusters, facts, effects, backend, controllers, synced };
}

const notesOf = (cluster: Cluster, kind: KubeKind) =>
  cluster.all(kind).map(({ metadata, spec }) => ({
    role: spec?.['replicationState'],
    epoch: metadata.annotations?.[marks.epoch],
    endpoint: metadata.annotations?.['fairlead.dev/endpoint'],
  }));

describe('a group of claims', () => {
  const kind = 'VolumeGroupReplication';
  const group = { groupReplicationClass: 'group-5m' };

  it('is one resource on each side that finds its claims by a label', async () => {
    const { home, away } = await established(kind, group);
    for (const each of [home, away]) {
      expect(each.all('VolumeReplication')).toEqual([]);
      expect(each.all(kind)[0]?.spec).toMatchObject({
        volumeGroupReplicationClassName: 'group-5m',
        source: { selector: { matchLabels: { 'fairlead.dev/replication': 'db-1' } } },
      });
      const labels = each.all('PersistentVolumeClaim').map(({ metadata }) => metadata.labels);
      expect(labels).toEqual(Array(2).fill({ 'fairlead.dev/replication': 'db-1' }));
    }
  });

  it('is ordered with its epoch and its side on every resource (csm #308)', async () => {
    const { effects, facts, act, run, home, away, controllers } = await established(kind, group);
    expect(notesOf(home, kind)).toEqual([{ role: 'primary', epoch: '1', endpoint: 'home' }]);
    const claimed = facts({ epoch: 2 });
    await run(effects['replication.claim'](claimed, act('away', 2, 'claim'), attempt), controllers);
    const fence = { ...act('home', 2, 'fence'), olderThanEpoch: 2 };
    await run(effects['replication.fence'](claimed, fence, attempt), controllers);
    const arm = { ...act('away', 2, 'arm'), seq: 1 };
    await run(effects['replication.arm'](claimed, arm, attempt), controllers);
    expect(notesOf(home, kind)).toEqual([{ role: 'secondary', epoch: '2', endpoint: 'home' }]);
    expect(notesOf(away, kind)).toEqual([{ role: 'primary', epoch: '2', endpoint: 'away' }]);
  });
});

describe('a set of volumes', () => {
  const kind = 'VolumeReplication';

  it('has no point while one of its volumes never synced (ocs-ci #13791)', async () => {
    const { effects, facts, act, run, controllers, synced } = await established(kind);
    const tick = () => {
      const input = { ...act('home', 1, 'snapshot'), seq: 2 };
      return run(effects['replication.snapshot'](facts(), input, attempt), controllers);
    };
    synced.log = false;
    controllers();
    expect((await tick()).isDone).toBe(false);
    synced.log = true;
    expect(await tick()).toMatchObject({ isDone: true, pitMs: Date.parse(syncedAt) });
  });

  it('is not gone while a finalizer holds one of its resources, and is once it lets go (vr-operator #91)', async () => {
    const { effects, facts, act, run, home, away } = await established(kind);
    const remove = () =>
      run(effects['replication.remove'](facts(), act('home', 1, 'remove'), attempt));
    const [held] = home.all(kind);
    const place = {
      plural: 'volumereplications',
      namespace: 'prod',
      name: held?.metadata.name ?? '',
    };
    const hold = (finalizers: string[]) => {
      home.store.edit(place, ({ metadata }) => ({ metadata: { ...metadata, finalizers } }));
    };
    hold(['replication.storage.openshift.io']);
    await expect(remove()).rejects.toMatchObject({
      fault: { code: 'volume.deleting', retryable: true },
    });
    expect(away.all(kind)).toHaveLength(2);
    hold([]);
    await remove();
    expect([home.all(kind), away.all(kind)]).toEqual([[], []]);
  });

  it('loses nothing to pruning: the storage keeps one copy, which is the volume', async () => {
    const { effects, facts, act, run, home, away } = await established(kind);
    const before = [home.all(kind), away.all(kind)];
    const keep = { ...act('home', 1, 'prune'), keepSeqs: [1] };
    expect(await run(effects['replication.prune'](facts(), keep, attempt))).toEqual({});
    expect([home.all(kind), away.all(kind)]).toEqual(before);
  });

  it('a promotion given up takes back what its own epoch armed, and nothing of another', async () => {
    const { effects, facts, act, run, away, controllers } = await established(kind);
    const claimed = facts({ epoch: 2 });
    await run(effects['replication.claim'](claimed, act('away', 2, 'claim'), attempt), controllers);
    const arm = { ...act('away', 2, 'arm'), seq: 1 };
    await run(effects['replication.arm'](claimed, arm, attempt), controllers);
    const roles = () => notesOf(away, kind).map(({ role }) => role);
    const compensate = (epoch: number) =>
      run(
        effects['replication.compensate'](facts({ epoch }), act('away', epoch, 'undo'), attempt),
        controllers,
      );
    await compensate(3);
    expect(roles()).toEqual(['primary', 'primary']);
    await compensate(2);
    expect(roles()).toEqual(['secondary', 'secondary']);
  });

  it('is estimated before a promotion: by plan nothing is lost, by force what is younger than the newest copy', async () => {
    const { backend, facts, clock } = await established(kind);
    const point = {
      seq: 1,
      pitMs: clock.nowMs() - 90_000,
      at: 'away',
      isFinal: false,
      epoch: 1,
    } as const;
    const of = facts({ points: [point] });
    expect(await backend.estimate(of, 'planned', attempt)).toMatchObject({ lossSeconds: 0 });
    const { lossSeconds, rtoSeconds } = await backend.estimate(of, 'forced', attempt);
    expect([lossSeconds, rtoSeconds > 45]).toEqual([90, true]);
  });
});

it('there is no call that lifts a fence (ceph-csi #6142, rook #17790)', () => {
  const folder = join(packageRoot(), 'src', 'volumes');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const sources = files
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(folder, name), 'utf8'));
  expect(sources.length).toBeGreaterThan(30);
  expect(sources.filter((text) => /Unfenced|'deleteTags'[^)]*fenced/.test(text))).toEqual([]);
});
