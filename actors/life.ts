/** The actor of one key in and out of memory: found in the store, awakened, put to rest, and what is done when it is cut. */
import { keyText } from '../machines/ids.ts';
import type { ResourceKey } from '../machines/ids.ts';
import { hosting } from '../machines/limits.ts';
import type { Cut } from './commit-gate.ts';
import type { CommitOptions } from './commit.ts';
import type { Command } from './envelope.ts';
import { messageOf } from './faults.ts';
import { HostedActor } from './hosted-actor.ts';
import type { HostedKind, Household, Work } from './household.ts';
import { Losses } from './losses.ts';
import type { Cancel } from './ports.ts';
import { storedLife } from './stored-life.ts';
import type { NewLife, Origin } from './stored-life.ts';

/** As counted when it comes back into memory. */
const wakeCauses: Readonly<Partial<Record<Work['kind'], string>>> = {
  ...{ command: 'command', observation: 'observation', wake: 'timer' },
};

export type Found =
  | { readonly kind: 'live'; readonly actor: HostedActor }
  | { readonly kind: 'absent' }
  | { readonly kind: 'tombstone'; readonly origin: NewLife }
  | { readonly kind: 'quarantined'; readonly reason: string }
  /** It failed while starting; its strike comes first. */
  | { readonly kind: 'lost' }
  /** Ownership is gone: drop everything silently. */
  | { readonly kind: 'unowned' };

export interface LifeParts {
  readonly key: ResourceKey;
  readonly hosted: HostedKind;
  readonly house: Household;
  /** Brings `wake` or `tidy` to its turn. */
  readonly offer: (work: Extract<Work, { kind: 'wake' | 'tidy' }>) => void;
}

export class Life {
  readonly losses: Losses;
  readonly #parts: LifeParts;
  #actor: HostedActor | undefined;
  #quarantine: string | undefined;
  #cancelTidy: Cancel = () => undefined;

  constructor(parts: LifeParts) {
    this.#parts = parts;
    this.losses = new Losses(parts.key, parts.hosted, parts.house);
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

  /** Resolves when everything that changed is stored, or never will be. */
  async settled(): Promise<void> {
    await this.#actor?.committed();
  }

  /** What has changed in memory since the last write is gone; the next to ask for it reads it again. */
  cut(cut: Cut): void {
    this.#actor?.cut(cut);
  }

  close(cut: Cut): void {
    this.#cancelTidy();
    this.cut(cut);
  }

  async find(cause: Work['kind']): Promise<Found> {
    if (this.#quarantine !== undefined) return { kind: 'quarantined', reason: this.#quarantine };
    if (this.#actor && !this.#actor.isCut) return { kind: 'live', actor: this.#actor };
    const wasCut = this.#actor !== undefined;
    this.#actor = undefined;
    const { key, hosted, house } = this.#parts;
    const life = await storedLife(this.#commitOptions(), key, hosted, house.fence);
    if (life.kind === 'doubtful') return this.#isolate(life.reason);
    if (life.kind !== 'stored') return life;
    const wakeCause = wakeCauses[cause];
    if (!wasCut && wakeCause !== undefined)
      house.ports.telemetry.count('fairlead_actor_wakes_total', { cause: wakeCause });
    return this.#awaken(life);
  }

  /** A life of its own begins; `losses` tells when it was cut at its very start. */
  begin(origin: NewLife): HostedActor {
    this.cut({ kind: 'stopped' });
    const actor = this.#host(this.#parts.house.ports.random.ulid(), origin);
    this.#actor = actor;
    if (actor.fault) actor.cut({ kind: 'poison', error: actor.fault.error });
    else actor.start();
    return actor;
  }

  /** `culprit` is the command that did it, if one did. */
  afterCut(culprit?: Command): Promise<void> {
    return this.losses.settle(this.#commitOptions(), culprit);
  }

  async tidy(): Promise<void> {
    const actor = this.#actor;
    if (!actor || actor.isCut) return;
    await actor.tidy();
    if (actor.isTombstone && actor.isIdle()) this.#retire(actor);
  }

  /**
   * Leaves memory unless it is wanted or its next deadline is nearer than `awayMinMs`. Written once more if what was stored is
   * not all: what is published, and so the time at which it is due.
   */
  async rest(awayMinMs: number, isWanted: () => boolean): Promise<boolean> {
    const actor = this.#actor;
    if (!actor?.isIdle() || isWanted()) return false;
    await actor.tidy();
    const { wakeAtMs, isCut } = actor;
    if (isCut || !actor.isIdle() || isWanted()) return false;
    if (wakeAtMs !== null && wakeAtMs < this.#parts.house.clock.nowMs() + awayMinMs) return false;
    this.#retire(actor);
    return true;
  }

  #retire(actor: HostedActor): void {
    if (actor.isCut) return;
    const { wakeAtMs } = actor;
    this.#cancelTidy();
    actor.cut({ kind: 'stopped' });
    this.#actor = undefined;
    this.#parts.house.onResting(this.#parts.key, wakeAtMs);
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
    const { key, house } = this.#parts;
    this.#quarantine = reason;
    const fields = { actor: keyText(key), correlationId: '', reason };
    house.ports.telemetry.log('error', fields, 'quarantined: the actor is not started');
    return { kind: 'quarantined', reason };
  }

  #host(uid: string, origin: Origin): HostedActor {
    const { key, hosted, house, offer } = this.#parts;
    const { clock, fence, hostId, owned, ports, steps, watch } = house;
    const actor: HostedActor = new HostedActor(
      {
        ...{ key, uid, clock, fence, hostId, owned },
        ...hosted,
        ...{ store: ports.store, random: ports.random, telemetry: ports.telemetry },
        ...(steps && { steps }),
        publish: (entry) => house.publish(key, entry),
        onCommitted: (...told) => house.onCommitted(key, ...told),
        onCut: (cut) => {
          if (cut.kind === 'stopped' || cut.kind === 'unowned') return;
          this.losses.note(actor, cut);
          offer({ kind: 'wake' });
        },
        onDrained: () => this.#tidyLater(),
        ...(watch && { onTurn: (ms) => watch.turned(ms) }),
        onReport: (report) => watch?.reported?.(key, report),
      },
      origin,
    );
    return actor;
  }

  #tidyLater(): void {
    const { house, offer } = this.#parts;
    this.#cancelTidy();
    this.#cancelTidy = house.clock.after(hosting.tidyAfterMs, () => {
      if (this.#actor && house.owned()) offer({ kind: 'tidy' });
    });
  }

  #commitOptions(): CommitOptions {
    const { ports, clock, owned } = this.#parts.house;
    return { store: ports.store, telemetry: ports.telemetry, clock, owned };
  }
}
