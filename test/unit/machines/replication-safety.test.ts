/** What every dangerous step rests on, one condition after the other: what stands against it, and in which words. */
import { describe, expect, it } from 'vitest';
import { judged } from '../../../machines/because.ts';
import type { Phase, ReplicationContext } from '../../../machines/replication-context.ts';
import {
  canArm,
  demoteChecks,
  hasData,
  isRiskTaken,
  overrideTokenOf,
  promoteChecks,
  recoverChecks,
  resyncChecks,
  testChecks,
  whyNotDemote,
  whyNotPoint,
  whyNotPromote,
  whyNotRecover,
  whyNotResync,
  whyNotTest,
} from '../../../machines/replication-safety.ts';
import { inEpochs, point, rested, risk } from './replication-standing.ts';
import type { Change } from './replication-standing.ts';

describe('arming', () => {
  const operation = { epoch: 2, observed: '' } as ReplicationContext['operation'];
  const fence = (stage: string, epoch = 2) =>
    ({ epoch, stage, atMs: 1 }) as unknown as ReplicationContext['fence'];
  it('needs the epoch that was claimed for it, and its own proof', () => {
    expect(canArm(inEpochs({ operation, fence: fence('proven') }))).toBe(true);
    expect(canArm(inEpochs({ operation: null, fence: fence('proven') }))).toBe(false);
    expect(canArm(inEpochs({ operation, fence: fence('proven'), epoch: 3 }))).toBe(false);
    expect(canArm(inEpochs({ operation, fence: fence('proven', 1) }))).toBe(false);
    const older = { epoch: 1 } as ReplicationContext['operation'];
    expect(canArm(inEpochs({ operation: older, fence: fence('proven') }))).toBe(false);
    for (const stage of ['none', 'issued', 'waiting'])
      expect(canArm(inEpochs({ operation, fence: fence(stage) }))).toBe(false);
  });

  it('goes without a proof only by an override of this very epoch that still stands', () => {
    const waived = { operation, fence: fence('waived') };
    expect(canArm(inEpochs({ ...waived, riskAccepted: risk(2) }))).toBe(true);
    expect(canArm(inEpochs({ ...waived, riskAccepted: null }))).toBe(false);
    expect(canArm(inEpochs({ ...waived, riskAccepted: risk(1) }))).toBe(false);
    expect(canArm(inEpochs({ ...waived, riskAccepted: risk(2, 5) }))).toBe(false);
    expect(canArm(inEpochs({ operation, fence: fence('none'), riskAccepted: risk(2) }))).toBe(
      false,
    );
  });

  it('of a taken risk knows its epoch and its end', () => {
    expect(isRiskTaken(inEpochs({ riskAccepted: risk(2) }))).toBe(true);
    expect(isRiskTaken(inEpochs({ riskAccepted: risk(1) }))).toBe(false);
    expect(isRiskTaken(inEpochs({ riskAccepted: risk(2, 5) }))).toBe(false);
    expect(isRiskTaken(inEpochs({ riskAccepted: null }))).toBe(false);
  });

  it('is waived by a token that names epoch and evidence', () => {
    const observed = { ...operation, observed: 'home:yes@3' } as ReplicationContext['operation'];
    expect(overrideTokenOf(inEpochs({ operation: observed }))).toBe(`${rested.uid}.e2.home:yes@3`);
    expect(overrideTokenOf(inEpochs({ operation: null }))).toBe(`${rested.uid}.e2.`);
  });
});

describe('the newest data', () => {
  it('is where a point is, or where it was written last', () => {
    expect(hasData(inEpochs(), 'away')).toBe(true);
    expect(hasData(inEpochs({ points: [point(7, 'home')] }), 'away')).toBe(false);
    expect(hasData(inEpochs({ points: [], away: { epoch: 2 } }), 'away')).toBe(true);
    expect(hasData(inEpochs({ points: [], away: { epoch: 0 }, writerEpoch: 0 }), 'away')).toBe(
      false,
    );
  });

  it('is asked for by a point that is there', () => {
    const points = [point(5, 'away'), point(6, 'home'), point(7, 'away')];
    expect(whyNotPoint(inEpochs({ points }), 'away', null)).toEqual([]);
    expect(whyNotPoint(inEpochs({ points }), 'away', 5)).toEqual([]);
    expect(whyNotPoint(inEpochs({ points }), 'away', 6)).toEqual([
      'point 6 is not at away; there are 5, 7',
    ]);
    expect(whyNotPoint(inEpochs({ points: [] }), 'away', 6)).toEqual([
      'point 6 is not at away; there are none',
    ]);
  });
});

describe('a promotion', () => {
  const why = (change: Change, how: 'planned' | 'forced' = 'planned') =>
    whyNotPromote(inEpochs(change), 'away', how);
  it.each<[string, Change, string]>([
    ['gone', { lifecycle: 'deleting' }, 'it is deleting'],
    ['empty', { points: [] }, 'away has no committed point'],
    ['in trial', { away: { phase: 'replica.testing' } }, 'a test runs on away: stop it first'],
    ['changed', { away: { phase: 'replica.reconfiguring' } }, 'away is being reconfigured'],
    ['busy', { home: { phase: 'demoting.draining' } }, 'home is demoting: wait until it rests'],
  ])('is refused of a side that is %s, by force as well', (_what, change, reason) => {
    expect([why(change), why(change, 'forced')]).toEqual([[reason], [reason]]);
  });

  it.each(['failed.writerIntact', 'failed.indeterminate'] as const)(
    'goes by force alone while the other side is %s',
    (phase) => {
      const text = `home is ${phase} and may be writable: recover it first, or promote forced`;
      expect(why({ home: { phase } })).toEqual([text]);
      expect(why({ home: { phase } }, 'forced')).toEqual([]);
    },
  );

  it('is free otherwise, and says what speaks for it', () => {
    for (const phase of ['source.protected', 'replica.following', 'failed.safe'] as const)
      expect(why({ home: { phase } })).toEqual([]);
    const texts = (change: Change, how: 'planned' | 'forced') =>
      judged(promoteChecks(inEpochs(change), 'away', how)).map(({ guard, text }) => [guard, text]);
    const rest = ['peerRests', 'home is at rest (source.protected)'];
    const noTest = ['noTest', 'no test failover is running'];
    expect(
      texts({ points: [point(3, 'away'), point(7, 'away'), point(9, 'home')] }, 'planned'),
    ).toEqual([['hasData', 'a committed recovery point exists (seq 7)'], ...[noTest, rest]]);
    expect(texts({ points: [], away: { epoch: 2 } }, 'forced')).toEqual([
      ['hasData', 'away holds the newest data itself'],
      ...[noTest, rest, ['peerKnown', 'forced: home is fenced, whatever it still is']],
    ]);
  });
});

describe('an end of writing', () => {
  const why = (change: Change, force = false) => whyNotDemote(inEpochs(change), 'home', force);
  it('needs a side that follows closely; force waives that', () => {
    for (const phase of ['replica.following', 'replica.lagging'] as const)
      expect(why({ away: { phase } })).toEqual([]);
    expect(why({ away: { phase: 'replica.seeding' } })).toEqual([
      'away is replica.seeding, not following',
    ]);
    expect(why({ lagRatio: 2.9 })).toEqual([]);
    expect(why({ lagRatio: 3 })).toEqual(['lag is 3.0× every (limit 3×)']);
    expect(why({ away: { phase: 'replica.seeding' }, lagRatio: 3 }, true)).toEqual([]);
  });

  it('waits for who is changed, and for two that write: force does not help', () => {
    for (const force of [false, true]) {
      expect(why({ home: { phase: 'source.reconfiguring' } }, force)).toEqual([
        'home is being reconfigured',
      ]);
      expect(why({ home: { phase: 'source.contested' } }, force)).toEqual([
        'home is contested: away was seen writing too; wait until one of them is seen at rest',
      ]);
    }
  });

  it('says what speaks for it', () => {
    const texts = (force: boolean) =>
      judged(demoteChecks(inEpochs({ lagRatio: 0.5 }), 'home', force)).map(({ text }) => text);
    expect(texts(false)).toEqual(['away follows', 'lag is 0.5× every (limit 3×)']);
    expect(texts(true)).toEqual(['forced: away need not follow']);
  });
});

describe('an overwriting', () => {
  const why = (change: Change) => whyNotResync(inEpochs(change), 'away');
  it('needs a newer writer on the other side, and proof that this one does not write', () => {
    expect(why({})).toEqual([]);
    expect(why({ away: { phase: 'failed.safe' } })).toEqual([]);
    expect(why({ home: { phase: 'replica.following' } })).toEqual(['home is replica, not source']);
    const older = (epoch: number) =>
      `home is source of epoch ${epoch}, not known to be newer than away (epoch 2)`;
    expect(why({ away: { epoch: 2 } })).toEqual([older(2)]);
    expect(why({ away: { epoch: 2 }, home: { epoch: 1 } })).toEqual([older(1)]);
    expect(why({ home: { epoch: 2, fencedBelow: 3 }, away: { epoch: 1 } })).toEqual([
      'home is source of epoch 2, not known to be newer than away (epoch 1)',
    ]);
    expect(why({ away: { phase: 'failed.indeterminate' } })).toEqual([
      'away is failed.indeterminate: not proven unable to write',
    ]);
    expect(why({ away: { phase: 'replica.testing' } })).toEqual([
      'a test runs on away: stop it first',
    ]);
    expect(why({ away: { phase: 'replica.reconfiguring' } })).toEqual([
      'away is being reconfigured',
    ]);
  });

  it('says what speaks for it', () => {
    expect(
      judged(resyncChecks(inEpochs(), 'away')).map(({ guard, text }) => [guard, text]),
    ).toEqual([
      ['isProvenIdle', 'away is proven unable to write'],
      ['noTest', 'no test failover is running'],
      ['peerIsSource', 'home is source'],
      ['peerIsNewer', 'home writes epoch 2, newer than away'],
    ]);
    const nobody = inEpochs({ home: { phase: 'replica.following' } });
    expect(judged(resyncChecks(nobody, 'away')).map(({ guard }) => guard)).toEqual([
      ...['peerIsSource', 'isProvenIdle', 'noTest'],
    ]);
  });
});

it('a recovery looks where nobody knows, and needs something that is there', () => {
  const why = (phase: Phase) => whyNotRecover(inEpochs({ away: { phase } }), 'away');
  expect(why('failed.safe')).toEqual([]);
  expect(why('failed.indeterminate')).toEqual([
    'away is failed.indeterminate: it is looked at until somebody knows whether it can write',
  ]);
  expect(why('absent.created')).toEqual([
    'away is absent.created: apply a manifest and wait until it rests',
  ]);
  expect(recoverChecks(inEpochs(), 'away').map(({ name }) => name)).toEqual(['isKnown', 'isThere']);
  expect(judged(recoverChecks(inEpochs(), 'away'))).toEqual([]);
});

it('a trial needs a replica with data that is not too old; force waives the age', () => {
  const why = (change: Change, force = false) => whyNotTest(inEpochs(change), 'away', force);
  expect(why({})).toEqual([]);
  expect(why({ away: { phase: 'failed.safe' } })).toEqual(['away is failed']);
  expect(why({ away: { phase: 'replica.reconfiguring' } })).toEqual(['away is being reconfigured']);
  expect(why({ points: [] })).toEqual(['away has no committed point']);
  expect(why({ lagRatio: 3.2 })).toEqual([
    'lag is 3.2× every (limit 3×); repeat with force to test an old point',
  ]);
  expect(why({ lagRatio: 3.2 }, true)).toEqual([]);
  const texts = (force: boolean) =>
    judged(testChecks(inEpochs({ lagRatio: 0.5 }), 'away', force)).map(({ text }) => text);
  const data = ['away is replica', 'a committed recovery point exists (seq 7)'];
  expect(texts(false)).toEqual([...data, 'lag is 0.5× every (limit 3×)']);
  expect(texts(true)).toEqual([...data, 'forced: an old point will do']);
});

it('every condition has a name, by which the inspector shows it', () => {
  const context = inEpochs();
  const names = (checks: readonly { readonly name: string }[]) => checks.map(({ name }) => name);
  const promote = ['isActive', 'hasData', 'noTest', 'notReconfiguring', 'peerRests', 'peerKnown'];
  expect(names(promoteChecks(context, 'away', 'planned'))).toEqual(promote);
  const demote = ['notReconfiguring', 'notContested', 'peerFollows'];
  expect(names(demoteChecks(context, 'home', true))).toEqual(demote);
  expect(names(demoteChecks(context, 'home', false))).toEqual([...demote, 'lagHealthy']);
  const test = ['isReplica', 'notReconfiguring', 'hasData', 'lagHealthy'];
  for (const force of [true, false])
    expect(names(testChecks(context, 'away', force))).toEqual(test);
});
