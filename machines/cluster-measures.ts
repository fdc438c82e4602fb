/** What is measured of a cluster's way: phase, size and nodes, read from context alone; and what its creation should take. */
import type { ClusterContext } from './cluster-context.ts';
import { profiles, targets } from './limits.ts';
import type { ProfileName } from './limits.ts';

export interface Measures {
  /** Top-level phase, as metrics name it. */
  readonly phase: string;
  /** `rest`: nothing is under way; `trouble`: somebody or something has to act first; `gone`: its end. */
  readonly standing: 'rest' | 'trouble' | 'gone' | 'underWay';
  readonly sinceMs: number;
  readonly createdAtMs: number;
  readonly correlationId: string;
  /** True once it has been whole. */
  readonly isMade: boolean;
  /** Nodes wanted. */
  readonly size: number;
  /** Fault type of the last error. */
  readonly fault: string | undefined;
  readonly creationTargetMs: number;
  readonly nodes: readonly {
    readonly slot: string;
    readonly phase: string;
    readonly sinceMs: number;
  }[];
}

const trouble = /^failed|\.blocked$|\.stuck$/;
const rest = /^(running\.steady|stopped)|^pending\.undeclared$/;

/** `running.scalingUp.join` is `scalingUp`; `provisioning.nodes` is `provisioning`. */
function phaseOf(path: string): string {
  const [first = '', second = ''] = path.split('.');
  return first === 'running' && second !== 'steady' && second !== '' ? second : first;
}

export function measuresOf(context: ClusterContext): Measures {
  const { phase: path, sinceMs, createdAtMs, correlationId, access, spec } = context;
  const wanted = (spec?.servers.count ?? 0) + agentsOf(context);
  const size = Math.max(wanted, Object.keys(context.nodes).length);
  return {
    ...{ phase: phaseOf(path), sinceMs, createdAtMs, correlationId, size },
    standing: standingOf(path),
    isMade: access !== null,
    fault: context.lastError?.type,
    creationTargetMs: creationTargetMs(spec?.profile ?? 'development', size),
    nodes: Object.entries(context.nodes).map(([slot, entry]) => ({
      ...{ slot, phase: entry.phase, sinceMs: entry.sinceMs },
    })),
  };
}

function standingOf(path: string): Measures['standing'] {
  if (path === 'deleted') return 'gone';
  if (trouble.test(path)) return 'trouble';
  return rest.test(path) ? 'rest' : 'underWay';
}

const agentsOf = ({ spec }: ClusterContext): number =>
  spec?.agentPools.reduce((sum, { count }) => sum + count, 0) ?? 0;

/** 15 minutes, or the upper target of the profile for that many nodes where that is longer. */
export function creationTargetMs(profile: ProfileName, size: number): number {
  const all = profiles[profile].targets;
  const target = all.find(({ nodes }) => nodes >= size) ?? all.at(-1);
  return Math.max(targets.creationMs, (target?.minutes[1] ?? 0) * 60_000);
}
