/** An actor that was cut with a turn unstored: told, counted and, when the turn was poison, marked on its record, once. */
import { keyText } from '../machines/ids.ts';
import type { ResourceKey } from '../machines/ids.ts';
import { bounds } from '../machines/limits.ts';
import type { Cut } from './commit-gate.ts';
import type { CommitOptions } from './commit.ts';
import type { Command } from './envelope.ts';
import type { HostedActor } from './hosted-actor.ts';
import type { HostedKind, Household } from './household.ts';
import { observationId } from './observation-id.ts';
import { blame, strike } from './strikes.ts';

export class Losses {
  readonly #key: ResourceKey;
  readonly #hosted: HostedKind;
  readonly #house: Household;
  /** The cut that still has to be dealt with, in the mailbox's order. */
  #open: { readonly actor: HostedActor; readonly cut: Cut } | undefined;
  #staleInARow = 0;

  constructor(key: ResourceKey, hosted: HostedKind, house: Household) {
    this.#key = key;
    this.#hosted = hosted;
    this.#house = house;
  }

  get cut(): Cut | undefined {
    return this.#open?.cut;
  }

  note(actor: HostedActor, cut: Cut): void {
    this.#open = { actor, cut };
  }

  /** The message is to blame, not the actor. */
  forgive(): void {
    this.#open = undefined;
  }

  /** A turn was stored: whoever wrote in between has stopped. */
  answered(): void {
    this.#staleInARow = 0;
  }

  /** `culprit` is the command that did it, if one did. */
  async settle(options: CommitOptions, culprit?: Command): Promise<void> {
    const open = this.#open;
    if (!open) return;
    this.#open = undefined;
    const { actor, cut } = open;
    await actor.settled();
    if (culprit === undefined) this.#report(cut);
    if (cut.kind === 'stale') {
      this.#stale();
      return;
    }
    const { commandId, correlationId = '' } = culprit ?? {};
    const named = { actor: keyText(this.#key), correlationId, commandId };
    const { telemetry } = this.#house.ports;
    telemetry.log('error', { ...named, reason: blame(cut).message }, discarded);
    const { name, version } = this.#hosted.kind;
    telemetry.count('fairlead_poison_total', { kind: name });
    await strike(options, this.#key, version, cut, culprit);
  }

  #stale(): void {
    this.#staleInARow += 1;
    if (this.#staleInARow > bounds.staleReloadsMax)
      this.#house.giveUp(`somebody else keeps writing ${keyText(this.#key)}`);
  }

  /** Of a turn that no command began; those are told where they are answered. */
  #report(cut: Cut): void {
    this.#house.watch?.reported?.(this.#key, {
      ...{
        by: 'result',
        ms: 0,
        correlationId: observationId(this.#key, this.#house.clock.nowMs()),
      },
      failed: cut.kind === 'stale' ? 'store' : 'poison',
    });
  }
}

const discarded = 'poison: the turn was discarded';
