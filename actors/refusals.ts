/** Refusals by hosting that no record holds. `name` is the resource as `<kind>/<namespace>/<name>`. */
import { bounds, hosting } from '../machines/limits.ts';
import type { Cut } from './commit-gate.ts';
import type { ProblemFields } from './faults.ts';
import type { SeenEntry } from './seen.ts';
import { blame } from './strikes.ts';

export interface Refusal {
  readonly kind: 'refused';
  readonly code: string;
  readonly message: string;
  readonly more: Partial<ProblemFields>;
}

export const refused = (
  code: string,
  message: string,
  more: Partial<ProblemFields> = {},
): Refusal => ({ kind: 'refused', code, message, more });

export const quarantined = (name: string, reason: string): Refusal =>
  refused('actor.quarantined', `${name} is held for inspection: ${reason}`);

export const notFound = (name: string): Refusal =>
  refused('resource.notFound', `There is no ${name}; check namespace and name.`);

export const deleted = (name: string): Refusal =>
  refused('resource.deleted', `${name} was deleted; create it again to use the name.`);

export function heldBack(verb: string, retryAfterMs: number): Refusal {
  const message = `${verb} has to wait: the service fares badly now (fairlead get budgets).`;
  return refused('service.degraded', message, { retryAfterMs });
}

export const mailboxFull = (name: string): Refusal =>
  refused(
    'mailbox.full',
    `${bounds.mailboxMax} of ${bounds.mailboxMax} places of ${name} are taken.`,
    { retryAfterMs: hosting.busyRetryAfterMs },
  );

export const outboxFull = (name: string): Refusal =>
  refused('outbox.full', `${name} cannot publish its events now.`, {
    retryAfterMs: hosting.busyRetryAfterMs,
  });

/** What the turn decided, without being stored. */
export function outside(entry: SeenEntry): Refusal {
  const { code, message = '', problems, because, allowedNext } = entry;
  return refused(code, message, {
    ...(problems && { problems }),
    ...(because && { because }),
    ...(allowedNext && { allowedNext }),
  });
}

/** This very message cut the actor. */
export function poisoned(name: string, cut: Cut): Refusal {
  const { code, message } = blame(cut);
  return refused(code, `${name} failed on this message: ${message}`);
}
