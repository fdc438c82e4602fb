/** The last steps of actors somebody looked at, for a page that is read while NATS is away. */
import type { Step } from '../../../actors/steps/step.ts';
import { snapshotLimits } from '../../../machines/limits-inspector.ts';

const { recentActorsMax, recentStepsMax } = snapshotLimits;

export class RecentSteps {
  /** By actor, the one looked at last at the end. */
  readonly #steps = new Map<string, Step[]>();

  /** Somebody looks at it: its steps are kept from now on. */
  focus(actor: string): void {
    const steps = this.#steps.get(actor) ?? [];
    this.#steps.delete(actor);
    this.#steps.set(actor, steps);
    const [oldest] = this.#steps.keys();
    if (this.#steps.size > recentActorsMax && oldest !== undefined) this.#steps.delete(oldest);
  }

  /** A new step; those of actors nobody looked at are not kept. */
  take(step: Step): void {
    if (this.#steps.has(step.actor)) this.add(step.actor, [step]);
  }

  /** Steps that were read from the log, in any order; of another life than the newest they are left out. */
  add(actor: string, steps: readonly Step[]): void {
    const kept = this.#steps.get(actor);
    if (!kept) return;
    const all = [...kept, ...steps];
    const [newest] = all.toSorted((left, right) => right.atMs - left.atMs || right.seq - left.seq);
    const bySeq = new Map<number, Step>();
    for (const step of all) if (step.uid === newest?.uid) bySeq.set(step.seq, step);
    const sorted = [...bySeq.values()].sort((left, right) => left.seq - right.seq);
    this.#steps.set(actor, sorted.slice(-recentStepsMax));
  }

  /** Oldest first. */
  of(actor: string): readonly Step[] {
    return this.#steps.get(actor) ?? [];
  }

  all(): Readonly<Record<string, readonly Step[]>> {
    return Object.fromEntries(this.#steps);
  }

  load(kept: Readonly<Record<string, readonly Step[]>>): void {
    for (const [actor, steps] of Object.entries(kept)) {
      this.focus(actor);
      this.add(actor, steps);
    }
  }
}
