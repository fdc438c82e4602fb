import { describe, expect, it } from 'vitest';
import { agreed } from '../../../src/volumes/kube/seen.ts';
import {
  tridentActionOf,
  tridentHandleOf,
  tridentSpecOf,
  tridentStateOf,
} from '../../../src/volumes/trident/translation.ts';
import type { TridentDesired } from '../../../src/volumes/trident/translation.ts';
import { problemsOf } from '../../servers/kube/crds.ts';
import { generation, observed } from './observed.ts';

const tmr = (state: string, more: object = {}) =>
  observed(
    'TridentMirrorRelationship',
    { state: 'established' },
    {
      conditions: [{ state, message: '', observedGeneration: generation, ...more }],
    },
  );

describe('trident, desired to spec', () => {
  const mirror = {
    localPVCName: 'data-db-0',
    remoteVolumeHandle: 'svm1:vol_a',
    policy: 'MirrorAllSnapshots',
    schedule: '5min',
  };
  const rows: readonly (readonly [TridentDesired, string | null])[] = [
    ['replica', 'established'],
    ['source', 'promoted'],
    ['promoting', 'promoted'],
    ['syncing', 'reestablished'],
    ['demoting', null],
    ['failed', null],
  ];
  it.each(rows)('%s is %s', (desired, state) => {
    const spec = tridentSpecOf(desired, mirror);
    expect(spec?.['state'] ?? null).toBe(state);
    if (spec === null) return;
    const before = tridentSpecOf('replica', mirror);
    expect(problemsOf('TridentMirrorRelationship', spec, before)).toEqual([]);
  });

  it('the source needs no handle of the other side, a replica does', () => {
    const { remoteVolumeHandle: _, ...alone } = mirror;
    expect(problemsOf('TridentMirrorRelationship', tridentSpecOf('source', alone))).toEqual([]);
    expect(problemsOf('TridentMirrorRelationship', tridentSpecOf('replica', alone))).toHaveLength(
      1,
    );
  });

  it('claim, handle, policy and schedule keep their first value', () => {
    const before = tridentSpecOf('replica', mirror);
    const other = tridentSpecOf('replica', {
      ...{ localPVCName: 'b', remoteVolumeHandle: 'svm1:vol_b', policy: 'p', schedule: 's' },
    });
    expect(problemsOf('TridentMirrorRelationship', other, before)).toHaveLength(4);
  });
});

describe('trident, observed to state', () => {
  it.each([
    ['established', 'replica', 'healthy'],
    ['reestablished', 'replica', 'healthy'],
    ['establishing', 'syncing', 'degraded'],
    ['reestablishing', 'syncing', 'degraded'],
    ['promoting', 'promoting', 'degraded'],
    ['promoted', 'source', 'healthy'],
    ['failed', 'failed', 'unhealthy'],
    ['invalid', 'failed', 'unhealthy'],
    ['released', 'absent', 'unknown'],
  ])('%s is %s', (state, expected, health) => {
    expect(tridentStateOf(tmr(state))).toMatchObject({ state: expected, health, isFresh: true });
  });

  it.each([['mirrored'], [''], ['toString'], ['established-replica']])(
    'the state "%s", which no table lists, is unknown and never healthy',
    (state) => {
      const found = tridentStateOf(tmr(state));
      expect(found).toMatchObject({ state: 'unknown', health: 'unknown', isFresh: false });
      expect(found.unlisted).not.toBe('');
    },
  );

  it.each(['established', 'promoted', 'failed', 'released'])(
    'a condition of an older generation does not count: %s',
    (state) => {
      const found = tridentStateOf(tmr(state, { observedGeneration: generation - 1 }));
      expect(found).toMatchObject({ state: 'unknown', isFresh: false, isComplete: false });
    },
  );

  it('nothing there is absent; no condition yet and another form are unknown', () => {
    expect(tridentStateOf(undefined).state).toBe('absent');
    expect(tridentStateOf(observed('TridentMirrorRelationship', {})).state).toBe('unknown');
    const odd = observed('TridentMirrorRelationship', {}, { conditions: [{ state: 3 }] });
    expect(tridentStateOf(odd).unlisted).not.toBe('');
  });

  it('promoted once may be an error of the storage in disguise: only a second look that agrees makes a source', () => {
    const promoted = tridentStateOf(tmr('promoted'));
    const established = tridentStateOf(tmr('established'));
    expect(agreed(established, promoted)).toMatchObject({ state: 'unknown', isFresh: false });
    expect(agreed(promoted, established).state).toBe('replica');
    expect(agreed(promoted, promoted).state).toBe('source');
  });

  it('tells the handle of its own volume, once it has one', () => {
    expect(tridentHandleOf(tmr('promoted', { localVolumeHandle: 'svm1:vol_a' }))).toBe(
      'svm1:vol_a',
    );
    expect(tridentHandleOf(tmr('promoted'))).toBe('');
    expect(tridentHandleOf(undefined)).toBe('');
  });
});

describe('trident, ordered updates', () => {
  it.each([
    [undefined, 'underway'],
    ['', 'underway'],
    ['In progress', 'underway'],
    ['Succeeded', 'done'],
    ['Failed', 'failed'],
    ['Paused', 'unknown'],
    ['constructor', 'unknown'],
  ])('%s is %s', (state, expected) => {
    const status = state === undefined ? {} : { state };
    expect(tridentActionOf(observed('TridentActionMirrorUpdate', {}, status))).toBe(expected);
  });
});
