/** What a host keeps about one key while it is busy with it: mailbox, hosted actor, and what to do when that is cut. */
import { keyText } from '../machines/ids.ts';
import type { ResourceKey } from '../machines/ids.ts';
import { bounds, hosting } from '../machines/limits.ts';
import type { Cut } from './commit-gate.ts';
import type { CommitOptions } from './commit.ts';
import type { Command } from './envelope.ts';
import { messageOf, problem } from './faults.ts';
import { HostedActor } from './hosted-actor.ts';
import type { HostedKind, Household, RestCause, Work } from './household.ts';
import { Losses } from './losses.ts';
import { Mailbox } from './mailbox.ts';
import type { Cancel } from './ports.ts';
import * as refusals from './refusals.ts';
import type { Refusal } from './refusals.ts';
import { refuse, replyOf, settle } from './replies.ts';
import { Seen } from './seen.ts';
import { storedLife } from './stored-life.ts';
import type { NewLife, Origin } from './stored-life.ts';
import type { TurnOutcome } from './turn-outcome.ts';

type CommandWork = Extract<Work, { kind: 'command' }>;
type RestWork = Extract<Work, { kind: 'rest' }>;

/** As counted when it comes back into memory. */
const wakeCauses: Readonly<Partial<Record<Work['kind'], string>>> = {
  ...{ command: 'command', observation: 'observation', wake: 'timer' },
};

type Found =
  | { readonly kind: 'live'; readonly actor: HostedActor }
  | { readonly kind: 'absent' }
  | { readonly kind: 'tombstone'; readonly origin: NewLife }
  | { readonly kind: 'quarantined'; readonly reason: string }
  /** It failed while starting; its strike comes first. */
  | { readonly kind: 'lost' }
  /** Ownership is gone: drop everything silently. */
  | { readonly kind: 'unowned' };

type Attempt =
  | Extract<TurnOutcome, { kind: 'answered' }>
  | Refusal
  | { readonly kind: 'again' }
  | { readonly kind: 'dropped' };

export class Resident {
  readonly key: ResourceKey;
  readonly mailbox: Mailbox<Work>;
  readonly #hosted: HostedKind;
  readonly #house: Household;
  readonly #name: string;
  readonly #losses: Losses;
  #actor: HostedActor | undefined;
  #quarantine: string | undefined;
  #cancelTidy: Cancel = () => undefined;

  constructor(key: ResourceKey, hosted: HostedKind, house: Household) {
    this.key = key;
    this.#hosted = hosted;
    this.#house = house;
    this.#name = keyText(key);
    this.#losses = new Losses(key, hosted, house);
    this.mailbox = new Mailbox<Work>({
      itemsMax: bounds.mailboxMax,
      clock: house.clock,
      handle: (work) => this.#handle(work),
      onIdle: () => {
        // What was cut, as a creation that was refused, is read again when somebody wants it.
        if (!this.isAwake && this.#quarantine === undefined) house.onEmpty(key);
      },
      onError: (thrown) => this.#tellBug(thrown),
    });
  }

  get isLoaded(): boolean {
    return this.#actor !== undefined;
  }
  /** In memory and not cut: its own timers run. */
  get isAwake(): boolean {
    return this.#actor?.isCut === false;
  }
  get isQuarantined(): boolean {
    return this.#quarantine !== undefined;
  }
  get outboxSize(): number {
    return this.#actor?.outbox.length ?? 0;
  }

  /** Asks it to leave memory: not while it works, nor when its next deadline is nearer than `awayMinMs`. */
  rest(cause: RestCause, awayMinMs: number): void {
    if (this.mailbox.isIdle()) this.mailbox.offer({ kind: 'rest', cause, awayMinMs }, true);
  }

  /** Resolves when everything that changed is stored, or never will be. */
  async settled(): Promise<void> {
    await this.#actor?.committed();
  }

  /** Ends for good: ownership is over, or the host stops. */
  close(cut: Cut): void {
    this.mailbox.close();
    this.#cancelTidy();
    this.#actor?.cut(cut);
  }

  /** Waits for a place among the turns of its kind. */
  async #handle(work: Work): Promise<void> {
    const { turns } = this.#hosted;
    await turns.enter();
    try {
      await this.#turn(work);
    } finally {
      turns.leave();
      if (work.kind === 'wake') work.done?.();
    }
  }

  async #turn(work: Work): Promise<void> {
    await this.#afterCut();
    if (work.kind === 'command') return this.#guarded(work);
    if (work.kind === 'tidy') return this.#tidy();
    if (work.kind === 'rest') return this.#rest(work);
    if (work.kind === 'observation') return this.#observe(work.event);
    await this.#find(work);
  }

  /**
   * Again after a write that was stale: whoever looks tells only what has changed, so it would not be told twice. Not after
   * poison, which would be poison again.
   */
  async #observe(event: { readonly type: string }): Promise<void> {
    for (let isAgain = true; isAgain && this.#house.owned();) {
      const found = await this.#find({ kind: 'observation', event });
      if (found.kind !== 'live' || found.actor.isTombstone) return;
      await found.actor.observe(event);
      isAgain = this.#losses.cut?.kind === 'stale';
      await this.#afterCut();
    }
  }

  /** A bug of hosting itself must not leave a message in the stream for ever. */
  async #guarded(work: CommandWork): Promise<void> {
    try {
      await this.#command(work);
    } catch (thrown) {
      this.#tellBug(thrown);
      this.#actor?.cut({ kind: 'stopped' });
      this.mailbox.offer({ kind: 'wake' }, true);
      await this.#refuse(work, refusals.refused('internal.assertion', messageOf(thrown)));
    }
  }

  async #command(work: CommandWork): Promise<void> {
    for (let isAgain = false; this.#house.owned(); isAgain = true) {
      const attempt = await this.#attempt(work);
      await this.#afterCut();
      if (attempt.kind === 'refused') return this.#refuse(work, attempt);
      if (attempt.kind === 'dropped') return;
      if (attempt.kind === 'again') continue;
      this.#losses.answered();
      const { entry, isRepeat } = attempt;
      if (entry.code === 'actor.poisoned')
        return this.#refuse(work, refusals.refused(entry.code, entry.message ?? ''));
      const reply = replyOf(entry, this.#name, isRepeat && !isAgain);
      settle(this.#house, work.delivery, work.command, reply);
      return;
    }
  }

  /** One try; `again` when the actor was lost on the way. */
  async #attempt(work: CommandWork): Promise<Attempt> {
    const { command } = work;
    const found = await this.#find(work);
    switch (found.kind) {
      case 'unowned':
        return { kind: 'dropped' };
      case 'lost':
        return { kind: 'again' };
      case 'quarantined':
        return refusals.quarantined(this.#name, found.reason);
      case 'absent':
        if (this.#hosted.kind.creating.has(command.verb))
          return this.#create(command, { kind: 'new', revision: 0, seen: [], outbox: [] });
        return refusals.notFound(this.#name);
      case 'tombstone':
        return this.#afterLife(command, found.origin);
      case 'live':
        return this.#hand(command, found.actor);
    }
  }

  async #hand(command: Command, actor: HostedActor): Promise<Attempt> {
    if (actor.isTombstone) {
      if (!(await actor.committed())) return { kind: 'again' };
      const { seen, outbox, revision, snapshot: before } = actor;
      return this.#afterLife(command, { kind: 'new', revision, seen, outbox, before });
    }
    const retryAfterMs = this.#holdBackMs(command, actor);
    if (retryAfterMs !== undefined) return refusals.heldBack(command.verb, retryAfterMs);
    if (actor.outbox.length >= bounds.outboxMax) return refusals.outboxFull(this.#name);
    return this.#taken(await actor.take(command), command);
  }

  /** What was decided already is answered again, whatever the level. */
  #holdBackMs({ verb, commandId }: Command, { seen }: HostedActor): number | undefined {
    if (seen.some(({ id }) => id === commandId)) return undefined;
    return this.#house.watch?.holdBackMs(this.key.kind, verb);
  }

  /** The resource is gone: a repeat gets its old answer, a creating verb starts a new life, all else is too late. */
  async #afterLife(command: Command, origin: NewLife): Promise<Attempt> {
    const entry = new Seen(origin.seen, origin.revision).find(command.commandId);
    if (entry) return { kind: 'answered', entry, isRepeat: true };
    if (this.#hosted.kind.creating.has(command.verb)) return this.#create(command, origin);
    return refusals.deleted(this.#name);
  }

  async #create(command: Command, origin: NewLife): Promise<Attempt> {
    this.#actor?.cut({ kind: 'stopped' });
    const actor = this.#host(this.#house.ports.random.ulid(), origin);
    this.#actor = actor;
    if (actor.fault) actor.cut({ kind: 'poison', error: actor.fault.error });
    else actor.start();
    const { cut } = this.#losses;
    const outcome: TurnOutcome = cut ? { kind: 'poisoned', cut } : await actor.take(command);
    return this.#taken(outcome, command);
  }

  async #taken(outcome: TurnOutcome, command: Command): Promise<Attempt> {
    switch (outcome.kind) {
      case 'answered':
        return outcome;
      case 'outside':
        return refusals.outside(outcome.entry);
      case 'poisoned': {
        // Too large: the message is to blame, not the actor, so it gets no strike.
        if (outcome.cut.kind === 'tooLarge') this.#losses.forgive();
        await this.#afterCut(command);
        return refusals.poisoned(this.#name, outcome.cut);
      }
      case 'lost':
        return { kind: 'again' };
    }
  }

  async #tidy(): Promise<void> {
    const actor = this.#actor;
    if (!actor || actor.isCut) return;
    await actor.tidy();
    if (actor.isTombstone && actor.isIdle()) this.#retire(actor);
  }

  /** Written once more if what was stored is not all: what is published, and so the time at which it is due. */
  async #rest({ cause, awayMinMs }: RestWork): Promise<void> {
    const actor = this.#actor;
    if (!actor?.isIdle() || this.mailbox.size() > 1) return;
    await actor.tidy();
    const { wakeAtMs, isCut } = actor;
    if (isCut || !actor.isIdle() || this.mailbox.size() > 1) return;
    if (wakeAtMs !== null && wakeAtMs < this.#house.clock.nowMs() + awayMinMs) return;
    this.#retire(actor);
    this.#house.ports.telemetry.count('fairlead_actor_rests_total', { cause });
  }

  #retire(actor: HostedActor): void {
    if (actor.isCut) return;
    const { wakeAtMs } = actor;
    this.#cancelTidy();
    actor.cut({ kind: 'stopped' });
    this.#actor = undefined;
    this.#house.onResting(this.key, wakeAtMs);
  }

  async #find(work: Work): Promise<Found> {
    if (this.#quarantine !== undefined) return { kind: 'quarantined', reason: this.#quarantine };
    if (this.#actor && !this.#actor.isCut) return { kind: 'live', actor: this.#actor };
    const wasCut = this.#actor !== undefined;
    this.#actor = undefined;
    const life = await storedLife(this.#commitOptions(), this.key, this.#hosted, this.#house.fence);
    if (life.kind === 'doubtful') return this.#isolate(life.reason);
    if (life.kind !== 'stored') return life;
    const cause = wakeCauses[work.kind];
    if (!wasCut && cause !== undefined)
      this.#house.ports.telemetry.count('fairlead_actor_wakes_total', { cause });
    return this.#awaken(life);
  }

  #awaken(origin: Extract<Origin, { kind: 'stored' }>): Found {
    const actor = this.#host(origin.record.uid, origin);
    if (actor.fault)
      return this.#isolate(`the snapshot cannot be restored: ${messageOf(actor.fault.error)}`);
    this.#actor = actor;
    actor.start(origin.record.timers);
    return actor.isCut ? { kind: 'lost' } : { kind: 'live', actor };
  }

  #isolate(reason: string): Found {
    this.#quarantine = reason;
    this.#log({ reason }, 'quarantined: the actor is not started');
    return { kind: 'quarantined', reason };
  }

  #host(uid: string, origin: Origin): HostedActor {
    const { clock, fence, hostId, owned, ports, steps, watch } = this.#house;
    const actor: HostedActor = new HostedActor(
      {
        ...{ key: this.key, uid, clock, fence, hostId, owned },
        ...this.#hosted,
        ...{ store: ports.store, random: ports.random, telemetry: ports.telemetry },
        ...(steps && { steps }),
        publish: (entry) => this.#house.publish(this.key, entry),
        onCommitted: (...told) => this.#house.onCommitted(this.key, ...told),
        onCut: (cut) => {
          if (cut.kind === 'stopped' || cut.kind === 'unowned') return;
          this.#losses.note(actor, cut);
          this.mailbox.offer({ kind: 'wake' }, true);
        },
        onDrained: () => this.#tidyLater(),
        ...(watch && { onTurn: (ms) => watch.turned(ms) }),
        onReport: (report) => watch?.reported?.(this.key, report),
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

  #afterCut(culprit?: Command): Promise<void> {
    return this.#losses.settle(this.#commitOptions(), culprit);
  }

  async #refuse(work: CommandWork, { code, message, more }: Refusal) {
    const { command, delivery } = work;
    const { correlationId } = command;
    const told = problem(code, { ...more, message, correlationId, actor: this.#name });
    await refuse(this.#house, delivery, command, told);
  }

  #commitOptions(): CommitOptions {
    const { ports, clock, owned } = this.#house;
    return { store: ports.store, telemetry: ports.telemetry, clock, owned };
  }

  #tellBug(thrown: unknown): void {
    this.#log({ reason: messageOf(thrown) }, 'a turn failed inside hosting');
  }

  #log(fields: object, text: string): void {
    const named = { actor: this.#name, correlationId: '', ...fields };
    this.#house.ports.telemetry.log('error', named, text);
  }
}
