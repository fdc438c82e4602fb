import { describe, expect, it } from 'vitest';
import {
  csiDemotedMsOf,
  csiPatchOf,
  csiPitMsOf,
  csiStateOf,
} from '../../../src/volumes/csi-addons/translation.ts';
import type { CsiDesired } from '../../../src/volumes/csi-addons/translation.ts';
import { problemsOf } from '../../servers/kube/crds.ts';
import { condition, generation, observed } from './observed.ts';

const vr = (replicationState: string, status?: object) =>
  observed('VolumeReplication', { replicationState }, status);
const good = [
  condition('Degraded', 'False', 'Healthy'),
  condition('Resyncing', 'False', 'NotResyncing'),
];
const demoted = condition('Completed', 'True', 'Demoted');
const promoted = condition('Completed', 'True', 'Promoted');

describe('csi-addons, desired to patch', () => {
  const whole = {
    volumeReplicationClass: 'rbd-5m',
    dataSource: { kind: 'PersistentVolumeClaim', name: 'data-db-0' },
  };
  const rows: readonly (readonly [CsiDesired, string | null, boolean | null])[] = [
    ['source', 'primary', false],
    ['promoting', 'primary', false],
    ['replica', 'secondary', false],
    ['demoting', 'secondary', false],
    ['syncing', 'secondary', true],
    ['resync', 'resync', false],
    ['failed', null, null],
  ];
  it.each(rows)('%s is %s, autoResync %s', (desired, state, autoResync) => {
    const patch = csiPatchOf(desired);
    expect(patch?.replicationState ?? null).toBe(state);
    expect(patch?.autoResync ?? null).toBe(autoResync);
    if (patch === null) return;
    const before = { ...whole, replicationState: 'secondary' };
    expect(problemsOf('VolumeReplication', { ...whole, ...patch }, before)).toEqual([]);
  });

  it('no patch carries a value that another tool invented, which the API server refuses', () => {
    const invented = { ...whole, replicationState: 'established-replica', autoResync: false };
    expect(problemsOf('VolumeReplication', invented)[0]).toContain('replicationState');
  });
});

describe('csi-addons, observed to state', () => {
  it.each([
    ['promoted is the source', 'primary', 'Primary', [promoted], 'source', 'healthy'],
    [
      'a promoted volume that does not replicate is a degraded source',
      ...(['primary', 'Primary', [promoted, condition('Replicating', 'False', 'x')]] as const),
      ...(['source', 'degraded'] as const),
    ],
    [
      'replication of unknown status degrades the source',
      ...(['primary', 'Primary', [promoted, condition('Replicating', 'Unknown', 'x')]] as const),
      ...(['source', 'degraded'] as const),
    ],
    ['primary without conditions is on its way', 'primary', 'Primary', [], 'promoting', 'degraded'],
    [
      'a promotion that failed goes on until its deadline',
      ...(['primary', 'Secondary', [condition('Completed', 'False', 'FailedToPromote')]] as const),
      ...(['promoting', 'degraded'] as const),
    ],
    [
      'unmet prerequisites are unhealthy',
      ...(['primary', '', [condition('Validated', 'False', 'PrerequisiteNotMet')]] as const),
      ...(['promoting', 'unhealthy'] as const),
    ],
    [
      'a primary told to be secondary demotes',
      'secondary',
      'Primary',
      [promoted],
      'demoting',
      'degraded',
    ],
    ['a state of Unknown demotes still', 'secondary', 'Unknown', [demoted], 'demoting', 'degraded'],
    [
      'a demotion that failed is still one',
      ...(['secondary', 'Primary', [condition('Completed', 'False', 'FailedToDemote')]] as const),
      ...(['demoting', 'degraded'] as const),
    ],
    [
      'demoted, whole and quiet is a replica',
      'secondary',
      'Secondary',
      [demoted, ...good],
      'replica',
      'healthy',
    ],
    [
      'degraded and resyncing syncs',
      'secondary',
      'Secondary',
      [
        demoted,
        condition('Degraded', 'True', 'VolumeDegraded'),
        condition('Resyncing', 'True', 'ResyncTriggered'),
      ],
      ...(['syncing', 'degraded'] as const),
    ],
    [
      'degraded and quiet is a degraded replica',
      'secondary',
      'Secondary',
      [
        demoted,
        condition('Degraded', 'True', 'Error'),
        condition('Resyncing', 'False', 'FailedToResync'),
      ],
      ...(['replica', 'degraded'] as const),
    ],
    [
      'without good news it is a replica of unknown health',
      'secondary',
      'Secondary',
      [demoted],
      'replica',
      'unknown',
    ],
    [
      'a forced resync that is over is a replica',
      'resync',
      'Secondary',
      [demoted, ...good],
      'replica',
      'healthy',
    ],
    [
      'a forced resync syncs until all three say so',
      'resync',
      'Secondary',
      [demoted],
      'syncing',
      'unknown',
    ],
    [
      'a resync that failed is still one',
      'resync',
      'Secondary',
      [condition('Completed', 'False', 'FailedToResync')],
      'syncing',
      'degraded',
    ],
  ] as const)('%s', (_, spec, state, conditions, expected, health) => {
    const found = csiStateOf(vr(spec, { state, conditions, observedGeneration: generation }));
    expect([found.state, found.health]).toEqual([expected, health]);
  });

  it('nothing there is absent', () => {
    expect(csiStateOf(undefined).state).toBe('absent');
  });

  it.each([
    ['state', vr('secondary', { state: 'Tertiary', conditions: [demoted, ...good] })],
    ['replicationState', vr('established-replica', { state: 'Secondary', conditions: [demoted] })],
    [
      'reason',
      vr('primary', { state: 'Primary', conditions: [condition('Completed', 'True', 'Blessed')] }),
    ],
    [
      'status of a condition',
      vr('primary', {
        state: 'Primary',
        conditions: [condition('Completed', 'Maybe', 'Promoted')],
      }),
    ],
    ['form', vr('primary', { state: 5 })],
    ['form of conditions', vr('primary', { state: 'Primary', conditions: 'all well' })],
  ])('a %s that no table lists is unknown, unfresh and never healthy', (_, object) => {
    const found = csiStateOf(object);
    expect(found).toMatchObject({ state: 'unknown', health: 'unknown', isFresh: false });
    expect(found.unlisted).not.toBe('');
  });

  it('a condition that no table lists changes nothing', () => {
    const conditions = [promoted, condition('Blessed', 'True', 'ByChance')];
    expect(csiStateOf(vr('primary', { state: 'Primary', conditions })).state).toBe('source');
  });

  it.each([
    [
      'primary',
      'Primary',
      [condition('Completed', 'True', 'Promoted', generation - 1)],
      'promoting',
    ],
    [
      'secondary',
      'Secondary',
      [condition('Completed', 'True', 'Demoted', generation - 1), ...good],
      'demoting',
    ],
  ] as const)(
    'conditions of an older generation do not count: %s',
    (spec, state, conditions, expected) => {
      const found = csiStateOf(vr(spec, { state, conditions }));
      expect(found).toMatchObject({ state: expected, isFresh: false, isComplete: false });
    },
  );

  it('is whole only when Completed, not Degraded and not Resyncing are all of this generation', () => {
    const stale = [
      demoted,
      condition('Degraded', 'False', 'Healthy', generation - 1),
      ...good.slice(1),
    ];
    expect(csiStateOf(vr('secondary', { state: 'Secondary', conditions: stale })).isComplete).toBe(
      false,
    );
    const all = vr('secondary', { state: 'Secondary', conditions: [demoted, ...good] });
    expect(csiStateOf(all).isComplete).toBe(true);
  });
});

describe('csi-addons, times', () => {
  const primary = (lastSyncTime: string | null) =>
    vr('primary', { state: 'Primary', conditions: [promoted], lastSyncTime });

  it('a copy older than this promotion is none of it', () => {
    expect(csiPitMsOf(primary('2025-12-31T23:59:59Z'))).toBeNull();
    expect(csiPitMsOf(primary('2026-01-01T00:07:00Z'))).toBe(Date.parse('2026-01-01T00:07:00Z'));
  });

  it('a secondary and a time that is none tell of no copy', () => {
    expect(csiPitMsOf(primary(null))).toBeNull();
    expect(csiPitMsOf(primary('soon'))).toBeNull();
    const secondary = {
      state: 'Secondary',
      conditions: [demoted],
      lastSyncTime: '2026-01-02T00:00:00Z',
    };
    expect(csiPitMsOf(vr('secondary', secondary))).toBeNull();
  });

  it('the final copy is as of the demotion, and only once it is over', () => {
    const over = vr('secondary', { state: 'Secondary', conditions: [demoted, ...good] });
    expect(csiDemotedMsOf(over)).toBe(Date.parse('2026-01-01T00:00:00Z'));
    expect(csiDemotedMsOf(vr('secondary', { state: 'Primary', conditions: [demoted] }))).toBeNull();
  });
});
