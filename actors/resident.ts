/** What a host keeps about one key while it is busy with it: mailbox, hosted actor, and what to do when that is cut. */
import { recordKey, keyText } from '../machines/ids.ts';
import type { ResourceKey } from '../machines/ids.ts';
import { bounds, hosting } from '../machines/limits.ts';
import { check } from './checker.ts';
import { commit, loadRecord } from './commit.ts';
import type { CommitOptions } from './commit.ts';
import type { Command } from './envelope.ts';
import { messageOf, problem } from './faults.ts';
import type { ProblemFields } from './faults.ts';
import type { HeapClock } from './heap-clock.ts';
import { HostedActor } from './hosted-actor.ts';
import type { Cut, Origin, TurnOutcome } from './hosted-actor.ts';
import type { Kind, KindSnapshot } from './kind.ts';
import { Mailbox } from './mailbox.ts';
import type { OutboxEntry } from './outbox.ts';
import type { Cancel, CommandDelivery, Ports } from './ports.ts';
import { isRecordOf, readRecord, snapshotOf } from './record.ts';
import type { ActorRecord, Strikes } from './record.ts';
import { refuse, replyOf, settle } from './replies.ts';
import type { Post } from './replies.ts';
import { Seen } from './seen.ts';

export interface HostedKind {
  readonly kind: Kind;
  readonly definitionHash: string;
}

/** What one period of ownership gives to every actor in it. */
export interface Household {
  readonly ports: Pick<Ports, 'store' | 'bus' | 'random' | 'telemetry'>;
  readonly clock: HeapClock;
  readonly hostId: string;
  readonly fence: number;
  readonly owned: () => boolean;
  readonly publish: (key: ResourceKey, entry: OutboxEntry) => Promise<void>;
  readonly onCommitted: (key: ResourceKey, snapshot: KindSnapshot, revision: number) => void;
  /** The actor left memory; null: nothing to wake for. */
  readonly onResting: (key: ResourceKey, wakeAtMs: number | null) => void;
  /** Nothing waits and nothing is in memory: the resident may be forgotten. */
  readonly onEmpty: (key: ResourceKey) => void;
  /** Somebody else keeps writing although the lease is ours. */
  readonly giveUp: (why: string) => void;
}

export type Work =
  | { readonly kind: 'command'; readonly command: Command; readonly delivery: CommandDelivery }
  | { readonly kind: 'observation'; readonly event: { readonly type: string } }
  /** A due timer, an unfinished call or a cut actor: bring it (back) into memory. */
  | { readonly kind: 'wake' }
  /** Write an emptied outbox back. */
  | { readonly kind: 'tidy' }
  /** Make room: leave memory when idle. */
  | { readonly kind: 'rest' };

type Found =
  | { readonly kind: 'live'; readonly actor: HostedActor }
  | { readonly kind: 'absent' }
  | { readonly kind: 'tombstone'; readonly record: ActorRecord; readonly revision: number }
  | { readonly kind: 'quarantined'; readonly reason: string }
  /** It failed while starting; its strike comes first. */
  | { readonly kind: 'lost' }
  /** Ownership is gone: drop everything silently. */
  | { readonly kind: 'unowned' };

type CommandWork = Extract<Work, { kind: 'command' }>;

export class Resident {
  readonly key: ResourceKey;
  readonly mailbox: Mailbox<Work>;
  readonly #hosted: HostedKind;
  readonly #house: Household;
  readonly #name: string;
  #actor: HostedActor | undefined;
  #quarantine: string | undefined;
  /** The cut that still has to be dealt with, once and in the mailbox's order. */
  #unhandled: { readonly actor: HostedActor; readonly cut: Cut } | undefined;
  #staleInARow = 0;
  #cancelTidy: Cancel = () => undefined;

  constructor(key: ResourceKey, hosted: HostedKind, house: Household) {
    this.key = key;
    this.#hosted = hosted;
    this.#house = house;
    this.#name = keyText(key);
    this.mailbox = new Mailbox<Work>({
      itemsMax: bounds.mailboxMax,
      clock: house.clock,
      handle: (work) => this.#handle(work),
      onIdle: () => {
        if (!this.#actor && this.#quarantine === undefined) house.onEmpty(key);
      },
      onError: (thrown) =>
        this.#log('error', { reason: messageOf(thrown) }, 'a turn failed inside hosting'),
    });
  }

  get isLoaded(): boolean {
    return this.#actor !== undefined;
  }
  get isQuarantined(): boolean {
    return this.#quarantine !== undefined;
  }
  get outboxSize(): number {
    return this.#actor?.outbox.length ?? 0;
  }

  /** Resolves when nothing waits and everything that changed is stored. */
  async settled(): Promise<void> {
    await this.#actor?.committed();
  }

  /** Ends for good: ownership is over, or the host stops. */
  close(cut: Cut): void {
    this.mailbox.close();
    this.#cancelTidy();
    this.#actor?.cut(cut);
  }

  async #handle(work: Work): Promise<void> {
    await this.#afterCut();
    if (work.kind === 'command') return this.#guarded(work);
    if (work.kind === 'tidy') return this.#tidy();
    if (work.kind === 'rest') return this.#rest();
    const found = await this.#find();
    if (work.kind === 'observation' && found.kind === 'live') {
      await found.actor.observe(work.event);
      await this.#afterCut();
    }
  }

  /** A bug of hosting itself must not leave a message in the stream for ever. */
  async #guarded(work: CommandWork): Promise<void> {
    try {
      await this.#command(work);
    } catch (thrown) {
      this.#log('error', { reason: messageOf(thrown) }, 'a turn failed inside hosting');
      this.#actor?.cut({ kind: 'stopped' });
      await this.#refuse(work, 'internal.assertion', messageOf(thrown));
    }
  }

  async #command(work: CommandWork): Promise<void> {
    for (let isAgain = false; this.#house.owned(); isAgain = true) {
      const outcome = await this.#attempt(work);
      await this.#afterCut();
      if (outcome.kind === 'answered') {
        this.#staleInARow = 0;
        const isRepeat = outcome.isRepeat && !isAgain;
        if (outcome.entry.code === 'actor.poisoned')
          return this.#refuse(work, outcome.entry.code, outcome.entry.message ?? '');
        const reply = replyOf(outcome.entry, this.#name, isRepeat);
        return settle(this.#post(), work.delivery, work.command, reply);
      }
      if (outcome.kind === 'refused')
        return this.#refuse(work, outcome.code, outcome.message, outcome.more);
      if (outcome.kind === 'dropped') return;
    }
  }

  /** One try; `again` when the actor was lost on the way. */
  async #attempt(work: CommandWork): Promise<Attempt> {
    const { command } = work;
    const found = await this.#find();
    switch (found.kind) {
      case 'unowned':
        return { kind: 'dropped' };
      case 'lost':
        return { kind: 'again' };
      case 'quarantined':
        return refused(
          'actor.quarantined',
          `${this.#name} is held for inspection: ${found.reason}`,
        );
      case 'absent':
        if (!this.#hosted.kind.creating.has(command.verb))
          return refused(
            'resource.notFound',
            `There is no ${this.#name}; check namespace and name.`,
          );
        return this.#create(work, { kind: 'new', revision: 0, seen: [], outbox: [] });
      case 'tombstone':
        return this.#overTombstone(work, found);
      case 'live':
        if (found.actor.isTombstone) {
          await found.actor.committed();
          const { seen, outbox, revision } = found.actor;
          return this.#overGone(work, { kind: 'new', revision, seen, outbox });
        }
        if (found.actor.outbox.length >= bounds.outboxMax)
          return refused('outbox.full', `${this.#name} cannot publish its events now.`, busy);
        return this.#taken(await found.actor.take(command), work);
    }
  }

  #overTombstone(
    work: CommandWork,
    found: Extract<Found, { kind: 'tombstone' }>,
  ): Promise<Attempt> {
    const { record, revision } = found;
    return this.#overGone(work, {
      kind: 'new',
      revision,
      seen: record.seen,
      outbox: record.outbox,
    });
  }

  /** The resource is gone: a repeat gets its old answer, a creating verb starts a new life, all else is too late. */
  async #overGone(work: CommandWork, origin: Extract<Origin, { kind: 'new' }>): Promise<Attempt> {
    const { command } = work;
    const entry = new Seen(origin.seen, origin.revision).find(command.commandId);
    if (entry) return { kind: 'answered', entry, isRepeat: true };
    if (this.#hosted.kind.creating.has(command.verb)) return this.#create(work, origin);
    return refused(
      'resource.deleted',
      `${this.#name} was deleted; create it again to use the name.`,
    );
  }

  async #create(work: CommandWork, origin: Extract<Origin, { kind: 'new' }>): Promise<Attempt> {
    this.#actor?.cut({ kind: 'stopped' });
    this.#unhandled = undefined;
    const actor = this.#host(this.#house.ports.random.ulid(), origin);
    this.#actor = actor;
    if (actor.fault) this.#cutBy(actor, actor.fault.error);
    else actor.start();
    if (actor.isCut) return this.#taken({ kind: 'poisoned', cut: this.#unhandledCut() }, work);
    return this.#taken(await actor.take(work.command), work);
  }

  async #taken(outcome: TurnOutcome, work: CommandWork): Promise<Attempt> {
    switch (outcome.kind) {
      case 'answered':
        return outcome;
      case 'outside': {
        const { code, message = '', problems, because, allowedNext } = outcome.entry;
        return refused(code, message, {
          ...(problems && { problems }),
          ...(because && { because }),
          ...(allowedNext && { allowedNext }),
        });
      }
      case 'poisoned':
        return this.#poisoned(outcome.cut, work);
      case 'lost':
        return { kind: 'again' };
    }
  }

  async #poisoned(cut: Cut, work: CommandWork): Promise<Attempt> {
    const isTooLarge = cut.kind === 'tooLarge';
    const code = isTooLarge ? 'record.tooLarge' : 'actor.poisoned';
    const message = isTooLarge
      ? `The record of ${this.#name} would have ${cut.bytes} bytes; at most ${bounds.recordBytesMax} are stored.`
      : `The machine of ${this.#name} failed on this message: ${cut.kind === 'poison' ? messageOf(cut.error) : cut.kind}`;
    if (isTooLarge)
      this.#unhandled = undefined; // the message is to blame, not the actor
    else await this.#afterCut(work.command);
    return refused(code, message);
  }

  async #tidy(): Promise<void> {
    const actor = this.#actor;
    if (!actor || actor.isCut) return;
    await actor.tidy();
    if (actor.isTombstone && actor.isIdle()) this.#retire(actor);
  }

  async #rest(): Promise<void> {
    const actor = this.#actor;
    if (!actor?.isIdle() || this.mailbox.size() > 1) return;
    await actor.tidy();
    if (actor.isIdle()) this.#retire(actor);
  }

  #retire(actor: HostedActor): void {
    if (actor.isCut) return;
    const { wakeAtMs } = actor;
    this.#cancelTidy();
    actor.cut({ kind: 'stopped' });
    this.#actor = undefined;
    this.#unhandled = undefined;
    this.#house.onResting(this.key, wakeAtMs);
  }

  // ------------------------------------------------------------------------------------------ find, awaken

  async #find(): Promise<Found> {
    if (this.#quarantine !== undefined) return { kind: 'quarantined', reason: this.#quarantine };
    if (this.#actor && !this.#actor.isCut) return { kind: 'live', actor: this.#actor };
    this.#actor = undefined;
    const stored = await loadRecord(this.#commitOptions(), recordKey(this.key));
    if (stored === 'unowned') return { kind: 'unowned' };
    if (!stored) return { kind: 'absent' };
    const read = readRecord(stored.bytes);
    if (!read.ok) return this.#isolate(`the record cannot be read: ${read.reason}`);
    const { record } = read;
    const { kind } = this.#hosted;
    if (kind.isTombstone(snapshotOf(record)) && record.outbox.length === 0)
      return { kind: 'tombstone', record, revision: stored.revision };
    const doubt = this.#doubt(record);
    if (doubt !== undefined) return this.#isolate(doubt);
    return this.#awaken({ kind: 'stored', record, bytes: stored.bytes, revision: stored.revision });
  }

  #awaken(origin: Extract<Origin, { kind: 'stored' }>): Found {
    const actor = this.#host(origin.record.uid, origin);
    if (actor.fault)
      return this.#isolate(`the snapshot cannot be restored: ${messageOf(actor.fault.error)}`);
    this.#actor = actor;
    actor.start(origin.record.timers);
    return actor.isCut ? { kind: 'lost' } : { kind: 'live', actor };
  }

  /** Why a record must not be awakened by this host; undefined when it may. */
  #doubt(record: ActorRecord): string | undefined {
    const { kind, definitionHash } = this.#hosted;
    const { strikes } = record;
    if (!isRecordOf(record, this.key)) return `the record belongs to ${record.key}`;
    if (record.fence > this.#house.fence)
      return `the record carries fence ${record.fence} from the future of ${this.#house.fence}`;
    if (record.machineId !== kind.machine.id)
      return `the record was written by machine ${record.machineId}`;
    if (record.machineVersion !== kind.version)
      return `no migration leads from version ${record.machineVersion} to ${kind.version}`;
    if (record.definitionHash !== definitionHash)
      return `the chart changed without a new version (still ${kind.version})`;
    if (strikes && strikes.count >= bounds.strikesMax && strikes.machineVersion === kind.version)
      return `${strikes.count} turns failed, last: ${strikes.message}`;
    const drifts = check(kind.machine, record);
    if (drifts.length === 0) return undefined;
    return drifts.map(({ code, path, text }) => `${code} ${path}: ${text}`).join('; ');
  }

  #isolate(reason: string): Found {
    this.#quarantine = reason;
    this.#log('error', { reason }, 'quarantined: the actor is not started');
    return { kind: 'quarantined', reason };
  }

  #host(uid: string, origin: Origin): HostedActor {
    const { clock, fence, hostId, owned, ports } = this.#house;
    const actor: HostedActor = new HostedActor(
      {
        ...{ key: this.key, uid, clock, fence, hostId, owned },
        ...this.#hosted,
        ...{ store: ports.store, random: ports.random, telemetry: ports.telemetry },
        publish: (entry) => this.#house.publish(this.key, entry),
        onCommitted: (snapshot, revision) => this.#house.onCommitted(this.key, snapshot, revision),
        onCut: (cut) => this.#noteCut(() => actor, cut),
        onDrained: () => this.#tidyLater(),
      },
      origin,
    );
    return actor;
  }

  #tidyLater(): void {
    this.#cancelTidy();
    this.#cancelTidy = this.#house.clock.after(hosting.tidyAfterMs, () => {
      if (this.#actor && this.#house.owned()) this.mailbox.offer({ kind: 'tidy' }, true);
    });
  }

  // ------------------------------------------------------------------------------------- cut, strike, reply

  #noteCut(actor: () => HostedActor, cut: Cut): void {
    if (cut.kind === 'stopped' || cut.kind === 'unowned') return;
    this.#unhandled = { actor: actor(), cut };
    this.mailbox.offer({ kind: 'wake' }, true);
  }

  #cutBy(actor: HostedActor, error: unknown): void {
    actor.cut({ kind: 'poison', error });
  }

  #unhandledCut(): Cut {
    return this.#unhandled?.cut ?? { kind: 'stopped' };
  }

  /** Counts strikes and stale writes of an actor that was cut, once. `culprit` is the command that did it, if one did. */
  async #afterCut(culprit?: Command): Promise<void> {
    const unhandled = this.#unhandled;
    if (!unhandled) return;
    this.#unhandled = undefined;
    const { actor, cut } = unhandled;
    await actor.settled();
    if (cut.kind === 'poison' || cut.kind === 'tooLarge') await this.#strike(cut, culprit);
    if (cut.kind !== 'stale') return;
    this.#staleInARow += 1;
    if (this.#staleInARow > bounds.staleReloadsMax)
      this.#house.giveUp(`somebody else keeps writing ${this.#name}`);
  }

  /** One more strike over the last good record, with the culprit's answer, so that its redelivery is not run again. */
  async #strike(
    cut: Extract<Cut, { kind: 'poison' | 'tooLarge' }>,
    culprit?: Command,
  ): Promise<void> {
    const message = cut.kind === 'poison' ? messageOf(cut.error) : `record of ${cut.bytes} bytes`;
    const code = cut.kind === 'poison' ? 'actor.poisoned' : 'record.tooLarge';
    const { kind } = this.#hosted;
    const correlationId = culprit?.correlationId ?? '';
    this.#log(
      'error',
      { correlationId, commandId: culprit?.commandId, reason: message },
      'poison: the turn was discarded',
    );
    this.#house.ports.telemetry.count('fairlead_poison_total', { kind: kind.name });
    for (;;) {
      const stored = await loadRecord(this.#commitOptions(), recordKey(this.key));
      if (stored === 'unowned' || !stored) return; // a creation that failed leaves nothing behind
      const read = readRecord(stored.bytes);
      if (!read.ok) return;
      const seen = new Seen(read.record.seen, stored.revision);
      if (culprit) seen.add({ id: culprit.commandId, code, correlationId, message });
      const strikes = this.#nextStrikes(read.record.strikes, code, message);
      const bytes = JSON.stringify({ ...read.record, seen: seen.list(), strikes });
      const key = recordKey(this.key);
      const outcome = await commit(this.#commitOptions(), key, bytes, stored.revision);
      if (outcome.kind !== 'stale') return;
    }
  }

  #nextStrikes(last: Strikes | null, code: string, message: string): Strikes {
    const atMs = this.#house.clock.nowMs();
    const machineVersion = this.#hosted.kind.version;
    const counts =
      last?.machineVersion === machineVersion && atMs - last.atMs < hosting.strikeWindowMs;
    return { count: counts ? last.count + 1 : 1, code, message, atMs, machineVersion };
  }

  async #refuse(
    work: CommandWork,
    code: string,
    message: string,
    more: Partial<ProblemFields> = {},
  ) {
    const { command, delivery } = work;
    const { correlationId } = command;
    const told = problem(code, { ...more, message, correlationId, actor: this.#name });
    await refuse(this.#post(), delivery, command, told);
  }

  #post(): Post {
    const { ports, clock, owned } = this.#house;
    return { bus: ports.bus, telemetry: ports.telemetry, clock, owned };
  }

  #commitOptions(): CommitOptions {
    const { ports, clock, owned } = this.#house;
    return { store: ports.store, telemetry: ports.telemetry, clock, owned };
  }

  #log(level: 'error' | 'warn' | 'info', fields: object, text: string): void {
    const named = { actor: this.#name, correlationId: '', ...fields };
    this.#house.ports.telemetry.log(level, named, text);
  }
}

type Attempt =
  | Extract<TurnOutcome, { kind: 'answered' }>
  | {
      readonly kind: 'refused';
      readonly code: string;
      readonly message: string;
      readonly more: Partial<ProblemFields>;
    }
  | { readonly kind: 'again' }
  | { readonly kind: 'dropped' };

const refused = (code: string, message: string, more: Partial<ProblemFields> = {}): Attempt => ({
  ...{ kind: 'refused', code, message, more },
});

const busy = { retryAfterMs: hosting.busyRetryAfterMs };
