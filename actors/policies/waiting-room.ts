/** Operations that wait for a circuit: few to probe it, then all in a ramp, what is torn down first. */
import { priorities } from '../../machines/messages.ts';
import type { Priority } from '../../machines/messages.ts';
import { resilience } from '../../machines/limits.ts';
import type { Cancel, Clock } from '../ports.ts';
import { rejected } from './rejection.ts';

/** How the circuit stands, as far as those who wait are concerned. */
export interface Outlook {
  readonly isShut: boolean;
  /** Set while the circuit is probed: how many more calls may probe it. */
  readonly freeProbes?: number;
  /** Calls a second, and calls at once, that the other policies would let through now. */
  readonly ratePerSecond: number;
  readonly room: number;
}

/** One room per breaker key. */
export class WaitingRoom {
  readonly #key: string;
  readonly #clock: Clock;
  readonly #gapMs: number;
  readonly #outlook: () => Outlook;
  /** By priority, in order of arrival. Made for the first who waits: most circuits never have one. */
  #queues: readonly Set<() => void>[] = [];
  #size = 0;
  /** Waiting when the circuit closed; undefined while no ramp runs. */
  #rampFrom: number | undefined;
  #cancelTick: Cancel | undefined;

  constructor(key: string, clock: Clock, gapMs: number, outlook: () => Outlook) {
    this.#key = key;
    this.#clock = clock;
    this.#gapMs = gapMs;
    this.#outlook = outlook;
  }

  get size(): number {
    return this.#size;
  }

  /**
   * Resolves when it is this caller's turn: at once when the circuit is closed and nobody waits.
   * @throws CallRejected when 20 000 wait already; the signal's reason when it fires
   */
  wait(priority: Priority, signal: AbortSignal): Promise<void> {
    const outlook = this.#outlook();
    const isFree = !outlook.isShut && (outlook.freeProbes ?? 1) > 0;
    if (isFree && this.#size === 0) return Promise.resolve();
    if (this.#size >= resilience.waitersMax) {
      const text = `${this.#key}: ${this.#size} operations wait for this circuit already`;
      return Promise.reject(rejected('circuit', this.#key, text, resilience.parkAfterMs));
    }
    if (this.#queues.length === 0) this.#queues = priorities.map(() => new Set<() => void>());
    return new Promise((resolve, reject) => {
      const queue = this.#queues[priorities.indexOf(priority)] ?? new Set();
      const leave = (): void => {
        if (!queue.delete(enter)) return;
        this.#size -= 1;
        signal.removeEventListener('abort', onAbort);
      };
      const enter = (): void => {
        leave();
        resolve();
      };
      const onAbort = (): void => {
        leave();
        reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
      };
      if (signal.aborted) {
        onAbort();
        return;
      }
      queue.add(enter);
      this.#size += 1;
      signal.addEventListener('abort', onAbort, { once: true });
      this.#tickLater();
    });
  }

  /** The circuit has changed its state, or a probe ended. */
  look(): void {
    const { isShut, freeProbes } = this.#outlook();
    if (isShut) {
      this.#rampFrom = undefined;
      return;
    }
    if (freeProbes !== undefined) {
      this.#rampFrom = undefined;
      this.#release(freeProbes);
    } else {
      this.#rampFrom ??= this.#size;
      if (this.#size === 0) this.#rampFrom = undefined;
    }
    this.#tickLater();
  }

  /** Nobody is left waiting when the process stops serving; their operations register again. */
  close(): void {
    this.#cancelTick?.();
  }

  #tickLater(): void {
    if (this.#cancelTick !== undefined || this.#size === 0) return;
    this.#cancelTick = this.#clock.after(this.#gapMs, () => {
      this.#cancelTick = undefined;
      this.#tick();
    });
  }

  /** Once a second: a released one may never have called, and a ramp goes on by the clock. */
  #tick(): void {
    const outlook = this.#outlook();
    this.look();
    if (!outlook.isShut && outlook.freeProbes === undefined) this.#rampStep(outlook);
    this.#tickLater();
  }

  #rampStep({ ratePerSecond, room }: Outlook): void {
    const share = (this.#rampFrom ?? this.#size) * resilience.rampShare;
    this.#release(Math.max(1, Math.floor(Math.min(share, ratePerSecond, room))));
    if (this.#size === 0) this.#rampFrom = undefined;
  }

  #release(count: number): void {
    let left = count;
    for (const queue of this.#queues)
      for (const enter of queue) {
        if (left <= 0) return;
        left -= 1;
        enter();
      }
  }
}
