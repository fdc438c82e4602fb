/** What a replication writes into its memory, as functions of what it knew and what happened. Pure. */
import type { PublishedEvent } from './messages.ts';
import { replication } from './replication-limits.ts';
import type { Point, Writable } from './replication-effects.ts';
import { answerOf, faultOf, publicStateOf, stampOf } from './replication-context.ts';
import type {
  EndpointMemory,
  HistoryEntry,
  Operation,
  OperationKind,
  Phase,
  ReplicationContext,
  ReplicationEvent,
} from './replication-context.ts';
import { peerOf } from './replication-table.ts';
import type { Side } from './replication-table.ts';

type Context = ReplicationContext;
type Memory = Partial<Context>;

export const newEndpoint = (atMs: number): EndpointMemory => ({
  ...{ phase: 'absent.created', sinceMs: atMs, epoch: 0, fencedBelow: 0, writable: 'unknown' },
  ...{ observedAtMs: 0, generation: 0, returnTo: null },
});

const endpoint = (context: Context, side: Side, changed: Partial<EndpointMemory>): Memory => ({
  [side]: { ...context[side], ...changed },
});

/** Every phase begins with this: where it stands, since when, and one line of history per public move. */
export function entered(context: Context, event: object, side: Side, phase: Phase): Memory {
  const atMs = stampOf(event, context.atMs);
  const from = publicStateOf(context[side].phase);
  const to = publicStateOf(phase);
  const memory = { atMs, ...endpoint(context, side, { phase, sinceMs: atMs }) };
  if (from === to) return memory;
  const entry: HistoryEntry = {
    ...{ seq: context.historySeq + 1, endpoint: side, from, to, atMs, phase },
    ...{ reason: context.reason, epoch: context.epoch },
    correlationId: context.correlationId,
  };
  return {
    ...memory,
    historySeq: entry.seq,
    history: [...context.history, entry].slice(-replication.historyMax),
  };
}

/** The event that tells of a phase; asked before the phase is noted. */
export function announced(context: Context, side: Side, phase: Phase): PublishedEvent {
  const from = publicStateOf(context[side].phase);
  const to = publicStateOf(phase);
  return {
    type: from === to ? 'phaseEntered' : 'transitioned',
    correlationId: context.correlationId,
    data: { endpoint: side, from, to, phase, epoch: context.epoch, reason: context.reason },
  };
}

export function begun(context: Context, event: ReplicationEvent, kind: OperationKind): Memory {
  if (!('endpoint' in event) || !('by' in event)) return {};
  const { by, correlationId } = event;
  const operation: Operation = {
    ...{ kind, endpoint: event.endpoint, seq: context.ordersBegun + 1, by, correlationId },
    how: isForced(event) ? 'forced' : 'planned',
    startedAtMs: event.atMs,
    wanted: 'point' in event ? event.point : null,
    ...{ epoch: 0, chosen: null, observed: '', fencedAtMs: 0, fenceRounds: 0, reissues: 0 },
  };
  return {
    ...{ atMs: event.atMs, operation, ordersBegun: operation.seq, correlationId },
    ...{ reason: `${kind} (${operation.how})`, because: [], lastFault: null },
  };
}

const isForced = (event: object): boolean =>
  ('how' in event && event.how === 'forced') || ('force' in event && event.force === true);

export const ended = (context: Context, side: Side): Memory =>
  context.operation?.endpoint === side ? { operation: null } : {};

const ordered = (context: Context, changed: Partial<Operation>): Memory =>
  context.operation === null ? {} : { operation: { ...context.operation, ...changed } };

/** From here on this epoch alone may arm anything; all that was known of older ones has to be proven again. */
export function claimed(context: Context): Memory {
  const epoch = context.epoch + 1;
  return {
    ...{ epoch, fence: { epoch, stage: 'none' }, lastSyncMs: null },
    ...ordered(context, { epoch }),
  };
}

export const fenceBegun = (context: Context, side: Side): Memory =>
  endpoint(context, peerOf(side), { fencedBelow: context.epoch });

export function fenceAnswered(context: Context, event: object): Memory {
  const answer = answerOf(event, 'replication.fence');
  const observed = answer?.observed ?? faultOf(event)?.code ?? 'no answer';
  return {
    ...ordered(context, { observed, fencedAtMs: stampOf(event, context.atMs) }),
    ...vias(context, event),
  };
}

export const roundCounted = (context: Context): Memory =>
  ordered(context, { fenceRounds: (context.operation?.fenceRounds ?? 0) + 1 });

export const reissueCounted = (context: Context): Memory =>
  ordered(context, { reissues: (context.operation?.reissues ?? 0) + 1 });

export const proven = (context: Context, side: Side): Memory => ({
  fence: { epoch: context.epoch, stage: 'proven' },
  ...endpoint(context, peerOf(side), { writable: 'no' }),
});

/** Waives the proof, never the window; recorded before anything is armed. */
export function overridden(context: Context, event: ReplicationEvent): Memory {
  if (event.type !== 'replication.override') return {};
  const { epoch, operation } = context;
  return {
    atMs: event.atMs,
    fence: { epoch, stage: 'waived' },
    riskAccepted: {
      ...{ epoch, by: event.by, atMs: event.atMs, observed: operation?.observed ?? '' },
      clearedAtMs: null,
    },
  };
}

/** A forced promotion loses what was written between its point and the fence; a planned one nothing. */
export function pointChosen(context: Context, event: object): Memory {
  const chosen = answerOf(event, 'replication.choosePoint') ?? null;
  const { operation, epoch } = context;
  if (chosen === null || operation === null) return {};
  const atMs = stampOf(event, context.atMs);
  const lostMs = Math.max(0, operation.fencedAtMs - chosen.pitMs);
  const seconds = operation.how === 'forced' ? Math.ceil(lostMs / 1_000) : 0;
  return {
    ...ordered(context, { chosen }),
    loss: { seconds, fromPitMs: chosen.pitMs, atMs, epoch },
  };
}

export function becameWriter(context: Context, side: Side): Memory {
  const { epoch } = context;
  return {
    ...{ writer: side, writerEpoch: epoch },
    ...endpoint(context, side, { epoch, writable: 'yes' }),
    // Points of the old direction cannot be promoted on the side that now writes.
    points: context.points.filter(({ at }) => at !== side),
    reason: '',
  };
}

export function pointAdded(context: Context, event: object, at: Side, isFinal: boolean): Memory {
  const made = answerOf(event, 'replication.choosePoint');
  if (made === undefined) return {};
  const { seq, pitMs } = made;
  const point: Point = { seq, pitMs, at, isFinal, epoch: context.epoch };
  return {
    points: [...context.points, point].slice(-replication.pointsMax),
    pointSeq: Math.max(context.pointSeq, seq),
    lastSyncMs: Math.max(context.lastSyncMs ?? 0, pitMs),
  };
}

export const writableNoted = (context: Context, side: Side, writable: Writable): Memory => ({
  ...endpoint(context, side, { writable, observedAtMs: context.atMs }),
});

export function sightNoted(context: Context, event: object, side: Side): Memory {
  const sight = answerOf(event, 'replication.verify');
  if (sight === undefined) return {};
  const peer = peerOf(side);
  const observedAtMs = stampOf(event, context.atMs);
  return {
    [side]: { ...context[side], writable: sight.self, observedAtMs },
    [peer]: { ...context[peer], writable: sight.peer, observedAtMs },
  };
}

export function observed(context: Context, event: ReplicationEvent): Memory {
  if (event.type !== 'endpoint.observed') return {};
  const { atMs, writable, generation } = event;
  return {
    atMs,
    ...endpoint(context, event.endpoint, { writable, generation, observedAtMs: atMs }),
  };
}

/** Calls through SSM may land late for the rest of this relationship's life: windows never get shorter again. */
export const vias = (context: Context, event: object): Memory => ({
  usesSsm: context.usesSsm || answerOf(event, 'replication.claim')?.viaSsm === true,
});

export const faulted = (context: Context, event: object, reason: string): Memory => {
  const fault = 'output' in event ? faultOf(event) : null;
  return {
    reason: fault === null ? reason : `${reason}: ${fault.code}`,
    lastFault: fault ?? context.lastFault,
  };
};
