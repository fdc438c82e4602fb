/** May this order run now, and if not, why and what instead. Pure; asked before the event is sent. */
import { publicStateOf } from './replication-context.ts';
import type { ReplicationCommand, ReplicationContext } from './replication-context.ts';
import {
  hasData,
  overrideTokenOf,
  whyNotDemote,
  whyNotPromote,
  whyNotResync,
} from './replication-safety.ts';
import {
  allowedNext,
  isAllowed,
  isTransient,
  refuseTransition,
  sides,
} from './replication-table.ts';
import type { PublicState, Side } from './replication-table.ts';

interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly allowedNext?: readonly PublicState[];
  readonly because?: readonly string[];
}
export type ReplicationAdmission =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

const accepted: ReplicationAdmission = { kind: 'accepted' };
const unchanged: ReplicationAdmission = { kind: 'unchanged' };
const refused = (refusal: Refusal): ReplicationAdmission => ({ kind: 'refused', refusal });

const named = ({ namespace, name }: ReplicationContext): string =>
  `replication "${namespace}/${name}"`;

export function admitReplication(
  context: ReplicationContext,
  event: ReplicationCommand,
): ReplicationAdmission {
  if (context.lifecycle !== 'active' && event.type !== 'replication.delete')
    return refused({
      code: context.lifecycle === 'deleted' ? 'resource.deleted' : 'resource.deleting',
      message: `${named(context)} is ${context.lifecycle}: nothing else can be done with it.`,
    });
  switch (event.type) {
    case 'replication.promote':
      return admitMove(context, event.endpoint, 'promoting', (side) =>
        whyNotPromote(context, side, event.how),
      );
    case 'replication.demote':
      return admitMove(context, event.endpoint, 'demoting', (side) =>
        whyNotDemote(context, side, event.force),
      );
    case 'replication.resync':
      return admitMove(context, event.endpoint, 'syncing', (side) => whyNotResync(context, side));
    case 'replication.recover':
      return admitRecover(context, event.endpoint);
    case 'replication.override':
      return admitOverride(context, event.token);
    case 'replication.cancel':
      return admitCancel(context);
    case 'replication.testStart':
      return admitTest(context, event.endpoint);
    case 'replication.testStop':
      return context[event.endpoint].phase === 'replica.testing' ? accepted : unchanged;
    case 'replication.pause':
      return context.isPaused ? unchanged : accepted;
    case 'replication.resume':
      return context.isPaused ? accepted : unchanged;
    case 'replication.delete':
      return context.isDeleteOrdered ? unchanged : accepted;
    case 'replication.reconfigure':
      return context.operation === null ? accepted : conflict(context);
    case 'replication.apply':
    case 'replication.syncNow':
      return accepted;
  }
}

/** A public move: by the table first, then by what else is under way, then by its guard. */
function admitMove(
  context: ReplicationContext,
  side: Side,
  to: PublicState,
  why: (side: Side) => readonly string[],
): ReplicationAdmission {
  const { phase } = context[side];
  const from = publicStateOf(phase);
  if (from === to) return unchanged;
  if (!isAllowed(from, to))
    return refused(
      refuseTransition(`${context.namespace}/${context.name}`, side, { from, to, phase }),
    );
  if (context.operation !== null) return conflict(context);
  const because = why(side);
  return because.length === 0 ? accepted : unmet(context, side, to, because);
}

const unmet = (
  context: ReplicationContext,
  side: Side,
  to: PublicState,
  because: readonly string[],
): ReplicationAdmission =>
  refused({
    code: 'precondition.failed',
    message: `${named(context)}, ${side}: cannot become ${to} now: ${because.join('; ')}.`,
    allowedNext: allowedNext(publicStateOf(context[side].phase)),
    because,
  });

function conflict(context: ReplicationContext): ReplicationAdmission {
  const { operation } = context;
  if (operation === null) return accepted;
  const { kind, endpoint, seq } = operation;
  const { phase } = context[endpoint];
  return refused({
    code: 'operation.conflict',
    message: `${named(context)}: ${kind} of ${endpoint} (order ${seq}) is under way (${phase}); wait for it, or cancel it.`,
  });
}

/** Out of a failure nobody knows enough about, only looking leads; then recover finishes what was begun. */
function admitRecover(context: ReplicationContext, side: Side): ReplicationAdmission {
  const { phase } = context[side];
  const because =
    phase === 'failed.indeterminate'
      ? [`${side} is ${phase}: it is looked at until somebody knows whether it can write`]
      : [];
  // Another state's word for the same end is not taken for it: a source is demoted, not recovered.
  if (publicStateOf(phase) === 'syncing' || publicStateOf(phase) === 'demoting')
    return conflictOrTable(context, side);
  return admitMove(context, side, 'replica', () => because);
}

function conflictOrTable(context: ReplicationContext, side: Side): ReplicationAdmission {
  const { phase } = context[side];
  const from = publicStateOf(phase);
  return refused({
    code: 'operation.conflict',
    message: `${named(context)}, ${side} is ${from} (${phase}) and becomes replica by itself; wait, or cancel.`,
    allowedNext: allowedNext(from),
  });
}

function admitOverride(context: ReplicationContext, token: string): ReplicationAdmission {
  if (!sides.some((side) => context[side].phase === 'promoting.awaitingOverride'))
    return refused({
      code: 'precondition.failed',
      message: `${named(context)}: no promotion waits for an override.`,
    });
  if (token === overrideTokenOf(context)) return accepted;
  return refused({
    code: 'fence.unproven',
    message: `${named(context)}: that token is not of this promotion and this risk; to accept it, repeat override with ${overrideTokenOf(context)}.`,
    because: [`seen: ${context.operation?.observed ?? 'nothing'}`],
  });
}

function admitCancel(context: ReplicationContext): ReplicationAdmission {
  const isUnderWay = sides.some((side) => {
    const { phase } = context[side];
    return isTransient(publicStateOf(phase)) || phase.includes('preflight');
  });
  return isUnderWay ? accepted : unchanged;
}

function admitTest(context: ReplicationContext, side: Side): ReplicationAdmission {
  const { phase } = context[side];
  if (phase === 'replica.testing') return unchanged;
  if (context.operation !== null) return conflict(context);
  const because: string[] = [];
  if (publicStateOf(phase) !== 'replica') because.push(`${side} is ${publicStateOf(phase)}`);
  if (!hasData(context, side)) because.push(`${side} has no committed point`);
  if (because.length === 0) return accepted;
  return refused({
    code: 'precondition.failed',
    message: `${named(context)}, ${side}: cannot be tested now: ${because.join('; ')}.`,
    because,
  });
}
