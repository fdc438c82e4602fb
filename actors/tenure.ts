/** One period of ownership: load what is stored, wake what is due, hand every message to its actor, end cleanly. */
import { keyText, recordKey } from '../machines/ids.ts';
import type { ResourceKey } from '../machines/ids.ts';
import { bounds, hosting } from '../machines/limits.ts';
import { openEnvelope } from './envelope.ts';
import type { CommandSchemas, Opened } from './envelope.ts';
import { messageOf, problem } from './faults.ts';
import { pause } from './heap-clock.ts';
import type { HeapClock } from './heap-clock.ts';
import type { KindSnapshot } from './kind.ts';
import type { OutboxEntry } from './outbox.ts';
import type { Ownership } from './ownership.ts';
import type { Cancel, CommandDelivery, Ports, Subscription } from './ports.ts';
import { keyOf, readRecord, snapshotOf } from './record.ts';
import { Untold } from './steps/untold.ts';
import type { StepLog } from './steps/step-port.ts';
import { heldBack, mailboxFull } from './refusals.ts';
import type { Refusal } from './refusals.ts';
import { refuse } from './replies.ts';
import type { Post } from './replies.ts';
import type { Entry, Intake } from './policies/intake.ts';
import { Resident } from './resident.ts';
import type { HostedKind, Household, Work, WorkWatch } from './household.ts';

export type CommittedListener = (
  key: ResourceKey,
  kindName: string,
  snapshot: KindSnapshot,
  revision: number,
) => void;

export interface TenureOptions {
  readonly ports: Pick<Ports, 'store' | 'bus' | 'random' | 'telemetry'>;
  readonly clock: HeapClock;
  readonly hostId: string;
  readonly kinds: ReadonlyMap<string, HostedKind>;
  readonly schemas: CommandSchemas;
  readonly ownership: Ownership;
  readonly leaseRevision: number;
  readonly publish: (key: ResourceKey, entry: OutboxEntry) => Promise<void>;
  readonly committed: CommittedListener;
  readonly residentsMax: number;
  readonly intake: Intake;
  readonly steps?: StepLog;
  readonly watch?: WorkWatch;
}

export class Tenure {
  readonly #options: TenureOptions;
  /** Most recently used last. */
  readonly #residents = new Map<string, Resident>();
  /** Alarm clocks of actors that are not in memory. */
  readonly #sleepers = new Map<string, Cancel>();
  readonly #deliveries = new Set<CommandDelivery>();
  readonly #untold: Untold | undefined;
  #fence = 0;
  #subscription: Subscription | undefined;
  #isPaused = false;
  /** Commands that wait for their turn by the rate of intake. */
  #waitingIn = 0;
  #isOver = false;
  #stopWorking: Cancel = () => undefined;

  constructor(options: TenureOptions) {
    this.#options = options;
    const { ports, clock, hostId, kinds, steps: log } = options;
    if (log === undefined) return;
    const { store, telemetry } = ports;
    const owned = () => this.#owned();
    this.#untold = new Untold({ log, store, telemetry, clock, hostId, kinds, owned });
  }

  /** Loads every record once, then consumes. Rejects when the store or the bus fails; the caller ends the tenure then. */
  async begin(): Promise<void> {
    const due = await this.#survey();
    void this.#untold?.tell(this.#fence);
    for (const key of due) this.#offer(key, { kind: 'wake' });
    this.#tellWorking();
    const { bus } = this.#options.ports;
    if (!this.#owned()) return;
    const subscription = await bus.consumeCommands(this.#fence, (delivery) =>
      this.#deliver(delivery),
    );
    if (this.#isOver) await subscription.stop();
    else this.#subscription = subscription;
  }

  observe(key: ResourceKey, event: { readonly type: string }): void {
    if (event.type.startsWith('xstate.')) throw new Error(`${event.type} is no observation`);
    if (this.#owned()) this.#offer(key, { kind: 'observation', event });
  }

  /** What would hold a command up before its turn; nothing of an actor that is owned elsewhere. */
  standing(key: ResourceKey, verb: string): Refusal | undefined {
    if (!this.#owned()) return undefined;
    const resident = this.#residents.get(keyText(key));
    if (resident?.mailbox.isFull() === true) return mailboxFull(keyText(key));
    const retryAfterMs = this.#options.watch?.holdBackMs(key.kind, verb);
    return retryAfterMs === undefined ? undefined : heldBack(verb, retryAfterMs);
  }

  residents(): Resident[] {
    return [...this.#residents.values()];
  }

  /** Takes nothing new, lets mailboxes and writes end, at most `limitMs` long. Calls under way are left to the next owner. */
  async drain(limitMs: number): Promise<void> {
    const finished = async (): Promise<void> => {
      await this.#subscription?.stop();
      while (this.#owned() && this.residents().some(({ mailbox }) => !mailbox.isIdle()))
        await pause(this.#options.clock, 10);
      await Promise.all(this.residents().map((resident) => resident.settled()));
    };
    let cancel: Cancel = () => undefined;
    const late = new Promise<void>((resolve) => {
      cancel = this.#options.clock.after(limitMs, resolve);
    });
    await Promise.race([finished(), late]);
    cancel();
  }

  /** Cuts every actor: no write, no call, no acknowledgement from here on. */
  async end(cause: 'unowned' | 'stopped'): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stopWorking();
    for (const cancel of this.#sleepers.values()) cancel();
    for (const resident of this.#residents.values()) resident.close({ kind: cause });
    this.#residents.clear();
    await this.#subscription?.stop();
  }

  #owned(): boolean {
    return !this.#isOver && this.#options.ownership.held();
  }

  /** Learns the highest fence and what is due, and tells the listener what every actor is like. */
  async #survey(): Promise<ResourceKey[]> {
    const { ports, leaseRevision, clock, committed, kinds } = this.#options;
    const due: ResourceKey[] = [];
    const later: [ResourceKey, number][] = [];
    let highestFence = 0;
    for await (const stored of ports.store.scan()) {
      const read = readRecord(stored.bytes);
      if (!read.ok) {
        const fields = { key: stored.key, reason: read.reason };
        ports.telemetry.log('error', fields, 'a record cannot be read; its actor is not started');
        continue;
      }
      const { record } = read;
      const key = keyOf(record);
      highestFence = Math.max(highestFence, record.fence);
      if (!kinds.has(key.kind) || recordKey(key) !== stored.key) continue;
      committed(key, key.kind, snapshotOf(record), stored.revision);
      this.#untold?.found(key, record);
      if (record.wakeAtMs === null) continue;
      if (record.wakeAtMs <= clock.nowMs()) due.push(key);
      else later.push([key, record.wakeAtMs]);
    }
    this.#fence = Math.max(leaseRevision, highestFence + 1);
    for (const [key, wakeAtMs] of later) this.#sleep(key, wakeAtMs);
    return due;
  }

  #sleep(key: ResourceKey, wakeAtMs: number | null): void {
    if (wakeAtMs === null || this.#isOver) return;
    const { clock } = this.#options;
    const name = keyText(key);
    this.#sleepers.get(name)?.();
    const cancel = clock.after(wakeAtMs - clock.nowMs(), () => {
      this.#sleepers.delete(name);
      if (this.#owned()) this.#offer(key, { kind: 'wake' });
    });
    this.#sleepers.set(name, cancel);
  }

  // ------------------------------------------------------------------------------------------- messages in

  #deliver(delivery: CommandDelivery): void {
    if (!this.#owned()) return;
    const { kind, namespace, name, verb, sequence, deliveries } = delivery;
    const key = { kind, namespace, name };
    const opened = openEnvelope(delivery, this.#options.schemas);
    const { telemetry } = this.#options.ports;
    const told = toldOf(opened);
    const { commandId, correlationId } = told;
    const fields = {
      ...{ actor: keyText(key), kind, event: `${kind}.${verb}`, verb },
      ...{ commandId, correlationId, sequence, deliveries },
    };
    telemetry.log('info', fields, 'command received');
    const entry = this.#options.intake.enter('commands');
    const tracked = this.#track(delivery, entry);
    if ('retryAfterMs' in entry) {
      const message = 'This host has more commands waiting than it takes in time.';
      const busy = problem('service.busy', {
        ...{ actor: keyText(key), correlationId, message, retryAfterMs: entry.retryAfterMs },
      });
      void refuse(this.#post(), tracked, told, busy);
      return;
    }
    const take = (): void => {
      this.#take(key, opened, tracked);
    };
    if (entry.waitMs === 0 && this.#waitingIn === 0) take();
    else this.#takeLater(entry.waitMs, take);
  }

  /** Those who wait go in in the order of their coming, also when a timer is late. */
  #takeLater(waitMs: number, take: () => void): void {
    this.#waitingIn += 1;
    this.#options.clock.after(waitMs, () => {
      this.#waitingIn -= 1;
      if (this.#owned()) take();
    });
  }

  #take(key: ResourceKey, opened: Opened, tracked: CommandDelivery): void {
    const told = toldOf(opened);
    const { correlationId } = told;
    if (!opened.ok) {
      void refuse(this.#post(), tracked, told, opened.problem, true);
      return;
    }
    if (!this.#options.kinds.has(key.kind)) {
      this.#unhosted(tracked, told, key);
      return;
    }
    const isTaken = this.#offer(key, {
      kind: 'command',
      command: opened.command,
      delivery: tracked,
    });
    if (isTaken) return;
    const { code, message, more } = mailboxFull(keyText(key));
    const full = problem(code, { ...more, actor: keyText(key), correlationId, message });
    void refuse(this.#post(), tracked, told, full);
  }

  #unhosted(
    delivery: CommandDelivery,
    told: { commandId: string; correlationId: string; replyTo?: string | undefined },
    key: ResourceKey,
  ): void {
    const refusal = problem('command.unknownKind', {
      ...{ actor: keyText(key), correlationId: told.correlationId },
      message: `No machine for ${key.kind} runs here.`,
    });
    void refuse(this.#post(), delivery, told, refusal);
  }

  /** False when the mailbox is full. */
  #offer(key: ResourceKey, work: Work): boolean {
    const name = keyText(key);
    const hosted = this.#options.kinds.get(key.kind);
    if (!hosted) return false;
    const resident = this.#residents.get(name) ?? new Resident(key, hosted, this.#household());
    this.#residents.delete(name);
    this.#residents.set(name, resident);
    this.#sleepers.get(name)?.();
    this.#sleepers.delete(name);
    const isTaken = resident.mailbox.offer(work, work.kind !== 'command');
    this.#makeRoom();
    return isTaken;
  }

  /** Asks the actors that were used longest ago to leave memory. */
  #makeRoom(): void {
    let surplus = this.#residents.size - this.#options.residentsMax;
    for (const resident of this.#residents.values()) {
      if (surplus <= 0) return;
      surplus -= 1;
      if (resident.mailbox.isIdle()) resident.mailbox.offer({ kind: 'rest' }, true);
    }
  }

  #household(): Household {
    const { ports, clock, hostId, publish, committed, ownership, steps, watch } = this.#options;
    return {
      ...{ ports, clock, hostId, publish, fence: this.#fence },
      ...(steps && { steps }),
      ...(watch && { watch }),
      owned: () => this.#owned(),
      onCommitted: (key, snapshot, revision) => committed(key, key.kind, snapshot, revision),
      onResting: (key, wakeAtMs) => this.#sleep(key, wakeAtMs),
      onEmpty: (key) => this.#residents.delete(keyText(key)),
      giveUp: (why) => ownership.lose(why),
    };
  }

  #post(): Post {
    const { ports, clock, watch } = this.#options;
    return { ports, clock, owned: () => this.#owned(), ...(watch && { watch }) };
  }

  // --------------------------------------------------------------------------------------- back-pressure

  /** Counts what is handed over and not settled; the consumer pauses at the bound and goes on at half of it. */
  #track(delivery: CommandDelivery, entry: Entry): CommandDelivery {
    const { intake, clock } = this.#options;
    // Its wait for a turn is no work of this host; one that was refused was none at all.
    const inMs = 'waitMs' in entry ? clock.monotonicMs() + entry.waitMs : undefined;
    const settled = (): void => {
      this.#deliveries.delete(tracked);
      if (inMs !== undefined) intake.answered('commands', clock.monotonicMs() - inMs);
      if (!this.#isPaused || this.#deliveries.size > bounds.deliveriesMax / 2) return;
      this.#isPaused = false;
      this.#subscription?.resume();
    };
    const tracked: CommandDelivery = {
      ...delivery,
      takenMs: this.#options.clock.monotonicMs(),
      ack: () => {
        delivery.ack();
        settled();
      },
      ackConfirmed: async () => {
        await delivery.ackConfirmed();
        settled();
      },
      terminate: async (reason) => {
        await delivery.terminate(reason);
        settled();
      },
    };
    this.#deliveries.add(tracked);
    if (!this.#isPaused && this.#deliveries.size >= bounds.deliveriesMax) {
      this.#isPaused = true;
      this.#subscription?.pause();
    }
    return tracked;
  }

  /** Keeps the server from delivering again what only waits, for its turn or for the store. */
  #tellWorking(): void {
    this.#stopWorking = this.#options.clock.after(hosting.workingMs, () => {
      if (this.#isOver) return;
      try {
        for (const delivery of this.#deliveries) delivery.working();
      } catch (thrown) {
        const fields = { reason: messageOf(thrown) };
        this.#options.ports.telemetry.log('warn', fields, 'the server was not told of waiting');
      }
      this.#tellWorking();
    });
  }
}

const toldOf = (opened: Opened) =>
  opened.ok ? opened.command : { ...opened, correlationId: opened.problem.correlationId };
