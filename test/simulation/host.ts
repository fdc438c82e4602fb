/** A host of the simulation: one process after the other under one name, each the real host over simulated ports. */
import { createHash } from 'node:crypto';
import { createHost } from '../../actors/host.ts';
import type { Host } from '../../actors/host.ts';
import { Observer } from '../../actors/observer.ts';
import { Idempotency } from '../../actors/policies/idempotency.ts';
import type { Clock, Random, Telemetry } from '../../actors/ports.ts';
import { ReplicationWatch } from '../../actors/replication-watch.ts';
import { createEbs } from '../../src/volumes/ebs/backend.ts';
import type { Sessions } from '../../src/aws/session.ts';
import type { SimBus } from './bus.ts';
import type { Chance } from './chance.ts';
import type { WorldClock } from './clock.ts';
import { CloudClient } from './cloud/ports.ts';
import type { CloudParts } from './cloud/ports.ts';
import { kindsOf, newInFlight } from './kinds.ts';
import type { Bound } from './kinds.ts';
import type { SimLeases } from './leases.ts';
import { Life } from './life.ts';
import type { SimBucket } from './store.ts';
import type { SimTelemetry } from './telemetry.ts';

export interface HostParts {
  readonly name: string;
  readonly clock: WorldClock;
  readonly chance: Chance;
  readonly store: SimBucket;
  readonly results: SimBucket;
  readonly bus: SimBus;
  readonly leases: SimLeases;
  readonly cloud: CloudParts;
  /** Calls about volumes, as the process with this life makes them. */
  readonly ec2: (life: Life) => Sessions['ec2'];
  readonly telemetry: SimTelemetry;
  /** Divides polls and waits of the charts. */
  readonly scale: number;
  /** Around the ports of each process; for mutants. */
  readonly around: (ports: Bound) => Bound;
  readonly onDeath: (boundary: string) => void;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

export class SimHost {
  readonly name: string;
  life: Life | undefined;
  /** How far its wall clock is ahead of the world's. */
  skewMs = 0;
  /** From a crash until the next process begins. */
  downMs = 1_000;
  readonly #parts: HostParts;
  #host: Host | undefined;
  #ends: (() => void)[] = [];
  #lives = 0;

  constructor(parts: HostParts) {
    this.name = parts.name;
    this.#parts = parts;
  }

  get isUp(): boolean {
    return this.life?.isAlive === true;
  }

  /** The next process under this name; the one before must be dead or stopped. */
  boot(): void {
    const { clock, telemetry, scale, onDeath, chance } = this.#parts;
    const number = (this.#lives += 1);
    const life = new Life({
      ...{ host: this.name, number, clock, skewMs: () => this.skewMs },
      onDeath: (boundary) => {
        onDeath(boundary);
        clock.after(this.downMs, () => {
          if (!this.isUp) this.boot();
        });
      },
    });
    this.life = life;
    const log = telemetry.client(life.name);
    const random = randomOf(chance.fork(`${this.name}.${number}`), life.clock);
    const ports = this.#parts.around(this.#ports(life, log, random));
    const { kinds, bind } = kindsOf(this.name, scale);
    bind(ports);
    const host = createHost({ kinds, ports, hostId: this.name, installation: 'simulated' });
    this.#host = host;
    this.#follow(host, ports);
    host.start().catch((thrown: unknown) => {
      log.log('error', { thrown: String(thrown) }, 'the host did not start');
    });
  }

  /** As by SIGTERM: resolves when it has given everything back. */
  async stop(): Promise<void> {
    const { life } = this;
    if (!life?.isAlive) return;
    this.#endWatches();
    await this.#host?.stop();
    life.kill();
  }

  kill(): void {
    this.life?.kill();
    this.#ends = [];
  }

  #endWatches(): void {
    for (const end of this.#ends.splice(0)) end();
  }

  #ports(life: Life, telemetry: Telemetry, random: Random): Bound {
    const { store, results, bus, leases, cloud, ec2 } = this.#parts;
    const { clock } = life;
    const { machines, surroundings, remote, fleet, guard } = new CloudClient(cloud, life);
    const idempotency = new Idempotency({
      ...{ store: results.results(life), clock, telemetry, hostId: this.name },
      ...{ processId: life.name, digest: sha256 },
    });
    idempotency.start();
    return {
      ...{ clock, random, telemetry, machines, surroundings, remote, fleet, guard, idempotency },
      store: store.records(life),
      bus: bus.client(life),
      leases: leases.client(life),
      volumes: { ebs: createEbs({ ec2: ec2(life), clock, telemetry, scale: 1 }) },
      inFlight: newInFlight(),
    };
  }

  /** As main.ts does it: looks at machines and at endpoints, told by every commit. */
  #follow(host: Host, ports: Bound): void {
    const { clock, fleet, telemetry, volumes, random, idempotency } = ports;
    const { scale } = this.#parts;
    const { kinds } = kindsOf(this.name, scale);
    const observer = new Observer({
      ...{ clock, fleet, telemetry, scale },
      tell: (key, event) => {
        host.observe(key, event);
      },
    });
    const watch = new ReplicationWatch({
      ...{ clock, telemetry, random, volumes, scale: 1 },
      tell: (key, event) => {
        host.observe(key, event);
      },
    });
    host.onCommitted((key, name, snapshot) => {
      const kind = kinds.find((each) => each.name === name);
      if (name === 'cluster') observer.update(key, kind?.watches(snapshot));
      if (name === 'replication') watch.update(key, snapshot);
    });
    host.onForgotten((key) => {
      observer.update(key, undefined);
      watch.forget(key);
    });
    this.#ends.push(
      () => {
        observer.stop();
      },
      () => {
        watch.stop();
      },
      () => {
        idempotency.stop();
      },
    );
  }
}

const randomOf = (chance: Chance, clock: Clock): Random => ({
  roll: () => chance.roll(),
  ulid: () => chance.ulid(clock.nowMs()),
});
