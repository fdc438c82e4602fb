import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../../actors/kube-port.ts';
import { createCsiAddons } from '../../../src/volumes/csi-addons/backend.ts';
import { epochOf } from '../../../src/volumes/kube/write.ts';
import type { Cluster } from './clusters.ts';
import { attempt, twoClusters } from './clusters.ts';

const crds = ['volumereplications', 'volumereplicationclasses'].map(
  (name) => `${name}.replication.storage.openshift.io`,
);
const proof = { reads: 2, gapMs: 10_000 };

/** A controller that does what the spec says. */
function obey(cluster: Cluster, lastSyncTime: string | null = null): void {
  cluster.control('VolumeReplication', ({ metadata, spec }: KubeObject) => {
    const isPrimary = spec?.['replicationState'] === 'primary';
    const told = {
      observedGeneration: metadata.generation,
      lastTransitionTime: '2023-11-14T22:13:00Z',
    };
    return {
      state: isPrimary ? 'Primary' : 'Secondary',
      ...(isPrimary && lastSyncTime !== null && { lastSyncTime }),
      conditions: [
        { ...told, type: 'Completed', status: 'True', reason: isPrimary ? 'Promoted' : 'Demoted' },
        { ...told, type: 'Degraded', status: 'False', reason: 'Healthy' },
        { ...told, type: 'Resyncing', status: 'False', reason: 'NotResyncing' },
      ],
    };
  });
}

async function world(extension: object = {}) {
  const whole = twoClusters('csi-addons', {
    'csi-addons': { volumeReplicationClass: 'rbd-5m', ...extension },
  });
  const { clusters, tools, facts, act, run } = whole;
  const { home, away } = clusters;
  for (const each of [home, away]) {
    each.serve(...crds);
    each.claim('data-db', false);
  }
  const { effects, ...backend } = createCsiAddons(tools);
  const controllers = () => {
    obey(home);
    obey(away);
  };
  for (const side of ['away', 'home'] as const)
    await run(
      effects['replication.establish'](facts(), act(side, 1, 'establish'), attempt),
      controllers,
    );
  const vr = (cluster: Cluster) => cluster.all('VolumeReplication')[0];
  return { ...whole, home, away, effects, backend, controllers, vr };
}

describe('csi-addons as a back end', () => {
  it('is established with one primary and one secondary, each marked with its epoch', async () => {
    const { home, away, vr, effects, run, facts, act, controllers } = await world();
    expect(vr(home)?.spec).toMatchObject({ replicationState: 'primary', autoResync: false });
    expect(vr(away)?.spec).toMatchObject({ replicationState: 'secondary', autoResync: false });
    expect(vr(away)?.metadata.annotations).toMatchObject({
      ...{ 'fairlead.dev/epoch': '1', 'fairlead.dev/endpoint': 'away' },
    });
    const seen = await run(
      effects['replication.establish'](facts(), act('home', 1, 'establish'), attempt),
      controllers,
    );
    expect(seen).toEqual({ self: 'yes', peer: 'no' });
  });

  it('is not established where the cluster serves no CRDs', async () => {
    const { tools, facts, act, run, counts } = twoClusters('csi-addons', {
      'csi-addons': { volumeReplicationClass: 'rbd-5m' },
    });
    const { effects } = createCsiAddons(tools);
    await expect(
      run(effects['replication.establish'](facts(), act('home', 1, 'establish'), attempt)),
    ).rejects.toMatchObject({ fault: { code: 'backend.notServed', type: 'NotSupported' } });
    expect(counts).toContain('unified_replication_discovery_cache_misses_total');
  });

  it('a planned promotion: fenced, proven by two reads, sent, promoted, verified', async () => {
    const { effects, facts, act, run, controllers, vr, home, away } = await world();
    const claimed = facts({ epoch: 2 });
    await run(effects['replication.claim'](claimed, act('away', 2, 'claim'), attempt), controllers);
    expect([vr(home), vr(away)].map((each) => (each === undefined ? 0 : epochOf(each)))).toEqual([
      2, 2,
    ]);
    const fenced = await run(
      effects['replication.fence'](
        claimed,
        { ...act('home', 2, 'fence'), olderThanEpoch: 2 },
        attempt,
      ),
      controllers,
    );
    expect(fenced.fenced).toBe(true);
    expect(vr(home)?.spec?.['replicationState']).toBe('secondary');
    const proven = await run(
      effects['replication.prove'](
        claimed,
        { endpoint: 'home', epoch: 2, olderThanEpoch: 2, ...proof },
        attempt,
      ),
    );
    expect(proven.writable).toBe('no');
    const final = await run(
      effects['replication.finalSync'](
        claimed,
        { ...act('home', 2, 'finalSync'), seq: 7, isSuperseded: false },
        attempt,
      ),
    );
    expect(final).toMatchObject({
      isDone: true,
      seq: 7,
      pitMs: Date.parse('2023-11-14T22:13:00Z'),
    });
    await run(effects['replication.arm'](claimed, { ...act('away', 2, 'arm'), seq: 7 }, attempt));
    const sight = await run(
      effects['replication.verify'](claimed, { endpoint: 'away', epoch: 2 }, attempt),
      controllers,
    );
    expect(sight).toEqual({ self: 'yes', peer: 'no' });
    // Everything home wrote was sent: nothing has to be saved before it is overwritten.
    const kept = await run(
      effects['replication.preserve'](
        facts({ epoch: 2, writer: 'away', armed: { home: 1, away: 2 } }),
        act('home', 2, 'preserve'),
        attempt,
      ),
    );
    expect(kept.isDone).toBe(true);
  });

  it('a call of an older epoch is refused, one that comes too late is not begun, a repeat writes nothing', async () => {
    const { effects, facts, act, run, clock, vr, away, controllers } = await world();
    await run(effects['replication.claim'](facts({ epoch: 3 }), act('away', 3, 'claim'), attempt));
    await expect(
      run(
        effects['replication.arm'](
          facts({ epoch: 2 }),
          { ...act('away', 2, 'arm'), seq: 1 },
          attempt,
        ),
      ),
    ).rejects.toMatchObject({ fault: { code: 'epoch.stale' } });
    const late = { ...act('away', 3, 'arm'), seq: 1 };
    await clock.advance(31_000);
    await expect(
      run(effects['replication.arm'](facts({ epoch: 3 }), late, attempt)),
    ).rejects.toMatchObject({
      fault: { code: 'call.issueExpired', mayHaveHappened: false },
    });
    expect(vr(away)?.spec?.['replicationState']).toBe('secondary');
    const arm = () =>
      effects['replication.arm'](
        facts({ epoch: 3 }),
        { ...act('away', 3, 'arm'), seq: 1 },
        attempt,
      );
    await run(arm(), controllers);
    const version = vr(away)?.metadata.resourceVersion;
    await run(arm());
    expect(vr(away)?.metadata.resourceVersion).toBe(version);
  });

  it('a silent cluster is unknown, never unable to write, and leaves a forced promotion to a person', async () => {
    const { effects, facts, act, run, home, backend } = await world();
    home.isDown = true;
    const fence = { ...act('home', 2, 'fence'), olderThanEpoch: 2 };
    expect(
      (await run(effects['replication.fence'](facts({ epoch: 2 }), fence, attempt))).fenced,
    ).toBe(false);
    const proven = await run(
      effects['replication.prove'](
        facts(),
        { endpoint: 'home', epoch: 1, olderThanEpoch: 1, ...proof },
        attempt,
      ),
    );
    expect(proven).toEqual({ writable: 'unknown', observed: 'no route to host' });
    await expect(run(backend.observe(facts(), 'home', attempt))).rejects.toThrow(
      'no route to host',
    );
  });

  it('a network fence that succeeded proves it in the silence of that cluster', async () => {
    const { effects, facts, act, run, home, away } = await world({
      networkFence: { home: ['10.1.0.0/16'], away: ['10.2.0.0/16'] },
    });
    home.isDown = true;
    const fence = { ...act('home', 2, 'fence'), olderThanEpoch: 2 };
    const answer = await run(
      effects['replication.fence'](facts({ epoch: 2 }), fence, attempt),
      () => {
        away.control('NetworkFence', () => ({ result: 'Succeeded' }));
      },
    );
    expect(away.all('NetworkFence')[0]?.spec).toMatchObject({
      fenceState: 'Fenced',
      cidrs: ['10.1.0.0/16'],
    });
    const proven = await run(
      effects['replication.prove'](
        facts(),
        { endpoint: 'home', epoch: 2, olderThanEpoch: 2, ...proof },
        attempt,
      ),
    );
    expect([answer.fenced, proven.writable]).toEqual([true, 'no']);
  });

  it('Primary is sticky, but a status of an older generation is no proof of anything', async () => {
    const { effects, facts, act, run, home } = await world();
    // The controller does not follow: the spec says secondary, the status still tells of the generation before.
    const fence = { ...act('home', 2, 'fence'), olderThanEpoch: 2 };
    const answer = await run(effects['replication.fence'](facts({ epoch: 2 }), fence, attempt));
    expect(answer.fenced).toBe(false);
    const proven = await run(
      effects['replication.prove'](
        facts(),
        { endpoint: 'home', epoch: 2, olderThanEpoch: 2, ...proof },
        attempt,
      ),
    );
    expect([proven.writable, home.all('VolumeReplication').length]).toEqual(['unknown', 1]);
  });

  it('a point is what the writer tells of, and none before its first copy', async () => {
    const { effects, facts, act, run, home } = await world();
    const tick = () =>
      effects['replication.snapshot'](facts(), { ...act('home', 1, 'snapshot'), seq: 3 }, attempt);
    expect(
      await run(tick(), () => {
        obey(home);
      }),
    ).toMatchObject({ isDone: false });
    obey(home, '2023-11-14T22:20:00Z');
    const point = { seq: 3, pitMs: Date.parse('2023-11-14T22:20:00Z') };
    expect(await run(tick())).toEqual({ isDone: true, ...point });
    const commit = { ...act('home', 1, 'commitPoint'), seq: 3 };
    expect(await run(effects['replication.commitPoint'](facts(), commit, attempt))).toEqual(point);
  });

  it('has no test, no change of the interval; its resources are gone after the end, its claims stay', async () => {
    const { effects, facts, act, run, home, away } = await world();
    for (const effect of ['replication.startTest', 'replication.reconfigure'] as const)
      await expect(
        effects[effect](facts(), { ...act('away', 1, 'x'), seq: null }, attempt),
      ).rejects.toMatchObject({ fault: { code: 'operation.unsupported', type: 'NotSupported' } });
    await run(effects['replication.remove'](facts(), act('home', 1, 'remove'), attempt));
    for (const each of [home, away])
      expect([
        each.all('VolumeReplication').length,
        each.all('PersistentVolumeClaim').length,
      ]).toEqual([0, 1]);
  });

  it('overwrites a side once, after a safety copy of what was never sent', async () => {
    const { effects, facts, act, run, home, vr } = await world();
    const forced = facts({ epoch: 2, writer: 'away', armed: { home: 1, away: 2 } });
    const kept = await run(
      effects['replication.preserve'](forced, act('home', 2, 'preserve'), attempt),
      () => {
        home.control('VolumeSnapshot', () => ({ readyToUse: true }));
      },
    );
    expect([kept.isDone, home.all('VolumeSnapshot').length]).toEqual([true, 1]);
    const transfer = { ...act('home', 2, 'transfer'), seq: 4 };
    expect(await run(effects['replication.transfer'](forced, transfer, attempt))).toMatchObject({
      isDone: false,
    });
    expect(vr(home)?.spec).toMatchObject({ replicationState: 'secondary', autoResync: true });
  });
});
