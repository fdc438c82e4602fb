/** In-memory Leases. Clients share one table; time comes from a function, so tests let it pass by hand. */
import { hosting } from '../../machines/limits.ts';
import type { Leases, LeaseSurvey, Presence } from '../../actors/ports.ts';

interface Seat {
  readonly holder: string;
  /** Process that wrote it; later ones are higher. */
  readonly instance: number;
  readonly expiresAtMs: number;
  readonly revision: number;
  readonly presence?: Presence;
}

interface Table {
  /** `p<partition>` and `n.<host>`. */
  readonly seats: Map<string, Seat>;
  readonly listeners: Set<{ readonly host: string; readonly tell: () => void }>;
  readonly taken: Map<number, number>;
  lastRevision: number;
  instances: number;
}

export interface FakeLeasesOptions {
  /** Default `h1`. */
  readonly host?: string;
  /** Monotonic time; a stopped clock when left out. */
  readonly nowMs?: () => number;
  readonly ttlMs?: number;
}

const newTable = (): Table => ({
  ...{ seats: new Map(), listeners: new Set(), taken: new Map(), lastRevision: 0, instances: 0 },
});

export class FakeLeases implements Leases {
  readonly ttlMs: number;
  /** False: every call rejects and changes nothing. */
  connected = true;
  /** The next call takes effect, then rejects. */
  loseNextAnswer = false;
  readonly #host: string;
  readonly #table: Table;
  readonly #nowMs: () => number;
  readonly #instance: number;

  constructor(options: FakeLeasesOptions = {}, table: Table = newTable()) {
    this.#host = options.host ?? 'h1';
    this.#nowMs = options.nowMs ?? (() => 0);
    this.ttlMs = options.ttlMs ?? hosting.leaseTtlMs;
    this.#table = table;
    this.#instance = ++table.instances;
  }

  /** Another process that wants the same leases. */
  secondClient(host = this.#host): FakeLeases {
    return new FakeLeases({ host, nowMs: this.#nowMs, ttlMs: this.ttlMs }, this.#table);
  }

  /** Takes all away, presences too, as an expiry would; revisions go on. */
  expire(): void {
    this.#table.seats.clear();
  }

  /** The bucket is gone and was made again: revisions begin at 1. */
  recreate(): void {
    this.expire();
    this.#table.lastRevision = 0;
  }

  /** Who holds the partition now. */
  holder(partition: number): string | undefined {
    return this.#live(`p${partition}`)?.holder;
  }

  /** Revision under which the partition was last taken; 0 before that. */
  takenAt(partition: number): number {
    return this.#table.taken.get(partition) ?? 0;
  }

  /** Host → partitions held in its name now. */
  counts(): Record<string, number> {
    const found: Record<string, number> = {};
    for (const holder of this.#survey().partitions.values())
      found[holder] = (found[holder] ?? 0) + 1;
    return found;
  }

  async survey(): Promise<LeaseSurvey> {
    await this.#reach();
    const found = this.#survey();
    this.#answer();
    return found;
  }

  async announce(presence: Presence): Promise<boolean> {
    await this.#reach();
    const key = `n.${this.#host}`;
    if ((this.#live(key)?.instance ?? 0) > this.#instance) return false;
    this.#hold(key, presence);
    this.#answer();
    return true;
  }

  async withdraw(): Promise<void> {
    await this.#reach();
    this.#free(`n.${this.#host}`);
    this.#answer();
  }

  async acquire(partition: number): Promise<{ readonly revision: number } | undefined> {
    await this.#reach();
    const live = this.#live(`p${partition}`);
    if (live && live.holder !== this.#host) return undefined;
    const revision = this.#hold(`p${partition}`);
    this.#table.taken.set(partition, revision);
    this.#answer();
    return { revision };
  }

  async renew(partition: number): Promise<boolean> {
    await this.#reach();
    const live = this.#live(`p${partition}`);
    if (live?.holder !== this.#host || live.instance !== this.#instance) return false;
    this.#hold(`p${partition}`);
    this.#answer();
    return true;
  }

  async release(partition: number): Promise<void> {
    await this.#reach();
    this.#free(`p${partition}`);
    this.#answer();
  }

  onFreed(tell: () => void): () => void {
    const listener = { host: this.#host, tell };
    this.#table.listeners.add(listener);
    return () => {
      this.#table.listeners.delete(listener);
    };
  }

  #survey(): LeaseSurvey {
    const hosts = [];
    const partitions = new Map<number, string>();
    for (const key of this.#table.seats.keys()) {
      const live = this.#live(key);
      if (live === undefined) continue;
      if (live.presence) hosts.push({ ...live.presence, host: live.holder });
      else partitions.set(Number(key.slice(1)), live.holder);
    }
    return { hosts, partitions };
  }

  #live(key: string): Seat | undefined {
    const held = this.#table.seats.get(key);
    return held && held.expiresAtMs > this.#nowMs() ? held : undefined;
  }

  #hold(key: string, presence?: Presence): number {
    const revision = ++this.#table.lastRevision;
    const expiresAtMs = this.#nowMs() + this.ttlMs;
    const seat = { holder: this.#host, instance: this.#instance, expiresAtMs, revision };
    this.#table.seats.set(key, { ...seat, ...(presence && { presence }) });
    return revision;
  }

  #free(key: string): void {
    const live = this.#live(key);
    if (live?.holder !== this.#host || live.instance !== this.#instance) return;
    this.#table.seats.delete(key);
    for (const { host, tell } of this.#table.listeners) if (host !== this.#host) tell();
  }

  async #reach(): Promise<void> {
    await Promise.resolve();
    if (!this.connected) throw new Error('fake leases: disconnected');
  }

  #answer(): void {
    if (!this.loseNextAnswer) return;
    this.loseNextAnswer = false;
    throw new Error('fake leases: answer lost');
  }
}
