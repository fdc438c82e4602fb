/** One resource's chart behind its commit gate: nothing it wants becomes visible before its record is stored. */
import { keyText, recordKey } from '../machines/ids.ts';
import type { ResourceKey } from '../machines/ids.ts';
import { bounds } from '../machines/limits.ts';
import { admit } from './admission.ts';
import { commit } from './commit.ts';
import type { CommitOutcome } from './commit.ts';
import { bindEffects } from './effect.ts';
import type { EffectHost } from './effect.ts';
import type { Command } from './envelope.ts';
import type { HeapClock } from './heap-clock.ts';
import type { Kind, KindSnapshot } from './kind.ts';
import { Outbox } from './outbox.ts';
import type { OutboxEntry } from './outbox.ts';
import type { Random, RecordStore, Telemetry } from './ports.ts';
import { recordSchema } from './record.ts';
import type { ActorRecord, Strikes } from './record.ts';
import { Seen } from './seen.ts';
import type { SeenEntry } from './seen.ts';
import { hasCallInFlight, Tree } from './tree.ts';

/** Why an actor in memory was given up. Its record is untouched by that. */
export type Cut =
  | { readonly kind: 'poison'; readonly error: unknown }
  | { readonly kind: 'tooLarge'; readonly bytes: number }
  | { readonly kind: 'stale' }
  | { readonly kind: 'unowned' }
  | { readonly kind: 'stopped' };

export interface ActorOptions {
  readonly kind: Kind;
  readonly key: ResourceKey;
  readonly uid: string;
  readonly definitionHash: string;
  readonly store: RecordStore;
  readonly clock: HeapClock;
  readonly random: Random;
  readonly telemetry: Telemetry;
  readonly fence: number;
  readonly hostId: string;
  /** True while this host may write and act. */
  readonly owned: () => boolean;
  readonly publish: (entry: OutboxEntry) => Promise<void>;
  readonly onCommitted: (snapshot: KindSnapshot, revision: number) => void;
  readonly onCut: (cut: Cut) => void;
  /** Everything stored has been published. */
  readonly onDrained: () => void;
}

/** What an actor starts from: nothing but what outlived its name's last bearer, or its own stored record. */
export type Origin =
  | {
      readonly kind: 'new';
      /** Of the tombstone that is replaced; 0 when there is none. */
      readonly revision: number;
      readonly seen: readonly SeenEntry[];
      readonly outbox: readonly OutboxEntry[];
    }
  | {
      readonly kind: 'stored';
      readonly record: ActorRecord;
      readonly bytes: string;
      readonly revision: number;
    };

export type TurnOutcome =
  /** The answer is stored. */
  | { readonly kind: 'answered'; readonly entry: SeenEntry; readonly isRepeat: boolean }
  /** Refused, and no record holds that. */
  | { readonly kind: 'outside'; readonly entry: SeenEntry }
  /** This very message made the chart throw, or its record too large. */
  | { readonly kind: 'poisoned'; readonly cut: Cut }
  /** The actor was lost meanwhile; ask its next incarnation. */
  | { readonly kind: 'lost' };

interface Waiter {
  readonly version: number;
  readonly resolve: (stored: boolean) => void;
}

export class HostedActor implements EffectHost {
  readonly actor: string;
  readonly clock: HeapClock;
  readonly random: Random;
  readonly telemetry: Telemetry;
  readonly #options: ActorOptions;
  readonly #tree: Tree;
  readonly #seen: Seen;
  readonly #outbox: Outbox;
  readonly #calls = new Set<AbortController>();
  readonly #waiters: Waiter[] = [];
  readonly #strikes: Strikes | null;
  #revision: number;
  #lastBytes: string;
  #wakeAtMs: number | null = 0;
  /** Counts changes in memory; `#durable` is the last one that is stored. */
  #touched = 1;
  #durable = 0;
  #isAwakening = true;
  #isScheduled = false;
  #turnNowMs = 0;
  #isFlushing = false;
  #flushing: Promise<void> | undefined;
  #isNew: boolean;
  #command: Command | undefined;
  #cut: Cut | undefined;

  /** Builds the tree without starting it; ask `fault` before `start`. */
  constructor(options: ActorOptions, origin: Origin) {
    this.#options = options;
    this.actor = keyText(options.key);
    this.clock = options.clock;
    this.random = options.random;
    this.telemetry = options.telemetry;
    const isStored = origin.kind === 'stored';
    const from = isStored ? origin.record : origin;
    this.#isNew = !isStored;
    this.#revision = origin.revision;
    this.#lastBytes = isStored ? origin.bytes : '';
    this.#strikes = isStored ? origin.record.strikes : null;
    this.#seen = new Seen(from.seen, origin.revision);
    this.#outbox = new Outbox({
      uid: options.uid,
      entries: from.outbox,
      next: isStored ? origin.record.outboxNext : 1,
      clock: options.clock,
      publish: (entry) => options.publish(entry),
      onFailure: (entry, thrown) => this.#notPublished(entry, thrown),
      onDrained: () => options.onDrained(),
    });
    this.#tree = new Tree({
      machine: options.kind.machine,
      id: this.actor,
      clock: options.clock,
      from: isStored
        ? { snapshot: origin.record.snapshot }
        : {
            input: options.kind.input({
              ...options.key,
              uid: options.uid,
              atMs: this.clock.nowMs(),
            }),
          },
      hooks: {
        touched: () => this.touch(),
        emitted: (event) => this.#outbox.append(event, this.clock.nowMs(), this.#command),
        failed: (error) => this.cut({ kind: 'poison', error }),
        fired: (timer) => this.#timerFired(timer),
      },
    });
    bindEffects(this.#tree.root.system, this);
  }

  get uid(): string {
    return this.#options.uid;
  }
  get revision(): number {
    return this.#revision;
  }
  get strikes(): Strikes | null {
    return this.#strikes;
  }
  get snapshot(): KindSnapshot {
    return this.#tree.snapshot;
  }
  get seen(): readonly SeenEntry[] {
    return this.#seen.list();
  }
  get outbox(): readonly OutboxEntry[] {
    return this.#outbox.list();
  }
  /** Earliest deadline as last stored; 0 when a call or an event waits. */
  get wakeAtMs(): number | null {
    return this.#wakeAtMs;
  }
  get isCut(): boolean {
    return this.#cut !== undefined;
  }
  get isTombstone(): boolean {
    return this.#options.kind.isTombstone(this.snapshot);
  }
  /** Why the stored snapshot cannot be restored by this machine. */
  get fault(): { readonly error: unknown } | undefined {
    return this.#tree.fault;
  }

  /** Starts with gates shut, re-arms stored timers and schedules the first write under our own fence. */
  start(timers: ActorRecord['timers'] = []): void {
    const nowMs = this.clock.nowMs();
    this.#tree.root.start();
    this.#tree.rearm(timers, nowMs);
    this.#tree.noteDeadlines(nowMs);
    this.#isAwakening = false;
    this.#schedule();
  }

  /** One command: decided, applied and answered after its write. The caller hands over one at a time. */
  async take(command: Command): Promise<TurnOutcome> {
    if (this.#cut) return { kind: 'lost' };
    const isRepeat = this.#seen.find(command.commandId) !== undefined;
    if (!isRepeat) {
      const entry = this.#turn(command);
      const cut = this.#causeOfCut();
      if (cut) return cut.kind === 'poison' ? { kind: 'poisoned', cut } : { kind: 'lost' };
      if (this.#isNew && entry.code !== 'ok') {
        this.cut({ kind: 'stopped' }); // nothing was made, so no record can hold the refusal
        return { kind: 'outside', entry };
      }
      this.#seen.add(entry);
      this.touch();
    }
    const isStored = await this.committed();
    const cut = this.#causeOfCut();
    if (!isStored && cut?.kind === 'tooLarge' && !isRepeat) return { kind: 'poisoned', cut };
    const entry = this.#seen.find(command.commandId);
    return isStored && entry ? { kind: 'answered', entry, isRepeat } : { kind: 'lost' };
  }

  /** One observation: no id, no answer; unchanged bytes are not written. */
  async observe(event: { readonly type: string }): Promise<void> {
    if (this.#cut) return;
    this.#tree.root.send({ ...event, atMs: this.clock.nowMs(), roll: this.random.roll() });
    await this.committed();
  }

  /** Brings what changed outside a turn (a drained outbox, noted revisions) into the record. */
  async tidy(): Promise<void> {
    this.touch();
    await this.committed();
  }

  /** No call in flight, nothing uncommitted, nothing to publish. */
  isIdle(): boolean {
    return this.#calls.size === 0 && this.#durable === this.#touched && this.#outbox.size === 0;
  }

  committed(): Promise<boolean> {
    if (this.#cut) return Promise.resolve(false);
    if (this.#durable >= this.#touched) return Promise.resolve(true);
    return new Promise((resolve) => this.#waiters.push({ version: this.#touched, resolve }));
  }

  mayAct(): boolean {
    return !this.#cut && this.#options.owned();
  }

  enter(call: AbortController): () => void {
    this.#calls.add(call);
    this.touch();
    return () => this.#calls.delete(call);
  }

  /** Notes a change; the record is built a microtask later, when the tree is quiescent. */
  touch(): void {
    if (this.#isAwakening || this.#cut) return;
    this.#touched += 1;
    this.#schedule();
  }

  /** Gives the actor up in memory: gates stay shut for good, calls are aborted, nothing is written any more. */
  cut(cause: Cut): void {
    if (this.#cut) return;
    this.#cut = cause;
    this.#tree.cut();
    this.#outbox.close();
    for (const call of this.#calls) call.abort(new Error(`the actor was cut: ${cause.kind}`));
    for (const waiter of this.#waiters.splice(0)) waiter.resolve(false);
    this.#options.onCut(cause);
  }

  /** Resolves when a write that may still be under way has ended. */
  async settled(): Promise<void> {
    await this.#flushing;
  }

  // `cut` may happen inside any call into the tree; a method keeps the compiler from knowing better.
  #causeOfCut(): Cut | undefined {
    return this.#cut;
  }

  #turn(command: Command): SeenEntry {
    const { kind } = this.#options;
    const { commandId, correlationId } = command;
    const stamp = { atMs: this.clock.nowMs(), roll: this.random.roll(), commandId, correlationId };
    const event = { ...command.arguments, ...stamp, type: `${kind.name}.${command.verb}` };
    const situation = {
      snapshot: this.#isNew ? undefined : this.snapshot,
      revision: this.#isNew ? 0 : this.#revision,
      nowMs: stamp.atMs,
      can: () => this.#tree.can(event),
    };
    const decision = admit(kind, command, event, situation);
    if (decision.kind === 'refused') {
      const { code, message, problems, because } = decision.refusal;
      const state = this.#isNew ? {} : { state: kind.stateText(this.snapshot) };
      const allowedNext = this.#isNew ? [...kind.creating] : kind.allowed(this.snapshot);
      return {
        ...{ id: commandId, code, correlationId, ...state, message, allowedNext },
        ...(problems && { problems }),
        ...(because && { because }),
      };
    }
    if (decision.kind === 'accepted') {
      this.#command = command;
      this.#tree.root.send(event);
      this.#command = undefined;
      if (this.#cut) return { id: commandId, code: 'actor.poisoned', correlationId };
    }
    return {
      ...{ id: commandId, code: 'ok', correlationId, state: kind.stateText(this.snapshot) },
      ...(decision.kind === 'unchanged' && { unchanged: true }),
      fields: kind.replyFields(this.snapshot),
    };
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#turnNowMs = this.clock.nowMs();
    queueMicrotask(() => {
      this.#isScheduled = false;
      if (this.#cut) return;
      this.#tree.noteDeadlines(this.#turnNowMs);
      if (!this.#isFlushing) this.#flushing = this.#flush();
    });
  }

  /** Single flight: whatever changes while a write is under way shares the next one. */
  async #flush(): Promise<void> {
    this.#isFlushing = true;
    try {
      await this.#writeOut();
    } catch (thrown) {
      this.cut({ kind: 'poison', error: thrown }); // a snapshot that is no JSON, most likely
    } finally {
      // In the same step as the last look at `#touched`: a later touch starts a flush of its own.
      this.#isFlushing = false;
    }
  }

  async #writeOut(): Promise<void> {
    while (this.#durable < this.#touched && !this.#cut) {
      if (!this.#options.owned()) return this.cut({ kind: 'unowned' });
      const version = this.#touched;
      const record = this.#record();
      const bytes = JSON.stringify(record); // before the first await: the context in it is the live one
      const held = [...record.outbox];
      const unstored = this.#seen.unstored();
      if (bytes !== this.#lastBytes) {
        const sizeBytes = byteLength(bytes);
        if (sizeBytes > bounds.recordBytesMax)
          return this.cut({ kind: 'tooLarge', bytes: sizeBytes });
        const outcome = await commit(
          this.#commitOptions(),
          recordKey(this.#options.key),
          bytes,
          this.#revision,
        );
        if (this.#causeOfCut()) return; // cut off while the write was under way: the record speaks for itself
        if (outcome.kind !== 'written') return this.#lose(outcome);
        this.#committed(outcome.revision, bytes, sizeBytes, record);
      }
      this.#wakeAtMs = record.wakeAtMs;
      this.#durable = version;
      this.#isNew = false;
      this.#seen.stored(unstored, this.#revision);
      this.#openGates();
      this.#outbox.release(held, this.#revision); // only what THAT record held
    }
  }

  #commitOptions() {
    const { store, clock, telemetry, owned } = this.#options;
    return { store, clock, telemetry, owned: () => !this.#cut && owned() };
  }

  #lose(outcome: Exclude<CommitOutcome, { kind: 'written' }>): void {
    if (outcome.kind === 'stale') {
      const fields = { actor: this.actor, revision: this.#revision, correlationId: '' };
      this.telemetry.log('warn', fields, 'stale: somebody else wrote this record');
      this.telemetry.count('fairlead_stale_total', { kind: this.#options.kind.name });
    }
    this.cut(outcome);
  }

  #committed(revision: number, bytes: string, sizeBytes: number, record: ActorRecord): void {
    this.#revision = revision;
    this.#lastBytes = bytes;
    this.telemetry.observe('fairlead_record_bytes', sizeBytes, { kind: this.#options.kind.name });
    if (sizeBytes > bounds.recordBytesAlarm) {
      const fields = { actor: this.actor, sizeBytes, alarmBytes: bounds.recordBytesAlarm };
      this.telemetry.log('warn', fields, 'the record is near its size cap');
    }
    this.#options.onCommitted(record.snapshot as KindSnapshot, revision);
  }

  #openGates(): void {
    const open = this.#waiters.filter(({ version }) => version <= this.#durable);
    const shut = this.#waiters.filter(({ version }) => version > this.#durable);
    this.#waiters.splice(0, this.#waiters.length, ...shut);
    for (const waiter of open) waiter.resolve(true);
  }

  #record(): ActorRecord {
    const { kind, uid, definitionHash, fence, hostId } = this.#options;
    const snapshot = this.#tree.persisted();
    const timers = this.#tree.timers();
    const outbox = this.#outbox.list();
    const isBusy = outbox.length > 0 || hasCallInFlight(snapshot);
    const earliestMs = timers.reduce((least, { atMs }) => Math.min(least, atMs), Infinity);
    return {
      schema: recordSchema,
      key: this.actor,
      uid,
      machineId: kind.machine.id,
      machineVersion: kind.version,
      definitionHash,
      fence,
      host: hostId,
      snapshot,
      timers,
      outbox,
      outboxNext: this.#outbox.next,
      seen: this.#seen.list(),
      strikes: this.#strikes,
      wakeAtMs: isBusy ? 0 : Number.isFinite(earliestMs) ? earliestMs : null,
    };
  }

  #timerFired(timer: { event: string; to: string; correlationId: string }): void {
    this.telemetry.count('fairlead_timers_fired_total', { kind: this.#options.kind.name });
    this.telemetry.log('info', { actor: this.actor, ...timer }, 'timer fired');
  }

  #notPublished(entry: OutboxEntry, thrown: unknown): void {
    this.telemetry.count('fairlead_publish_failures_total');
    const { id, event, correlationId } = entry;
    const fields = { actor: this.actor, id, event, correlationId, reason: String(thrown) };
    this.telemetry.log('warn', fields, 'event not confirmed; it is published again');
  }
}

const encoder = new TextEncoder();
/** UTF-8 size; exact only where it could matter. */
const byteLength = (text: string): number =>
  text.length * 3 <= bounds.recordBytesAlarm ? text.length : encoder.encode(text).length;
