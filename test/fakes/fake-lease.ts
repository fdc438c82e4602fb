/** In-memory Lease. Clients share one seat; time comes from a function, so tests let it pass by hand. */
import { hosting } from '../../machines/limits.ts';
import type { Lease } from '../../actors/ports.ts';

interface Seat {
  held: { holder: string; instance: object; expiresAtMs: number; revision: number } | undefined;
  lastRevision: number;
}

export interface FakeLeaseOptions {
  /** Monotonic time; a stopped clock when left out. */
  readonly nowMs?: () => number;
  readonly ttlMs?: number;
}

export class FakeLease implements Lease {
  /** False: every call rejects and changes nothing. */
  connected = true;
  /** The next call takes effect, then rejects. */
  loseNextAnswer = false;
  readonly #seat: Seat;
  readonly #nowMs: () => number;
  readonly #ttlMs: number;
  readonly #instance = {};

  constructor(options: FakeLeaseOptions = {}, seat: Seat = { held: undefined, lastRevision: 0 }) {
    this.#nowMs = options.nowMs ?? (() => 0);
    this.#ttlMs = options.ttlMs ?? hosting.leaseTtlMs;
    this.#seat = seat;
  }

  /** Another process that wants the same lease. */
  secondClient(): FakeLease {
    return new FakeLease({ nowMs: this.#nowMs, ttlMs: this.#ttlMs }, this.#seat);
  }

  /** Takes the lease away as an expiry would. */
  expire(): void {
    this.#seat.held = undefined;
  }

  /** Who holds it now. */
  holder(): string | undefined {
    return this.#live()?.holder;
  }

  async acquire(holder: string): Promise<{ readonly revision: number } | undefined> {
    await this.#reach();
    const live = this.#live();
    if (live && live.holder !== holder) return undefined;
    const revision = this.#hold(holder);
    this.#answer();
    return { revision };
  }

  async renew(holder: string): Promise<boolean> {
    await this.#reach();
    const live = this.#live();
    if (live?.holder !== holder || live.instance !== this.#instance) return false;
    this.#hold(holder);
    this.#answer();
    return true;
  }

  async release(holder: string): Promise<void> {
    await this.#reach();
    const live = this.#live();
    if (live?.holder === holder && live.instance === this.#instance) this.#seat.held = undefined;
    this.#answer();
  }

  #live(): Seat['held'] {
    const held = this.#seat.held;
    return held && held.expiresAtMs > this.#nowMs() ? held : undefined;
  }

  #hold(holder: string): number {
    const revision = ++this.#seat.lastRevision;
    const expiresAtMs = this.#nowMs() + this.#ttlMs;
    this.#seat.held = { holder, instance: this.#instance, expiresAtMs, revision };
    return revision;
  }

  async #reach(): Promise<void> {
    await Promise.resolve();
    if (!this.connected) throw new Error('fake lease: disconnected');
  }

  #answer(): void {
    if (!this.loseNextAnswer) return;
    this.loseNextAnswer = false;
    throw new Error('fake lease: answer lost');
  }
}
