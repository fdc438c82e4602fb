/** How a replication refuses: in which words, and with which way out. */
import { accepted, refused } from './refusal.ts';
import type { Admission } from './refusal.ts';
import { allowedNext, refuseTransition } from './replication-table.ts';
import type { PublicState, Side } from './replication-table.ts';
import { publicStateOf } from './replication-context.ts';
import type { Operation, ReplicationContext } from './replication-context.ts';
import { whyNotReconfigure } from './replication-safety.ts';

export const named = ({ namespace, name }: ReplicationContext): string =>
  `replication "${namespace}/${name}"`;

/** As replies, conflicts and the view name an order. */
export const orderIdOf = (uid: string, { kind, seq }: Operation): string =>
  `fr-${uid}-${kind}-s${seq}`;

export const notAllowed = (
  { namespace, name, ...context }: ReplicationContext,
  side: Side,
  to: PublicState,
): Admission => {
  const { phase } = context[side];
  const from = publicStateOf(phase);
  return refused(refuseTransition(`${namespace}/${name}`, side, { from, to, phase }));
};

export const unmet = (
  context: ReplicationContext,
  side: Side,
  what: string,
  because: readonly string[],
): Admission =>
  refused({
    code: 'precondition.failed',
    message: `${named(context)}, ${side}: ${what} now: ${because.join('; ')}.`,
    allowedNext: allowedNext(publicStateOf(context[side].phase)),
    because,
  });

/** @param context  with an operation under way */
export function conflict(context: ReplicationContext, operation: Operation): Admission {
  const { kind, endpoint } = operation;
  const { phase } = context[endpoint];
  return refused({
    code: 'operation.conflict',
    message:
      `${named(context)}: ${kind} of ${endpoint} is under way (operation ` +
      `${orderIdOf(context.uid, operation)}, phase ${phase}); wait for it, or cancel it.`,
    because: [`${endpoint} is ${phase}`],
  });
}

export const cannot = (
  context: ReplicationContext,
  code: 'mode.unsupported' | 'operation.unsupported',
  text: string,
): Admission => refused({ code, message: `${named(context)}: ${text}.` });

/** Mode and interval, by whatever order they come. */
export function admitPace(context: ReplicationContext): Admission {
  if (context.operation !== null) return conflict(context, context.operation);
  const because = whyNotReconfigure(context);
  if (because.length === 0) return accepted;
  return refused({
    code: 'precondition.failed',
    message: `${named(context)} cannot change mode or interval now: ${because.join('; ')}.`,
    because,
  });
}
