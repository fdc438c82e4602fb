/** The bucket of records as it is, and how each host reaches it: compare-and-set, late and lost answers included. */
import type {
  IdempotencyStore,
  RecordStore,
  StoredRecord,
  WriteOutcome,
} from '../../actors/ports.ts';
import type { Life } from './life.ts';
import type { Place } from './weather.ts';
import type { Wire } from './wire.ts';

/** A write that was stored. */
export interface Stored {
  readonly key: string;
  readonly bytes: string;
  readonly before: StoredRecord | undefined;
  readonly revision: number;
  /** The process that has sent it, and when. */
  readonly sentBy: string;
  readonly sentMs: number;
}

interface Replaced {
  readonly record: StoredRecord | undefined;
  readonly untilMs: number;
}

interface Write {
  readonly key: string;
  readonly bytes: string;
  /** What it expects. */
  readonly revision: number;
}

const patienceMs = [1_000, 5_000] as const;
/** How far back a stale read looks, milliseconds: as of a leader that nobody follows any more. */
const staleMs = [500, 15_000] as const;
const lost = (): Error => new Error('the bucket gave no answer');

export class SimBucket {
  readonly #records = new Map<string, StoredRecord>();
  /** What a write replaced, oldest first, for as long as a stale read may show it. */
  readonly #replaced = new Map<string, Replaced[]>();
  readonly #place: Place;
  readonly #wire: Wire;
  readonly #onStored: (stored: Stored) => void;
  #lastRevision = 0;
  /** The last write wins, whatever it expected. For a mutant only. */
  ignoresRevisions = false;

  constructor(place: Place, wire: Wire, onStored: (stored: Stored) => void = () => undefined) {
    this.#place = place;
    this.#wire = wire;
    this.#onStored = onStored;
  }

  /** Writes that were stored so far. */
  get revisions(): number {
    return this.#lastRevision;
  }

  /** As it is, for those who judge. */
  peek(key: string): StoredRecord | undefined {
    return this.#records.get(key);
  }

  all(): StoredRecord[] {
    return [...this.#records.values()];
  }

  records(life: Life): RecordStore {
    return {
      load: (key) => this.#load(life, key),
      write: (key, bytes, revision) => this.#write(life, { key, bytes, revision }),
      scan: (partitions) => this.#scan(life, partitions),
    };
  }

  /** As `records`, for results of calls. */
  results(life: Life): IdempotencyStore {
    return { ...this.records(life), scan: () => this.#scan(life, undefined) };
  }

  #load(life: Life, key: string): Promise<StoredRecord | undefined> {
    return this.#wire.call(life, {
      ...{ place: this.#place, name: `${this.#place}.load`, detail: key, lost, patienceMs },
      apply: () => this.#read(life, key),
    });
  }

  #write(life: Life, write: Write): Promise<WriteOutcome> {
    const { key, bytes, revision } = write;
    const sent = { sentBy: life.name, sentMs: this.#wire.clock.monotonicMs() };
    const isConflict = this.#wire.weather.strikes(this.#place, ['conflict']) !== undefined;
    if (isConflict) this.#wire.trace.fault(`${this.#place}.conflict`, life.name, key);
    const wired = this.#wire.call<WriteOutcome>(life, {
      ...{ place: this.#place, name: `${this.#place}.write`, lost, patienceMs },
      detail: `${key} ${revision} ${bytes}`,
      apply: () => (isConflict ? { kind: 'stale' } : this.#put(write, sent)),
    });
    // The port never rejects.
    return wired.catch((): WriteOutcome => ({ kind: 'unknown', cause: 'no answer' }));
  }

  #put(
    { key, bytes, revision: expected }: Write,
    sent: Pick<Stored, 'sentBy' | 'sentMs'>,
  ): WriteOutcome {
    const before = this.#records.get(key);
    if ((before?.revision ?? 0) !== expected && !this.ignoresRevisions) return { kind: 'stale' };
    const revision = (this.#lastRevision += 1);
    const untilMs = this.#wire.clock.monotonicMs();
    const seen = this.#replaced.get(key)?.filter((each) => each.untilMs > untilMs - staleMs[1]);
    this.#replaced.set(key, [...(seen ?? []), { record: before, untilMs }]);
    this.#records.set(key, { key, bytes, revision });
    this.#onStored({ key, bytes, before, revision, ...sent });
    return { kind: 'written', revision };
  }

  async *#scan(life: Life, partitions: readonly number[] | undefined): AsyncIterable<StoredRecord> {
    const wanted = partitions && new Set(partitions.map(String));
    const found = await this.#wire.call(life, {
      ...{ place: this.#place, name: `${this.#place}.scan`, lost, patienceMs },
      detail: partitions?.join() ?? 'all',
      apply: () =>
        [...this.#records.values()].filter(
          ({ key }) => wanted?.has(key.split('.', 1)[0] ?? '') ?? true,
        ),
    });
    for (const each of found.sort((left, right) => left.revision - right.revision)) yield each;
  }

  /** As it is, or as it was a moment ago. */
  #read(life: Life, key: string): StoredRecord | undefined {
    const { weather, trace, clock, chance } = this.#wire;
    const present = this.#records.get(key);
    if (weather.strikes(this.#place, ['stale']) === undefined) return present;
    const atMs = clock.monotonicMs() - chance.whole(...staleMs);
    const then = this.#replaced.get(key)?.find(({ untilMs }) => untilMs > atMs);
    if (then === undefined) return present;
    trace.fault(`${this.#place}.stale`, life.name, key);
    return then.record;
  }
}
