/** Answers to the queries `why`, `commands` and `dry-run`, of one resource as it is stored. */
import { keyText } from '../../machines/ids.ts';
import type { Command, Flaw } from '../envelope.ts';
import { problem } from '../faults.ts';
import type { Problem } from '../faults.ts';
import type { Refusal } from '../refusals.ts';
import { replyOf } from '../replies.ts';
import { acceptedEntry, decide } from '../turn.ts';
import { headsOf } from './heads.ts';
import type { RehearsedTurn, Why } from './shape.ts';
import { allowedIn, stateOf } from './subject.ts';
import type { Subject } from './subject.ts';
import { poisoned, turnOf } from './turn.ts';
import { commandIn, eventIn, situationOf, standingOf, whyOf } from './why.ts';
import type { Order } from './why.ts';

type Body = Readonly<Record<string, unknown>>;
export type Answered = { readonly body: Body } | { readonly problem: Problem };

export function answerWhy(subject: Subject, order: Order): Answered {
  const why = whyOf(subject, order);
  return 'allowed' in why ? { body: { ...why } } : { problem: problemOf(subject, why) };
}

export const answerCommands = (subject: Subject): Body => ({
  ...{ actor: keyText(subject.key), state: stateOf(subject) },
  revision: subject.stored?.revision ?? 0,
  items: headsOf(subject),
});

/** A refusal is the answer, as the command would get it. */
export function answerDryRun(subject: Subject, order: Order): Answered {
  const command = commandIn(subject, order);
  if ('code' in command) return { problem: problemOf(subject, command) };
  const { kind, key, stored, snapshot } = subject;
  const held = standingOf(subject, command.verb);
  if (held !== undefined) return { problem: refusalOf(subject, held) };
  const event = eventIn(subject, command);
  const decision = decide(kind, command, event, situationOf(subject, event));
  const entry =
    decision.kind === 'answer' ? decision.entry : acceptedEntry(kind, command, snapshot);
  const reply = replyOf({ ...entry, revision: stored?.revision ?? 0 }, keyText(key), false);
  if (!reply.ok) return { problem: reply.problem };
  const body = { ...reply.body, dryRun: true, allowedNext: allowedIn(subject) };
  if (decision.kind === 'answer') return { body };
  try {
    return { body: { ...body, turn: turnOf(subject, command) } };
  } catch (thrown) {
    const why = whyOf(subject, order);
    if (!('allowed' in why)) return { problem: problemOf(subject, why) };
    const { code, message } = poisoned(why, thrown);
    return { problem: problemOf(subject, { code, message } as Flaw) };
  }
}

/** A refusal is part of the answer. */
export function answerExplained(subject: Subject, order: Order): Answered {
  const why = whyOf(subject, order);
  if (!('allowed' in why)) return { problem: problemOf(subject, why) };
  const command = commandIn(subject, order);
  if (why.allowed !== 'yes' || why.unchanged || 'code' in command) return { body: { why } };
  return { body: { ...rehearsed(subject, command, why) } };
}

function rehearsed(
  subject: Subject,
  command: Command,
  why: Why,
): { readonly why: Why; readonly turn?: RehearsedTurn } {
  try {
    return { why, turn: turnOf(subject, command) };
  } catch (thrown) {
    return { why: poisoned(why, thrown) };
  }
}

const refusalOf = ({ key }: Subject, { code, message, more }: Refusal): Problem =>
  problem(code, { ...more, actor: keyText(key), correlationId: '', message });

const problemOf = ({ key }: Subject, { code, message, problems, allowedNext }: Flaw): Problem =>
  problem(code, {
    ...{ actor: keyText(key), correlationId: '', message },
    ...(problems && { problems }),
    ...(allowedNext && { allowedNext }),
  });
