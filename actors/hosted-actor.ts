/** One resource's chart, hosted: it takes messages, and its commit gate decides when their consequences may be seen. */
import { keyText } from '../machines/ids.ts';
import type { ActorOptions } from './actor-options.ts';
import { CommitGate } from './commit-gate.ts';
import type { Cut } from './commit-gate.ts';
import { bindEffects } from './effect.ts';
import type { EffectHost } from './effect.ts';
import { EndedMachines } from './ended-machines.ts';
import type { Command } from './envelope.ts';
import type { HeapClock } from './heap-clock.ts';
import type { KindSnapshot } from './kind.ts';
import { Outbox } from './outbox.ts';
import { observationId } from './observation-id.ts';
import type { Ended } from './operation-census.ts';
import type { OutboxEntry } from './outbox.ts';
import type { Random, Telemetry } from './ports.ts';
import { recordSchema, snapshotOf, stepsOf, wakeAtMsOf } from './record.ts';
import type { ActorRecord, Strikes } from './record.ts';
import { acceptedCode, Seen } from './seen.ts';
import { stepOf } from './step-log.ts';
import type { SeenEntry } from './seen.ts';
import type { Origin } from './stored-life.ts';
import { StepTeller } from './steps/step-teller.ts';
import { Tree } from './tree.ts';
import { acceptedEntry, decide, eventOf } from './turn.ts';
import { tellTurn } from './turn-outcome.ts';
import type { TurnOutcome } from './turn-outcome.ts';

export class HostedActor implements EffectHost {
  readonly actor: string;
  readonly clock: HeapClock;
  readonly random: Random;
  readonly telemetry: Telemetry;
  readonly #options: ActorOptions;
  readonly #tree: Tree;
  readonly #seen: Seen;
  readonly #outbox: Outbox;
  readonly #gate: CommitGate;
  readonly #teller: StepTeller;
  readonly #calls = new Set<AbortController>();
  readonly #ended = new EndedMachines();
  readonly #strikes: Strikes | null;
  #wakeAtMs: number | null = 0;
  #isAwakening = true;
  /** No record of this uid is stored yet. */
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
    const stored = origin.kind === 'stored' ? origin.record : undefined;
    this.#isNew = stored === undefined;
    this.#strikes = stored?.strikes ?? null;
    const { seen, outbox } = stored ?? (origin as Extract<Origin, { kind: 'new' }>);
    this.#seen = new Seen(seen, origin.revision);
    this.#outbox = this.#newOutbox(outbox, stored?.outboxNext ?? 1);
    this.#gate = this.#newGate(origin.revision, origin.kind === 'stored' ? origin.bytes : '');
    this.#teller = this.#newTeller(stored);
    this.#tree = this.#newTree(stored, origin.kind === 'new' ? origin.before : undefined);
    bindEffects(this.#tree.root.system, this);
  }

  get revision(): number {
    return this.#gate.revision;
  }
  get uid(): string {
    return this.#options.uid;
  }
  get fence(): number {
    return this.#options.fence;
  }
  get isAwakening(): boolean {
    return this.#isAwakening && !this.#isNew;
  }
  /** The live one, children included. */
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
    return this.#options.kind.isTombstone(this.#tree.snapshot);
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
    this.#gate.schedule();
  }

  /** One command: decided, applied and answered after its write. The caller hands over one at a time. */
  async take(command: Command): Promise<TurnOutcome> {
    const startMs = this.clock.monotonicMs();
    const outcome = await this.#take(command);
    const ms = this.clock.monotonicMs() - startMs;
    tellTurn(this.telemetry, this.#options.kind.name, outcome, ms);
    this.#options.onTurn?.(ms);
    return outcome;
  }

  /** One observation: no id, no answer; unchanged bytes are not written. */
  async observe(event: { readonly type: string }): Promise<void> {
    if (this.#cut) return;
    const beganMs = this.clock.monotonicMs();
    const atMs = this.clock.nowMs();
    this.#tree.root.send({ ...event, atMs, roll: this.random.roll() });
    await this.committed();
    if (this.#causeOfCut()) return;
    this.#options.onReport?.({
      ...{ by: 'observation', ms: this.clock.monotonicMs() - beganMs },
      correlationId: observationId(this.#options.key, atMs),
    });
  }

  /** Brings what changed outside a turn (a drained outbox, noted revisions) into the record. */
  async tidy(): Promise<void> {
    this.touch();
    await this.committed();
  }

  /** No call in flight, nothing uncommitted, nothing to publish. */
  isIdle(): boolean {
    return this.#calls.size === 0 && !this.#gate.isDirty && this.#outbox.size === 0;
  }

  committed(): Promise<boolean> {
    return this.#gate.committed();
  }

  mayAct(): boolean {
    return !this.#cut && this.#options.owned();
  }

  enter(call: AbortController): () => void {
    this.#calls.add(call);
    this.touch();
    return () => this.#calls.delete(call);
  }

  touch(): void {
    if (!this.#isAwakening) this.#gate.touch();
  }

  /** Gives the actor up in memory: gates stay shut for good, calls are aborted, nothing is written any more. */
  cut(cause: Cut): void {
    if (this.#cut) return;
    this.#cut = cause;
    this.#tree.cut();
    this.#outbox.close();
    for (const call of this.#calls) call.abort(new Error(`the actor was cut: ${cause.kind}`));
    this.#gate.close();
    this.#options.onCut(cause);
  }

  /** Resolves when a write that may still be under way has ended. */
  settled(): Promise<void> {
    return this.#gate.settled();
  }

  async #take(command: Command): Promise<TurnOutcome> {
    if (this.#cut) return { kind: 'lost' };
    const isRepeat = this.#seen.find(command.commandId) !== undefined;
    if (!isRepeat) {
      const entry = this.#turn(command);
      const cut = this.#causeOfCut();
      if (cut) return cut.kind === 'poison' ? { kind: 'poisoned', cut } : { kind: 'lost' };
      if (this.#isNew && entry.code !== acceptedCode) {
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

  #turn(command: Command): SeenEntry {
    const { kind } = this.#options;
    const stamp = { atMs: this.clock.nowMs(), roll: this.random.roll() };
    const event = eventOf(kind, command, stamp);
    const decision = decide(kind, command, event, {
      snapshot: this.#isNew ? undefined : this.#tree.snapshot,
      revision: this.#isNew ? 0 : this.revision,
      nowMs: stamp.atMs,
      can: () => this.#tree.can(event),
    });
    if (decision.kind === 'answer') return decision.entry;
    this.#command = command;
    this.#teller.note(command);
    this.#tree.root.send(event);
    this.#command = undefined;
    // A root that failed has no readable state, and its entry is never stored.
    return acceptedEntry(kind, command, this.#cut ? undefined : this.#tree.snapshot);
  }

  // `cut` may happen inside any call into the tree; a method keeps the compiler from knowing better.
  #causeOfCut(): Cut | undefined {
    return this.#cut;
  }

  #newOutbox(entries: readonly OutboxEntry[], next: number): Outbox {
    const { uid, clock, publish, onDrained } = this.#options;
    const onFailure = ({ id, event, correlationId }: OutboxEntry, thrown: unknown): void => {
      this.telemetry.count('fairlead_publish_failures_total');
      const fields = { actor: this.actor, id, event, correlationId, reason: String(thrown) };
      this.telemetry.log('warn', fields, 'event not confirmed; it is published again');
    };
    return new Outbox({ uid, entries, next, clock, publish, onFailure, onDrained });
  }

  #newGate(revision: number, bytes: string): CommitGate {
    const { store, clock, telemetry, owned, key } = this.#options;
    return new CommitGate({
      ...{ store, clock, telemetry, owned, key, revision, bytes },
      quiescent: (nowMs) => this.#tree.noteDeadlines(nowMs),
      record: () => this.#record(),
      written: (record, atRevision) => {
        this.#ended.written(this.telemetry, this.clock.monotonicMs(), this.#options.onReport);
        this.#teller.written(atRevision, this.clock.nowMs());
        this.#options.onCommitted(snapshotOf(record), atRevision, record.wakeAtMs);
      },
      stored: (record, atRevision) => {
        this.#isNew = false;
        this.#wakeAtMs = record.wakeAtMs;
        this.#seen.stored(record.seen, atRevision);
        this.#outbox.release(record.outbox, atRevision); // only what THAT record held
      },
      lost: (cut) => this.cut(cut),
    });
  }

  #newTree(stored: ActorRecord | undefined, before: KindSnapshot | undefined): Tree {
    const { kind, key, uid, clock } = this.#options;
    const input = { ...key, uid, atMs: clock.nowMs() };
    return new Tree({
      ...{ machine: kind.machine, id: this.actor, clock, taken: this.#teller.taken },
      from: stored ? { snapshot: stored.snapshot } : { input: kind.input(input, before) },
      hooks: {
        touched: () => this.touch(),
        ended: (machine) => this.#noteEnd(machine),
        emitted: (event) => this.#outbox.append(event, this.clock.nowMs(), this.#command),
        failed: (error) => this.cut({ kind: 'poison', error }),
        missed: (thrown) => this.#teller.missed('observer', thrown),
        fired: (timer) => {
          this.telemetry.count('fairlead_timers_fired_total', { kind: kind.name });
          this.telemetry.log('info', { actor: this.actor, ...timer }, 'timer fired');
        },
      },
    });
  }

  #newTeller(stored: ActorRecord | undefined): StepTeller {
    const { kind, uid, definitionHash, hostId, fence, telemetry, steps: log } = this.#options;
    return new StepTeller({
      ...{ kind, actor: this.actor, uid, definitionHash, hostId, fence, telemetry },
      ...(log && { log }),
      ...(stored && { stored: { snapshot: stored.snapshot, steps: stepsOf(stored) } }),
    });
  }

  #record(): ActorRecord {
    const { kind, uid, definitionHash, fence, hostId } = this.#options;
    const snapshot = this.#tree.persisted();
    const timers = this.#tree.timers();
    const outbox = this.#outbox.list();
    return {
      schema: recordSchema,
      key: this.actor,
      uid,
      machineId: kind.machine.id,
      machineVersion: kind.version,
      ...{ definitionHash, fence, host: hostId },
      steps: this.#teller.seal(snapshot),
      snapshot,
      timers,
      outbox,
      outboxNext: this.#outbox.next,
      seen: this.#seen.list(),
      strikes: this.#strikes,
      wakeAtMs: wakeAtMsOf(snapshot, timers, outbox),
    };
  }

  #noteEnd(machine: Ended): void {
    this.#ended.note(machine, this.clock.monotonicMs());
    const step = stepOf(machine, this.#options.hostId);
    if (step) this.#outbox.append(step, this.clock.nowMs(), this.#command);
  }
}
