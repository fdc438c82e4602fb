/** Presences and leases as they are, and each process's way to them. They end by themselves, by the world's time. */
import type { HostSeat, Leases, Presence } from '../../actors/lease-ports.ts';
import type { Life } from './life.ts';
import type { Wire } from './wire.ts';

interface Seat {
  readonly host: string;
  readonly process: string;
  readonly untilMs: number;
  readonly revision: number;
}

interface Announced {
  readonly presence: Presence;
  readonly process: string;
  readonly number: number;
  readonly untilMs: number;
}

/** For so long one process held a partition. */
interface Period {
  readonly process: string;
  readonly fromMs: number;
  untilMs: number;
}

const waitMs = [800, 2_000] as const;

export class SimLeases {
  readonly ttlMs: number;
  readonly #wire: Wire;
  readonly #seats = new Map<number, Seat>();
  /** By partition, oldest first. */
  readonly #periods = new Map<number, Period[]>();
  readonly #hosts = new Map<string, Announced>();
  readonly #freed = new Map<Life, Set<() => void>>();
  #lastRevision = 0;

  constructor(wire: Wire, ttlMs: number) {
    this.#wire = wire;
    this.ttlMs = ttlMs;
  }

  /** Whether the process held the partition then. */
  wasHeld(partition: number, process: string, atMs: number): boolean {
    return (this.#periods.get(partition) ?? []).some(
      (each) => each.process === process && each.fromMs <= atMs && atMs <= each.untilMs,
    );
  }

  client(life: Life): Leases {
    return {
      ttlMs: this.ttlMs,
      survey: () => this.#ask(life, 'lease.survey', undefined, () => this.#survey()),
      announce: (presence) =>
        this.#ask(life, 'lease.announce', undefined, () => this.#announce(life, presence)),
      withdraw: () =>
        this.#ask(life, 'lease.withdraw', undefined, () => {
          if (this.#hosts.get(life.host)?.process === life.name) this.#hosts.delete(life.host);
        }),
      acquire: (partition) =>
        this.#ask(life, 'lease.acquire', partition, () => this.#acquire(life, partition)),
      renew: (partition) =>
        this.#ask(life, 'lease.renew', partition, () => this.#renew(life, partition)),
      release: (partition) =>
        this.#ask(life, 'lease.release', partition, () => this.#release(life, partition)),
      onFreed: (tell) => {
        const known = this.#freed.get(life) ?? new Set();
        this.#freed.set(life, known.add(tell));
        return () => known.delete(tell);
      },
    };
  }

  /**
   * Leases are asked for every second or so for each partition: an answer takes no time unless something is wrong.
   * @param partition none of a call about hosts
   */
  #ask<T>(life: Life, name: string, partition: number | undefined, apply: () => T): Promise<T> {
    const { weather, trace, clock, chance } = this.#wire;
    if (!life.cross(`> ${name}`)) return new Promise<T>(() => undefined);
    const fault = weather.isCut(life.host, 'lease')
      ? 'requestLost'
      : weather.strikes('lease', ['requestLost', 'replyLost', 'late', 'slow']);
    if (fault === undefined) return Promise.resolve(apply());
    trace.fault(`lease.${fault}`, life.name, `${name} ${partition ?? ''}`);
    const afterMs = chance.whole(...waitMs);
    const revision = this.#revisionOf(partition);
    return new Promise<T>((resolve, reject) => {
      if (fault === 'replyLost') apply();
      clock.after(afterMs, () => {
        // What is under way names the revision that was read before it was sent.
        if (fault === 'late' && this.#revisionOf(partition) === revision) apply();
        life.enter(`< ${name}`, () => {
          if (fault === 'slow') resolve(apply());
          else reject(new Error('the leases gave no answer'));
        });
      });
    });
  }

  #revisionOf(partition: number | undefined): number | undefined {
    return partition === undefined ? undefined : this.#seat(partition)?.revision;
  }

  #seat(partition: number): Seat | undefined {
    const seat = this.#seats.get(partition);
    if (seat === undefined || seat.untilMs > this.#wire.clock.monotonicMs()) return seat;
    this.#seats.delete(partition);
    return undefined;
  }

  #survey() {
    const nowMs = this.#wire.clock.monotonicMs();
    const hosts: HostSeat[] = [...this.#hosts]
      .filter(([, { untilMs }]) => untilMs > nowMs)
      .map(([host, { presence }]) => ({ ...presence, host }));
    const partitions = new Map<number, string>();
    for (const partition of [...this.#seats.keys()]) {
      const seat = this.#seat(partition);
      if (seat !== undefined) partitions.set(partition, seat.host);
    }
    return { hosts, partitions };
  }

  #announce(life: Life, presence: Presence): boolean {
    const known = this.#hosts.get(life.host);
    if (known !== undefined && known.process !== life.name && known.number > life.number)
      return false;
    const untilMs = this.#wire.clock.monotonicMs() + this.ttlMs;
    const { name: process, number } = life;
    this.#hosts.set(life.host, { presence: { ...presence }, process, number, untilMs });
    return true;
  }

  #acquire(life: Life, partition: number): { readonly revision: number } | undefined {
    const seat = this.#seat(partition);
    if (seat !== undefined && seat.host !== life.host) return undefined;
    const { revision } = this.#hold(life, partition);
    this.#wire.trace.note(life.name, 'holds', `${partition} ${revision}`);
    return { revision };
  }

  #renew(life: Life, partition: number): boolean {
    if (this.#seat(partition)?.process !== life.name) return false;
    this.#hold(life, partition);
    return true;
  }

  #hold(life: Life, partition: number): Seat {
    const untilMs = this.#wire.clock.monotonicMs() + this.ttlMs;
    const revision = (this.#lastRevision += 1);
    const seat = { host: life.host, process: life.name, untilMs, revision };
    this.#seats.set(partition, seat);
    this.#noteHeld(partition, seat);
    return seat;
  }

  #noteHeld(partition: number, { process, untilMs }: Seat): void {
    const fromMs = this.#wire.clock.monotonicMs();
    const periods = this.#periods.get(partition) ?? [];
    this.#periods.set(partition, periods);
    const last = periods.at(-1);
    if (last?.process === process && last.untilMs >= fromMs) {
      last.untilMs = untilMs;
      return;
    }
    this.#endPeriod(partition);
    periods.push({ process, fromMs, untilMs });
  }

  #endPeriod(partition: number): void {
    const last = this.#periods.get(partition)?.at(-1);
    if (last !== undefined) last.untilMs = Math.min(last.untilMs, this.#wire.clock.monotonicMs());
  }

  #release(life: Life, partition: number): void {
    if (this.#seat(partition)?.process !== life.name) return;
    this.#seats.delete(partition);
    this.#endPeriod(partition);
    this.#wire.trace.note(life.name, 'gives back', String(partition));
    for (const [other, tells] of this.#freed)
      if (other.host !== life.host && other.isAlive)
        this.#wire.clock.after(2, () => {
          other.enter('freed', () => {
            for (const tell of tells) tell();
          });
        });
  }
}
