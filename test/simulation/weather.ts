/** What goes wrong just now, and with which of the calls: storms have a place, a kind, a share and an end. */
import type { Chance } from './chance.ts';
import type { WorldClock } from './clock.ts';

/** Whom a host talks to. */
export type Place = 'store' | 'bus' | 'lease' | 'cloud' | 'remote' | 'results';

export type StormKind =
  /** Never arrives; its caller gives up after a while. */
  | 'requestLost'
  /** Done, and nobody hears of it. */
  | 'replyLost'
  /** Its caller has given up long since when it is done. */
  | 'late'
  /** The network delivers it twice. */
  | 'twice'
  /** Takes seconds instead of milliseconds; calls overtake each other. */
  | 'slow'
  /** Refused as if somebody else had written: another write was under way. */
  | 'conflict'
  | 'throttled'
  | 'unavailable'
  | 'denied'
  | 'noCapacity'
  /** Refused by our own circuit: no call goes out. */
  | 'circuit'
  /** Reads show what was, some seconds back. */
  | 'stale'
  /** A node script ends without an answer, or says that it has failed. */
  | 'scriptFails'
  /** New machines die, or take very long. */
  | 'badMachines';

export interface Storm {
  readonly place: Place;
  readonly kind: StormKind;
  /** Of the calls to that place. */
  readonly share: number;
  readonly untilMs: number;
}

/** The whole way is closed, for calls under way as well. */
interface Cut {
  readonly host: string;
  readonly from: 'nats' | 'cloud';
  readonly untilMs: number;
}

const sideOf = (place: Place): Cut['from'] =>
  place === 'cloud' || place === 'remote' ? 'cloud' : 'nats';

export class Weather {
  readonly #clock: WorldClock;
  readonly #chance: Chance;
  #storms: Storm[] = [];
  #cuts: Cut[] = [];

  constructor(clock: WorldClock, chance: Chance) {
    this.#clock = clock;
    this.#chance = chance;
  }

  begin(storm: Storm): void {
    this.#storms.push(storm);
  }

  cut(cut: Cut): void {
    this.#cuts.push(cut);
  }

  /** Everything is well from now on. */
  clear(): void {
    this.#storms = [];
    this.#cuts = [];
  }

  isCut(host: string, place: Place): boolean {
    if (this.#cuts.length === 0) return false;
    const nowMs = this.#clock.monotonicMs();
    this.#cuts = this.#cuts.filter(({ untilMs }) => untilMs > nowMs);
    return this.#cuts.some((each) => each.host === host && each.from === sideOf(place));
  }

  /** Whether this very call meets a storm of one of the kinds. */
  strikes(place: Place, kinds: readonly StormKind[]): StormKind | undefined {
    if (this.#storms.length === 0) return undefined;
    const nowMs = this.#clock.monotonicMs();
    this.#storms = this.#storms.filter(({ untilMs }) => untilMs > nowMs);
    for (const { place: at, kind, share } of this.#storms)
      if (at === place && kinds.includes(kind) && this.#chance.is(share)) return kind;
    return undefined;
  }
}
