/** What the turn of a command would do, computed on the stored record: nothing is run and nothing is written. */
import { changedPaths } from '../../machines/changed-paths.ts';
import { explaining } from '../../machines/limits-explain.ts';
import type { Command } from '../envelope.ts';
import { faultStatus, messageOf } from '../faults.ts';
import type { KindSnapshot } from '../kind.ts';
import { snapshotOf } from '../record.ts';
import { redactContext, redactValue } from '../steps/redact.ts';
import { rulesOf } from '../steps/step-teller.ts';
import { rehearse } from './rehearsal.ts';
import type { Rehearsed } from './rehearsal.ts';
import type { RehearsedTurn, Why } from './shape.ts';
import { stateOf } from './subject.ts';
import type { Subject } from './subject.ts';
import { eventIn } from './why.ts';

type Plain = Readonly<Record<string, unknown>>;

/** @throws what the machine throws on it: a turn that would be poisoned */
export function turnOf(subject: Subject, command: Command): RehearsedTurn {
  const { kind, stored } = subject;
  const rehearsed = rehearse(kind.machine, fromOf(subject), eventIn(subject, command));
  const changes = changesOf(subject, rehearsed);
  const starts = rehearsed.starts.map(({ id, src, input }) => ({
    ...{ id, src, input: bounded(redactValue(asJson(input))) },
  }));
  const leftOut =
    Math.max(0, changes.length - explaining.changesMax) +
    Math.max(0, starts.length - explaining.startsMax);
  return {
    revision: stored?.revision ?? 0,
    stateBefore: stateOf(subject),
    stateAfter: kind.stateText(rehearsed.after),
    edges: rehearsed.edges,
    changes: changes.slice(0, explaining.changesMax),
    starts: starts.slice(0, explaining.startsMax),
    ...{ timers: rehearsed.timers, events: rehearsed.events },
    ...(leftOut > 0 && { leftOut }),
  };
}

/** The same question, answered with what the machine would throw. */
export function poisoned(why: Why, thrown: unknown): Why {
  const text = messageOf(thrown);
  return {
    ...why,
    ...{ allowed: 'no', code: 'actor.poisoned', status: faultStatus('actor.poisoned') },
    message: `${why.actor} would fail on this message: ${text}`,
    because: [{ guard: 'actor.poisoned', is: 'no', text }],
  };
}

function fromOf({ kind, key, nowMs, stored, tombstone }: Subject) {
  if (stored !== undefined) return { snapshot: stored.record.snapshot };
  const { namespace, name } = key;
  const identity = { namespace, name, uid: 'dry-run', atMs: nowMs };
  return { input: kind.input(identity, tombstone && snapshotOf(tombstone.record)) };
}

function changesOf(subject: Subject, { before, after }: Rehearsed): RehearsedTurn['changes'] {
  const start = subject.stored === undefined ? {} : shownOf(subject, before);
  return changedPaths(start, shownOf(subject, after), 'context').map(({ path, from, to }) => ({
    path: path.slice('context.'.length),
    ...{ before: bounded(from), after: bounded(to) },
  }));
}

/** Only what pages may show. */
function shownOf({ kind }: Subject, { context }: KindSnapshot): Plain {
  return redactContext(rulesOf(kind)[kind.name] ?? {}, asJson(context) as Plain);
}

const asJson = (value: unknown): unknown =>
  value === undefined ? null : (JSON.parse(JSON.stringify(value)) as unknown);

/** Absent values are null in JSON. */
function bounded(value: unknown): unknown {
  if (value === undefined) return null;
  const text = JSON.stringify(value);
  if (text.length <= explaining.valueCharsMax) return value;
  return `${text.slice(0, explaining.valueCharsMax)}… (${text.length} characters)`;
}
