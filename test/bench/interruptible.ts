/** Runs with stacks of their own end in order on the first Ctrl-C, and at once on the second. */
import { watchInterrupts } from '../../src/stack/interrupt.ts';
import type { Stack } from '../../src/stack/stack.ts';

export interface Interruptible {
  /** Resolves with the error to end with when the user interrupts. */
  readonly interrupted: Promise<Error>;
  /** Stacks that run now, to be killed by a second Ctrl-C. */
  readonly stacks: Set<Stack>;
  readonly wasInterrupted: () => boolean;
}

/** @param exitCode  of the process that a second Ctrl-C ends */
export function interruptible(exitCode: number): Interruptible {
  const stacks = new Set<Stack>();
  const interrupt = watchInterrupts(() => {
    const killed = Promise.all([...stacks].map((stack) => stack.killAll()));
    void killed.finally(() => process.exit(exitCode));
  });
  const { asked: interrupted, signal } = interrupt;
  return { stacks, interrupted, wasInterrupted: () => signal.aborted };
}
