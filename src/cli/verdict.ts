/** How one look at a resource stands to what is waited for. */
import type { ResourceView } from './view.ts';

export type Verdict =
  | { readonly kind: 'reached' }
  | { readonly kind: 'pending' }
  | { readonly kind: 'unreachable'; readonly why: string; readonly tries: readonly string[] };

export interface Goal {
  /** As told in messages. */
  readonly text: string;
  /** That it is gone; then absence is success. */
  readonly isAbsence: boolean;
  judge(seen: ResourceView): Verdict;
}
