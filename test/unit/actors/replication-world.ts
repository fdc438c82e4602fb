/** One host on fakes with the chart of replications, a back end made by hand, its looks and its measurements. */
import { gate } from '../../../actors/effect.ts';
import { performer } from '../../../actors/effects/perform.ts';
import { createHost } from '../../../actors/host.ts';
import { measuredBackends } from '../../../actors/replication-backends.ts';
import { ReplicationMeasures } from '../../../actors/replication-measures.ts';
import { replicationPoints } from '../../../actors/replication-points.ts';
import { ReplicationWatch } from '../../../actors/replication-watch.ts';
import type { CircuitState } from '../../../actors/policies/breaker-counts.ts';
import type { LogFields, Telemetry } from '../../../actors/ports.ts';
import { buildOperationMachine } from '../../../machines/operation.ts';
import { replicationKind } from '../../../machines/replication-kind.ts';
import { buildReplicationMachine } from '../../../machines/replication.ts';
import { builtInRetries } from '../../../machines/retry.ts';
import { wholeCall } from '../../../machines/whole-call.ts';
import { openMetrics } from '../../../src/metrics.ts';
import { samplesIn } from '../../integration/service/prometheus-text.ts';
import type { Sample } from '../../integration/service/prometheus-text.ts';
import { FakeBus } from '../../fakes/fake-bus.ts';
import type { FakeReply } from '../../fakes/fake-bus.ts';
import { FakeLeases } from '../../fakes/fake-leases.ts';
import { FakeStore } from '../../fakes/fake-store.ts';
import { HandMadeBackend } from '../../fakes/hand-made-backend.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';
import { replicationManifest } from '../../model/replication/manifest.ts';
import { CountingRandom } from './world.ts';

export interface ReplicationWorldOptions {
  readonly resourcesMax?: number;
}

export class ReplicationWorld {
  readonly clock = new ManualClock();
  readonly bus = new FakeBus();
  readonly backend = new HandMadeBackend(this.clock);
  readonly lines: { level: string; text: string; fields: LogFields }[] = [];
  circuits: CircuitState[] = [];
  readonly watch: ReplicationWatch;
  readonly #measurements;
  readonly #host;
  readonly #store = new FakeStore();
  #sent = 0;

  constructor({ resourcesMax = 10 }: ReplicationWorldOptions = {}) {
    const { clock, bus } = this;
    const log: Telemetry['log'] = (level, fields, text) => {
      this.lines.push({ level, text, fields });
    };
    const telemetry: Telemetry = {
      log,
      count: (...told) => {
        this.#measurements.count(...told);
      },
      observe: (...told) => {
        this.#measurements.observe(...told);
      },
    };
    const measures = new ReplicationMeasures({
      ...{ clock, telemetry, resourcesMax: () => resourcesMax, circuits: () => this.circuits },
    });
    this.#measurements = openMetrics(log, () => measures.readings());
    const volumes = measuredBackends(
      { ebs: this.backend.port },
      {
        ...{ clock, telemetry },
        onRetry: (of) => {
          measures.retried(of);
        },
      },
    );
    // Effects of clusters are never asked for here.
    const perform = gate(performer({ clock, telemetry, volumes } as never), wholeCall);
    const operation = buildOperationMachine(builtInRetries).provide({ actors: { perform } });
    const kind = replicationKind(buildReplicationMachine(operation));
    this.#host = createHost({
      kinds: [kind],
      ports: {
        ...{ clock, bus, telemetry, store: this.#store, random: new CountingRandom() },
        leases: new FakeLeases({ nowMs: () => clock.monotonicMs() }),
      },
      ...{ hostId: 'h1', installation: 'test' },
      looks: { 'replication.points': replicationPoints(clock) },
      watch: {
        answered: () => undefined,
        turned: () => undefined,
        holdBackMs: () => undefined,
        reported: (key, report) => {
          measures.reported(key, report);
        },
      },
    });
    this.watch = new ReplicationWatch({
      ...{ clock, telemetry, volumes, scale: 1 },
      tell: (key, event) => {
        this.#host.observe(key, event);
      },
    });
    this.#host.onCommitted((key, _kind, snapshot) => {
      measures.update(key, snapshot);
      this.watch.update(key, snapshot);
    });
  }

  async start(): Promise<this> {
    const started = this.#host.start();
    await this.clock.advance(0);
    await started;
    return this;
  }

  /** Sends and waits for the reply. */
  async ask(verb: string, given: object = {}, name = 'db-1', more = {}): Promise<FakeReply> {
    const id = `c${++this.#sent}`;
    this.bus.publishCommand({
      ...{ namespace: 'prod', kind: 'replication', name, verb, arguments: given },
      headers: { 'Nats-Msg-Id': id, 'Fairlead-Reply-To': `_INBOX.t.${id}`, ...more },
    });
    await this.clock.advance(0);
    const found = this.bus.replies.findLast(({ inbox }) => inbox === `_INBOX.t.${id}`);
    if (found === undefined) throw new Error(`no reply to ${verb}: ${this.texts().join(' | ')}`);
    return found;
  }

  /** Declared, established, and its first point committed. */
  async protect(name = 'db-1'): Promise<void> {
    await this.apply(name);
    const at = { name, endpoint: 'home', phase: 'source.protected' };
    const metric = 'fairlead_replication_endpoint_phase';
    await this.until(async () => (await this.value(metric, at)) === 1);
  }

  apply(name = 'db-1', spec: object = {}): Promise<FakeReply> {
    const manifest = replicationManifest({ ...spec });
    return this.ask(
      'apply',
      { manifest: { ...manifest, metadata: { namespace: 'prod', name } } },
      name,
    );
  }

  async query(verb: string, args: object = {}, name = 'db-1') {
    const answered = this.bus.query({
      ...{ namespace: 'prod', kind: 'replication', name, verb, arguments: args },
    });
    await this.clock.advance(0);
    return answered;
  }

  async until(holds: () => Promise<boolean>, boundMs = 600_000): Promise<void> {
    for (let leftMs = boundMs; !(await holds()); leftMs -= 5_000) {
      if (leftMs <= 0) throw new Error(`not within ${boundMs} ms: ${this.texts().join(' | ')}`);
      await this.clock.advance(5_000);
    }
  }

  texts(): string[] {
    return this.lines.map(({ text }) => text);
  }

  async samples(): Promise<Sample[]> {
    return samplesIn(await this.#measurements.text());
  }

  /** Of the one series with these labels among its own; undefined when there is none. */
  async value(
    metric: string,
    labels: Readonly<Record<string, string>> = {},
  ): Promise<number | undefined> {
    const found = (await this.samples()).filter(
      (each) =>
        each.name === metric &&
        Object.entries(labels).every(([name, is]) => each.labels[name] === is),
    );
    if (found.length > 1) throw new Error(`${metric} has several such series`);
    return found[0]?.value;
  }
}
