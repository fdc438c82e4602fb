/** Between what an actor has become in memory and what the world may see of it: one write in flight, then the gates open. */
import { keyText, recordKey } from '../machines/ids.ts';
import type { ResourceKey } from '../machines/ids.ts';
import { bounds } from '../machines/limits.ts';
import { commit } from './commit.ts';
import type { CommitOptions } from './commit.ts';
import type { ActorRecord } from './record.ts';
import { Versions } from './versions.ts';

/** Why an actor in memory was given up. Its record is untouched by that. */
export type Cut =
  | { readonly kind: 'poison'; readonly error: unknown }
  | { readonly kind: 'tooLarge'; readonly bytes: number }
  | { readonly kind: 'stale' }
  | { readonly kind: 'unowned' }
  | { readonly kind: 'stopped' };

export interface CommitGateOptions extends CommitOptions {
  readonly key: ResourceKey;
  /** Of the stored record; 0 when there is none. */
  readonly revision: number;
  /** Of the stored record: equal bytes are not written again. */
  readonly bytes: string;
  /** Runs a microtask after the first touch of a turn, when the tree is quiescent; `nowMs` is that turn's time. */
  readonly quiescent: (nowMs: number) => void;
  readonly record: () => ActorRecord;
  /** A record was written; called before the gates open. */
  readonly written: (record: ActorRecord, revision: number) => void;
  /** The record with this content is stored and the gates are open. */
  readonly stored: (record: ActorRecord, revision: number) => void;
  /** Nothing more may be done with what is in memory. */
  readonly lost: (cut: Cut) => void;
}

export class CommitGate {
  readonly #options: CommitGateOptions;
  readonly #versions = new Versions();
  #revision: number;
  #lastBytes: string;
  #turnNowMs = 0;
  #isScheduled = false;
  #isFlushing = false;
  #isClosed = false;
  #flushing: Promise<void> | undefined;

  constructor(options: CommitGateOptions) {
    this.#options = options;
    this.#revision = options.revision;
    this.#lastBytes = options.bytes;
  }

  get revision(): number {
    return this.#revision;
  }
  get isDirty(): boolean {
    return this.#versions.isDirty;
  }

  /** Notes a change; the record is built a microtask later: after the outermost send, before any call begins. */
  touch(): void {
    if (this.#isClosed) return;
    this.#versions.touch();
    this.schedule();
  }

  schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#turnNowMs = this.#options.clock.nowMs();
    queueMicrotask(() => {
      this.#isScheduled = false;
      if (this.#isClosed) return;
      this.#options.quiescent(this.#turnNowMs);
      if (!this.#isFlushing) this.#flushing = this.#flush();
    });
  }

  /** True once every change so far is stored; false when it never will be. */
  committed(): Promise<boolean> {
    return this.#versions.committed();
  }

  /** Resolves when a write that may still be under way has ended. */
  async settled(): Promise<void> {
    await this.#flushing;
  }

  /** Shuts the gates for good. */
  close(): void {
    this.#isClosed = true;
    this.#versions.close();
  }

  async #flush(): Promise<void> {
    this.#isFlushing = true;
    try {
      // Whatever changes while a write is under way shares the next one.
      while (this.#versions.isDirty && !this.#isClosed) await this.#writeOnce();
    } catch (thrown) {
      this.#options.lost({ kind: 'poison', error: thrown }); // a snapshot that is no JSON, most likely
    } finally {
      // In the same step as the last look at the versions, so that a later touch starts a flush of its own.
      this.#isFlushing = false;
    }
  }

  async #writeOnce(): Promise<void> {
    const version = this.#versions.current;
    // A change may have come in the step in which the write before ended: its timers have no deadlines yet.
    this.#options.quiescent(this.#turnNowMs);
    const built = this.#options.record();
    // Before the first await: the context in the record is the live one, and so are its lists.
    const bytes = JSON.stringify(built);
    const record = { ...built, outbox: [...built.outbox], seen: [...built.seen] };
    if (bytes !== this.#lastBytes && !(await this.#write(record, bytes))) return;
    this.#versions.stored(version);
    this.#options.stored(record, this.#revision);
  }

  async #write(record: ActorRecord, bytes: string): Promise<boolean> {
    const { key, written, lost, owned } = this.#options;
    const sizeBytes = byteLength(bytes);
    if (sizeBytes > bounds.recordBytesMax) {
      lost({ kind: 'tooLarge', bytes: sizeBytes });
      return false;
    }
    const options = { ...this.#options, owned: () => !this.#isClosed && owned() };
    const outcome = await commit(options, recordKey(key), bytes, this.#revision);
    if (this.#closed()) return false; // cut off while the write was under way: the record speaks for itself
    if (outcome.kind !== 'written') {
      if (outcome.kind === 'stale') this.#tellStale();
      lost(outcome);
      return false;
    }
    this.#revision = outcome.revision;
    this.#lastBytes = bytes;
    this.#tellSize(sizeBytes);
    written(record, outcome.revision);
    return true;
  }

  #tellSize(sizeBytes: number): void {
    const { key, telemetry } = this.#options;
    telemetry.observe('fairlead_record_bytes', sizeBytes, { kind: key.kind });
    if (sizeBytes <= bounds.recordBytesAlarm) return;
    const fields = { actor: keyText(key), sizeBytes, alarmBytes: bounds.recordBytesAlarm };
    telemetry.log('warn', fields, 'the record is near its size cap');
  }

  #tellStale(): void {
    const { key, telemetry } = this.#options;
    const fields = { actor: keyText(key), revision: this.#revision, correlationId: '' };
    telemetry.log('warn', fields, 'stale: somebody else wrote this record');
    telemetry.count('fairlead_stale_total', { kind: key.kind });
  }

  // A method, so that the compiler does not take the flag for constant over an await.
  #closed(): boolean {
    return this.#isClosed;
  }
}

const encoder = new TextEncoder();
/** UTF-8 size; exact only where it could matter. */
const byteLength = (text: string): number =>
  text.length * 3 <= bounds.recordBytesAlarm ? text.length : encoder.encode(text).length;
