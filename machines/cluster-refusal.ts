/** What a cluster answers to an order: taken, nothing to do, or refused with a reason and a way out. */
import type { ClusterContext } from './cluster-context.ts';

/** A refusal as the chart phrases it; hosting adds actor, ids and the allowed commands. */
interface ClusterRefusal {
  readonly code: string;
  readonly message: string;
  readonly problems?: readonly {
    readonly path: string;
    readonly code: string;
    readonly message: string;
    readonly got?: unknown;
    readonly allowed?: readonly unknown[];
  }[];
  readonly because?: readonly string[];
}
export type ClusterAdmission =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'refused'; readonly refusal: ClusterRefusal };

export const accepted: ClusterAdmission = { kind: 'accepted' };
export const unchanged: ClusterAdmission = { kind: 'unchanged' };
export const refused = (refusal: ClusterRefusal): ClusterAdmission => ({
  kind: 'refused',
  refusal,
});

export const resource = (context: ClusterContext): string =>
  `cluster/${context.namespace}/${context.name}`;
