/** The world of the simulation without its stories, for contracts: its clock runs by itself, far faster than ours. */
import { Chance } from '../../simulation/chance.ts';
import { WorldClock } from '../../simulation/clock.ts';
import { Life } from '../../simulation/life.ts';
import { Trace } from '../../simulation/trace.ts';
import { Weather } from '../../simulation/weather.ts';
import type { Place, StormKind } from '../../simulation/weather.ts';
import { Wire } from '../../simulation/wire.ts';

/** Virtual milliseconds for each turn of the real event loop or so. */
const stepMs = 20;

export class SimulatedWorld {
  readonly clock = new WorldClock();
  readonly trace = new Trace(this.clock);
  readonly weather: Weather;
  readonly wire: Wire;
  readonly #running: Promise<void>;
  #isRunning = true;

  constructor() {
    const { clock, trace } = this;
    const chance = new Chance(1);
    this.weather = new Weather(clock, chance.fork('weather'));
    this.wire = new Wire({ clock, trace, weather: this.weather, chance: chance.fork('wire') });
    this.#running = this.#run();
  }

  life(host: string, number = 1): Life {
    const { clock } = this;
    return new Life({ host, number, clock, skewMs: () => 0, onDeath: () => undefined });
  }

  /** Befalls every call to the place that is made before time goes on. */
  strikeNow(place: Place, kind: StormKind): void {
    this.weather.begin({ place, kind, share: 1, untilMs: this.clock.monotonicMs() + 1 });
  }

  /** From NATS, until the weather is cleared. */
  cutOff(host: string): void {
    this.weather.cut({ host, from: 'nats', untilMs: Infinity });
  }

  /** So many virtual milliseconds. */
  pass(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.clock.after(ms, resolve);
    });
  }

  async stop(): Promise<void> {
    this.#isRunning = false;
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#isRunning) {
      await this.clock.advance(stepMs);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
}
