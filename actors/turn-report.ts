/** What is told of one turn when it has ended: what it was, how long it took, and what went wrong. */

export interface TurnReport {
  /** A command was answered, an observation was taken in, or a call's result led on. */
  readonly by: 'command' | 'observation' | 'result';
  /** Until its commit; of a command also the time in its mailbox. */
  readonly ms: number;
  readonly correlationId: string;
  /** Fault code of a refusal. */
  readonly code?: string;
  /** The turn was lost: it threw, or its commit did not come to pass. Or the call it is about has failed. */
  readonly failed?: 'poison' | 'store' | 'backend';
}
