/** The checkers of a chaos run, each shown a history that it has to find fault with. */
import { describe, expect, it } from 'vitest';
import { Complaints } from '../../chaos/run/checkers/books.ts';
import type { DeadLetter, Sent } from '../../chaos/run/checkers/books.ts';
import { judgeCommands } from '../../chaos/run/checkers/commands.ts';
import { EventBook } from '../../chaos/run/checkers/events.ts';
import { doubledPlaces, judgeCounts, judgeLeaks } from '../../chaos/run/checkers/instances.ts';
import { RecordBook } from '../../chaos/run/checkers/records.ts';
import type { GroundTruth } from '../../../src/stack/ground-truth.ts';

const actor = 'cluster/test/c1';

interface Written {
  readonly fence?: number;
  readonly host?: string;
  readonly seen?: readonly string[];
  readonly outboxNext?: number;
}

const record = ({ fence = 1, host = 'a', seen = [], outboxNext = 1 }: Written): string =>
  JSON.stringify({
    ...{ key: actor, uid: 'u1', fence, host, outboxNext, outbox: [], strikes: null },
    seen: seen.map((id) => ({ id, code: 'ok' })),
    snapshot: { context: { phase: 'running.steady' } },
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
});

interface Case {
  readonly sent?: readonly Partial<Sent>[];
  readonly decided?: readonly string[];
  readonly letters?: readonly DeadLetter[];
  readonly left?: number;
}

function commandsOf({ sent = [], decided = [], letters = [], left = 0 }: Case): Complaints {
  const { book, complaints } = recordsOf({ seen: decided });
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

  it.each<[string, string, Case]>([
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
    expect(doubledPlaces(truth(machine('i-1', 'terminated'), machine('i-2')))).toHaveLength(1);
  });

  it('find what is left and what is missing', () => {
    const complaints = new Complaints();
    judgeLeaks(truth(machine('i-1'), machine('i-2', 'terminated')), complaints);
    judgeCounts(truth(machine('i-1')), new Map([['u1', 2]]), complaints);
    expect([complaints.count('leaks'), complaints.count('spec')]).toEqual([1, 1]);
  });
});
