/** What a change of a living cluster notes at its beginning, at its edges and at its end. Pure. */
import { specOf } from './cluster-context.ts';
import type {
  Change,
  ChangeKind,
  ClusterContext,
  Counts,
  LastError,
  NodeEntry,
  NodeTask,
  SpecChange,
} from './cluster-context.ts';
import { entries } from './cluster-plan.ts';
import { changesBetween, countsOf, presentCounts, withCounts } from './cluster-slots.ts';
import { kebab } from './ids.ts';
import type { Slot } from './ids.ts';
import type { ClusterSpec } from './specs.ts';
import { changes as limits } from './limits.ts';

type Noted = Partial<ClusterContext>;

/** Counts that a cluster is known to have settled at; before it ever ran, those it is made with. */
const settledOf = (context: ClusterContext): Counts => context.settled ?? countsOf(specOf(context));

/** The change that begins at `atMs`, with what it does to the spec. */
export function begun(context: ClusterContext, kind: ChangeKind, atMs: number): Noted {
  const changesBegun = context.changesBegun + 1;
  const changes = changesBetween(settledOf(context), countsOf(specOf(context)));
  const touches = touched(context, kind, changes);
  const change: Change = {
    kind,
    opId: `${kebab(kind)}-${changesBegun}`,
    startedAtMs: atMs,
    deadlineAtMs: atMs + limits.operationBaseMs + limits.operationPerNodeMs * touches,
    correlationId: context.correlationId,
    by: context.by,
    ...{ changes, touches },
    undoes: context.lastChange?.outcome === 'finished' ? '' : (context.lastChange?.opId ?? ''),
  };
  return {
    change,
    changesBegun,
    sinceMs: atMs,
    // What was made for an earlier plan keeps it; new nodes get the images of today.
    ...(kind === 'scaleUp' && { planNumber: context.planNumber + 1 }),
    ...(change.undoes === '' && { lastError: null }),
  };
}

function touched(context: ClusterContext, kind: ChangeKind, changes: Change['changes']): number {
  if (kind === 'stop' || kind === 'start') return entries(context).length;
  if (kind === 'restart') return context.restart.length;
  return changes.reduce((sum, { from, to }) => sum + Math.abs(Number(to) - Number(from) || 0), 0);
}

/** The change under way has reached its end; one that took another back leaves that one's failure to be seen. */
export function finished(context: ClusterContext, atMs: number): Noted {
  const { change } = context;
  return {
    settled: countsOf(specOf(context)),
    change: null,
    ...(change !== null &&
      change.undoes === '' && { lastChange: endedAs(change, 'finished', atMs) }),
  };
}

const endedAs = (change: Change, outcome: 'finished' | 'failed' | 'cancelled', atMs: number) => ({
  opId: change.opId,
  kind: change.kind,
  outcome,
  endedAtMs: atMs,
});

/** Another order has taken its place at an edge: what is there by now is what that one begins with. */
export const superseded = (context: ClusterContext): Noted => ({
  change: null,
  settled: {
    ...presentCounts(specOf(context), context.nodes),
    desiredState: settledOf(context).desiredState,
  },
});

/**
 * The change ends without its goal. The spec becomes what can be kept: new nodes are taken back, nodes that are left
 * stay. Etcd wants an odd number of members; where that cannot be had by staying, the change halts as it is.
 */
export function failed(context: ClusterContext, atMs: number): Noted {
  const { change } = context;
  if (change === null) return {};
  const spec = specOf(context);
  const kept = keptCounts(context, change.kind);
  const isLegal = kept.servers % 2 === 1;
  const restored = isLegal ? withCounts(spec, kept) : spec;
  const isChanged = changesBetween(countsOf(spec), countsOf(restored)).length > 0;
  return {
    change: null,
    lastChange: endedAs(change, context.isCancelled ? 'cancelled' : 'failed', atMs),
    ...(isChanged && { spec: restored, generation: context.generation + 1 }),
    // Not what is wanted: orders that came meanwhile are still to be carried out, and may have to be taken back.
    settled: presentCounts(restored, context.nodes),
    nodes: withoutTasks(context),
    restart: [],
    isCancelled: false,
    isHalted: !isLegal,
    sinceMs: atMs,
    ...(context.isCancelled && { lastError: cancelledError(change, atMs) }),
  };
}

function keptCounts(context: ClusterContext, kind: ChangeKind): Counts {
  const spec = specOf(context);
  switch (kind) {
    case 'scaleUp':
      return { ...settledOf(context), desiredState: spec.desiredState };
    case 'scaleDown':
      return presentCounts(spec, context.nodes);
    case 'stop':
      return { ...countsOf(spec), desiredState: 'running' };
    case 'start':
    case 'restart':
      return countsOf(spec);
  }
}

const cancelledError = (change: Change, atMs: number): LastError => ({
  type: 'Cancelled',
  code: 'operation.cancelled',
  message: `${change.opId} was cancelled`,
  step: change.kind,
  hint: 'order it again when it is wanted',
  atMs,
});

const withoutTasks = (context: ClusterContext): Record<Slot, NodeEntry> =>
  mapEntries(context, ({ task: _over, ...entry }) => entry);

/** These nodes take part in the round that begins; the others are left alone. */
export const withRound = (
  context: ClusterContext,
  slots: readonly Slot[],
  task: NodeTask,
): Noted => ({
  nodes: {
    ...context.nodes,
    ...Object.fromEntries(
      entries(context)
        .filter(([slot]) => slots.includes(slot))
        .map(([slot, entry]) => [slot, { ...entry, task }]),
    ),
  },
  restart: context.restart.filter((slot) => !slots.includes(slot)),
});

/** Nodes that are gone leave no entry; the next machine in their slot counts on from theirs. */
export function withoutGone(context: ClusterContext): Noted {
  const all = entries(context);
  const gone = all.filter(([, { phase }]) => phase === 'gone');
  return {
    nodes: Object.fromEntries(all.filter(([, { phase }]) => phase !== 'gone')),
    retired: {
      ...context.retired,
      ...Object.fromEntries(gone.map(([slot, { incarnation }]) => [slot, incarnation])),
    },
  };
}

const mapEntries = (
  context: ClusterContext,
  change: (entry: NodeEntry) => NodeEntry,
): Record<Slot, NodeEntry> =>
  Object.fromEntries(entries(context).map(([slot, entry]) => [slot, change(entry)]));

/** What is published of a change: small, and the same at every step. */
export const changeData = (change: Change): Readonly<Record<string, unknown>> => ({
  opId: change.opId,
  kind: change.kind,
  ...(change.by !== '' && { by: change.by }),
  ...(change.undoes !== '' && { undoes: change.undoes }),
});

/** What a failed change leaves different from what was ordered. */
export const restored = (context: ClusterContext, spec: ClusterSpec): SpecChange[] =>
  changesBetween(countsOf(specOf(context)), countsOf(spec));
