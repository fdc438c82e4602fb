/** In-memory RecordStore. Several clients may share one shelf of records; faults and gates belong to one client. */
import type { RecordStore, StoredRecord, WriteOutcome } from '../../actors/ports.ts';

/**
 * What happens to one write. `lostAnswer`: stored, but the answer is missing. `lostRequest`: not stored, answer missing.
 * `stale`: refused as if somebody else had written.
 */
export type WriteFault = 'lostAnswer' | 'lostRequest' | 'stale';

interface Shelf {
  readonly records: Map<string, StoredRecord>;
  lastRevision: number;
}

interface Gate {
  readonly opened: Promise<void>;
  readonly at: 'beforeWrite' | 'beforeAnswer';
}

export interface WriteSeen {
  readonly key: string;
  readonly bytes: string;
  readonly expectedRevision: number;
  readonly outcome: WriteOutcome;
}

export class FakeStore implements RecordStore {
  /** Every write of this client with its outcome, oldest first. */
  readonly writes: WriteSeen[] = [];
  /** Writes that have started and not answered. */
  waiting = 0;
  /** False: writes are unknown and not stored, reads reject. */
  connected = true;
  readonly #shelf: Shelf;
  readonly #faults: WriteFault[] = [];
  #gate: Gate | undefined;
  #scanGate: Promise<void> = Promise.resolve();

  constructor(shelf: Shelf = { records: new Map(), lastRevision: 0 }) {
    this.#shelf = shelf;
  }

  /** Another client of the same records, with faults and gates of its own. */
  secondClient(): FakeStore {
    return new FakeStore(this.#shelf);
  }

  /** The next writes of this client meet these faults, one each. */
  failNext(...faults: WriteFault[]): void {
    this.#faults.push(...faults);
  }

  /** Holds every write of this client until the returned function is called; `at` says on which side of the store. */
  hold(at: Gate['at'] = 'beforeWrite'): () => void {
    let release: () => void = () => undefined;
    const opened = new Promise<void>((resolve) => (release = resolve));
    this.#gate = { opened, at };
    return () => {
      this.#gate = undefined;
      release();
    };
  }

  /** Scans of this client give what they find, and end when the returned function is called. */
  holdScans(): () => void {
    let release: () => void = () => undefined;
    this.#scanGate = new Promise<void>((resolve) => (release = resolve));
    return () => {
      release();
    };
  }

  /** The stored record without going through the port. */
  peek(key: string): StoredRecord | undefined {
    return this.#shelf.records.get(key);
  }

  keys(): string[] {
    return [...this.#shelf.records.keys()];
  }

  /** Writes as another process would: no faults, no check. */
  plant(key: string, bytes: string): StoredRecord {
    const record = { key, bytes, revision: ++this.#shelf.lastRevision };
    this.#shelf.records.set(key, record);
    return record;
  }

  async load(key: string): Promise<StoredRecord | undefined> {
    await Promise.resolve();
    if (!this.connected) throw new Error('fake store: disconnected');
    return this.#shelf.records.get(key);
  }

  async write(key: string, bytes: string, expectedRevision: number): Promise<WriteOutcome> {
    this.waiting += 1;
    try {
      const gate = this.#gate;
      if (gate?.at === 'beforeWrite') await gate.opened;
      await Promise.resolve();
      const outcome = this.#apply(key, bytes, expectedRevision);
      this.writes.push({ key, bytes, expectedRevision, outcome });
      if (gate?.at === 'beforeAnswer') await gate.opened;
      return outcome;
    } finally {
      this.waiting -= 1;
    }
  }

  async *scan(partitions?: readonly number[]): AsyncIterable<StoredRecord> {
    await Promise.resolve();
    if (!this.connected) throw new Error('fake store: disconnected');
    const wanted = partitions && new Set(partitions.map(String));
    const found = [...this.#shelf.records.values()]
      .filter(({ key }) => wanted?.has(key.split('.', 1)[0] ?? '') ?? true)
      .sort((left, right) => left.revision - right.revision);
    for (const record of found) yield record;
    await this.#scanGate;
  }

  #apply(key: string, bytes: string, expectedRevision: number): WriteOutcome {
    if (!this.connected) return { kind: 'unknown', cause: 'fake store: disconnected' };
    const fault = this.#faults.shift();
    if (fault === 'lostRequest') return { kind: 'unknown', cause: 'fake store: request lost' };
    if (fault === 'stale') return { kind: 'stale' };
    if ((this.#shelf.records.get(key)?.revision ?? 0) !== expectedRevision)
      return { kind: 'stale' };
    const { revision } = this.plant(key, bytes);
    if (fault === 'lostAnswer') return { kind: 'unknown', cause: 'fake store: answer lost' };
    return { kind: 'written', revision };
  }
}
