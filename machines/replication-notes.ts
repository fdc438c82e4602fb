/** What a replication writes into its memory, as functions of what it knew and what happened. Pure. */
import type { PublishedEvent } from './messages.ts';
import { replication } from './replication-limits.ts';
import type { Point, Writable } from './replication-effects.ts';
import { publicStateOf } from './replication-context.ts';
import type {
  EndpointMemory,
  Flow,
  HistoryEntry,
  Operation,
  Phase,
  Protection,
  ReplicationContext,
} from './replication-context.ts';
import { answerOf, faultOf, progressOf, stampOf } from './replication-events.ts';
import type { ReplicationEvent } from './replication-events.ts';
import { peerOf } from './replication-table.ts';
import type { Side } from './replication-table.ts';

type Context = ReplicationContext;
type Memory = Partial<Context>;

export const newEndpoint = (atMs: number): EndpointMemory => ({
  ...{ phase: 'absent.created', sinceMs: atMs, epoch: 0, fencedBelow: 0, writable: 'unknown' },
  ...{ observedAtMs: 0, generation: 0, returnTo: null, progress: null },
});

const endpoint = (context: Context, side: Side, changed: Partial<EndpointMemory>): Memory => ({
  [side]: { ...context[side], ...changed },
});

/** Every phase begins with this: where it stands, since when, and one line of history per public move. */
export function entered(context: Context, event: object, side: Side, phase: Phase): Memory {
  const atMs = stampOf(event, context.atMs);
  const from = publicStateOf(context[side].phase);
  const to = publicStateOf(phase);
  const memory = { atMs, ...endpoint(context, side, { phase, sinceMs: atMs, progress: null }) };
  if (from === to) return memory;
  const entry: HistoryEntry = {
    ...{ seq: context.historySeq + 1, endpoint: side, from, to, atMs, phase },
    ...{ reason: context.reason, epoch: context.epoch },
    ...{ correlationId: context.correlationId, requestId: context.requestId },
    by: context.operation?.by ?? '',
    causationId: 'commandId' in event ? String(event.commandId) : '',
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

export const ended = (context: Context, side: Side): Memory =>
  context.operation?.endpoint === side ? { operation: null } : {};

const ordered = (context: Context, changed: Partial<Operation>): Memory =>
  context.operation === null ? {} : { operation: { ...context.operation, ...changed } };

/** From here on this epoch alone may arm anything; all that was known of older ones has to be proven again. */
export function claimed(context: Context): Memory {
  const epoch = context.epoch + 1;
  return {
    ...{
      epoch,
      fence: { epoch, stage: 'none', atMs: context.atMs },
    },
    ...unprotected(context),
    ...ordered(context, { epoch }),
  };
}

const unprotected = ({ atMs: sinceMs }: Context): Memory => ({
  ...{ lastSyncMs: null, lagRatio: 0 },
  protection: { isProtected: false, sinceMs, generation: 0 },
});

export const fenceBegun = (context: Context, side: Side): Memory =>
  endpoint(context, peerOf(side), { fencedBelow: context.epoch });

export function fenceAnswered(context: Context, event: object): Memory {
  const answer = answerOf(event, 'replication.fence');
  const observed = answer?.observed ?? faultOf(event)?.code ?? 'no answer';
  return {
    // What was not fenced goes on writing, whatever an earlier round had told.
    ...ordered(context, {
      observed,
      fencedAtMs: answer?.fenced ? stampOf(event, context.atMs) : 0,
    }),
    ...vias(context, event),
  };
}

export const roundCounted = (context: Context): Memory =>
  ordered(context, { fenceRounds: (context.operation?.fenceRounds ?? 0) + 1 });

export const reissueCounted = (context: Context): Memory =>
  ordered(context, { reissues: (context.operation?.reissues ?? 0) + 1 });

export const proven = (context: Context, event: object, side: Side): Memory => ({
  fence: { epoch: context.epoch, stage: 'proven', atMs: stampOf(event, context.atMs) },
  ...endpoint(context, peerOf(side), { writable: 'no' }),
});

/** What an order is known to lose at most, frozen when its point is chosen. */
export function pointChosen(context: Context, event: object): Memory {
  const chosen = answerOf(event, 'replication.choosePoint') ?? null;
  const { operation, epoch } = context;
  if (chosen === null || operation === null) return {};
  const atMs = stampOf(event, context.atMs);
  const lostMs = Math.max(0, (lastWrittenMs(context, operation) ?? atMs) - chosen.pitMs);
  return {
    ...ordered(context, { chosen }),
    loss: { seconds: Math.ceil(lostMs / 1_000), fromPitMs: chosen.pitMs, atMs, epoch },
  };
}

/** An old writer whose risk somebody accepted has gone on writing until it is proven that it cannot: so much more is lost. */
export function lossExtended(context: Context, event: object): Memory {
  const { loss, writerEpoch, riskAccepted } = context;
  // Of a promotion that came to nothing nothing is lost.
  if (loss === null || loss.epoch !== riskAccepted?.epoch || loss.epoch !== writerEpoch) return {};
  const seconds = Math.ceil((stampOf(event, context.atMs) - loss.fromPitMs) / 1_000);
  return { loss: { ...loss, seconds: Math.max(loss.seconds, seconds) } };
}

/**
 * Until when data may have been written; undefined: until now. Nothing is written behind a final point, which is taken of a
 * fenced writer; without one it is the fence, unless the very volumes of the last writer are here.
 */
function lastWrittenMs(
  context: Context,
  { endpoint: side, fencedAtMs }: Operation,
): number | undefined {
  const here = context.points.filter(({ at }) => at === side);
  const newest = here.at(-1);
  if (context.writer === 'none' && newest?.isFinal === true) return newest.pitMs;
  const isOwn = newest === undefined && context[side].epoch === context.writerEpoch;
  if (isOwn) return 0;
  return fencedAtMs === 0 ? undefined : fencedAtMs;
}

export function becameWriter(context: Context, event: object, side: Side): Memory {
  const { epoch } = context;
  return {
    ...{ writer: side, writerEpoch: epoch, atMs: stampOf(event, context.atMs) },
    ...endpoint(context, side, { epoch, writable: 'yes' }),
    // Points of the old direction cannot be promoted on the side that now writes.
    points: context.points.filter(({ at }) => at !== side),
    // The old writer may have taken one more of this epoch before it was stopped: no copy of what this one writes.
    ...unprotected(context),
    reason: '',
  };
}

/** A number that no other point has, for the one that is made now. */
export const pointCounted = (context: Context, flow: Flow): Memory => {
  const pointSeq = context.pointSeq + 1;
  return { pointSeq, pointSeqs: { ...context.pointSeqs, [flow]: pointSeq } };
};

export function pointAdded(context: Context, event: object, at: Side, isFinal: boolean): Memory {
  const made = answerOf(event, 'replication.choosePoint');
  if (made === undefined) return {};
  const { seq, pitMs } = made;
  const point: Point = { seq, pitMs, at, isFinal, epoch: context.epoch };
  const noted: Memory = {
    points: [...context.points, point].slice(-replication.pointsMax),
    pointSeq: Math.max(context.pointSeq, seq),
  };
  // What a promotion takes along is no copy of what the new writer will write.
  if (isFinal && context.operation?.kind === 'promote') return noted;
  return {
    ...noted,
    lastSyncMs: Math.max(context.lastSyncMs ?? 0, pitMs),
    lastFault: null,
    protection: protectedBy(context, event),
  };
}

/** A newer declaration is protected only by a point taken since. */
function protectedBy(context: Context, event: object): Protection {
  const { protection, specGeneration: generation } = context;
  if (protection.isProtected && protection.generation === generation) return protection;
  const sinceMs = protection.isProtected ? protection.sinceMs : stampOf(event, context.atMs);
  return { isProtected: true, sinceMs, generation };
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
    ...(fault !== null && { lastFault: fault, lastFaultAtMs: stampOf(event, context.atMs) }),
  };
};

/** How far slow work is, of an endpoint or of the set under way. */
export const progressed = (context: Context, event: object, of: Side | 'schedule'): Memory => ({
  atMs: stampOf(event, context.atMs),
  [of]: { ...context[of], progress: progressOf(event) ?? null },
});
