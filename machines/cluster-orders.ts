/** What an order makes of the spec: scale, stop and start are edits of it, exactly like applying a changed manifest. Pure. */
import { serverPool, specOf } from './cluster-context.ts';
import type { ClusterContext, ClusterEvent } from './cluster-context.ts';
import { entries, nameOf } from './cluster-plan.ts';
import { countsOf, withCounts } from './cluster-slots.ts';
import type { Slot } from './ids.ts';
import type { ClusterSpec } from './specs.ts';

/** The spec after this order; undefined when it is no edit of the spec. */
export function editedSpec(context: ClusterContext, event: ClusterEvent): ClusterSpec | undefined {
  if (event.type === 'cluster.create' || event.type === 'cluster.apply') return event.manifest.spec;
  if (context.spec === null) return undefined;
  const counts = countsOf(context.spec);
  switch (event.type) {
    case 'cluster.scale':
      return withCounts(
        context.spec,
        event.pool === serverPool
          ? { ...counts, servers: event.count }
          : { ...counts, pools: { ...counts.pools, [event.pool]: event.count } },
      );
    case 'cluster.stop':
      return withCounts(context.spec, { ...counts, desiredState: 'stopped' });
    case 'cluster.start':
      return withCounts(context.spec, { ...counts, desiredState: 'running' });
    default:
      return undefined;
  }
}

type Change = Partial<ClusterContext>;

/** Who gave it, where the envelope says so. */
const byOf = (event: ClusterEvent): string => ('by' in event ? (event.by ?? '') : '');

/** The spec as ordered, as a new generation; what went wrong before is another story. */
export function declare(context: ClusterContext, event: ClusterEvent): Change {
  const spec = editedSpec(context, event);
  if (spec === undefined || !('correlationId' in event)) return {};
  return {
    ...('manifest' in event && {
      labels: event.manifest.metadata.labels,
      annotations: event.manifest.metadata.annotations,
    }),
    spec,
    generation: context.generation + 1,
    createdAtMs: context.generation === 0 ? event.atMs : context.createdAtMs,
    ...orderedBy(event),
    ...(spec.desiredState === 'stopped' && { restart: [] }),
  };
}

/** A new order: the last change is history, and what it left undone may be tried again. */
function orderedBy(event: ClusterEvent): Change {
  return {
    ...('correlationId' in event && { correlationId: event.correlationId }),
    by: byOf(event),
    lastChange: null,
    isHalted: false,
    isCancelled: false,
  };
}

/** Slots that an order to restart means: those of a pool, those named, or all. */
function slotsToRestart(context: ClusterContext, event: ClusterEvent): Slot[] {
  if (event.type !== 'cluster.restart') return [];
  const { pool, nodes } = event;
  return entries(context)
    .filter(([, entry]) => pool === undefined || entry.pool === pool)
    .filter(([, entry]) => nodes === undefined || nodes.includes(nameOf(context, entry)))
    .map(([slot]) => slot);
}

export const noteRestart = (context: ClusterContext, event: ClusterEvent): Change => ({
  ...orderedBy(event),
  restart: slotsToRestart(context, event),
});

/** The change ends at its next safe edge; stop and start are simply turned round. */
export function noteCancel(context: ClusterContext, event: ClusterEvent): Change {
  const kind = context.change?.kind;
  const turned = kind === 'stop' ? 'running' : kind === 'start' ? 'stopped' : undefined;
  const spec = specOf(context);
  return {
    ...('correlationId' in event && { correlationId: event.correlationId }),
    by: byOf(event),
    restart: [],
    ...(turned === undefined
      ? { isCancelled: true }
      : { spec: { ...spec, desiredState: turned }, generation: context.generation + 1 }),
  };
}
