/** The way of one call from a host to the world and back, with everything that may befall it there. */
import type { Chance } from './chance.ts';
import type { WorldClock } from './clock.ts';
import type { Life } from './life.ts';
import type { Trace } from './trace.ts';
import type { Place, StormKind, Weather } from './weather.ts';

export interface Wired<T> {
  readonly place: Place;
  readonly name: string;
  readonly detail?: string;
  /** Done once, twice, late or never; what it throws goes back to the caller. */
  readonly apply: () => T;
  /** What the caller gets when no answer comes. */
  readonly lost: (mayHaveHappened: boolean) => Error;
  /** How long the caller waits for an answer that never comes, milliseconds: at least and at most. */
  readonly patienceMs: readonly [number, number];
  /** Of work that takes time in the world itself. */
  readonly takesMs?: number;
}

/** Every way may have these. */
const common: readonly StormKind[] = ['requestLost', 'replyLost', 'late', 'twice', 'slow'];
/** One way, milliseconds. */
const usualMs = [1, 6] as const;
const slowMs = [500, 4_000] as const;
/** How much later than its caller has given up a late call is done at most. */
const lateMaxMs = 8_000;

export class Wire {
  readonly clock: WorldClock;
  readonly weather: Weather;
  readonly trace: Trace;
  readonly chance: Chance;
  /** What is done just now is done for nobody: its caller has long given up, or has had its answer. */
  isLanding = false;

  constructor(parts: { clock: WorldClock; weather: Weather; trace: Trace; chance: Chance }) {
    this.clock = parts.clock;
    this.weather = parts.weather;
    this.trace = parts.trace;
    this.chance = parts.chance;
  }

  /** Resolves, rejects, or stays open for ever where the process dies. */
  call<T>(life: Life, wired: Wired<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const { place, name, detail = '' } = wired;
      if (!life.cross(`> ${name}`)) return;
      this.trace.note(life.name, name, detail);
      const fault = this.#faultOf(life, wired);
      const back = (run: () => void): void => {
        life.enter(`< ${name}`, run);
      };
      const unheard = (isDone: boolean, afterMs: number): void => {
        this.clock.after(afterMs, () => {
          back(() => {
            reject(wired.lost(isDone));
          });
        });
      };
      const goMs = this.#wayMs(fault) + (wired.takesMs ?? 0);
      const giveUpMs = this.chance.whole(...wired.patienceMs);
      if (fault === 'requestLost') {
        unheard(true, giveUpMs);
        return;
      }
      if (fault === 'late') {
        unheard(true, giveUpMs);
        this.clock.after(giveUpMs + this.chance.whole(0, lateMaxMs), () => this.#quietly(wired));
        return;
      }
      this.clock.after(goMs, () => {
        const answer = outcomeOf(wired.apply);
        if (fault === 'twice')
          this.clock.after(this.chance.whole(1, 3_000), () => this.#quietly(wired));
        if (fault === 'replyLost') {
          unheard(true, giveUpMs);
          return;
        }
        this.clock.after(this.#wayMs(fault), () => {
          if (this.weather.isCut(life.host, place)) {
            unheard(true, giveUpMs);
            return;
          }
          back(() => {
            if (answer.ok) resolve(answer.value);
            else reject(asError(answer.thrown));
          });
        });
      });
    });
  }

  /** One way, without an answer: arrives after a while, or not at all. */
  post(life: Life, place: Place, name: string, arrive: () => void): void {
    if (!life.cross(`> ${name}`)) return;
    this.trace.note(life.name, name);
    const fault = this.#faultOf(life, { place, name });
    if (fault === 'requestLost' || fault === 'replyLost') return;
    this.clock.after(this.#wayMs(fault === undefined ? undefined : 'slow'), arrive);
  }

  #faultOf(life: Life, { place, name }: { place: Place; name: string }): StormKind | undefined {
    if (this.weather.isCut(life.host, place)) {
      this.trace.fault('cut', life.name, name);
      return 'requestLost';
    }
    const fault = this.weather.strikes(place, common);
    if (fault !== undefined) this.trace.fault(`${place}.${fault}`, life.name, name);
    return fault;
  }

  #wayMs(fault: StormKind | undefined): number {
    const [min, max] = fault === 'slow' ? slowMs : usualMs;
    return this.chance.whole(min, max);
  }

  /** Nobody waits for it any more. */
  #quietly(wired: Wired<unknown>): void {
    this.isLanding = true;
    const answer = outcomeOf(wired.apply);
    this.isLanding = false;
    this.trace.note('world', `${wired.name} lands late`, answer.ok ? 'done' : 'refused');
  }
}

/** What is thrown here is an error already; the type does not say so. */
export const asError = (thrown: unknown): Error =>
  thrown instanceof Error ? thrown : new Error(String(thrown));

type Outcome<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly thrown: unknown };

function outcomeOf<T>(apply: () => T): Outcome<T> {
  try {
    return { ok: true, value: apply() };
  } catch (thrown) {
    return { ok: false, thrown };
  }
}
