/** Every verb of a kind with whether it would be taken now, in a line each. */
import type { CommandHead, Why } from './shape.ts';
import type { Subject } from './subject.ts';
import { whyOf } from './why.ts';
import type { Order } from './why.ts';

export function headsOf(subject: Subject): readonly CommandHead[] {
  const verbs = Object.keys(subject.schemas[subject.key.kind] ?? {});
  return verbs.map((verb) => headOf(subject, verb));
}

/** With its defaults; for the other side where these are refused or change nothing, and that one is taken. */
function headOf(subject: Subject, verb: string): CommandHead {
  const first = whyIn(subject, { verb });
  if (first.allowed === 'yes' && !first.unchanged) return lineOf(first);
  const given = { endpoint: 'home' };
  const second = whyIn(subject, { verb, arguments: given });
  return second.allowed === 'yes' && !second.unchanged
    ? { ...lineOf(second), arguments: given }
    : lineOf(first);
}

function whyIn(subject: Subject, order: Order): Why {
  const why = whyOf(subject, order);
  // Verbs come from the schemas themselves.
  if (!('allowed' in why)) throw new Error(why.message);
  return why;
}

function lineOf({ command, allowed, unchanged, code, message, because, needs }: Why): CommandHead {
  const against = because.filter(({ is }) => is === 'no').map(({ text }) => text);
  const speaks = allowed === 'no' && against.length > 0 ? against.join('; ') : message;
  const reason = unchanged ? 'it is as asked for already' : speaks;
  return { command, allowed, unchanged, code, reason, needs };
}
