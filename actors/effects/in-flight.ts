/** Effects under way in this host: a bounded number; teardown and failover first among those that wait. */
import type { EffectName, PerformInput, Priority } from '../../machines/messages.ts';
import { priorityOf } from '../../machines/priority.ts';
import type { Call } from '../effect.ts';
import type { MetricReading } from '../metric-names.ts';
import { Slots } from '../slots.ts';

const urgent: ReadonlySet<Priority> = new Set<Priority>(['teardown', 'failover']);

type Perform<O> = (order: PerformInput, call: Call) => Promise<O>;

export class EffectsInFlight {
  readonly #slots: Slots;

  constructor(max: number) {
    this.#slots = new Slots(max);
  }

  resize(max: number): void {
    this.#slots.resize(max);
  }

  readings(): MetricReading[] {
    return [
      { metric: 'fairlead_effects_in_flight', value: this.#slots.inFlight },
      { metric: 'fairlead_effects_waiting', value: this.#slots.waiting },
    ];
  }

  /** A wait for a circuit takes no place: it calls nobody, and thousands may wait. */
  bounding<O>(perform: Perform<O>): Perform<O> {
    return async (order, call) => {
      if (order.effect === 'circuit.wait') return perform(order, call);
      await this.#enter(order.effect, call.signal);
      try {
        return await perform(order, call);
      } finally {
        this.#slots.leave();
      }
    };
  }

  async #enter(effect: EffectName, signal: AbortSignal): Promise<void> {
    try {
      await this.#slots.enter(urgent.has(priorityOf(effect)), signal);
    } catch (thrown) {
      const text = `${effect} was given up before it began`;
      const fault = {
        ...{ type: 'Cancelled', code: 'effect.cancelled', message: text },
        mayHaveHappened: false,
      };
      throw Object.assign(new Error(text, { cause: thrown }), { fault });
    }
  }
}
