/** The checkers of a chaos run, each shown a history that it has to find fault with. */
import { describe, expect, it } from 'vitest';
import { Complaints } from '../../chaos/run/checkers/books.ts';
import type { DeadLetter, Sent } from '../../chaos/run/checkers/books.ts';
import { judgeCommands } from '../../chaos/run/checkers/commands.ts';
import { EventBook } from '../../chaos/run/checkers/events.ts';
import { doubledIn, judgeLeaks, judgeRest } from '../../chaos/run/checkers/instances.ts';
import { judgeStrikes, RecordBook } from '../../chaos/run/checkers/records.ts';
import { judgeWriters } from '../../chaos/run/checkers/writers.ts';
import type { GroundTruth } from '../../../src/stack/ground-truth.ts';

const actor = 'cluster/test/c1';

interface Written {
  readonly fence?: number;
  readonly host?: string;
  readonly seen?: readonly string[];
  readonly outboxNext?: number;
  readonly uid?: string;
  readonly phase?: string;
  readonly strikes?: number;
}

const record = ({ fence = 1, host = 'a', seen = [], outboxNext = 1, ...more }: Written): string =>
  JSON.stringify({
    ...{ key: actor, uid: more.uid ?? 'u1', fence, host, outboxNext, outbox: [] },
    strikes: more.strikes === undefined ? null : { count: more.strikes },
    seen: seen.map((id) => ({ id, code: 'ok' })),
    snapshot: { context: { phase: more.phase ?? 'running.steady' } },
  });

function recordsOf(...written: readonly Written[]) {
  const complaints = new Complaints();
  const book = new RecordBook(complaints);
  for (const each of written) book.note(record(each));
  return { book, complaints };
}

describe('records', () => {
  it('take no offence at an owner who follows another', () => {
    const { complaints } = recordsOf(
      { fence: 1, host: 'a', seen: ['1'] },
      { fence: 4, host: 'b', seen: ['1', '2'] },
    );
    expect(complaints.examples).toEqual([]);
  });

  it('find a write of a former owner', () => {
    const { complaints } = recordsOf({ fence: 4, host: 'b' }, { fence: 1, host: 'a' });
    expect(complaints.count('fence')).toBe(1);
  });

  it('find two hosts under one fence', () => {
    const { complaints } = recordsOf({ fence: 4, host: 'b' }, { fence: 4, host: 'a' });
    expect(complaints.count('fence')).toBe(1);
  });

  it('find a command that is decided again, though its list looks whole', () => {
    const { complaints } = recordsOf({ seen: ['1', '2', '3'] }, { seen: ['2', '3', '1'] });
    expect(complaints.count('doubled')).toBe(1);
  });

  it('keep what has left the list of the record', () => {
    const { book, complaints } = recordsOf({ seen: ['1', '2'] }, { seen: ['2', '3'] });
    expect(book.lives.get(actor)?.decided).toEqual(['1', '2', '3']);
    expect(complaints.total).toBe(0);
  });

  it('find a turn that threw, also where it has been forgotten since', () => {
    const { book, complaints } = recordsOf({ strikes: 2 }, {});
    judgeStrikes(book.lives, complaints);
    expect(complaints.examples).toEqual([`strikes: ${actor} threw 2 times`]);
  });

  it('find what is no record', () => {
    const { book, complaints } = recordsOf();
    book.note('{"key":"cluster/test/c1"}');
    expect(complaints.count('unreadable')).toBe(1);
  });
});

interface Case {
  readonly sent?: readonly Partial<Sent>[];
  readonly decided?: readonly string[];
  readonly letters?: readonly DeadLetter[];
  readonly left?: number;
  /** Instead of one record that holds what is decided; none where it was never made. */
  readonly records?: readonly Written[];
}

function commandsOf({ sent = [], decided = [], letters = [], left = 0, ...more }: Case) {
  const { book, complaints } = recordsOf(...(more.records ?? [{ seen: decided }]));
  const rows = sent.map((each, index): Sent => {
    const id = each.id ?? String(index + 1);
    const place = index + 1;
    return { actor, verb: 'resume', isPoison: false, fate: 'stored', place, ...each, id };
  });
  judgeCommands(
    {
      sent: new Map(rows.map((row) => [row.id, row])),
      ...{ lives: book.lives, deadLetters: letters, left },
    },
    complaints,
  );
  return complaints;
}

describe('commands', () => {
  it('are fine when each is decided once, in order, or told off', () => {
    const busy = [{ status: 429, code: 'mailbox.full' }];
    const complaints = commandsOf({
      sent: [{}, {}, { fate: 'refused' }, { answers: busy }, { isPoison: true }],
      decided: ['1', '2'],
      letters: [
        { commandId: '4', code: 'mailbox.full' },
        { commandId: '5', code: 'command.malformed' },
      ],
    });
    expect(complaints.examples).toEqual([]);
  });

  const notFound = { sent: [{}, {}], letters: [{ commandId: '2', code: 'resource.notFound' }] };
  it.each<[string, readonly Written[]]>([
    ['was never made', []],
    ['is gone', [{ seen: ['1'], phase: 'deleted' }]],
    ['was gone and is made anew', [{ seen: ['1'] }, { seen: ['1'], uid: 'u2' }]],
  ])('may find nobody where the resource %s', (_what, records) => {
    const sent = records.length === 0 ? [{ fate: 'refused' as const }, {}] : notFound.sent;
    expect(commandsOf({ ...notFound, sent, records }).examples).toEqual([]);
  });

  it('may find nobody before the command that makes the resource', () => {
    const letters = [{ commandId: '1', code: 'resource.notFound' }];
    expect(commandsOf({ sent: [{}, {}], decided: ['2'], letters }).examples).toEqual([]);
  });

  it.each<[string, string, Case]>([
    [
      'deadLetter',
      'of a resource that lives, and told that there is none',
      { ...notFound, decided: ['1'] },
    ],
    ['lost', 'taken and nowhere', { sent: [{}] }],
    ['lost', 'left in the stream', { left: 1 }],
    ['reordered', 'decided out of order', { sent: [{}, {}], decided: ['2', '1'] }],
    ['doubled', 'refused at the door and there', { sent: [{ fate: 'refused' }], decided: ['1'] }],
    [
      'doubled',
      'decided and dead',
      { sent: [{}], decided: ['1'], letters: [{ commandId: '1', code: 'mailbox.full' }] },
    ],
    [
      'deadLetter',
      'dead without cause',
      { sent: [{}], letters: [{ commandId: '1', code: 'x.y' }] },
    ],
    ['deadLetter', 'sent by nobody', { letters: [{ commandId: '9', code: 'x.y' }] }],
    ['poison', 'poison that was taken', { sent: [{ isPoison: true }], decided: ['1'] }],
    [
      'contradicted',
      'told otherwise',
      { sent: [{ answers: [{ status: 409, code: 'a.b' }] }], decided: ['1'] },
    ],
  ])('are %s: %s', (kind, _what, history) => {
    expect(commandsOf(history).count(kind)).toBe(1);
  });
});

describe('events', () => {
  const told = (outboxNext: number, ...bodies: readonly string[]): Complaints => {
    const { book, complaints } = recordsOf({ outboxNext });
    const events = new EventBook(complaints);
    for (const body of bodies) events.note(body);
    events.judge(book.lives);
    return complaints;
  };
  const event = (number: number, data = 'x'): string =>
    JSON.stringify({ id: `u1/${number}`, data });

  it('are fine when all are told, one of them twice', () => {
    expect(told(3, event(1), event(2), event(2)).examples).toEqual([]);
  });

  it.each([
    ['a gap', told(4, event(1), event(3))],
    ['the last one missing', told(3, event(1))],
    ['one id with two meanings', told(2, event(1), event(1, 'y'))],
  ])('have %s', (_what, complaints) => {
    expect(complaints.count('event')).toBe(1);
  });
});

describe('instances', () => {
  const truth = (...instances: GroundTruth['instances']): GroundTruth => ({
    ...{ instances, launchedByUid: {}, parameters: [], securityGroups: [] },
  });
  const machine = (instanceId: string, state = 'running') => ({
    ...{ instanceId, state, uid: 'u1', slot: 's0', incarnation: '1' },
  });

  it('find a place that was launched twice', () => {
    expect(doubledIn(truth(machine('i-1', 'terminated'), machine('i-2')))).toEqual(['u1/s0 i1']);
  });

  it('find two that live in one slot', () => {
    const replaced = { ...machine('i-2'), incarnation: '2' };
    expect(doubledIn(truth(machine('i-1', 'terminated'), replaced))).toEqual([]);
    expect(doubledIn(truth(machine('i-1'), replaced))).toEqual(['u1/s0']);
  });

  it('find what is left', () => {
    const complaints = new Complaints();
    judgeLeaks(truth(machine('i-1'), machine('i-2', 'terminated')), complaints);
    expect(complaints.count('leaks')).toBe(1);
  });

  const cluster = { name: 'c1', uid: 'u1', state: 'running.steady', wanted: 1, error: '' };
  const rested = (state: object, ...machines: readonly ReturnType<typeof machine>[]) => {
    const complaints = new Complaints();
    judgeRest(truth(...machines), [{ ...cluster, ...state }], complaints);
    return complaints.count('spec');
  };

  it('take no offence at clusters as ordered, or at a failure that explains itself', () => {
    expect(rested({}, machine('i-1'))).toBe(0);
    expect(rested({ state: 'stopped' }, machine('i-1', 'stopped'))).toBe(0);
    expect(rested({ state: 'failed', error: 'no capacity' }, machine('i-1'))).toBe(0);
  });

  it.each([
    ['that runs with another number of machines', rested({ wanted: 2 }, machine('i-1'))],
    ['that is stopped and runs', rested({ state: 'stopped' }, machine('i-1'))],
    ['that failed and does not say why', rested({ state: 'failed' })],
  ])('find a cluster %s', (_what, count) => {
    expect(count).toBe(1);
  });
});

describe('writers', () => {
  const seen = { twoWriters: 0, looks: 9, missed: [] as string[], lost: 0 };
  const judged = async (more: Partial<typeof seen>, lostPoints?: () => Promise<number>) => {
    const complaints = new Complaints();
    const { twoWriters, looks, missed, lost } = { ...seen, ...more };
    await judgeWriters(
      {
        ...{ twoWriters: () => twoWriters, looks: () => looks, missed: () => missed },
        lostPoints: lostPoints ?? (() => Promise.resolve(lost)),
      },
      complaints,
    );
    return complaints.examples;
  };

  it('are fine when one was seen at a time, with all points', async () => {
    expect(await judged({})).toEqual([]);
  });

  it.each<[string, Partial<typeof seen>]>([
    ['twoWriters: seen in 2 of 9 looks', { twoWriters: 2 }],
    ['lostPoints: 3 recovery points lack in what is written now', { lost: 3 }],
    ['unseen: nobody has looked at who writes', { looks: 0 }],
    ['unseen: a look at who writes failed: away', { missed: ['away'] }],
  ])('are not: %s', async (told, more) => {
    expect(await judged(more)).toEqual([told]);
  });

  it('are not when nothing is written to any more', async () => {
    const nobody = () => Promise.reject(new Error('nothing of vol-1 is written to any more'));
    expect(await judged({}, nobody)).toEqual([
      'lostPoints: nobody can tell: nothing of vol-1 is written to any more',
    ]);
  });
});
