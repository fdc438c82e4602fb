/** Steps of watched actors, numbered, for clients that come back. */
import type { Clock } from '../../../actors/ports.ts';
import type { Step } from '../../../actors/steps/step.ts';
import { feedLimits } from '../../../machines/limits-inspector.ts';

export interface Told {
  readonly n: number;
  readonly actor: string;
  /** The step as JSON. */
  readonly text: string;
}

interface Watch {
  streams: number;
  /** Told without a gap behind this number. */
  readonly sinceN: number;
  /** Monotonic, when the last stream went. */
  leftMs: number;
}

export class StepRing {
  readonly #clock: Clock;
  readonly #watches = new Map<string, Watch>();
  #told: Told[] = [];
  /** Entries at the front that are no longer kept. */
  #gone = 0;
  #bytes = 0;
  #n = 0;
  /** Number of the newest that is no longer kept. */
  #droppedN = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Number of the newest. */
  get n(): number {
    return this.#n;
  }

  watch(actor: string): void {
    const present = this.#watches.get(actor);
    // A number of its own sets it apart from ids given out before: what came in between was not kept.
    if (!present) this.#n += 1;
    const watch = present ?? { streams: 0, sinceN: this.#n, leftMs: 0 };
    watch.streams += 1;
    this.#watches.set(actor, watch);
  }

  /** It stays watched for a while, so that a reload misses nothing. */
  leave(actor: string): void {
    const watch = this.#watches.get(actor);
    if (!watch) return;
    watch.streams -= 1;
    watch.leftMs = this.#clock.monotonicMs();
    this.#forgetSome();
  }

  /** Undefined when nobody watches its actor. */
  take(step: Step): Told | undefined {
    const watch = this.#watches.get(step.actor);
    if (!watch) return undefined;
    if (this.#isOver(watch)) {
      this.#watches.delete(step.actor);
      return undefined;
    }
    this.#n += 1;
    const told = { n: this.#n, actor: step.actor, text: JSON.stringify(step) };
    this.#told.push(told);
    this.#bytes += told.text.length;
    this.#shorten();
    return told;
  }

  /** What came behind number `n`; undefined when not all of it is kept any more. */
  after(n: number, actor: string): Told[] | undefined {
    const watch = this.#watches.get(actor);
    if (!watch || n < watch.sinceN || n > this.#n || n < this.#droppedN) return undefined;
    return this.#told.slice(this.#gone).filter((told) => told.n > n && told.actor === actor);
  }

  clear(): void {
    this.#told = [];
    this.#gone = 0;
    this.#bytes = 0;
  }

  #shorten(): void {
    const { ringMax, ringBytesMax } = feedLimits;
    while (this.#told.length - this.#gone > ringMax || this.#bytes > ringBytesMax) {
      const dropped = this.#told[this.#gone];
      this.#bytes -= dropped?.text.length ?? 0;
      this.#droppedN = dropped?.n ?? this.#n;
      this.#gone += 1;
    }
    if (this.#gone <= ringMax / 10 && this.#gone * 2 < this.#told.length) return;
    this.#told = this.#told.slice(this.#gone);
    this.#gone = 0;
  }

  #isOver({ streams, leftMs }: Watch): boolean {
    return streams <= 0 && this.#clock.monotonicMs() - leftMs > feedLimits.lingerMs;
  }

  /** Those nobody came back to; when there are too many still, the ones left first. */
  #forgetSome(): void {
    for (const [actor, watch] of this.#watches)
      if (this.#isOver(watch)) this.#watches.delete(actor);
    const left = [...this.#watches].filter(([, { streams }]) => streams <= 0);
    left.sort(([, one], [, other]) => one.leftMs - other.leftMs);
    const surplus = Math.max(0, this.#watches.size - feedLimits.watchedMax);
    for (const [actor] of left.slice(0, surplus)) this.#watches.delete(actor);
  }
}
