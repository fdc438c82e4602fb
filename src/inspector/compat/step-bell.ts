/** Passes steps on to whoever listens, for a host that takes them in at one place. */
import type { Step } from '../../../actors/steps/step.ts';

export interface StepBell {
  ring(step: Step): void;
  onStep(listener: (step: Step) => void): () => void;
}

export function stepBell(): StepBell {
  const listeners = new Set<(step: Step) => void>();
  return {
    ring: (step) => {
      for (const listener of listeners) listener(step);
    },
    onStep: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
