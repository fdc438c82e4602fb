/** One process of a host, from its start to its end: whatever goes in or out passes here, and here it freezes or dies. */
import type { Cancel, Clock } from '../../actors/ports.ts';
import type { WorldClock } from './clock.ts';

export interface LifeOptions {
  /** Of the host it runs under, e.g. `h1`. */
  readonly host: string;
  /** Which process of that host, from 1. */
  readonly number: number;
  readonly clock: WorldClock;
  /** How far the wall clock of its machine is off just now. */
  readonly skewMs: () => number;
  /** Told once, when it dies at a boundary. */
  readonly onDeath: (boundary: string) => void;
}

export class Life {
  readonly name: string;
  readonly host: string;
  readonly number: number;
  /** Crossings between it and the world so far. */
  crossings = 0;
  readonly #options: LifeOptions;
  #isAlive = true;
  #isFrozen = false;
  #dieAt: number | undefined;
  /** So many crossings after the next one of this name it dies. */
  #dieUpon: { readonly boundary: string; readonly after: number } | undefined;
  readonly #held: (() => void)[] = [];

  constructor(options: LifeOptions) {
    this.#options = options;
    this.host = options.host;
    this.number = options.number;
    this.name = `${options.host}.${options.number}`;
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }
  get isFrozen(): boolean {
    return this.#isFrozen;
  }

  /** Passes a crossing, or ends here: false then. */
  cross(boundary: string): boolean {
    if (!this.#isAlive) return false;
    this.crossings += 1;
    if (this.#dieUpon !== undefined && boundary.startsWith(this.#dieUpon.boundary)) {
      this.#dieAt = this.crossings + this.#dieUpon.after;
      this.#dieUpon = undefined;
    }
    if (this.#dieAt === undefined || this.crossings < this.#dieAt) return true;
    this.kill();
    this.#options.onDeath(boundary);
    return false;
  }

  /** Runs something inside it: at once, after it thaws, or never. */
  enter(boundary: string, run: () => void): void {
    if (!this.#isAlive) return;
    if (this.#isFrozen) this.#held.push(() => this.enter(boundary, run));
    else if (this.cross(boundary)) run();
  }

  /** The so-manieth crossing from now is its last, 1 the next. */
  dieAfter(crossings: number): void {
    this.#dieAt = this.crossings + crossings;
  }

  /** The so-manieth crossing after the next one whose name begins so is its last. */
  dieUpon(boundary: string, after: number): void {
    this.#dieUpon = { boundary, after };
  }

  /** It will not die of what was ordered so far. */
  disarm(): void {
    this.#dieAt = undefined;
    this.#dieUpon = undefined;
  }

  kill(): void {
    this.#isAlive = false;
    this.#held.length = 0;
  }

  /** As by SIGSTOP: time goes on, nothing in it moves. */
  freeze(): void {
    this.#isFrozen = true;
  }

  /** What has come meanwhile happens now, one after the other. */
  thaw(): void {
    this.#isFrozen = false;
    const held = this.#held.splice(0);
    for (const run of held) this.#options.clock.after(0, run);
  }

  /** Its own: wall time may be off, timers are silent while it is frozen or dead. */
  readonly clock: Clock = {
    nowMs: () => this.#options.clock.nowMs() + this.#options.skewMs(),
    monotonicMs: () => this.#options.clock.monotonicMs(),
    after: (delayMs, run): Cancel => {
      let isOff = false;
      const cancel = this.#options.clock.after(delayMs, () => {
        this.enter('timer', () => {
          if (!isOff) run();
        });
      });
      return () => {
        isOff = true;
        cancel();
      };
    },
  };
}
