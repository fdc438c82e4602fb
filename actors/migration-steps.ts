/** What a kind says of its earlier charts. Steps are pure: stored state in, stored state out. */
import type { StoredTimer } from './stored-timer.ts';

/** What a chart has to do with in a record; all else is hosting's own. */
export interface StoredState {
  /** As XState persists it: value, context, children. */
  readonly snapshot: unknown;
  /** With absolute deadlines. A state that waits since this version gets its timer here. */
  readonly timers: readonly StoredTimer[];
}

/** From one version to the next. What the checker then finds amiss holds the actor, as does a step that throws. */
export type Migration = (stored: StoredState) => StoredState;

/** By the version they start from. */
export type Migrations = Readonly<Record<number, Migration>>;
