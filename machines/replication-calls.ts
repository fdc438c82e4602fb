/** The calls of a replication: one operation child per endpoint and one for the schedule, each with its whole input. */
import type { OperationInput } from './operation-context.ts';
import { opIdOf } from './replication-effects.ts';
import type { ReplicationEffectName } from './replication-effects.ts';
import { replication } from './replication-limits.ts';
import type { Flow, ReplicationContext } from './replication-context.ts';
import { isSuperseded } from './replication-safety.ts';
import { peerOf } from './replication-table.ts';
import type { Side } from './replication-table.ts';

/** Names of the children; nothing else is ever started. */
const callIds = { home: 'homeCall', away: 'awayCall', schedule: 'scheduleCall' } as const;

/** Calls about the set under way carry its number, all others the number of the order. */
const ofPoint: ReadonlySet<ReplicationEffectName> = new Set<ReplicationEffectName>([
  'replication.snapshot',
  'replication.copy',
  'replication.commitPoint',
  'replication.prune',
  'replication.finalSync',
]);

/**
 * The input of an operation. Everything in it follows from the memory at the moment the phase is entered, so it is stored
 * before the call: epoch, id, and the time after which the call must not be begun any more.
 */
function operationFor(
  context: ReplicationContext,
  effect: ReplicationEffectName,
  input: object,
  side: Side,
  flow: Flow = side,
): OperationInput {
  const { uid, epoch, atMs, operation, correlationId } = context;
  const seq = ofPoint.has(effect)
    ? context.pointSeqs[flow]
    : (operation?.seq ?? context.ordersBegun);
  const opId = opIdOf(uid, effect, { side, epoch, seq });
  const whole = {
    ...{ endpoint: side, epoch, opId, issueBeforeMs: atMs + context.safety.issueWindowMs },
    ...input,
  };
  return {
    effect,
    input: whole,
    token: opId,
    preset: 'reconcile',
    correlationId,
    atMs,
    paused: false,
  };
}

type Extra = (context: ReplicationContext) => object;
const nothing: Extra = () => ({});

/** An endpoint's call; at most one at a time, so that nothing of it overlaps. */
export const call = (side: Side, effect: ReplicationEffectName, extra: Extra = nothing) => ({
  id: callIds[side],
  src: 'operation' as const,
  input: ({ context }: { context: ReplicationContext }) =>
    operationFor(context, effect, extra(context), side),
});

/** A call of the schedule, about the side that writes. */
export const tickCall = (effect: ReplicationEffectName) => ({
  id: callIds.schedule,
  src: 'operation' as const,
  input: ({ context }: { context: ReplicationContext }) =>
    operationFor(
      context,
      effect,
      { seq: context.pointSeqs.schedule },
      context.writer === 'none' ? 'home' : context.writer,
      'schedule',
    ),
});

const reads = ({ safety }: ReplicationContext) => ({
  reads: replication.proofReads,
  gapMs: safety.proofGapMs,
});

/** Fences what an endpoint's peer may still write with: everything older than the epoch just claimed. */
export const fencePeer = (side: Side) =>
  call(side, 'replication.fence', ({ epoch }) => ({
    endpoint: peerOf(side),
    olderThanEpoch: epoch,
  }));
export const provePeer = (side: Side) =>
  call(side, 'replication.prove', (context) => ({
    ...{ endpoint: peerOf(side), olderThanEpoch: context.epoch },
    ...reads(context),
  }));

/** Fences an endpoint itself, its newest epoch included. */
export const fenceSelf = (side: Side) =>
  call(side, 'replication.fence', ({ epoch }) => ({ olderThanEpoch: epoch + 1 }));
export const proveSelf = (side: Side) =>
  call(side, 'replication.prove', (context) => ({
    olderThanEpoch: context.epoch + 1,
    ...reads(context),
  }));

export const chosenSeq: Extra = ({ operation }) => ({ seq: operation?.chosen?.seq ?? 0 });
export const wantedSeq: Extra = ({ operation }) => ({ seq: operation?.wanted ?? null });
export const testSeq: Extra = ({ testPoint }) => ({ seq: testPoint });
export const pointSeqOf =
  (side: Side): Extra =>
  ({ pointSeqs }) => ({ seq: pointSeqs[side] });
/** A side that a later epoch has fenced has nothing that anybody may promote: what it holds is kept, not passed on. */
export const finalSeqOf =
  (side: Side): Extra =>
  (context) => ({ seq: context.pointSeqs[side], isSuperseded: isSuperseded(context, side) });
