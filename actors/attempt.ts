/** What every call is told besides what it is about. */
import type { Priority } from '../machines/messages.ts';

/** Time left for one attempt, and the signal that ends it. */
export interface Attempt {
  readonly signal: AbortSignal;
  readonly correlationId: string;
  /** Who goes first when calls have to wait. Default `background`. */
  readonly priority?: Priority;
  /** Which counted try of its operation this is, from 1. Default 1. */
  readonly number?: number;
  /** Whose work it is: no namespace takes more than half of the places while another waits. */
  readonly namespace?: string;
  /** Asked right before a call goes out: false once its actor may be another host's. Default: always true. */
  readonly mayAct?: () => boolean;
}
