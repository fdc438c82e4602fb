/** A whole service in one process and virtual time: hosts over shared stream, bucket, leases and cloud, all of one seed. */
import { SimBus } from './bus.ts';
import { Chance } from './chance.ts';
import { WorldClock } from './clock.ts';
import { Estate } from './cloud/estate.ts';
import { MachinePark } from './cloud/machines.ts';
import { checkers } from './checkers/all.ts';
import { Ground } from './ground.ts';
import type { Checker } from './ground.ts';
import { SimHost } from './host.ts';
import type { Bound } from './kinds.ts';
import { SimLeases } from './leases.ts';
import { Outlets } from './outlets.ts';
import { Scene } from './scene.ts';
import { SimBucket } from './store.ts';
import type { Story } from './story.ts';
import { SimStream } from './stream.ts';
import { SimTelemetry } from './telemetry.ts';
import { Trace } from './trace.ts';
import { Users } from './users.ts';
import { SimVolumes } from './volumes.ts';
import { Weather } from './weather.ts';
import { Wire } from './wire.ts';

/** A bug planted in what lies around the rings. */
export interface PortMutant {
  /** Around the ports of each process. */
  readonly around?: (ports: Bound) => Bound;
  /** Once, before anything begins. */
  readonly world?: (world: World) => void;
}

export interface WorldOptions {
  readonly story: Story;
  readonly follow?: (line: string) => void;
  readonly mutant?: PortMutant;
}

/** What is wrong once is wrong again at the next look. */
const problemsMax = 20;
/** Between two looks of the judges of replications. */
const lookMs = 30_000;

export class World {
  readonly clock = new WorldClock();
  readonly chance: Chance;
  readonly trace: Trace;
  readonly weather: Weather;
  readonly store: SimBucket;
  readonly stream: SimStream;
  readonly outlets: Outlets;
  readonly leases: SimLeases;
  readonly bus: SimBus;
  readonly park: MachinePark;
  readonly estate = new Estate();
  readonly users: Users;
  readonly volumes: SimVolumes;
  readonly ground: Ground;
  readonly hosts: SimHost[];
  readonly scenes: Scene[] = [];
  readonly problems: string[] = [];
  readonly #checkers: readonly Checker[];
  readonly #story: Story;

  constructor({ story, follow, mutant = {} }: WorldOptions) {
    const { cast, seed } = story;
    const { clock } = this;
    this.#story = story;
    this.chance = new Chance(seed);
    this.trace = new Trace(clock, follow);
    this.weather = new Weather(clock, this.chance.fork('weather'));
    const parts = { clock, weather: this.weather, trace: this.trace };
    const wire = new Wire({ ...parts, chance: this.chance.fork('wire') });
    this.store = new SimBucket('store', wire, (stored) => {
      const written = this.ground.read(stored);
      for (const each of this.#checkers) each.written?.(written);
      this.scenes
        .find(({ key }) => written.actor.endsWith(`/${key.namespace}/${key.name}`))
        ?.look();
    });
    const results = new SimBucket('results', wire);
    this.stream = new SimStream(clock, this.trace, (left) => {
      for (const each of this.#checkers) each.left?.(left);
    });
    this.outlets = new Outlets(clock);
    this.leases = new SimLeases(wire, cast.leaseTtlMs);
    this.bus = new SimBus(wire, this.stream, this.outlets);
    this.park = new MachinePark(wire, () => {
      for (const each of this.#checkers) each.moved?.();
    });
    this.users = new Users(clock, this.stream, this.outlets);
    this.volumes = new SimVolumes(wire, (account, name, input) => {
      const scene = this.scenes.find(({ cloud }) => cloud.name === account);
      const stored = this.ground.bytesOf(
        `replication/${scene?.key.namespace ?? ''}/${scene?.key.name ?? ''}`,
      );
      scene?.judge.heard({ name, input, stored });
    });
    const { park, estate, stream, outlets, leases, users, store } = this;
    this.ground = new Ground({
      clock,
      store,
      stream,
      outlets,
      leases,
      park,
      estate,
      sent: users.sent,
      clockOffMs: clockOffMs(story),
    });
    this.#checkers = checkers.map(([name, make]) =>
      make(this.ground, (text) => {
        this.accuse(name, text);
      }),
    );
    const telemetry = new SimTelemetry((told) => {
      for (const each of this.#checkers) each.logged?.(told);
      this.trace.note(told.host, told.level, `${told.text} ${JSON.stringify(told.fields)}`);
    });
    const cloud = {
      ...{ wire, park, estate },
      onDeparture: (call: Parameters<NonNullable<Checker['departed']>>[0]) => {
        for (const each of this.#checkers) each.departed?.(call);
      },
      onCall: (call: Parameters<NonNullable<Checker['called']>>[0]) => {
        for (const each of this.#checkers) each.called?.(call);
      },
      onInit: (machine: Parameters<NonNullable<Checker['initialised']>>[0]) => {
        for (const each of this.#checkers) each.initialised?.(machine);
      },
    };
    this.hosts = Array.from({ length: cast.hosts }, (_none, index) => {
      const name = `h${index + 1}`;
      return new SimHost({
        ...{ name, clock, store, results, bus: this.bus, leases, cloud, telemetry },
        chance: this.chance.fork(`host ${name}`),
        ec2: (life) => this.volumes.client(life),
        scale: cast.scale,
        around: mutant.around ?? ((ports) => ports),
        onDeath: (boundary) => {
          this.trace.fault('crash', name, boundary);
        },
      });
    });
    mutant.world?.(this);
  }

  accuse(checker: string, text: string): void {
    const line = `${checker}: ${text}`;
    if (this.problems.length >= problemsMax || this.problems.includes(line)) return;
    this.problems.push(line);
    this.trace.note('checker', 'ACCUSES', line);
  }

  /** The cloud is ready and hosts begin, a moment apart. */
  async open(): Promise<void> {
    for (const [index, plan] of this.#story.cast.replications.entries()) {
      const account = await this.volumes.open(`account-${index}`, this.#story.seed * 4 + index + 1);
      const { clock, ground } = this;
      const pass = (ms: number): Promise<void> => this.pass(ms);
      this.scenes.push(new Scene({ plan, account, clock, ground, pass }));
    }
    for (const host of this.hosts) {
      host.boot();
      await this.pass(this.chance.whole(0, 400));
    }
  }

  /** Time passes; those who judge replications look now and then. */
  async pass(ms: number, isDone: () => boolean = () => false): Promise<void> {
    const stepMs = this.scenes.length === 0 ? ms : lookMs;
    for (let leftMs = ms; leftMs > 0 && !isDone(); leftMs -= stepMs) {
      await this.clock.advance(Math.min(leftMs, stepMs), isDone);
      for (const scene of this.scenes) scene.look();
    }
  }

  /** All trouble is over: every host lives and hears the others. */
  calm(): void {
    this.weather.clear();
    for (const scene of this.scenes) scene.troubles.endAll();
    for (const host of this.hosts) {
      host.skewMs = 0;
      host.life?.disarm();
      if (host.life?.isFrozen === true) host.life.thaw();
      if (!host.isUp) host.boot();
    }
    this.trace.note('world', 'all trouble ends');
  }

  end(): void {
    for (const each of this.#checkers) each.ended?.();
    for (const { key, judge } of this.scenes)
      for (const problem of judge.problems) this.accuse('writers', `${key.name}: ${problem}`);
  }

  close(): void {
    for (const host of this.hosts) host.kill();
  }
}

/** Of any host, at most. */
const clockOffMs = ({ steps }: Story): number =>
  Math.max(0, ...steps.map((step) => (step.do === 'skew' ? Math.abs(step.ms) : 0)));
