/** From a fault to the next commit of an actor that the struck host had: measured by commands sent right behind it. */
import { touchOrder } from './orders.ts';
import type { Sender } from './sender.ts';
import type { Committed, RecordBook } from './checkers/records.ts';

/** Actors asked after each fault. */
const askedMax = 4;

export interface Recovered {
  readonly count: number;
  readonly p50: number;
  readonly max: number;
  /** Commands of which no record ever told. */
  readonly missing: number;
}

interface Watch {
  readonly fault: string;
  readonly sinceMs: number;
}

export class Recovery {
  readonly #book: RecordBook;
  readonly #sender: Sender;
  /** By command id. */
  readonly #waiting = new Map<string, Watch>();
  readonly #tookMs = new Map<string, number[]>();
  /** Decided before its sender knew its id to be stored. */
  readonly #early = new Map<string, number>();

  constructor(book: RecordBook, sender: Sender) {
    this.#book = book;
    this.#sender = sender;
  }

  /** Actors that these hosts were the last to write, gone ones left out. */
  actorsOf(hosts: readonly string[]): string[] {
    return [...this.#book.lives.values()]
      .filter(({ host, isGone, actor }) => hosts.includes(host) && !isGone && isCluster(actor))
      .map(({ actor }) => actor);
  }

  /** Sends to a few of these actors what changes nothing but their record. To be called right behind the fault. */
  ask(fault: string, actors: readonly string[], sinceMs: number): void {
    for (const actor of actors.slice(0, askedMax)) {
      const name = actor.split('/')[2] ?? '';
      void this.#sender.sendNow(touchOrder(name)).then(({ id, fate }) => {
        if (fate !== 'stored') return;
        const atMs = this.#early.get(id);
        if (atMs === undefined) this.#waiting.set(id, { fault, sinceMs });
        else this.#took({ fault, sinceMs }, atMs);
      });
    }
  }

  /** Of every commit that is seen. */
  noted({ decided }: Committed, atMs: number): void {
    for (const id of decided) {
      const watch = this.#waiting.get(id);
      if (watch === undefined) {
        this.#early.set(id, atMs);
        continue;
      }
      this.#waiting.delete(id);
      this.#took(watch, atMs);
    }
  }

  /** By fault, in milliseconds. What was answered without a record (`outside`) measures nothing. */
  table(outside: ReadonlySet<string>): Record<string, Recovered> {
    const missing = [...this.#waiting]
      .filter(([id]) => !outside.has(id))
      .map(([, { fault }]) => fault);
    const faults = new Set([...this.#tookMs.keys(), ...missing]);
    return Object.fromEntries(
      [...faults].sort().map((fault) => {
        const times = (this.#tookMs.get(fault) ?? []).sort((one, other) => one - other);
        const at = (share: number) => Math.round(times[Math.ceil(share * times.length) - 1] ?? 0);
        const lost = missing.filter((each) => each === fault).length;
        return [fault, { count: times.length, p50: at(0.5), max: at(1), missing: lost }];
      }),
    );
  }

  #took({ fault, sinceMs }: Watch, atMs: number): void {
    const times = this.#tookMs.get(fault) ?? [];
    this.#tookMs.set(fault, times);
    times.push(atMs - sinceMs);
  }
}

const isCluster = (actor: string): boolean => actor.startsWith('cluster/');

/** For people. */
export function recoveryText(table: Record<string, Recovered>): string {
  const seconds = (ms: number): string => `${(ms / 1_000).toFixed(2)} s`.padStart(9);
  const lines = Object.entries(table).map(
    ([fault, { count, p50, max, missing }]) =>
      `  ${fault.padEnd(14)}${String(count).padStart(5)}${seconds(p50)}${seconds(max)}` +
      (missing > 0 ? `  ${missing} never` : ''),
  );
  return [`  ${'fault'.padEnd(14)}seen      p50      max`, ...lines].join('\n');
}
