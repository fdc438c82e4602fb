/** What a replication notes, each note by itself: the whole of what changes, and nothing else. */
import { describe, expect, it } from 'vitest';
import type { Operation, ReplicationContext } from '../../../machines/replication-context.ts';
import { replication } from '../../../machines/replication-limits.ts';
import * as notes from '../../../machines/replication-notes.ts';
import { inEpochs, point, rested, risk } from './replication-standing.ts';
import type { Change } from './replication-standing.ts';

/** The end of a call, at 9 s. */
const answered = (value: object) => ({
  output: { result: { ok: true, value, atMs: 9_000, roll: 0 } },
});
const refused = (code: string) => ({
  output: {
    result: { ok: false, fault: { type: 'Timeout', code, message: code }, atMs: 9_000, roll: 0 },
  },
});
/** A timer: it says no time of its own. */
const timer = { type: 'xstate.after.window' };

const promotion: Operation = {
  ...{ kind: 'promote', verb: 'failover', then: null, endpoint: 'away', how: 'forced', seq: 3 },
  ...{ startedAtMs: 1_000, correlationId: 'c3', by: 'ada', epoch: 2, wanted: null, chosen: null },
  ...{ observed: '', fencedAtMs: 0, fenceRounds: 0, reissues: 0, estimate: null, group: null },
};
/** Home has written epoch 2, away is ordered to take over; it is 5 s. */
const ordered = (change: Change = {}, order: Partial<Operation> = {}): ReplicationContext =>
  inEpochs({ atMs: 5_000, operation: { ...promotion, ...order }, ...change });
const idle = (change: Change = {}): ReplicationContext =>
  inEpochs({ atMs: 5_000, operation: null, ...change });

describe('a phase', () => {
  const named = { reason: 'why', correlationId: 'c3', requestId: 'r3', historySeq: 7, history: [] };

  it('within the same public state is noted with its time, and progress begins anew', () => {
    const before = idle({ ...named, away: { progress: 50, sinceMs: 1 } });
    expect(notes.entered(before, { atMs: 6_000 }, 'away', 'replica.seeding')).toEqual({
      atMs: 6_000,
      away: { ...before.away, phase: 'replica.seeding', sinceMs: 6_000, progress: null },
    });
    expect(notes.announced(before, 'away', 'replica.seeding')).toEqual({
      type: 'phaseEntered',
      correlationId: 'c3',
      data: {
        ...{ endpoint: 'away', from: 'replica', to: 'replica', phase: 'replica.seeding' },
        ...{ epoch: 2, reason: 'why' },
      },
    });
  });

  it('of another public state is a move, with its order, its cause and a number', () => {
    const before = ordered(named);
    const memory = notes.entered(
      before,
      { atMs: 6_000, commandId: 'k9' },
      'away',
      'promoting.fencing',
    );
    const move = {
      ...{ seq: 8, endpoint: 'away', from: 'replica', to: 'promoting', atMs: 6_000 },
      ...{ phase: 'promoting.fencing', reason: 'why', epoch: 2, correlationId: 'c3' },
      ...{ requestId: 'r3', by: 'ada', causationId: 'k9' },
    };
    expect(memory).toMatchObject({ historySeq: 8, history: [move] });
    const announced = notes.announced(before, 'away', 'promoting.fencing');
    expect(announced).toMatchObject({
      type: 'transitioned',
      data: { from: 'replica', to: 'promoting', phase: 'promoting.fencing' },
    });
    const quiet = notes.entered(idle(named), timer, 'away', 'promoting.fencing');
    expect(quiet).toMatchObject({ atMs: 5_000, history: [{ by: '', causationId: '' }] });
  });

  it('keeps the newest moves only', () => {
    const old = Array.from({ length: replication.historyMax }, (_, at) => ({ seq: at + 1 }));
    const before = idle({ history: old as never, historySeq: replication.historyMax });
    const { history } = notes.entered(before, timer, 'away', 'failed.safe');
    expect(history).toHaveLength(replication.historyMax);
    expect([history?.[0]?.seq, history?.at(-1)?.seq]).toEqual([2, replication.historyMax + 1]);
  });

  it('ends the order of its own endpoint', () => {
    expect(notes.ended(ordered(), 'away')).toEqual({ operation: null });
    expect(notes.ended(ordered(), 'home')).toEqual({});
    expect(notes.ended(idle(), 'away')).toEqual({});
  });
});

describe('an epoch', () => {
  const protectedNow = { isProtected: true, sinceMs: 1, generation: 4 };

  it('that is claimed has proven nothing and protects nothing', () => {
    const before = ordered({ protection: protectedNow, lastSyncMs: 4_000, lagRatio: 0.5 });
    expect(notes.claimed(before)).toEqual({
      ...{ epoch: 3, fence: { epoch: 3, stage: 'none', atMs: 5_000 } },
      ...{ lastSyncMs: null, lagRatio: 0 },
      protection: { isProtected: false, sinceMs: 5_000, generation: 0 },
      operation: { ...promotion, epoch: 3 },
    });
    expect(notes.claimed(idle())).not.toHaveProperty('operation');
  });

  it('fences the peer from below: the side that is to write stays as it is', () => {
    const before = ordered({ epoch: 3 });
    expect(notes.fenceBegun(before, 'away')).toEqual({ home: { ...before.home, fencedBelow: 3 } });
  });

  it('that is proven has a peer that cannot write', () => {
    const before = ordered({ epoch: 3 });
    expect(notes.proven(before, answered({}), 'away')).toEqual({
      fence: { epoch: 3, stage: 'proven', atMs: 9_000 },
      home: { ...before.home, writable: 'no' },
    });
  });

  it('has a writer from now on, without points of its own side and without protection', () => {
    const points = [point(6, 'home'), point(7, 'away')];
    const before = ordered({ epoch: 3, points, protection: protectedNow, reason: 'why' });
    expect(notes.becameWriter(before, answered({}), 'away')).toEqual({
      ...{ writer: 'away', writerEpoch: 3, atMs: 9_000, points: [points[0]], reason: '' },
      away: { ...before.away, epoch: 3, writable: 'yes' },
      ...{ lastSyncMs: null, lagRatio: 0 },
      protection: { isProtected: false, sinceMs: 5_000, generation: 0 },
    });
  });
});

describe('a fence', () => {
  it('that holds is noted with its time and with what was seen', () => {
    const memory = notes.fenceAnswered(ordered(), answered({ fenced: true, observed: 'stopped' }));
    const operation = { ...promotion, observed: 'stopped', fencedAtMs: 9_000 };
    expect(memory).toEqual({ operation, usesSsm: rested.usesSsm });
  });

  it('that does not hold any more takes the time of an earlier round with it', () => {
    const before = ordered({}, { fencedAtMs: 4_000 });
    const open = notes.fenceAnswered(before, answered({ fenced: false, observed: 'it runs' }));
    expect(open.operation).toMatchObject({ fencedAtMs: 0, observed: 'it runs' });
    const failed = notes.fenceAnswered(before, refused('ec2.away'));
    expect(failed.operation).toMatchObject({ fencedAtMs: 0, observed: 'ec2.away' });
    expect(notes.fenceAnswered(idle(), refused('ec2.away'))).not.toHaveProperty('operation');
  });

  it('is counted by its rounds, and its calls by how often they were made anew', () => {
    expect(notes.roundCounted(ordered({}, { fenceRounds: 1 })).operation?.fenceRounds).toBe(2);
    expect(notes.reissueCounted(ordered({}, { reissues: 1 })).operation?.reissues).toBe(2);
    expect([notes.roundCounted(idle()), notes.reissueCounted(idle())]).toEqual([{}, {}]);
  });

  it('over SSM makes every later window longer', () => {
    const via = (viaSsm: boolean, usesSsm: boolean) =>
      notes.vias(idle({ usesSsm }), answered({ viaSsm })).usesSsm;
    expect([via(false, false), via(true, false), via(false, true)]).toEqual([false, true, true]);
    expect(notes.vias(idle({ usesSsm: false }), refused('x'))).toEqual({ usesSsm: false });
  });
});

describe('what an order loses', () => {
  const chosen = { seq: 7, pitMs: 2_500 };
  const lossOf = (change: Change, order: Partial<Operation> = {}) =>
    notes.pointChosen(ordered(change, order), answered(chosen)).loss;
  const final = { seq: 7, pitMs: 3_200, at: 'away', isFinal: true, epoch: 2 } as const;

  it('is what was written between its point and now, in seconds begun', () => {
    const memory = notes.pointChosen(ordered(), answered(chosen));
    expect(memory).toEqual({
      operation: { ...promotion, chosen },
      loss: { seconds: 7, fromPitMs: 2_500, atMs: 9_000, epoch: 2 },
    });
  });

  it('ends at the fence', () => {
    expect(lossOf({}, { fencedAtMs: 4_000 })?.seconds).toBe(2);
  });

  it('ends at a final point, which nothing was written behind, while nobody writes', () => {
    expect(lossOf({ writer: 'none', points: [final] })?.seconds).toBe(1);
    expect(lossOf({ writer: 'home', points: [final] })?.seconds).toBe(7);
    expect(lossOf({ writer: 'none', points: [{ ...final, isFinal: false }] })?.seconds).toBe(7);
    expect(lossOf({ writer: 'none', points: [final, point(8, 'away')] })?.seconds).toBe(7);
    expect(lossOf({ writer: 'none', points: [{ ...final, at: 'home' }] })?.seconds).toBe(7);
  });

  it('is nothing where the last writer itself writes on, its points being elsewhere', () => {
    expect(lossOf({ points: [], away: { epoch: 2 } })?.seconds).toBe(0);
    expect(lossOf({ points: [point(7, 'away')], away: { epoch: 2 } })?.seconds).toBe(7);
    expect(lossOf({ points: [], away: { epoch: 1 } })?.seconds).toBe(7);
  });

  it('is not known before a point is chosen, nor without an order', () => {
    expect(notes.pointChosen(ordered(), refused('none'))).toEqual({});
    expect(notes.pointChosen(idle(), answered(chosen))).toEqual({});
  });

  it('grows while an old writer whose risk was accepted may still write', () => {
    const loss = { seconds: 2, fromPitMs: 2_500, atMs: 4_000, epoch: 2 };
    const grown = (change: Change) => notes.lossExtended(idle(change), answered({}));
    expect(grown({ loss, riskAccepted: risk(2) })).toEqual({ loss: { ...loss, seconds: 7 } });
    const much = { ...loss, seconds: 20 };
    expect(grown({ loss: much, riskAccepted: risk(2) })).toEqual({ loss: much });
    expect(grown({ loss: null, riskAccepted: risk(2) })).toEqual({});
    expect(grown({ loss, riskAccepted: null })).toEqual({});
    expect(grown({ loss, riskAccepted: risk(1) })).toEqual({});
    expect(grown({ loss, riskAccepted: risk(2), writerEpoch: 1 })).toEqual({});
  });
});

describe('a point', () => {
  const made = answered({ seq: 8, pitMs: 7_000 });

  it('has a number of its own, by what it was made for', () => {
    const before = idle({ pointSeq: 7, pointSeqs: { schedule: 5, handOver: 6 } as never });
    expect(notes.pointCounted(before, 'schedule')).toEqual({
      pointSeq: 8,
      pointSeqs: { schedule: 8, handOver: 6 },
    });
  });

  it('that has come protects what is declared now, from then on', () => {
    const before = idle({
      ...{ points: [point(7, 'away')], pointSeq: 7, lastSyncMs: 6_000, specGeneration: 4 },
      protection: { isProtected: false, sinceMs: 1, generation: 0 },
    });
    const added = { seq: 8, pitMs: 7_000, at: 'away', isFinal: false, epoch: 2 };
    expect(notes.pointAdded(before, made, 'away', false)).toEqual({
      ...{ points: [point(7, 'away'), added], pointSeq: 8, lastSyncMs: 7_000, lastFault: null },
      protection: { isProtected: true, sinceMs: 9_000, generation: 4 },
    });
  });

  it('keeps what was known when it is older, and how long it has been protected', () => {
    const protection = { isProtected: true, sinceMs: 1, generation: 4 };
    const known = { pointSeq: 9, lastSyncMs: 8_000, protection, specGeneration: 4 };
    const memory = notes.pointAdded(idle(known), made, 'away', false);
    expect(memory).toMatchObject({ pointSeq: 9, lastSyncMs: 8_000 });
    expect(memory.protection).toBe(protection);
    const newer = notes.pointAdded(idle({ ...known, specGeneration: 5 }), made, 'away', false);
    expect(newer.protection).toEqual({ isProtected: true, sinceMs: 1, generation: 5 });
    const lost = { ...protection, isProtected: false };
    const again = notes.pointAdded(idle({ ...known, protection: lost }), made, 'away', false);
    expect(again.protection).toEqual({ isProtected: true, sinceMs: 9_000, generation: 4 });
    expect(notes.pointAdded(idle({ lastSyncMs: null }), made, 'away', false).lastSyncMs).toBe(
      7_000,
    );
  });

  it('that a promotion takes along is no copy of what the new writer will write', () => {
    const before = ordered({ points: [], pointSeq: 7 });
    const added = { seq: 8, pitMs: 7_000, at: 'away', isFinal: true, epoch: 2 };
    const noted = { points: [added], pointSeq: 8 };
    expect(notes.pointAdded(before, made, 'away', true)).toEqual(noted);
    expect(notes.pointAdded(before, made, 'away', false)).toHaveProperty('protection');
    const demotion = ordered({ points: [], pointSeq: 7 }, { kind: 'demote' });
    expect(notes.pointAdded(demotion, made, 'away', true)).toHaveProperty('protection');
    expect(notes.pointAdded(idle(), made, 'away', true)).toHaveProperty('protection');
  });

  it('that did not come to be changes nothing; of many the newest are kept', () => {
    expect(notes.pointAdded(idle(), refused('x'), 'away', false)).toEqual({});
    const many = Array.from({ length: replication.pointsMax }, (_, at) => point(at, 'away'));
    const { points } = notes.pointAdded(idle({ points: many }), made, 'away', false);
    expect(points).toHaveLength(replication.pointsMax);
    expect([points?.[0]?.seq, points?.at(-1)?.seq]).toEqual([1, 8]);
  });
});

describe('what is seen', () => {
  it('of one side is noted with the time', () => {
    const before = idle();
    expect(notes.writableNoted(before, 'home', 'no')).toEqual({
      home: { ...before.home, writable: 'no', observedAtMs: 5_000 },
    });
  });

  it('of both sides is noted from the side that looked', () => {
    const before = idle();
    expect(notes.sightNoted(before, answered({ self: 'yes', peer: 'no' }), 'away')).toEqual({
      away: { ...before.away, writable: 'yes', observedAtMs: 9_000 },
      home: { ...before.home, writable: 'no', observedAtMs: 9_000 },
    });
    expect(notes.sightNoted(before, refused('x'), 'away')).toEqual({});
  });

  it('by a look from outside is noted with its generation; another event is none', () => {
    const before = idle();
    const look = { type: 'endpoint.observed', endpoint: 'away', atMs: 7_000 } as const;
    const event = { ...look, writable: 'no', generation: 6 } as never;
    expect(notes.observed(before, event)).toEqual({
      atMs: 7_000,
      away: { ...before.away, writable: 'no', generation: 6, observedAtMs: 7_000 },
    });
    expect(notes.observed(before, timer as never)).toEqual({});
  });

  it('as a fault is the reason, behind what was under way', () => {
    const fault = { type: 'Timeout', code: 'ec2.away', message: 'ec2.away' };
    expect(notes.faulted(idle(), refused('ec2.away'), 'the copy failed')).toEqual({
      ...{ reason: 'the copy failed: ec2.away', lastFault: fault, lastFaultAtMs: 9_000 },
    });
    expect(notes.faulted(idle(), answered({}), 'too late')).toEqual({ reason: 'too late' });
    expect(notes.faulted(idle(), timer, 'too late')).toEqual({ reason: 'too late' });
  });

  it('of slow work is how far it is, and nothing once it is over', () => {
    const before = idle();
    const under = answered({ isDone: false, progress: 40 });
    expect(notes.progressed(before, under, 'away')).toEqual({
      atMs: 9_000,
      away: { ...before.away, progress: 40 },
    });
    const over = notes.progressed(before, answered({ isDone: true, progress: 40 }), 'schedule');
    expect(over).toEqual({ atMs: 9_000, schedule: { ...before.schedule, progress: null } });
  });

  it('of a new endpoint is nothing yet', () => {
    expect(notes.newEndpoint(3)).toEqual({
      ...{ phase: 'absent.created', sinceMs: 3, epoch: 0, fencedBelow: 0, writable: 'unknown' },
      ...{ observedAtMs: 0, generation: 0, returnTo: null, progress: null },
    });
  });
});
