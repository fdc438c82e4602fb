import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../../actors/kube-port.ts';
import type { HostFence } from '../../../src/volumes/kube/work.ts';
import { createTrident } from '../../../src/volumes/trident/backend.ts';
import type { Cluster } from './clusters.ts';
import { attempt, twoClusters } from './clusters.ts';

const crds = ['tridentmirrorrelationships', 'tridentactionmirrorupdates'];
const proof = { reads: 2, gapMs: 10_000 };

/** Trident as it does what the spec says. */
function obey(cluster: Cluster, handle: string): void {
  cluster.control('TridentMirrorRelationship', ({ metadata, spec }: KubeObject) => ({
    conditions: [
      {
        ...{ state: spec?.['state'], observedGeneration: metadata.generation },
        localVolumeHandle: handle,
      },
    ],
  }));
  cluster.control('TridentActionMirrorUpdate', ({ status }) => status ?? { state: 'Succeeded' });
  cluster.control('VolumeSnapshot', () => ({
    ...{ readyToUse: true, boundVolumeSnapshotContentName: 'content-1' },
  }));
}

async function world(hostFence?: HostFence) {
  const terms = { policy: 'MirrorAllSnapshots', schedule: '5min' };
  const whole = twoClusters('trident', { trident: terms }, hostFence);
  const { clusters, tools, facts, act, run } = whole;
  const { home, away } = clusters;
  for (const each of [home, away]) {
    each.serve(...crds.map((name) => `${name}.trident.netapp.io`));
    each.claim('data-db', false);
    each.seed('VolumeSnapshotContent', 'content-1', { status: { snapshotHandle: 'vol/snap-1' } });
  }
  const { effects, ...backend } = createTrident(tools);
  const controllers = () => {
    obey(home, 'svm1:vol_a');
    obey(away, 'svm2:vol_b');
  };
  for (const side of ['home', 'away'] as const)
    await run(
      effects['replication.establish'](facts(), act(side, 1, 'establish'), attempt),
      controllers,
    );
  const mirror = (cluster: Cluster) => cluster.all('TridentMirrorRelationship')[0];
  return { ...whole, home, away, effects, backend, controllers, mirror };
}

const stateOf = (object: KubeObject | undefined) => object?.spec?.['state'];

describe('trident as a back end', () => {
  it('the mirror lives where the data goes and names the handle that the source tells', async () => {
    const { home, away, mirror } = await world();
    expect(stateOf(mirror(home))).toBe('promoted');
    expect(mirror(away)?.spec).toMatchObject({
      state: 'established',
      volumeMappings: [{ localPVCName: 'data-db', remoteVolumeHandle: 'svm1:vol_a' }],
    });
  });

  it('a role proves nothing: in use is unknown or writable, nothing attached is a proof', async () => {
    const { effects, facts, run, home, away } = await world();
    const prove = (endpoint: 'home' | 'away') =>
      run(
        effects['replication.prove'](
          facts(),
          { endpoint, epoch: 1, olderThanEpoch: 2, ...proof },
          attempt,
        ),
      );
    expect((await prove('away')).writable).toBe('no');
    away.claim('data-db', true);
    // Established, so read-only by its role: but something has it attached.
    expect((await prove('away')).writable).toBe('unknown');
    home.claim('data-db', true);
    expect(await prove('home')).toMatchObject({
      ...{ writable: 'yes', observed: expect.stringContaining('pod user-of-data-db') as unknown },
    });
    home.isDown = true;
    expect((await prove('home')).writable).toBe('unknown');
  });

  it('machines that are stopped prove it in the silence of their cluster', async () => {
    const stopped: HostFence = {
      fence: () => Promise.resolve({ fenced: true, observed: 'instances stopped' }),
      prove: () => Promise.resolve({ writable: 'no', observed: 'instances stopped' }),
    };
    const { effects, facts, act, run, home } = await world(stopped);
    home.isDown = true;
    const input = { ...act('home', 2, 'fence'), olderThanEpoch: 2 };
    const answer = await run(effects['replication.fence'](facts({ epoch: 2 }), input, attempt));
    expect(answer).toMatchObject({ fenced: true, observed: 'instances stopped' });
  });

  it('a drain waits for the workloads and names them when they stay', async () => {
    const { effects, facts, act, run, home } = await world();
    home.claim('data-db', true);
    const drain = () =>
      run(effects['replication.drain'](facts(), act('home', 1, 'drain'), attempt));
    await expect(drain()).rejects.toMatchObject({
      fault: { type: 'Retryable', code: 'volume.inUse', retryable: true },
    });
    home.free('data-db');
    await expect(drain()).resolves.toEqual({});
  });

  it('a point is an ordered update; one that a restart of Trident failed is ordered again', async () => {
    const { effects, facts, act, run, away, controllers } = await world();
    const tick = () =>
      effects['replication.snapshot'](facts(), { ...act('home', 1, 'snapshot'), seq: 3 }, attempt);
    let isFirst = true;
    const point = await run(tick(), () => {
      away.control('TridentActionMirrorUpdate', ({ status }) => {
        if (status !== undefined) return undefined;
        const state = isFirst ? 'Failed' : 'Succeeded';
        isFirst = false;
        return { state };
      });
    });
    expect(point.isDone).toBe(true);
    expect(away.all('TridentActionMirrorUpdate').length).toBe(2);
    const commit = { ...act('home', 1, 'commitPoint'), seq: 3 };
    const committed = effects['replication.commitPoint'](facts(), commit, attempt);
    expect(await run(committed, controllers)).toMatchObject({ seq: 3 });
    expect(away.all('TridentActionMirrorUpdate').length).toBe(2);
  });

  it('a planned promotion names the last snapshot of the source; the reverse mirror needs no resync', async () => {
    const { effects, facts, act, run, home, away, mirror, controllers } = await world();
    const claimed = facts({ epoch: 2 });
    const final = { ...act('home', 2, 'finalSync'), seq: 4, isSuperseded: false };
    expect(
      await run(effects['replication.finalSync'](claimed, final, attempt), controllers),
    ).toMatchObject({ isDone: true, seq: 4 });
    expect(away.all('TridentActionMirrorUpdate')[0]?.spec).toMatchObject({
      snapshotHandle: 'vol/snap-1',
    });
    const arm = { ...act('away', 2, 'arm'), seq: 4 };
    await run(effects['replication.arm'](claimed, arm, attempt), controllers);
    expect(mirror(away)?.spec).toMatchObject({
      ...{ state: 'promoted', volumeMappings: [{ promotedSnapshotHandle: 'vol/snap-1' }] },
    });
    const sight = effects['replication.verify'](claimed, { endpoint: 'away', epoch: 2 }, attempt);
    expect(await run(sight, controllers)).toEqual({ self: 'yes', peer: 'no' });
    const reversed = facts({ epoch: 2, writer: 'away', armed: { home: 1, away: 2 } });
    const tick = { ...act('away', 2, 'snapshot'), seq: 5 };
    expect(
      await run(effects['replication.snapshot'](reversed, tick, attempt), controllers),
    ).toMatchObject({ isDone: true });
    expect(mirror(home)?.spec).toMatchObject({
      ...{ state: 'reestablished', volumeMappings: [{ remoteVolumeHandle: 'svm2:vol_b' }] },
    });
  });

  it('after a forced promotion nothing overwrites the old source by itself', async () => {
    const { effects, facts, act, run, home, mirror, controllers } = await world();
    const forced = facts({ epoch: 2, writer: 'away', armed: { home: 1, away: 2 } });
    await run(
      effects['replication.arm'](
        facts({ epoch: 2 }),
        { ...act('away', 2, 'arm'), seq: 3 },
        attempt,
      ),
      controllers,
    );
    const tick = { ...act('away', 2, 'snapshot'), seq: 5 };
    await expect(
      run(effects['replication.snapshot'](forced, tick, attempt), controllers),
    ).rejects.toMatchObject({ fault: { code: 'volume.notReversed' } });
    expect(stateOf(mirror(home))).toBe('promoted');
  });

  it('"promoted" seen once makes no source', async () => {
    const { backend, facts, run, away, controllers, mirror } = await world();
    controllers();
    let looks = 0;
    // An error of the storage that is over a moment later.
    const flicker = () => {
      const generation = mirror(away)?.metadata.generation;
      looks += 1;
      const state = looks < 2 ? 'promoted' : 'established';
      away.control('TridentMirrorRelationship', () => ({
        conditions: [{ state, observedGeneration: generation }],
      }));
    };
    flicker();
    const sight = await run(backend.observe(facts(), 'away', attempt), flicker);
    expect(sight).toMatchObject({ role: 'replica', writable: 'no' });
  });
});
