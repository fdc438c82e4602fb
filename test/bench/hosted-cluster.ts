/** One cluster under the real charts and host in this process, on fakes; it tells the size of every record it commits. */
import { gate } from '../../actors/effect.ts';
import { performer } from '../../actors/effects/perform.ts';
import { createHost } from '../../actors/host.ts';
import type { Host } from '../../actors/host.ts';
import { Observer } from '../../actors/observer.ts';
import type { LogFields, Ports, Telemetry } from '../../actors/ports.ts';
import type { StepLog } from '../../actors/steps/step-port.ts';
import { buildClusterMachine } from '../../machines/cluster.ts';
import { clusterKind } from '../../machines/kinds.ts';
import { buildNodeMachine } from '../../machines/node.ts';
import { operationMachine } from '../../machines/operation.ts';
import { wholeCall } from '../../machines/whole-call.ts';
import { systemClock, systemRandom } from '../../src/clock.ts';
import { FakeBus } from '../fakes/fake-bus.ts';
import { FakeLeases } from '../fakes/fake-leases.ts';
import { FakeStore } from '../fakes/fake-store.ts';
import { grown } from './grown-cluster.ts';
import { quickCloud } from './quick-cloud.ts';

/** Divides polls and sweeps only. */
const SCALE = 1_000;
const UNTIL_LIMIT_MS = 120_000;

export class HostedCluster {
  commits = 0;
  state = '';
  /** Of the last committed record. */
  bytes = 0;
  largest = { bytes: 0, state: '' };
  /** True once a record was too large to be written; nothing goes on from there. */
  isRefused = false;
  readonly #bus = new FakeBus();
  readonly #store = new FakeStore();
  readonly #host: Host;
  readonly #observer: Observer;
  #trouble = '';
  #onChange: () => void = () => undefined;

  /** @param steps  where its steps go; none are made without */
  constructor(steps?: StepLog) {
    const leases = new FakeLeases({ host: 'bench', nowMs: () => systemClock.monotonicMs() });
    const telemetry: Telemetry = {
      log: (level, fields, text) => {
        if (level === 'error') this.#failed(fields, text);
      },
      count: () => undefined,
      observe: (metric, value) => {
        if (metric === 'fairlead_record_bytes') this.#measured(value);
      },
    };
    const ports: Ports = {
      ...quickCloud(),
      ...{ clock: systemClock, random: systemRandom, leases, telemetry },
      ...{ store: this.#store, bus: this.#bus, volumes: {} },
    };
    const operation = operationMachine.provide({
      actors: { perform: gate(performer(ports), wholeCall) },
    });
    const node = buildNodeMachine(operation, SCALE);
    const cluster = clusterKind(buildClusterMachine({ operation, node, scale: SCALE }));
    const host = createHost({
      ...{ kinds: [cluster], ports, hostId: 'bench', installation: 'bench' },
      ...(steps && { steps }),
    });
    const { clock, fleet } = ports;
    const observer = new Observer({
      ...{ clock, fleet, telemetry, scale: SCALE },
      tell: (to, event) => {
        host.observe(to, event);
      },
    });
    host.onCommitted((of, _kind, snapshot) => {
      observer.update(of, cluster.watches(snapshot));
      this.state = cluster.stateText(snapshot);
      if (this.bytes > this.largest.bytes) this.largest = { bytes: this.bytes, state: this.state };
      this.#onChange();
    });
    this.#host = host;
    this.#observer = observer;
  }

  start(): Promise<void> {
    return this.#host.start();
  }

  /**
   * Sends a command and resolves in that state, or when a record was refused.
   * @throws Error when it rests somewhere else or takes more than two minutes
   */
  async order(verb: string, args: object, state: string): Promise<void> {
    const reached = new Promise<void>((resolve, reject) => {
      const fail = (): void =>
        reject(new Error(`the cluster is ${this.state}, not ${state} ${this.#trouble}`));
      const limit = setTimeout(fail, UNTIL_LIMIT_MS);
      this.#onChange = () => {
        const isDone = this.isRefused || this.state === state;
        const isOver = this.#trouble !== '' || /failed|stuck|blocked/.test(this.state);
        if (!isDone && !isOver) return;
        clearTimeout(limit);
        if (isDone) resolve();
        else fail();
      };
    });
    this.#bus.publishCommand({ ...grown, verb, arguments: args });
    await reached;
  }

  async stop(): Promise<void> {
    this.#observer.stop();
    await this.#host.stop();
  }

  #measured(bytes: number): void {
    this.commits += 1;
    this.bytes = bytes;
    this.#store.writes.length = 0; // kept by the fake for tests: hundreds of megabytes here
  }

  /** A record past the cap is never measured: only the log tells how large it would have been. */
  #failed({ reason }: LogFields, text: string): void {
    this.#trouble = `${text}: ${typeof reason === 'string' ? reason : ''}`;
    const refused = /\brecord\b.*?(\d+) bytes/.exec(this.#trouble);
    if (refused !== null) {
      this.isRefused = true;
      this.largest = { bytes: Number(refused[1]), state: this.state };
    }
    this.#onChange();
  }
}
