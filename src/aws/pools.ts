/** The control plane and the agent pools of a spec as one list: what planning has to find offers for. */
import type { ClusterSpec } from '../../machines/specs.ts';

export interface PoolRequest {
  /** Key in `ClusterPlan.offers`: `server`, or the pool's name. */
  readonly name: string;
  /** Where the user wrote it. */
  readonly path: string;
  readonly role: 'server' | 'agent';
  readonly count: number;
  readonly instanceTypes: readonly string[];
  /** Wanted zones; empty means all of the cluster. */
  readonly zones: readonly string[];
  readonly rootVolume: ClusterSpec['servers']['rootVolume'];
}

export const poolsOf = (spec: ClusterSpec): PoolRequest[] => [
  { ...spec.servers, name: 'server', path: 'spec.servers', role: 'server', zones: [] },
  ...spec.agentPools.map((pool, index): PoolRequest => ({
    ...pool,
    path: `spec.agentPools[${index}]`,
    role: 'agent',
  })),
];
