/** What a host keeps about one key while it is busy with it: a mailbox, and each piece of work in its turn. */
import { keyText } from '../machines/ids.ts';
import type { ResourceKey } from '../machines/ids.ts';
import { bounds } from '../machines/limits.ts';
import type { Cut } from './commit-gate.ts';
import type { Command } from './envelope.ts';
import { messageOf, problem } from './faults.ts';
import type { HostedActor } from './hosted-actor.ts';
import type { HostedKind, Household, RestCause, Work } from './household.ts';
import { Life } from './life.ts';
import type { LifeParts } from './life.ts';
import { Mailbox } from './mailbox.ts';
import * as refusals from './refusals.ts';
import type { Refusal } from './refusals.ts';
import { refuse, replyOf, settle, wasRefused } from './replies.ts';
import { Seen } from './seen.ts';
import type { NewLife } from './stored-life.ts';
import type { TurnOutcome } from './turn-outcome.ts';

type CommandWork = Extract<Work, { kind: 'command' }>;

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
  readonly #life: Life;

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
        // What was cut, as a creation that was refused, is read again when somebody wants it.
        if (!this.isAwake && !this.isQuarantined) house.onEmpty(key);
      },
      onError: (thrown) => this.#tellBug(thrown),
    });
    const offer: LifeParts['offer'] = (work) => void this.mailbox.offer(work, true);
    this.#life = new Life({ key, hosted, house, offer });
  }

  get isLoaded(): boolean {
    return this.#life.isLoaded;
  }
  /** In memory and not cut: its own timers run. */
  get isAwake(): boolean {
    return this.#life.isAwake;
  }
  get isQuarantined(): boolean {
    return this.#life.isQuarantined;
  }
  get outboxSize(): number {
    return this.#life.outboxSize;
  }

  /** Asks it to leave memory: not while it works, nor when its next deadline is nearer than `awayMinMs`. */
  rest(cause: RestCause, awayMinMs: number): void {
    if (this.mailbox.isIdle()) this.mailbox.offer({ kind: 'rest', cause, awayMinMs }, true);
  }

  /** Resolves when everything that changed is stored, or never will be. */
  settled(): Promise<void> {
    return this.#life.settled();
  }

  /** Ends for good: ownership is over, or the host stops. */
  close(cut: Cut): void {
    this.mailbox.close();
    this.#life.close(cut);
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
    await this.#life.afterCut();
    if (work.kind === 'command') return this.#guarded(work);
    if (work.kind === 'tidy') return this.#life.tidy();
    if (work.kind === 'rest') return this.#rest(work.cause, work.awayMinMs);
    if (work.kind === 'observation') return this.#observe(work.event);
    await this.#life.find(work.kind);
  }

  /**
   * Again after a write that was stale: whoever looks tells only what has changed, so it would not be told twice. Not after
   * poison, which would be poison again.
   */
  async #observe(event: { readonly type: string }): Promise<void> {
    for (let isAgain = true; isAgain && this.#house.owned();) {
      const found = await this.#life.find('observation');
      if (found.kind !== 'live' || found.actor.isTombstone) return;
      await found.actor.observe(event);
      isAgain = this.#life.losses.cut?.kind === 'stale';
      await this.#life.afterCut();
    }
  }

  /** A bug of hosting itself must not leave a message in the stream for ever. */
  async #guarded(work: CommandWork): Promise<void> {
    try {
      await this.#command(work);
    } catch (thrown) {
      this.#tellBug(thrown);
      this.#life.cut({ kind: 'stopped' });
      this.mailbox.offer({ kind: 'wake' }, true);
      await this.#refuse(work, refusals.refused('internal.assertion', messageOf(thrown)));
    }
  }

  async #command(work: CommandWork): Promise<void> {
    if (await wasRefused(this.#house, work.delivery, work.command)) return;
    for (let isAgain = false; this.#house.owned(); isAgain = true) {
      const attempt = await this.#attempt(work);
      await this.#life.afterCut();
      if (attempt.kind === 'refused') return this.#refuse(work, attempt);
      if (attempt.kind === 'dropped') return;
      if (attempt.kind === 'again') continue;
      this.#life.losses.answered();
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
    const found = await this.#life.find('command');
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
    // What was decided already is answered again, whatever the level and however much waits to be published.
    const isDecided = actor.seen.some(({ id }) => id === command.commandId);
    const refusal = isDecided ? undefined : this.#refusalNow(command, actor);
    return refusal ?? this.#taken(await actor.take(command), command);
  }

  #refusalNow({ verb }: Command, { outbox }: HostedActor): Refusal | undefined {
    const retryAfterMs = this.#house.watch?.holdBackMs(this.key.kind, verb);
    if (retryAfterMs !== undefined) return refusals.heldBack(verb, retryAfterMs);
    return outbox.length >= bounds.outboxMax ? refusals.outboxFull(this.#name) : undefined;
  }

  /** The resource is gone: a repeat gets its old answer, a creating verb starts a new life, all else is too late. */
  async #afterLife(command: Command, origin: NewLife): Promise<Attempt> {
    const entry = new Seen(origin.seen, origin.revision).find(command.commandId);
    if (entry) return { kind: 'answered', entry, isRepeat: true };
    if (this.#hosted.kind.creating.has(command.verb)) return this.#create(command, origin);
    return refusals.deleted(this.#name);
  }

  async #create(command: Command, origin: NewLife): Promise<Attempt> {
    const actor = this.#life.begin(origin);
    const { cut } = this.#life.losses;
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
        if (outcome.cut.kind === 'tooLarge') this.#life.losses.forgive();
        await this.#life.afterCut(command);
        return refusals.poisoned(this.#name, outcome.cut);
      }
      case 'lost':
        return { kind: 'again' };
    }
  }

  async #rest(cause: RestCause, awayMinMs: number): Promise<void> {
    if (!(await this.#life.rest(awayMinMs, () => this.mailbox.size() > 1))) return;
    this.#house.ports.telemetry.count('fairlead_actor_rests_total', { cause });
  }

  async #refuse(work: CommandWork, { code, message, more }: Refusal) {
    const { command, delivery } = work;
    const { correlationId } = command;
    const told = problem(code, { ...more, message, correlationId, actor: this.#name });
    await refuse(this.#house, delivery, command, told);
  }

  #tellBug(thrown: unknown): void {
    const fields = { actor: this.#name, correlationId: '', reason: messageOf(thrown) };
    this.#house.ports.telemetry.log('error', fields, 'a turn failed inside hosting');
  }
}
