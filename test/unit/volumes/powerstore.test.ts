import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../../actors/kube-port.ts';
import { createPowerstore } from '../../../src/volumes/powerstore/backend.ts';
import type { Cluster } from './clusters.ts';
import { attempt, twoClusters } from './clusters.ts';

const crd = 'dellcsireplicationgroups.replication.storage.dell.com';
const proof = { reads: 2, gapMs: 10_000 };

const status = (state: string, link: string, isSource: boolean, more: object = {}) => ({
  ...{ state, replicationLinkState: { state: link, isSource } },
  ...more,
});

function world() {
  const extensions = { powerstore: { replicationGroup: { home: 'rg-home', away: 'rg-away' } } };
  const whole = twoClusters('powerstore', extensions);
  const { home, away } = whole.clusters;
  for (const [cluster, name, isSource] of [
    [home, 'rg-home', true],
    [away, 'rg-away', false],
  ] as const) {
    cluster.serve(crd);
    cluster.claim('data-db', false);
    const ids = { driverName: 'csi-powerstore', remoteClusterId: 'r', protectionGroupId: 'p' };
    const spec = { ...ids, remoteProtectionGroupId: 'q', action: '' };
    cluster.seed('DellCSIReplicationGroup', name, {
      ...{ spec, status: status('Ready', 'SYNCHRONIZED', isSource) },
    });
  }
  const { effects, ...backend } = createPowerstore(whole.tools);
  const group = (cluster: Cluster): KubeObject => {
    const [found] = cluster.all('DellCSIReplicationGroup');
    if (found === undefined) throw new Error('no group was seeded');
    return found;
  };
  let minute = 0;
  /** The driver takes an order up and ends it. */
  const obey = (cluster: Cluster, link: string, isSource: boolean, known = true) => {
    const { spec, metadata } = group(cluster);
    const action = String(spec?.['action']);
    if (action === '') return;
    minute += 1;
    const time = `2023-11-14T23:${String(minute).padStart(2, '0')}:00Z`;
    const lastAction = { condition: `Action ${action} succeeded`, time };
    const place = { plural: 'dellcsireplicationgroups', namespace: undefined, name: metadata.name };
    cluster.store.edit(place, (found) => ({
      spec: { ...(found['spec'] as object), action: '' },
      ...(known && { status: status('Ready', link, isSource, { lastAction }) }),
    }));
  };
  return { ...whole, home, away, effects, backend, group, obey };
}

describe('powerstore as a back end', () => {
  it('takes the groups that the driver made, and refuses those that mirror the other way round', async () => {
    const { effects, facts, act, run, home, away, group } = world();
    const establish = (side: 'home' | 'away') =>
      run(effects['replication.establish'](facts(), act(side, 1, 'establish'), attempt));
    expect(await establish('away')).toEqual({ self: 'no', peer: 'no' });
    expect(await establish('home')).toEqual({ self: 'yes', peer: 'no' });
    expect(group(home).spec?.['action']).toBe('');
    away.control('DellCSIReplicationGroup', () => status('Ready', 'SYNCHRONIZED', true));
    await expect(establish('away')).rejects.toMatchObject({ fault: { code: 'volume.wrongRole' } });
  });

  it('orders a copy once for a point, and commits it as of the order', async () => {
    const { effects, facts, act, run, home, obey, clock, group } = world();
    const orderedMs = clock.nowMs();
    const tick = { ...act('home', 1, 'snapshot'), seq: 3 };
    const point = await run(effects['replication.snapshot'](facts(), tick, attempt), () => {
      obey(home, 'SYNCHRONIZED', true);
    });
    expect(point).toEqual({ isDone: true, seq: 3, pitMs: orderedMs });
    const version = group(home).metadata.resourceVersion;
    const commit = { ...act('home', 1, 'commitPoint'), seq: 3 };
    const committed = effects['replication.commitPoint'](facts(), commit, attempt);
    expect(await run(committed)).toEqual({ seq: 3, pitMs: orderedMs });
    expect(group(home).metadata.resourceVersion).toBe(version);
  });

  it('an order that the driver takes back without a word is unsupported', async () => {
    const { effects, facts, act, run, home, obey } = world();
    const tick = { ...act('home', 1, 'snapshot'), seq: 3 };
    await expect(
      run(effects['replication.snapshot'](facts(), tick, attempt), () => {
        obey(home, 'SYNCHRONIZED', true, false);
      }),
    ).rejects.toMatchObject({ fault: { type: 'NotSupported', code: 'operation.unsupported' } });
  });

  it('a planned promotion is ordered at the source, a forced one at the target', async () => {
    const { effects, facts, act, run, home, away, group } = world();
    home.annotate('DellCSIReplicationGroup', 'rg-home', { 'fairlead.dev/sent-epoch': '2' });
    const planned = { ...act('away', 2, 'arm'), seq: 3 };
    await run(effects['replication.arm'](facts({ epoch: 2 }), planned, attempt));
    const actions = () => [home, away].map((each) => group(each).spec?.['action']);
    expect(actions()).toEqual(['FAILOVER_REMOTE', '']);

    const other = world();
    const forced = { ...other.act('away', 2, 'arm'), seq: 3 };
    await other.run(other.effects['replication.arm'](other.facts({ epoch: 2 }), forced, attempt));
    const ordered = [other.home, other.away].map((each) => other.group(each).spec?.['action']);
    expect(ordered).toEqual(['', 'UNPLANNED_FAILOVER_LOCAL']);
  });

  it('the new source reverses the direction: at once after a planned promotion, never by itself after a forced one', async () => {
    const { effects, facts, act, run, home, away, group, obey } = world();
    away.control('DellCSIReplicationGroup', () => status('Ready', 'FAILEDOVER', false));
    const after = facts({ epoch: 2, writer: 'away', armed: { home: 1, away: 2 } });
    const tick = { ...act('away', 2, 'snapshot'), seq: 5 };
    const refused = effects['replication.snapshot'](after, tick, attempt);
    await expect(run(refused)).rejects.toMatchObject({ fault: { code: 'volume.notReversed' } });
    home.annotate('DellCSIReplicationGroup', 'rg-home', { 'fairlead.dev/sent-epoch': '2' });
    const orders: unknown[] = [];
    const again = { ...act('away', 2, 'snapshot'), seq: 6 };
    const point = await run(effects['replication.snapshot'](after, again, attempt), () => {
      orders.push(group(away).spec?.['action']);
      obey(away, 'SYNCHRONIZED', true);
    });
    expect(point.isDone).toBe(true);
    expect(orders.filter((one) => one !== '')).toEqual(['REPROTECT_LOCAL', 'SYNC']);
  });

  it('Error with a good link has failed only when the second look still says so', async () => {
    const { backend, facts, run, home } = world();
    home.control('DellCSIReplicationGroup', () => status('Error', 'SYNCHRONIZED', true));
    const observe = (controllers?: () => void) =>
      run(backend.observe(facts(), 'home', attempt), controllers);
    const over = () => {
      home.control('DellCSIReplicationGroup', () => status('Ready', 'SYNCHRONIZED', true));
    };
    expect((await observe()).role).toBe('failed');
    home.control('DellCSIReplicationGroup', () => status('Error', 'SYNCHRONIZED', true));
    let looks = 0;
    const seen = await observe(() => {
      looks += 1;
      if (looks > 1) over();
    });
    expect(seen).toMatchObject({ role: 'source', writable: 'yes' });
  });

  it('a replica by its role that something has attached is unknown', async () => {
    const { effects, facts, run, away } = world();
    away.claim('data-db', true);
    const input = { endpoint: 'away', epoch: 1, olderThanEpoch: 2, ...proof } as const;
    const proven = await run(effects['replication.prove'](facts(), input, attempt));
    expect(proven.writable).toBe('unknown');
  });

  it('keeps the newest copy only: another point cannot be chosen', async () => {
    const { effects, facts, run, clock } = world();
    const points = [3, 4].map((seq) => ({
      ...({ seq, pitMs: clock.nowMs(), epoch: 1, at: 'away', isFinal: false } as const),
    }));
    const choose = (seq: number | null) =>
      run(
        effects['replication.choosePoint'](
          facts({ points }),
          { endpoint: 'away', epoch: 2, seq },
          attempt,
        ),
      );
    expect((await choose(null)).seq).toBe(4);
    await expect(choose(3)).rejects.toMatchObject({ fault: { code: 'operation.unsupported' } });
  });
});
