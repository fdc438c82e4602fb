/** A timer as it lies in a record. */
import type { EventObject } from 'xstate';

/** A delayed event with its absolute deadline; `from` and `to` are child ids from the root, joined by `/`. */
export interface StoredTimer {
  readonly from: string;
  readonly to: string;
  /** Id at the scheduler: leaving the state cancels by it. */
  readonly id: string;
  readonly event: EventObject;
  readonly atMs: number;
}
