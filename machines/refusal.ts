/** What a resource answers to an order: taken, nothing to do, or refused with a reason and a way out. */

/** A refusal as charts phrase it; hosting adds actor, ids, and the allowed commands where none are named. */
interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly problems?: readonly {
    readonly path: string;
    readonly code: string;
    readonly message: string;
    readonly got?: unknown;
    readonly allowed?: readonly unknown[];
  }[];
  readonly allowedNext?: readonly string[];
  readonly because?: readonly string[];
}

export type Admission =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

export const accepted: Admission = { kind: 'accepted' };
export const unchanged: Admission = { kind: 'unchanged' };
export const refused = (refusal: Refusal): Admission => ({ kind: 'refused', refusal });
