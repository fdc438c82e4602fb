/** The lease of one partition: held while renewed in time, and given up by our own clock before anybody can take it. */
import { hosting } from '../machines/limits.ts';
import { messageOf } from './faults.ts';
import type { Leases } from './lease-ports.ts';
import type { Cancel, Clock, Telemetry } from './ports.ts';

/**
 * Why a partition is no longer ours. `late`: not renewed in time. `taken`: another process holds it. `contested`: somebody
 * else keeps writing. `replaced`: a later process runs under our name.
 */
export type LossCause = 'late' | 'taken' | 'contested' | 'replaced';

export interface OwnershipOptions {
  readonly leases: Leases;
  readonly partition: number;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** Called once when ownership has ended for any reason but `release`. */
  readonly onLost: (cause: LossCause, why: string) => void;
}

export class Ownership {
  readonly #options: OwnershipOptions;
  /** Monotonic: send time of the last renewal that succeeded, plus the share of the TTL we trust. */
  #deadlineMs = -Infinity;
  /** The next renewal, and the look at the deadline. */
  #cancelTick: Cancel = () => undefined;
  #cancelFence: Cancel = () => undefined;
  /** The one under way. */
  #renewal: Promise<void> | undefined;
  #isOver = false;

  constructor(options: OwnershipOptions) {
    this.#options = options;
  }

  /** The lease's revision when it is ours now; undefined while somebody else holds it or nobody can tell. */
  async acquire(): Promise<number | undefined> {
    const { leases, partition, clock } = this.#options;
    const sentAtMs = clock.monotonicMs();
    try {
      const held = await leases.acquire(partition);
      if (!held) return undefined;
      this.#extend(sentAtMs);
      if (!this.held()) return undefined; // the answer took longer than the lease is trusted
      this.#tick();
      this.#fenceLater();
      return held.revision;
    } catch (thrown) {
      this.#warn(thrown, 'the lease could not be asked for');
      return undefined;
    }
  }

  /** Asked before every write, call and acknowledgement. An overslept holder must not act, even if nobody took over. */
  held(): boolean {
    return !this.#isOver && this.#options.clock.monotonicMs() < this.#deadlineMs;
  }

  /** Gives the lease back, so that the next host need not wait for its end. */
  async release(): Promise<void> {
    const wasHeld = this.held();
    this.#end();
    if (!wasHeld) return;
    // It is not cut short: one that arrived after the give-back was read would let the lease live on.
    await this.#renewal;
    const { leases, partition } = this.#options;
    await leases.release(partition).catch((thrown: unknown) => {
      this.#warn(thrown, 'the lease was not released; it ends by itself');
    });
  }

  /** Gives up now, without asking anybody. */
  lose(cause: LossCause, why: string): void {
    if (this.#isOver) return;
    this.#end();
    this.#options.onLost(cause, why);
  }

  #extend(sentAtMs: number): void {
    this.#deadlineMs = sentAtMs + this.#options.leases.ttlMs * hosting.leaseHoldShare;
  }

  #end(): void {
    this.#isOver = true;
    this.#cancelTick();
    this.#cancelFence();
  }

  #tick(): void {
    const { clock, leases } = this.#options;
    this.#cancelTick = clock.after(leases.ttlMs / hosting.leaseTicks, () => {
      if (this.#renewal === undefined) this.#renew();
      this.#tick();
    });
  }

  #fenceLater(): void {
    const { clock } = this.#options;
    this.#cancelFence = clock.after(this.#deadlineMs - clock.monotonicMs(), () => {
      if (this.held()) this.#fenceLater();
      else this.#late();
    });
  }

  #renew(): void {
    this.#renewal = this.#askAgain().finally(() => (this.#renewal = undefined));
  }

  async #askAgain(): Promise<void> {
    const { leases, partition, clock } = this.#options;
    const sentAtMs = clock.monotonicMs();
    try {
      if (!(await leases.renew(partition))) this.lose('taken', 'the lease is no longer ours');
      else if (this.held()) this.#extend(sentAtMs);
      else this.#late();
    } catch (thrown) {
      // Unknown is not lost: the deadline decides.
      this.#warn(thrown, 'the lease was not renewed');
    }
  }

  #late(): void {
    this.lose('late', 'the lease could not be renewed in time');
  }

  #warn(thrown: unknown, text: string): void {
    const { telemetry, partition } = this.#options;
    telemetry.log('warn', { partition, reason: messageOf(thrown) }, text);
  }
}
