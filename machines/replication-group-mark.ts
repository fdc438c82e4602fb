/** Names of the places where members of a group wait for each other, and what a member knows of the order it is part of. */

/** In the order in which they are passed. */
export const barriers = ['ready', 'fenced', 'made'] as const;
export type Barrier = (typeof barriers)[number];

/** Whose order a promotion is part of. */
export interface GroupMark {
  readonly name: string;
  /** Number of the group's order. */
  readonly order: number;
  /** Where it waits now. */
  readonly at: Barrier | null;
  readonly passed: Barrier | null;
}
