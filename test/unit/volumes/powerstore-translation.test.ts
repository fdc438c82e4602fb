import { describe, expect, it } from 'vitest';
import { agreed } from '../../../src/volumes/kube/seen.ts';
import {
  dellActionAnnotation,
  dellOrderOf,
  dellOutcomeOf,
  dellPitMsOf,
  dellStateOf,
} from '../../../src/volumes/powerstore/translation.ts';
import type { DellWish } from '../../../src/volumes/powerstore/translation.ts';
import { dellActions } from '../../servers/kube/crds.ts';
import { observed } from './observed.ts';

const group = (state: string, link: string, isSource: boolean, more: object = {}, action = '') =>
  observed(
    'DellCSIReplicationGroup',
    { action },
    { state, replicationLinkState: { state: link, isSource }, ...more },
  );

describe('powerstore, desired to action', () => {
  const rows: readonly (readonly [DellWish, string | null, string | null])[] = [
    ['promotePlanned', 'FAILOVER_REMOTE', 'source'],
    ['promoteForced', 'UNPLANNED_FAILOVER_LOCAL', 'target'],
    ['syncing', 'REPROTECT_LOCAL', 'newSource'],
    ['finalSync', 'SYNC', 'source'],
    ['pause', 'SUSPEND', 'source'],
    ['resume', 'RESUME', 'source'],
    ['demoting', null, null],
    ['failed', null, null],
  ];
  it.each(rows)('%s is %s at the %s', (wish, action, at) => {
    const order = dellOrderOf(wish);
    expect([order?.action ?? null, order?.at ?? null]).toEqual([action, at]);
    if (order !== null) expect(dellActions).toContain(order.action);
  });
});

describe('powerstore, observed to state', () => {
  it.each([
    ['Ready', 'SYNCHRONIZED', true, 'source', 'healthy'],
    ['Ready', 'SYNCHRONIZED', false, 'replica', 'healthy'],
    ['Ready', 'SYNC_IN_PROGRESS', true, 'source', 'healthy'],
    ['Ready', 'SYNC_IN_PROGRESS', false, 'syncing', 'degraded'],
    ['Ready', 'SUSPENDED', true, 'source', 'degraded'],
    ['Ready', 'SUSPENDED', false, 'replica', 'degraded'],
    ['Ready', 'FAILEDOVER', false, 'source', 'degraded'],
    ['Ready', 'FAILEDOVER', true, 'unknown', 'degraded'],
    ['Ready', 'INVALID', true, 'failed', 'unhealthy'],
    ['Ready', 'INVALID', false, 'failed', 'unhealthy'],
    ['Ready', 'UNKNOWN', true, 'unknown', 'unknown'],
    ['Ready', 'UNKNOWN', false, 'unknown', 'unknown'],
    ['Ready', 'EMPTY', true, 'absent', 'unknown'],
    ['Error', 'SYNCHRONIZED', true, 'failed', 'unhealthy'],
    ['Invalid', 'SYNCHRONIZED', false, 'failed', 'unhealthy'],
    ['Deleting', 'SYNCHRONIZED', true, 'unknown', 'unknown'],
    ['', 'SYNCHRONIZED', true, 'unknown', 'unknown'],
    ['UNPLANNED_FAILOVER_LOCAL_IN_PROGRESS', 'SYNCHRONIZED', false, 'promoting', 'degraded'],
    ['FAILOVER_REMOTE_IN_PROGRESS', 'SYNCHRONIZED', true, 'demoting', 'degraded'],
    ['FAILOVER_LOCAL_IN_PROGRESS', 'SYNCHRONIZED', false, 'promoting', 'degraded'],
    ['FAILOVER_WITHOUT_SWAP_LOCAL_IN_PROGRESS', 'SYNCHRONIZED', false, 'promoting', 'degraded'],
    ['REPROTECT_LOCAL_IN_PROGRESS', 'FAILEDOVER', false, 'syncing', 'degraded'],
    ['SWAP_LOCAL_IN_PROGRESS', 'SYNCHRONIZED', false, 'syncing', 'degraded'],
    ['SYNC_IN_PROGRESS', 'SYNC_IN_PROGRESS', true, 'source', 'degraded'],
    ['SUSPEND_IN_PROGRESS', 'SYNCHRONIZED', false, 'replica', 'degraded'],
    ['CREATE_SNAPSHOT_IN_PROGRESS', 'SYNCHRONIZED', true, 'source', 'degraded'],
  ] as const)('%s, %s, isSource %s is %s', (state, link, isSource, expected, health) => {
    expect(dellStateOf(group(state, link, isSource))).toMatchObject({ state: expected, health });
  });

  it.each([
    group('Resting', 'SYNCHRONIZED', true),
    group('Ready', 'WARM', true),
    group('Ready', '', true),
    group('Ready', 'valueOf', true),
    group('TELEPORT_LOCAL_IN_PROGRESS', 'SYNCHRONIZED', true),
    observed('DellCSIReplicationGroup', { action: 4 }, {}),
    observed('DellCSIReplicationGroup', {}, { state: 'Ready', replicationLinkState: 'good' }),
  ])('what no table lists is unknown and never healthy (%#)', (object) => {
    const found = dellStateOf(object);
    expect(found).toMatchObject({ state: 'unknown', health: 'unknown', isFresh: false });
    expect(found.unlisted).not.toBe('');
  });

  it('nothing there is absent, no status yet is unknown', () => {
    expect(dellStateOf(undefined).state).toBe('absent');
    expect(dellStateOf(observed('DellCSIReplicationGroup', {})).state).toBe('unknown');
  });

  it('while an order waits in the spec, the status is older than it', () => {
    expect(dellStateOf(group('Ready', 'SYNCHRONIZED', true, {}, 'SYNC')).isFresh).toBe(false);
  });

  it('Error with a good link has failed only when a second look still says so', () => {
    const error = dellStateOf(group('Error', 'SYNCHRONIZED', true));
    const good = dellStateOf(group('Ready', 'SYNCHRONIZED', true));
    expect(agreed(good, error).state).toBe('unknown');
    expect(agreed(error, good).state).toBe('source');
    expect(agreed(error, error).state).toBe('failed');
  });
});

describe('powerstore, how an order ends', () => {
  const asked = { action: 'SYNC', lastActionTime: '2026-01-01T00:00:00Z' } as const;
  const ended = (
    lastAction: object,
    more: { action?: string; note?: object; link?: string } = {},
  ) => {
    const { action = '', note, link = 'SYNCHRONIZED' } = more;
    const found = group('Ready', link, true, { lastAction }, action);
    const annotations = note && { [dellActionAnnotation]: JSON.stringify(note) };
    return dellOutcomeOf(
      { ...found, metadata: { ...found.metadata, ...(annotations && { annotations }) } },
      asked,
      ({ state, isComplete }) => state === 'source' && isComplete,
    ).kind;
  };
  const condition = 'Action SYNC succeeded';
  const time = '2026-01-01T00:05:00Z';

  it.each([
    ['newer, ours, without error, and link as wanted', ended({ condition, time }), 'done'],
    [
      'link not yet as wanted',
      ended({ condition, time }, { link: 'SYNC_IN_PROGRESS' }),
      'underway',
    ],
    ['order still in the spec', ended({ condition, time }, { action: 'SYNC' }), 'underway'],
    [
      'an error the controller tries again',
      ended(
        { condition, time, errorMessage: 'code = Unavailable', firstFailure: time },
        { action: 'SYNC' },
      ),
      'underway',
    ],
    [
      'an error after the order was taken down',
      ended({ condition, time, errorMessage: 'no' }),
      'failed',
    ],
    [
      'a final error in the note',
      ended({}, { note: { name: 'SYNC', completed: true, finalError: 'no' } }),
      'failed',
    ],
    ['an answer older than the order', ended({ condition, time: asked.lastActionTime }), 'reset'],
    ['taken up, not yet told', ended({}, { note: { name: 'SYNC', completed: false } }), 'underway'],
    ['an answer to another action', ended({ condition: 'Action RESYNC succeeded', time }), 'reset'],
    ['a note of another form', ended({}, { note: { title: 'SYNC' } }), 'reset'],
  ])('%s', (_, outcome, expected) => {
    expect(outcome).toBe(expected);
  });

  it('a newer lastSuccessfulUpdate alone is no success', () => {
    const found = group('Ready', 'SYNCHRONIZED', true);
    const status = {
      state: 'Ready',
      replicationLinkState: { state: 'SYNCHRONIZED', isSource: true, lastSuccessfulUpdate: time },
    };
    expect(dellOutcomeOf({ ...found, status }, asked, () => true).kind).toBe('reset');
    expect(dellPitMsOf({ ...found, status })).toBe(Date.parse(time));
    expect(dellPitMsOf(found)).toBeNull();
  });
});
