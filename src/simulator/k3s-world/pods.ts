/** The pods on the nodes of a simulated cluster: a daemon everywhere, movable workloads, and those told not to move. */
import { join } from 'node:path';
import { z } from 'zod';
import { keptRules } from '../node/kept-rules.ts';
import type { KeptRules } from '../node/kept-rules.ts';
import type { Member } from './membership.ts';

const ruleSchema = z.strictObject({
  kind: z.literal('stuckPods'),
  node: z.string().min(1),
  /** `namespace/name`: pods whose disruption budget never allows their eviction. */
  pods: z.array(z.string().regex(/^[a-z0-9.-]+\/[a-z0-9.-]+$/)).min(1),
  /** Without a controller: kubectl does not even try to evict them. */
  bare: z.boolean().default(false),
});
export type StuckPods = z.infer<typeof ruleSchema>;

export type StuckPodRules = KeptRules<StuckPods>;

export const createStuckPods = (folder: string): StuckPodRules =>
  keptRules(join(folder, 'stuck-pods.json'), ruleSchema);

export interface Pod {
  readonly namespace: string;
  readonly name: string;
  /** The kind of its controller; empty: none. */
  readonly owner: 'DaemonSet' | 'ReplicaSet' | '';
  readonly isStuck: boolean;
}

export function podsOn(member: Member, rules: readonly StuckPods[]): Pod[] {
  const daemon: Pod = {
    namespace: 'kube-system',
    name: `svclb-${member.name}`,
    owner: 'DaemonSet',
    isStuck: false,
  };
  return [daemon, ...movablePods(member), ...stuckPods(member, rules)];
}

/** What an eviction moves elsewhere. */
export function movablePods(member: Member): Pod[] {
  if (member.evicted !== 'none') return [];
  return ['web', 'api'].map((app) => ({
    namespace: 'default',
    name: `${app}-${member.name}`,
    owner: 'ReplicaSet' as const,
    isStuck: false,
  }));
}

export function stuckPods(member: Member, rules: readonly StuckPods[]): Pod[] {
  if (member.evicted === 'all') return [];
  return rules
    .filter((rule) => rule.node === member.name)
    .flatMap((rule) =>
      rule.pods.map((path) => {
        const [namespace = '', name = ''] = path.split('/');
        return {
          namespace,
          name,
          owner: rule.bare ? ('' as const) : ('ReplicaSet' as const),
          isStuck: true,
        };
      }),
    );
}

export function podObject(pod: Pod): object {
  return {
    metadata: {
      name: pod.name,
      namespace: pod.namespace,
      ownerReferences: pod.owner === '' ? [] : [{ kind: pod.owner }],
    },
    status: { phase: 'Running' },
  };
}
