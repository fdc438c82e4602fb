/** One period of ownership of one partition: load it, wake what is due, hand every message to its actor, end cleanly. */
import { keyText } from '../machines/ids.ts';
import type { ResourceKey } from '../machines/ids.ts';
import { openEnvelope } from './envelope.ts';
import type { CommandSchemas, Opened } from './envelope.ts';
import { problem } from './faults.ts';
import { pause } from './heap-clock.ts';
import type { HeapClock } from './heap-clock.ts';
import type { KindSnapshot } from './kind.ts';
import type { OutboxEntry } from './outbox.ts';
import type { Ownership } from './ownership.ts';
import type { Cancel, CommandDelivery, Ports, Subscription } from './ports.ts';
import type { Untold } from './steps/untold.ts';
import type { StepLog } from './steps/step-port.ts';
import { heldBack, mailboxFull } from './refusals.ts';
import type { Refusal } from './refusals.ts';
import { turnAway } from './replies.ts';
import type { Post } from './replies.ts';
import type { InHand } from './in-hand.ts';
import type { Memory } from './memory.ts';
import type { Intake } from './policies/intake.ts';
import type { Slots } from './slots.ts';
import { WakeIndex } from './wake-index.ts';
import { NewerOwner } from './newer-owner.ts';
import { loadPartition } from './partition-load.ts';
import type { Loaded } from './partition-load.ts';
import { Resident } from './resident.ts';
import type { CommittedListener, HostedKind, Household, Work, WorkWatch } from './household.ts';

/** What all tenures of a host have in common. */
export interface TenureParts {
  readonly ports: Pick<Ports, 'store' | 'bus' | 'random' | 'telemetry'>;
  readonly clock: HeapClock;
  readonly hostId: string;
  readonly kinds: ReadonlyMap<string, HostedKind>;
  readonly schemas: CommandSchemas;
  readonly publish: (key: ResourceKey, entry: OutboxEntry) => Promise<void>;
  readonly committed: CommittedListener;
  /** The actor is another host's from now on, or nobody's. */
  readonly forgotten: (key: ResourceKey) => void;
  readonly memory: Memory;
  /** To awaken actors in. */
  readonly wakes: Slots;
  readonly inHand: InHand;
  readonly intake: Intake;
  readonly untold?: Untold;
  readonly steps?: StepLog;
  readonly watch?: WorkWatch;
}

export interface TenureOptions extends TenureParts {
  readonly partition: number;
  readonly ownership: Pick<Ownership, 'held' | 'lose'>;
  readonly leaseRevision: number;
}

export class Tenure {
  readonly #options: TenureOptions;
  readonly #residents = new Map<string, Resident>();
  readonly #wakeIndex: WakeIndex;
  /** Every actor the listeners were told of. */
  readonly #known = new Map<string, ResourceKey>();
  #fence = 0;
  #subscription: Subscription | undefined;
  /** Commands that wait for their turn by the rate of intake. */
  #waitingIn = 0;
  /** When the last of them goes in, monotonic. */
  #lastDueMs = 0;
  #isOver = false;

  constructor(options: TenureOptions) {
    this.#options = options;
    const { clock, wakes: places } = options;
    this.#wakeIndex = new WakeIndex({
      ...{ clock, places },
      isAwake: (key) => this.#residents.get(keyText(key))?.isAwake === true,
      awaken: (key, done) => this.#awaken(key, done),
    });
  }

  /** Loads the partition once, then consumes. Rejects when the store or the bus fails; the caller ends the tenure then. */
  async begin(): Promise<void> {
    const wakes = await this.#survey();
    if (!this.#owned()) return;
    this.#wakeIndex.fill(wakes);
    const subscription = await this.#consume(this.#fence);
    if (this.#isOver) return subscription.stop();
    this.#subscription = subscription;
    this.#options.inHand.join(subscription);
  }

  /** While the lease is ours, a higher epoch can only be left from a lease bucket that was lost. */
  async #consume(epoch: number): Promise<Subscription> {
    const { ports, partition } = this.#options;
    try {
      return await ports.bus.consumeCommands(partition, epoch, (each) => this.#deliver(each));
    } catch (thrown) {
      if (!(thrown instanceof NewerOwner) || !this.#owned()) throw thrown;
      return this.#consume(thrown.epoch + 1);
    }
  }

  observe(key: ResourceKey, event: { readonly type: string }): void {
    if (event.type.startsWith('xstate.')) throw new Error(`${event.type} is no observation`);
    if (this.#owned() && this.#fence > 0) this.#offer(key, { kind: 'observation', event });
  }

  /** What would hold a command up before its turn; nothing of an actor that is owned elsewhere. */
  standing(key: ResourceKey, verb: string): Refusal | undefined {
    if (!this.#owned()) return undefined;
    const resident = this.#residents.get(keyText(key));
    if (resident?.mailbox.isFull() === true) return mailboxFull(keyText(key));
    const retryAfterMs = this.#options.watch?.holdBackMs(key.kind, verb);
    return retryAfterMs === undefined ? undefined : heldBack(verb, retryAfterMs);
  }

  /** Fence under which records are written, 0 until the partition is loaded; and stored actors that are not gone. */
  view(): { readonly fence: number; readonly actors: number } {
    return { fence: this.#fence, actors: this.#known.size };
  }

  residents(): Resident[] {
    return [...this.#residents.values()];
  }

  /** Takes nothing new, awakens nobody, lets mailboxes and writes end, at most `limitMs` long. Calls under way are left to the next owner. */
  async drain(limitMs: number): Promise<void> {
    this.#wakeIndex.end();
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
    const { inHand, memory, forgotten } = this.#options;
    this.#wakeIndex.end();
    for (const resident of this.#residents.values()) {
      resident.close({ kind: cause });
      memory.drop(resident);
    }
    this.#residents.clear();
    inHand.leave(this, this.#subscription);
    for (const key of this.#known.values()) forgotten(key);
    this.#known.clear();
    await this.#subscription?.stop();
  }

  #owned(): boolean {
    return !this.#isOver && this.#options.ownership.held();
  }

  /** Learns the highest fence and what is due, and tells the listener what every actor is like. */
  async #survey(): Promise<Loaded['wakes']> {
    const { leaseRevision, untold, partition, ports, kinds } = this.#options;
    const { store, telemetry } = ports;
    const loaded = await loadPartition({ store, telemetry, kinds, partition });
    const { highestFence, found, seen, wakes } = loaded;
    this.#fence = Math.max(leaseRevision, highestFence + 1);
    // Not before: who is told of an actor may observe it at once, and that takes the fence.
    for (const each of seen) this.#committed(...each);
    untold?.tell(found, this.#fence, () => this.#owned());
    return wakes;
  }

  #committed(key: ResourceKey, snapshot: KindSnapshot, revision: number): void {
    if (this.#isOver) return; // of a write that ended behind the tenure
    const { kinds, committed } = this.#options;
    if (kinds.get(key.kind)?.kind.isTombstone(snapshot) === true) this.#known.delete(keyText(key));
    else this.#known.set(keyText(key), key);
    committed(key, key.kind, snapshot, revision);
  }

  #awaken(key: ResourceKey, done: () => void): void {
    if (!this.#owned() || !this.#offer(key, { kind: 'wake', done })) done();
  }

  // ------------------------------------------------------------------------------------------- messages in

  #deliver(delivery: CommandDelivery): void {
    if (!this.#owned()) return;
    const { kind, namespace, name, verb, sequence, deliveries } = delivery;
    const key = { kind, namespace, name };
    const opened = openEnvelope(delivery, this.#options.schemas);
    const told = toldOf(opened);
    const { commandId, correlationId } = told;
    const fields = {
      ...{ actor: keyText(key), kind, event: `${kind}.${verb}`, verb },
      ...{ commandId, correlationId, sequence, deliveries },
    };
    this.#options.ports.telemetry.log('info', fields, 'command received');
    const entry = this.#options.intake.enter('commands');
    const tracked = this.#options.inHand.track(this, delivery, entry);
    if ('retryAfterMs' in entry) {
      const message = 'This host has more commands waiting than it takes in time.';
      const busy = problem('service.busy', {
        ...{ actor: keyText(key), correlationId, message, retryAfterMs: entry.retryAfterMs },
      });
      void turnAway(this.#post(), tracked, told, busy);
      return;
    }
    const take = (): void => {
      this.#take(key, opened, tracked);
    };
    if (entry.waitMs === 0 && this.#waitingIn === 0) take();
    else this.#takeLater(entry.waitMs, take);
  }

  /** Those who wait go in in the order of their coming, also when a timer is late or the rate rises meanwhile. */
  #takeLater(waitMs: number, take: () => void): void {
    const nowMs = this.#options.clock.monotonicMs();
    this.#waitingIn += 1;
    this.#lastDueMs = Math.max(this.#lastDueMs, nowMs + waitMs);
    this.#options.clock.after(this.#lastDueMs - nowMs, () => {
      this.#waitingIn -= 1;
      if (this.#owned()) take();
    });
  }

  #take(key: ResourceKey, opened: Opened, tracked: CommandDelivery): void {
    const told = toldOf(opened);
    const { correlationId } = told;
    if (!opened.ok) {
      void turnAway(this.#post(), tracked, told, opened.problem, true);
      return;
    }
    if (!this.#options.kinds.has(key.kind)) {
      const message = `No machine for ${key.kind} runs here.`;
      const fields = { actor: keyText(key), correlationId, message };
      void turnAway(this.#post(), tracked, told, problem('command.unknownKind', fields));
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
    void turnAway(this.#post(), tracked, told, full);
  }

  /** False when the mailbox is full. */
  #offer(key: ResourceKey, work: Work): boolean {
    const name = keyText(key);
    const hosted = this.#options.kinds.get(key.kind);
    if (!hosted) return false;
    const resident = this.#residents.get(name) ?? new Resident(key, hosted, this.#household());
    this.#residents.set(name, resident);
    this.#options.memory.use(resident);
    const isTaken = resident.mailbox.offer(work, work.kind !== 'command');
    this.#options.memory.makeRoom();
    return isTaken;
  }

  #empty(key: ResourceKey): void {
    const resident = this.#residents.get(keyText(key));
    if (resident === undefined) return;
    this.#residents.delete(keyText(key));
    this.#options.memory.drop(resident);
  }

  #household(): Household {
    const { ports, clock, hostId, publish, ownership, steps, watch } = this.#options;
    return {
      ...{ ports, clock, hostId, publish, fence: this.#fence },
      ...(steps && { steps }),
      ...(watch && { watch }),
      owned: () => this.#owned(),
      onCommitted: (key, snapshot, revision, wakeAtMs) => {
        this.#options.memory.touch(key);
        this.#wakeIndex.note(key, wakeAtMs);
        this.#committed(key, snapshot, revision);
      },
      onResting: (key, wakeAtMs) => this.#wakeIndex.note(key, wakeAtMs),
      onEmpty: (key) => this.#empty(key),
      giveUp: (why) => ownership.lose('contested', why),
    };
  }

  #post(): Post {
    const { ports, clock, watch } = this.#options;
    return { ports, clock, owned: () => this.#owned(), ...(watch && { watch }) };
  }
}

const toldOf = (opened: Opened) =>
  opened.ok ? opened.command : { ...opened, correlationId: opened.problem.correlationId };
