/** One lease for all partitions: held while renewed in time, and given up by our own clock before anybody can take it. */
import { hosting } from '../machines/limits.ts';
import { messageOf } from './faults.ts';
import type { Cancel, Clock, Lease, Telemetry } from './ports.ts';

export interface OwnershipOptions {
  readonly lease: Lease;
  readonly holder: string;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** Called once when ownership has ended for any reason but `release`. */
  readonly onLost: (why: string) => void;
}

export class Ownership {
  readonly #options: OwnershipOptions;
  /** Monotonic: send time of the last renewal that succeeded, plus the share of the TTL we trust. */
  #deadlineMs = -Infinity;
  #timers: Cancel[] = [];
  #isRenewing = false;
  #isOver = false;

  constructor(options: OwnershipOptions) {
    this.#options = options;
  }

  /** The lease's revision when it is ours now; undefined while somebody else holds it or nobody can tell. */
  async acquire(): Promise<number | undefined> {
    const { lease, holder, clock, telemetry } = this.#options;
    const sentAtMs = clock.monotonicMs();
    try {
      const held = await lease.acquire(holder);
      if (!held) return undefined;
      this.#extend(sentAtMs);
      if (!this.held()) return undefined; // the answer took longer than the lease is trusted
      this.#tick();
      this.#fenceLater();
      return held.revision;
    } catch (thrown) {
      const fields = { reason: messageOf(thrown) };
      telemetry.log('warn', fields, 'the lease could not be asked for');
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
    const { lease, holder, telemetry } = this.#options;
    await lease.release(holder).catch((thrown: unknown) => {
      const fields = { reason: messageOf(thrown) };
      telemetry.log('warn', fields, 'the lease was not released; it ends by itself');
    });
  }

  /** Gives up now, without asking anybody. */
  lose(why: string): void {
    if (this.#isOver) return;
    this.#end();
    this.#options.onLost(why);
  }

  #extend(sentAtMs: number): void {
    this.#deadlineMs = sentAtMs + hosting.leaseTtlMs * hosting.leaseHoldShare;
  }

  #end(): void {
    this.#isOver = true;
    for (const cancel of this.#timers.splice(0)) cancel();
  }

  #tick(): void {
    if (this.#isOver) return;
    const cancel = this.#options.clock.after(hosting.leaseRenewMs, () => {
      this.#timers = this.#timers.filter((each) => each !== cancel);
      void this.#renew();
      this.#tick();
    });
    this.#timers.push(cancel);
  }

  #fenceLater(): void {
    if (this.#isOver) return;
    const waitMs = this.#deadlineMs - this.#options.clock.monotonicMs();
    const cancel = this.#options.clock.after(waitMs, () => {
      this.#timers = this.#timers.filter((each) => each !== cancel);
      if (this.held()) this.#fenceLater();
      else this.lose('the lease could not be renewed in time');
    });
    this.#timers.push(cancel);
  }

  async #renew(): Promise<void> {
    if (this.#isRenewing || this.#isOver) return;
    this.#isRenewing = true;
    const { lease, holder, clock, telemetry } = this.#options;
    const sentAtMs = clock.monotonicMs();
    try {
      if (!(await lease.renew(holder))) this.lose('another host holds the lease');
      else if (this.held()) this.#extend(sentAtMs);
      else this.lose('the lease could not be renewed in time');
    } catch (thrown) {
      // Unknown is not lost: the deadline decides.
      telemetry.log('warn', { reason: messageOf(thrown) }, 'the lease was not renewed');
    } finally {
      this.#isRenewing = false;
    }
  }
}
