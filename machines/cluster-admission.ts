/** May this command run now, and if not, why and what instead. Pure; asked before the event is sent. */
import { accepted, refused, unchanged } from './refusal.ts';
import type { Admission } from './refusal.ts';
import {
  admitCancel,
  admitCounts,
  admitPower,
  admitRestart,
  admitScale,
  hasFailedNode,
} from './cluster-change-admission.ts';
import { changedPaths, sameJson, short } from './changed-paths.ts';
import type { Change } from './changed-paths.ts';
import { isWaiting } from './cluster-context.ts';
import { resource } from './cluster-context.ts';
import { isInitLost } from './cluster-plan.ts';
import type { ClusterContext, ClusterEvent } from './cluster-context.ts';
import type { ClusterManifest, ClusterSpec } from './specs.ts';

/** States in which a retry has something to do. */
const retryable = /^(failed|pending\.blocked|deleting\.stuck)/;

export function admitCluster(context: ClusterContext | undefined, event: ClusterEvent): Admission {
  // Which verbs may make it is decided by whoever hosts it.
  if (context === undefined) return accepted;
  switch (event.type) {
    case 'cluster.create':
      return refused({
        code: 'resource.exists',
        message: `${resource(context)} exists already; apply changes it, or choose another name.`,
      });
    case 'cluster.apply':
      return admitApply(context, event.manifest);
    case 'cluster.delete':
      return admitDelete(context, event.force);
    case 'cluster.pause':
      return admitPause(context);
    case 'cluster.resume':
      return context.paused ? accepted : unchanged;
    case 'cluster.retry':
      return admitRetry(context);
    case 'cluster.cancel':
      return admitCancel(context);
    case 'cluster.scale':
      return admitScale(context, event);
    case 'cluster.stop':
    case 'cluster.start':
      return admitPower(context, event.type === 'cluster.stop' ? 'stopped' : 'running');
    case 'cluster.restart':
      return admitRestart(context, event);
    case 'facts.observed':
    case 'node.changed':
    case 'node.waiting':
    case 'operation.changed':
      return refused({ code: 'command.unknownVerb', message: `${event.type} is no command.` });
  }
}

/** A deletion under way is neither held up nor taken back. */
const deleting = (context: ClusterContext, verb: string): Admission =>
  refused({
    code: 'resource.deleting',
    message: `${resource(context)} is being deleted: ${verb} comes too late; wait until it is gone, then apply it again.`,
  });

function admitPause(context: ClusterContext): Admission {
  if (context.phase.startsWith('deleting')) return deleting(context, 'pause');
  return context.paused ? unchanged : accepted;
}

function admitRetry(context: ClusterContext): Admission {
  if (isInitLost(context) && context.phase.startsWith('failed'))
    return refused({
      code: 'transition.notAllowed',
      message: `${resource(context)} cannot go on: the machine that initialised it is gone, and nobody else has its database.`,
      because: ['delete it, then apply it again: nothing of it was in use yet'],
    });
  if (context.phase.startsWith('running') && (context.isHalted || hasFailedNode(context)))
    return accepted;
  if (retryable.test(context.phase) || isWaiting(context)) return accepted;
  if (context.phase.startsWith('deleting')) return deleting(context, 'retry');
  return refused({
    code: 'transition.notAllowed',
    message: `${resource(context)} is ${context.phase}: there is nothing to retry.`,
    because: ['retry works in failed, pending.blocked and deleting.stuck, and while a call waits'],
  });
}

function admitDelete(context: ClusterContext, force: boolean): Admission {
  if (context.phase === 'deleting.stuck') return accepted;
  if (context.phase.startsWith('deleting')) return unchanged;
  if (context.spec?.protection.delete === true)
    return refused({
      code: 'cluster.protected',
      message: `${resource(context)} is protected: spec.protection.delete is true.`,
      because: ['apply the manifest with spec.protection.delete: false first'],
    });
  if (context.paused && !force)
    return refused({
      code: 'cluster.paused',
      message: `${resource(context)} is paused: nothing is deleted while it is.`,
      because: ['resume it first, or delete with force'],
    });
  return accepted;
}

/** Paths that may change at any time, and those that may change until the cluster has run. */
const alwaysMutable =
  /^spec\.(protection\.delete|snapshots\.beforeStop|agentPools\[\d+\]\.drain\.\w+)$/;
const mutableUntilRunning = [
  'spec.servers.instanceTypes',
  'spec.agentPools',
  'spec.network.zones',
  'spec.network.subnetIds',
  'spec.instanceProfiles',
  'spec.image',
];
const neverMutable = 'create a new cluster and move the workloads';

function admitApply(context: ClusterContext, manifest: ClusterManifest): Admission {
  if (context.phase.startsWith('deleting')) return deleting(context, 'apply');
  const { spec } = context;
  if (spec === null) return accepted;
  const changed = changedPaths(spec, manifest.spec, 'spec');
  const sameMetadata =
    sameJson(context.labels, manifest.metadata.labels) &&
    sameJson(context.annotations, manifest.metadata.annotations);
  if (changed.length === 0 && sameMetadata) return unchanged;
  const isRestingUnborn =
    context.access === null && /^(failed|pending\.blocked)/.test(context.phase);
  const live = liveChange(context, manifest.spec, changed);
  if (live !== undefined && live.kind !== 'accepted') return live;
  const problems = changed
    .filter((change) => !isMutable(change, isRestingUnborn, context, manifest.spec))
    .map((change) => ({
      path: change.path,
      code: 'manifest.immutableField',
      got: change.to,
      message: `${change.path} is ${short(change.to)}, was ${short(change.from)}: it is fixed once the cluster has been accepted${
        mutableUntilRunning.some((path) => change.path.startsWith(path))
          ? ' (it may change while creation is failed or blocked)'
          : ''
      }; ${neverMutable}, or write the old value.`,
    }));
  if (problems.length === 0) return accepted;
  return refused({
    code: 'manifest.invalid',
    message: `${resource(context)} was not changed: ${problems.length} field${
      problems.length === 1 ? '' : 's'
    } cannot change.`,
    problems,
  });
}

/** Numbers of nodes, and whether they run. */
const isCount = (path: string): boolean =>
  /^spec\.(servers\.count|agentPools\[\d+\]\.count|desiredState)$/.test(path);

const hasSamePools = (context: ClusterContext, spec: ClusterSpec): boolean =>
  sameJson(
    context.spec?.agentPools.map(({ name }) => name),
    spec.agentPools.map(({ name }) => name),
  );

/** A manifest that changes numbers is the same order as `scale`, `stop` or `start`, and held to the same rules. */
function liveChange(
  context: ClusterContext,
  spec: ClusterSpec,
  changed: readonly Change[],
): Admission | undefined {
  const paths = changed.map(({ path }) => path).filter(isCount);
  if (paths.length === 0 || !hasSamePools(context, spec)) return undefined;
  const isPower = paths.includes('spec.desiredState');
  const power = isPower ? admitPower(context, spec.desiredState) : accepted;
  if (power.kind === 'refused' || paths.every((path) => path === 'spec.desiredState')) return power;
  return admitCounts(context, spec);
}

function isMutable(
  change: Change,
  isRestingUnborn: boolean,
  context: ClusterContext,
  spec: ClusterSpec,
): boolean {
  if (alwaysMutable.test(change.path)) return true;
  if (isCount(change.path) && hasSamePools(context, spec)) return true;
  if (!isRestingUnborn) return false;
  if (change.path.startsWith('spec.agentPools'))
    // Pools are known by their names and order; the rest of a pool may change.
    return hasSamePools(context, spec);
  return mutableUntilRunning.some((path) => change.path.startsWith(path));
}
