/** May this order run now, and if not, why and what instead. Pure; asked before the event is sent. */
import { backendAbilities } from './replication-capabilities.ts';
import { barrierOf, hasPassed, isMeant } from './replication-barrier.ts';
import { publicStateOf } from './replication-context.ts';
import type { ReplicationContext } from './replication-context.ts';
import { admitDeclaration, modeText } from './replication-declaring.ts';
import type { ReplicationCommand } from './replication-events.ts';
import { moveOf } from './replication-orders.ts';
import type { Move } from './replication-orders.ts';
import { accepted, refused, unchanged } from './refusal.ts';
import { aims, untilTheEnd } from './replication-reasons.ts';
import { admitPace, cannot, conflict, named, notAllowed, unmet } from './replication-refusal.ts';
import type { Admission } from './refusal.ts';
import {
  maySnapshot,
  mayStillWrite,
  mayTurnBack,
  overrideTokenOf,
  whyNotDemote,
  whyNotPoint,
  whyNotPromote,
  whyNotRecover,
  whyNotResync,
  whyNotTest,
} from './replication-safety.ts';
import { durationMs } from './replication-duration.ts';
import { isAllowed, isTransient, sides } from './replication-table.ts';
import type { PublicState, Side } from './replication-table.ts';

type Context = ReplicationContext;
type Order<Type extends ReplicationCommand['type']> = Extract<ReplicationCommand, { type: Type }>;

export function admitReplication(
  context: Context | undefined,
  event: ReplicationCommand,
): Admission {
  // Which verbs may make it is decided by whoever hosts it.
  if (context === undefined) return accepted;
  return admitAnyway(context, event) ?? admitByVerb(context, event);
}

/** What holds whatever the order is. */
function admitAnyway(context: Context, event: ReplicationCommand): Admission | undefined {
  const { lifecycle, isDeleteOrdered, epoch } = context;
  if (lifecycle === 'deleted')
    return refused({ code: 'resource.deleted', message: `${named(context)} was deleted.` });
  const isOnItsWay = lifecycle === 'deleting' || isDeleteOrdered;
  if (isOnItsWay && !untilTheEnd.has(event.type))
    return refused({
      code: 'resource.deleting',
      message: `${named(context)} is being deleted: nothing else is begun; wait until it is gone.`,
    });
  if (event.expectEpoch !== undefined && event.expectEpoch !== epoch)
    return refused({
      code: 'epoch.stale',
      message: `${named(context)}: expectEpoch ${event.expectEpoch}, current ${epoch}; read it again, then decide.`,
      because: [`current epoch is ${epoch}`],
    });
  return undefined;
}

function admitByVerb(context: Context, event: ReplicationCommand): Admission {
  switch (event.type) {
    case 'replication.create':
      return refused({
        code: 'resource.exists',
        message: `${named(context)} exists already; apply changes it, or choose another name.`,
      });
    case 'replication.apply':
      return admitDeclaration(context, event.manifest);
    case 'replication.promote':
    case 'replication.demote':
    case 'replication.resync':
    case 'replication.recover':
    case 'replication.failover':
    case 'replication.failback':
    case 'replication.relocate':
      return admitOrder(context, event);
    case 'replication.override':
      return admitOverride(context, event.token);
    case 'replication.cancel':
      return admitCancel(context);
    case 'replication.barrier':
      return admitBarrier(context, event);
    case 'replication.test-start':
      return admitTest(context, event);
    case 'replication.test-stop':
      return context[event.endpoint].phase === 'replica.testing' ? accepted : unchanged;
    case 'replication.pause':
    case 'replication.resume':
      return admitPause(context, event.type === 'replication.pause');
    case 'replication.sync':
      return admitSync(context);
    case 'replication.delete':
      return admitDelete(context, event);
    case 'replication.reconfigure':
      return admitReconfigure(context, event);
  }
}

// ---------------------------------------------------------------------------------------- public moves

function admitOrder(context: Context, event: ReplicationCommand): Admission {
  const move = moveOf(context, event);
  if (move === undefined)
    return refused({
      code: 'precondition.failed',
      message: `${named(context)}: neither side writes, so there is no other side; promote home or away by name.`,
      because: ['writer is none'],
    });
  // A friendly verb asks for an end, and that may be there already.
  const isFriendly = move.verb !== move.kind;
  if (isFriendly && publicStateOf(context[move.endpoint].phase) === 'source') return unchanged;
  if (move.kind === 'recover') return admitRecover(context, move);
  return admitMove(context, move, whyNot(context, move));
}

const whyNot = (context: Context, { kind, endpoint, how, wanted }: Move): readonly string[] => {
  if (kind === 'promote')
    return [...whyNotPromote(context, endpoint, how), ...whyNotPoint(context, endpoint, wanted)];
  if (kind === 'demote') return whyNotDemote(context, endpoint, how === 'forced');
  return kind === 'resync' ? whyNotResync(context, endpoint) : [];
};

/** By the table first, then by what else is under way, then by its guard. */
function admitMove(
  context: Context,
  { kind, endpoint: side }: Move,
  because: readonly string[],
): Admission {
  const to = aims[kind];
  const from = publicStateOf(context[side].phase);
  if (from === to) return unchanged;
  if (!isAllowed(from, to)) return notAllowed(context, side, to);
  if (context.operation !== null) return conflict(context, context.operation);
  return because.length === 0 ? accepted : unmet(context, side, `cannot become ${to}`, because);
}

/** Out of a failure nobody knows enough about, only looking leads; then recover finishes what was begun. */
function admitRecover(context: Context, move: Move): Admission {
  const { phase } = context[move.endpoint];
  const from = publicStateOf(phase);
  // Another state's word for the same end is not taken for it: a source is demoted, not recovered.
  if (from === 'syncing' || from === 'demoting')
    return refused({
      code: 'operation.conflict',
      message: `${named(context)}, ${move.endpoint} is ${from} (${phase}) and becomes replica by itself; wait, or cancel.`,
      because: [`${move.endpoint} is ${phase}`],
    });
  return admitMove(context, move, whyNotRecover(context, move.endpoint));
}

/**
 * A state asked for by its name. What a transient state becomes comes of evidence alone, so there it is accepted as a wish to
 * wait; everything else is the verb that leads there.
 */
export function admitState(context: Context, side: Side, to: PublicState): Admission {
  const from = publicStateOf(context[side].phase);
  if (from === to) return unchanged;
  if (!isAllowed(from, to)) return notAllowed(context, side, to);
  if (isTransient(from)) return to === 'failed' ? admitCancel(context) : accepted;
  const kind = (['promote', 'demote', 'resync', 'recover'] as const).find((k) => aims[k] === to);
  if (from === 'absent' || kind === undefined) return accepted;
  const stamp = { atMs: context.atMs, correlationId: '', commandId: '' };
  const order = { type: `replication.${kind}`, endpoint: side, how: 'planned', force: false };
  return admitReplication(context, { ...order, ...stamp } as ReplicationCommand);
}

// --------------------------------------------------------------------------------------- other orders

function admitOverride(context: Context, token: string): Admission {
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

/** A repeat finds it further on already; what is no order of that group here is told so. */
function admitBarrier(context: Context, event: Order<'replication.barrier'>): Admission {
  const { phase, group, order } = event;
  const mark = context.operation?.group ?? null;
  if (isMeant(mark, event)) {
    if (mark.at === phase) return accepted;
    if (hasPassed(mark, phase)) return unchanged;
  }
  const stands = barrierOf(context);
  return refused({
    code: 'precondition.failed',
    message: `${named(context)} does not wait at ${phase} for order ${order} of group ${group}: ${stands}.`,
    because: [stands],
  });
}

/** What is being taken back already is as asked for; what is past the point of no return comes to its end. */
function admitCancel(context: Context): Admission {
  if (sides.some((side) => mayTurnBack(context, side))) return accepted;
  const because = sides
    .map((side) => [side, context[side].phase] as const)
    .filter(([, phase]) => isTransient(publicStateOf(phase)) && !phase.endsWith('.compensating'))
    .map(([side, phase]) => `${side} is ${phase}`);
  if (because.length === 0) return unchanged;
  return refused({
    code: 'transition.notAllowed',
    message: `${named(context)}: ${because.join(' and ')}: too late to cancel, wait for its end.`,
    because,
  });
}

function admitTest(
  context: Context,
  { endpoint: side, force }: Order<'replication.test-start'>,
): Admission {
  const backend = context.spec?.backend ?? 'ebs';
  if (!backendAbilities[backend].testFailover)
    return cannot(context, 'operation.unsupported', `backend ${backend} cannot test a failover`);
  if (context[side].phase === 'replica.testing') return unchanged;
  if (context.operation !== null) return conflict(context, context.operation);
  const because = whyNotTest(context, side, force);
  return because.length === 0 ? accepted : unmet(context, side, 'cannot be tested', because);
}

function admitPause(context: Context, isPause: boolean): Admission {
  const backend = context.spec?.backend ?? 'ebs';
  if (isPause && !backendAbilities[backend].pause)
    return cannot(context, 'operation.unsupported', `backend ${backend} cannot be paused`);
  return context.isPaused === isPause ? unchanged : accepted;
}

function admitSync(context: Context): Admission {
  const backend = context.spec?.backend ?? 'ebs';
  if (!backendAbilities[backend].syncNow)
    return cannot(
      context,
      'operation.unsupported',
      `backend ${backend} copies by its own schedule and takes no order to copy now`,
    );
  const { phase } = context.schedule;
  if (['snapshotting', 'copying', 'committing', 'pruning'].includes(phase)) return unchanged;
  if (maySnapshot(context) && phase === 'idle') return accepted;
  const because = context.isPaused
    ? ['it is paused: resume it first']
    : phase === 'backoff'
      ? ['the last point was abandoned: the next one is tried within a minute']
      : [
          `writer is ${context.writer}, home is ${context.home.phase}, away is ${context.away.phase}`,
        ];
  return refused({
    code: 'precondition.failed',
    message: `${named(context)}: no point can be taken now: ${because.join('; ')}.`,
    because,
  });
}

/** A side of which nobody knows whether it writes is given up only by somebody who types its name again. */
function admitDelete(context: Context, { force, ack }: Order<'replication.delete'>): Admission {
  if (context.lifecycle === 'deleting') return unchanged;
  const isAcknowledged = force && ack === context.name;
  // Without force the deletion itself waits for an old writer that a later epoch has fenced.
  const unknown = sides.filter(
    (side) =>
      context[side].phase === 'failed.indeterminate' || (force && mayStillWrite(context, side)),
  );
  if (unknown.length > 0 && !isAcknowledged)
    return refused({
      code: 'precondition.failed',
      message:
        `${named(context)} cannot be deleted now: nobody knows whether ${unknown.join(' and ')} can write. ` +
        `Wait until it is known, or delete with force and ack ${context.name}.`,
      because: unknown.map((side) => `${side} is ${context[side].phase}`),
    });
  if (!context.isDeleteOrdered) return accepted;
  return force && !context.isForcedDelete ? accepted : unchanged;
}

function admitReconfigure(
  context: Context,
  { mode, every }: Order<'replication.reconfigure'>,
): Admission {
  const { spec, settings } = context;
  if (spec === null || settings === null) return admitPace(context);
  if (mode !== undefined && !backendAbilities[spec.backend].modes.includes(mode))
    return cannot(context, 'mode.unsupported', modeText(spec.backend, mode));
  const isSame =
    (mode ?? spec.mode) === spec.mode &&
    (every === undefined || durationMs(every) === settings.everyMs);
  if (isSame) return unchanged;
  const { rpo } = spec.schedule;
  if (every !== undefined && rpo !== undefined && durationMs(every) > durationMs(rpo))
    return refused({
      code: 'precondition.failed',
      message: `${named(context)}: every ${every} is longer than rpo ${rpo}, which could never hold; write at most ${rpo}.`,
      because: [`rpo is ${rpo}`],
    });
  return admitPace(context);
}
