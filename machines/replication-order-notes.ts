/** What orders write into a replication's memory, as functions of what it knew and what was ordered. Pure. */
import type { PublishedEvent } from './messages.ts';
import type { Operation, ReplicationContext } from './replication-context.ts';
import { answerOf, stampOf } from './replication-events.ts';
import type { ReplicationEvent } from './replication-events.ts';
import { replication } from './replication-limits.ts';
import { moveOf } from './replication-orders.ts';
import type { Move } from './replication-orders.ts';
import { settingsOf } from './replication-settings.ts';
import type { Side } from './replication-table.ts';
import type { ReplicationSpec } from './specs.ts';

type Context = ReplicationContext;
type Memory = Partial<Context>;

/** Time and ids of an order; nothing of other events. */
const orderedBy = (event: ReplicationEvent): Memory =>
  'correlationId' in event
    ? { atMs: event.atMs, correlationId: event.correlationId, requestId: event.commandId }
    : {};

// ------------------------------------------------------------------------------------ what is declared

export function declared(context: Context, event: ReplicationEvent): Memory {
  if (event.type !== 'replication.apply' && event.type !== 'replication.create') return {};
  const { spec, metadata } = event.manifest;
  return {
    ...orderedBy(event),
    ...withSpec(context, spec),
    ...{ labels: metadata.labels, annotations: metadata.annotations },
    ...pausedAt(context, event.atMs, spec.paused),
    reason: context.spec === null ? 'declared' : context.reason,
  };
}

const withSpec = (context: Context, spec: ReplicationSpec): Memory => ({
  ...{ spec, settings: settingsOf(spec), specGeneration: context.specGeneration + 1 },
});

const pausedAt = (context: Context, atMs: number, isPaused: boolean): Memory =>
  context.isPaused === isPaused ? {} : { isPaused, pausedAtMs: atMs };

/** Told once it has been noted: the first declaration makes the resource, later ones change it. */
export function declaration(context: Context, event: ReplicationEvent): readonly PublishedEvent[] {
  if (!('manifest' in event)) return [];
  const { specGeneration, correlationId, spec } = context;
  if (specGeneration > 1) return [changeTold(context)];
  const data = { backend: spec?.backend, mode: spec?.mode, initialSource: spec?.initialSource };
  return [{ type: 'created', correlationId, data }];
}

export const changeTold = ({ specGeneration, correlationId, spec }: Context): PublishedEvent => ({
  type: 'reconfigured',
  correlationId,
  data: { generation: specGeneration, mode: spec?.mode, schedule: spec?.schedule },
});

/** The declaration follows, so that applying it again changes nothing. */
export function changed(context: Context, event: ReplicationEvent): Memory {
  const { spec } = context;
  if (event.type !== 'replication.reconfigure' || spec === null) return {};
  const { mode = spec.mode, every } = event;
  const schedule = every === undefined ? spec.schedule : { ...spec.schedule, every };
  return { ...orderedBy(event), ...withSpec(context, { ...spec, mode, schedule }) };
}

export function paused(context: Context, event: ReplicationEvent, isPaused: boolean): Memory {
  const { spec } = context;
  const atMs = stampOf(event, context.atMs);
  return {
    ...orderedBy(event),
    ...pausedAt(context, atMs, isPaused),
    ...(spec !== null && { spec: { ...spec, paused: isPaused } }),
  };
}

export const deleteOrdered = (context: Context, event: ReplicationEvent): Memory =>
  event.type === 'replication.delete'
    ? {
        ...orderedBy(event),
        isDeleteOrdered: true,
        isForcedDelete: context.isForcedDelete || event.force,
      }
    : {};

// --------------------------------------------------------------------------------------- orders and moves

export function begun(context: Context, event: ReplicationEvent): Memory {
  const move = moveOf(context, event);
  if (move === undefined || !('commandId' in event)) return {};
  const { correlationId, atMs, by = '' } = event;
  const operation = newOperation(move, context.ordersBegun + 1, { correlationId, by, atMs });
  return {
    ...orderedBy(event),
    ...{ operation, ordersBegun: operation.seq, because: [], lastFault: null },
    reason: reasonOf(move, event),
  };
}

/** What was ordered, and why as far as somebody said so. */
function reasonOf({ verb, how }: Pick<Operation, 'verb' | 'how'>, event?: object): string {
  const why = event === undefined ? '' : whyOf(event);
  return why === '' ? `${verb} (${how})` : `${verb} (${how}): ${why}`;
}

/** The words of whoever gave the order, as many of them as a record can hold a hundred times. */
const whyOf = (event: object): string =>
  'reason' in event && typeof event.reason === 'string'
    ? event.reason.slice(0, replication.reasonCharsMax)
    : '';

const newOperation = (
  { verb, kind, endpoint, how, wanted, then, group }: Move,
  seq: number,
  { correlationId, by, atMs }: Pick<Operation, 'correlationId' | 'by'> & { atMs: number },
): Operation => ({
  ...{ verb, kind, endpoint, how, wanted, then, seq, correlationId, by, startedAtMs: atMs },
  ...{ epoch: 0, chosen: null, observed: '', fencedAtMs: 0, fenceRounds: 0, reissues: 0 },
  estimate: null,
  group: group === undefined ? null : { ...group, at: null, passed: null },
});

/** The promotion that a way home ends with: an order of its own number, by the same person. */
export function wentOn(context: Context, event: object, side: Side): Memory {
  const { operation } = context;
  if (operation === null) return {};
  const { verb, correlationId, by } = operation;
  const atMs = stampOf(event, context.atMs);
  const move: Move = {
    ...{ verb, kind: 'promote', endpoint: side, how: 'planned', wanted: null, then: null },
  };
  const next = newOperation(move, context.ordersBegun + 1, { correlationId, by, atMs });
  return { atMs, operation: next, ordersBegun: next.seq, reason: reasonOf(next) };
}

export const refusal = (event: object): Memory => ({
  because: answerOf(event, 'replication.preflight')?.because ?? [],
});

export function estimated(context: Context, event: object): Memory {
  const { operation } = context;
  const estimate = answerOf(event, 'replication.preflight')?.estimate;
  if (operation === null || estimate === undefined) return {};
  return { operation: { ...operation, estimate } };
}

/** Waives the proof, never the window; recorded before anything is armed. */
export function overridden(context: Context, event: ReplicationEvent): Memory {
  if (event.type !== 'replication.override') return {};
  const { epoch, operation } = context;
  const { atMs, by = '' } = event;
  const why = whyOf(event);
  return {
    ...{ atMs, reason: why === '' ? context.reason : `override: ${why}` },
    fence: { epoch, stage: 'waived', atMs },
    riskAccepted: {
      ...{ epoch, by, atMs, observed: operation?.observed ?? '' },
      clearedAtMs: null,
    },
  };
}

export const testTaken = (_: Context, event: ReplicationEvent): Memory =>
  event.type === 'replication.test-start'
    ? {
        ...orderedBy(event),
        ...{ testTtlMs: event.ttlSeconds * 1_000, testPoint: event.point ?? null },
        reason: 'test',
      }
    : {};
