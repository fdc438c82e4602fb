/** One partition in the hands of this host: taken, loaded and served, until it is lost or given away. */
import { messageOf } from './faults.ts';
import type { Leases } from './lease-ports.ts';
import { Ownership } from './ownership.ts';
import type { LossCause } from './ownership.ts';
import type { Slots } from './slots.ts';
import { Tenure } from './tenure.ts';
import type { TenureParts } from './tenure.ts';

export interface HoldingOptions {
  readonly leases: Leases;
  readonly partition: number;
  readonly parts: TenureParts;
  /** Places to load in. */
  readonly loads: Slots;
  /** False when the partition is no longer wanted by the time it could be taken. */
  readonly isWanted: () => boolean;
  /** Called when it was ours and did not load; `onEnded` follows. */
  readonly onFailed: (reason: string) => void;
  /** Called once: it holds nothing any more. `lost` unless it was never ours, did not load, or was given away. */
  readonly onEnded: (end: End) => void;
}

type End = 'untaken' | 'failed' | 'lost' | 'given';

export class Holding {
  readonly partition: number;
  /** Wall time since when it is served. */
  servingSinceMs: number | undefined;
  readonly #options: HoldingOptions;
  #state: 'taking' | 'serving' | 'leaving' | 'over' = 'taking';
  #ownership: Ownership | undefined;
  #tenure: Tenure | undefined;
  #taken: Promise<void> = Promise.resolve();

  constructor(options: HoldingOptions) {
    this.partition = options.partition;
    this.#options = options;
  }

  get state(): 'taking' | 'serving' | 'leaving' | 'over' {
    return this.#state;
  }
  get tenure(): Tenure | undefined {
    return this.#tenure;
  }
  /** Commands are consumed and the lease is trusted. */
  get isServing(): boolean {
    return this.#state === 'serving' && this.#ownership?.held() === true;
  }

  /** Acquires, loads, consumes. Never rejects; `onEnded` tells when it came to nothing. */
  take(): Promise<void> {
    this.#taken = this.#take();
    return this.#taken;
  }

  /** Takes nothing new, finishes what is in the mailboxes within `limitMs`, gives the lease back. Calls under way go on at the next owner. */
  async give(limitMs: number): Promise<void> {
    if (this.#state === 'over' || this.#state === 'leaving') return;
    this.#state = 'leaving';
    if (this.#tenure === undefined) await this.#taken;
    await this.#tenure?.drain(limitMs);
    await this.#end('stopped');
    await this.#ownership?.release();
    this.#over('given');
  }

  /** Gives up now, without asking anybody. */
  lose(cause: LossCause, why: string): void {
    if (this.#ownership === undefined) this.#over('untaken');
    else this.#ownership.lose(cause, why);
  }

  async #take(): Promise<void> {
    const { loads, isWanted } = this.#options;
    await loads.enter();
    try {
      if (this.#state === 'taking' && isWanted()) await this.#acquire();
      else this.#over('untaken');
    } finally {
      loads.leave();
    }
  }

  async #acquire(): Promise<void> {
    const { leases, partition, parts } = this.#options;
    const { clock, ports, hostId } = parts;
    const { telemetry } = ports;
    const sinceMs = clock.monotonicMs();
    const onLost = (cause: LossCause, why: string): void => this.#lost(cause, why);
    const ownership = new Ownership({ leases, partition, clock, telemetry, onLost });
    const leaseRevision = await ownership.acquire();
    if (leaseRevision === undefined || !this.#isTaking()) {
      await ownership.release();
      this.#over('untaken');
      return;
    }
    this.#ownership = ownership;
    const tenure = new Tenure({ ...parts, partition, ownership, leaseRevision });
    this.#tenure = tenure;
    try {
      await tenure.begin();
    } catch (thrown) {
      // One that was lost or given away meanwhile was not to load any more.
      const isFailed = this.#isTaking();
      if (isFailed) this.#failed(messageOf(thrown));
      await this.#end('unowned');
      await ownership.release();
      this.#over(isFailed ? 'failed' : 'untaken');
      return;
    }
    if (!this.#isTaking()) return;
    this.#state = 'serving';
    this.servingSinceMs = clock.nowMs();
    const seconds = (clock.monotonicMs() - sinceMs) / 1_000;
    telemetry.count('fairlead_takeovers_total');
    telemetry.observe('fairlead_takeover_seconds', seconds);
    telemetry.log('info', { hostId, partition, leaseRevision, seconds }, 'a partition is ours');
  }

  // A method, so that the compiler does not take the state for constant over an await.
  #isTaking(): boolean {
    return this.#state === 'taking';
  }

  #lost(cause: LossCause, why: string): void {
    if (this.#state === 'over') return;
    const { hostId, ports } = this.#options.parts;
    const { partition } = this;
    ports.telemetry.count('fairlead_leases_lost_total', { cause });
    ports.telemetry.log('warn', { hostId, partition, cause, why }, 'a partition is not ours');
    void this.#end('unowned');
    this.#over('lost');
  }

  #failed(reason: string): void {
    const { hostId, ports } = this.#options.parts;
    const { partition } = this;
    ports.telemetry.log('error', { hostId, partition, reason }, 'a partition did not load');
    this.#options.onFailed(reason);
  }

  #over(end: End): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.#options.onEnded(end);
  }

  async #end(cause: 'unowned' | 'stopped'): Promise<void> {
    const { ports, hostId } = this.#options.parts;
    const { partition } = this;
    await this.#tenure?.end(cause).catch((thrown: unknown) => {
      const fields = { hostId, partition, reason: messageOf(thrown) };
      ports.telemetry.log('warn', fields, 'the consumer was not stopped');
    });
  }
}
