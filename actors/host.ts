/** The host: owns the partitions while it holds the lease, hosts their actors, answers queries. */
import type { ResourceKey } from '../machines/ids.ts';
import { keyText } from '../machines/ids.ts';
import { assertLimits, bounds, hosting } from '../machines/limits.ts';
import { commandSchemas, systemCommandSchemas } from '../machines/messages.ts';
import { definitionHash } from './definition.ts';
import type { CommandSchemas } from './envelope.ts';
import { cloudEvent } from './cloud-event.ts';
import { tellEvent } from './event-log.ts';
import { messageOf, problem } from './faults.ts';
import { createHeapClock, pause } from './heap-clock.ts';
import type { HeapClock } from './heap-clock.ts';
import type { Kind } from './kind.ts';
import { lint } from './lint.ts';
import type { MetricName } from './metric-names.ts';
import type { OutboxEntry } from './outbox.ts';
import { Ownership } from './ownership.ts';
import { Intake } from './policies/intake.ts';
import type { IntakeNumbers } from './policies/intake.ts';
import type { Ports, QueryAnswer, QueryRequest, Subscription } from './ports.ts';
import { answerQuery } from './queries.ts';
import type { LiveViews, Looks } from './queries.ts';
import type { HostedKind, WorkWatch } from './household.ts';
import type { Resident } from './resident.ts';
import { Slots } from './slots.ts';
import type { StepLog } from './steps/step-port.ts';
import { Tenure } from './tenure.ts';
import type { CommittedListener } from './tenure.ts';

export interface HostOptions {
  readonly kinds: readonly Kind[];
  readonly ports: Pick<Ports, 'clock' | 'random' | 'store' | 'bus' | 'lease' | 'telemetry'>;
  /** Stable over restarts: a lease in this name is taken at once. */
  readonly hostId: string;
  /** Part of the source of published events. */
  readonly installation: string;
  /** Default: the registries in machines/messages.ts. */
  readonly schemas?: CommandSchemas;
  readonly live?: LiveViews;
  readonly looks?: Looks;
  /** Actors kept in memory. Default `bounds.residentsMax`. */
  readonly residentsMax?: number;
  /** Other rates of intake than the standard ones. */
  readonly intake?: Partial<IntakeNumbers>;
  readonly watch?: WorkWatch;
  /** Told of every write that changed something; nobody when left out. */
  readonly steps?: StepLog;
  /** Turns of one kind at once. Default `bounds.turnsPerKindMax`. */
  readonly turnsPerKindMax?: number;
}

export interface HostStatus {
  /** True while this host holds the lease. */
  readonly owner: boolean;
  readonly connected: boolean;
  /** True once everything stored was looked through and commands are consumed. */
  readonly loaded: boolean;
  readonly draining: boolean;
  /** Actors held for inspection, as `kind/namespace/name`. */
  readonly quarantined: readonly string[];
  readonly mailboxOldestMs: number;
  /** Messages that wait in the fullest mailbox, or are handled there. */
  readonly mailboxDepthMax: number;
}

export interface Reading {
  readonly metric: MetricName;
  readonly value: number;
  readonly labels?: Readonly<Record<string, string>>;
}

export class Host {
  /** What is taken in a second: commands and queries. */
  readonly intake: Intake;
  readonly #options: HostOptions;
  readonly #clock: HeapClock;
  readonly #kinds: ReadonlyMap<string, HostedKind>;
  readonly #schemas: CommandSchemas;
  readonly #listeners: CommittedListener[] = [];
  #ownership: Ownership | undefined;
  #tenure: Tenure | undefined;
  #queries: Subscription | undefined;
  #isLoaded = false;
  #isStopping = false;
  #signalStop: () => void = () => undefined;
  readonly #untilStopping: Promise<string>;
  #loop: Promise<void> = Promise.resolve();

  /** Throws when a chart fails the boot lint or the limits contradict each other. */
  constructor(options: HostOptions) {
    assertLimits();
    for (const { machine } of options.kinds) {
      const faults = lint(machine);
      if (faults.length > 0) throw new Error(`boot lint: ${faults.join('; ')}`);
    }
    this.#options = options;
    this.#untilStopping = new Promise((resolve) => {
      this.#signalStop = () => resolve('the host stops');
    });
    this.#clock = createHeapClock(options.ports.clock);
    this.intake = new Intake(this.#clock, options.ports.telemetry, options.intake);
    this.#schemas = options.schemas ?? { ...commandSchemas, ...systemCommandSchemas };
    this.#kinds = new Map(
      options.kinds.map((kind) => [
        kind.name,
        {
          kind,
          definitionHash: definitionHash(kind.machine),
          turns: new Slots(options.turnsPerKindMax ?? bounds.turnsPerKindMax),
        },
      ]),
    );
  }

  /** Resolves when this host owns the partitions and consumes; waits as long as another host holds the lease. */
  async start(): Promise<void> {
    const { bus, store } = this.#options.ports;
    const parts = {
      ...{ bus, store, clock: this.#clock, kinds: this.#kinds, schemas: this.#schemas },
      ...(this.#options.live && { live: this.#options.live }),
      ...(this.#options.looks && { looks: this.#options.looks }),
      standing: (key: ResourceKey, verb: string) => this.#tenure?.standing(key, verb),
    };
    this.#queries = await bus.serveQueries(async (request) => {
      const entry = this.intake.enter('queries');
      if ('retryAfterMs' in entry) return tooMany(request, entry.retryAfterMs);
      const sinceMs = this.#clock.monotonicMs();
      const answer = await answerQuery(parts, request);
      this.intake.answered('queries', this.#clock.monotonicMs() - sinceMs);
      return answer;
    });
    await new Promise<void>((resolve) => {
      this.#loop = this.#serve(resolve);
    });
  }

  /** Drains within `hosting.drainMs`, gives the lease back. Calls under way are aborted and resumed by the next owner. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#signalStop();
    await this.#queries?.stop();
    await this.#tenure?.drain(hosting.drainMs);
    await this.#tenure?.end('stopped');
    await this.#ownership?.release();
    await this.#loop;
  }

  status(): HostStatus {
    const residents = this.residents();
    return {
      owner: this.#ownership?.held() ?? false,
      connected: this.#options.ports.bus.connected(),
      loaded: this.#isLoaded,
      draining: this.#isStopping,
      quarantined: residents.filter((each) => each.isQuarantined).map(({ key }) => keyText(key)),
      mailboxOldestMs: residents.reduce(
        (most, { mailbox }) => Math.max(most, mailbox.oldestMs()),
        0,
      ),
      mailboxDepthMax: residents.reduce((most, { mailbox }) => Math.max(most, mailbox.size()), 0),
    };
  }

  /** Present values of all gauges. */
  readings(): Reading[] {
    const { owner, quarantined, mailboxOldestMs } = this.status();
    const residents = this.residents();
    const sum = (of: (resident: Resident) => number): number =>
      residents.reduce((total, each) => total + of(each), 0);
    const perKind = [...this.#kinds.keys()].flatMap((kind): Reading[] => {
      const count = (metric: MetricName, of: (resident: Resident) => number): Reading => ({
        metric,
        value: sum((each) => (each.key.kind === kind ? of(each) : 0)),
        labels: { kind },
      });
      return [
        count('fairlead_residents', ({ isLoaded }) => (isLoaded ? 1 : 0)),
        count('fairlead_mailbox_depth', ({ mailbox }) => mailbox.size()),
      ];
    });
    return [
      ...perKind,
      { metric: 'fairlead_quarantined', value: quarantined.length },
      { metric: 'fairlead_outbox_pending', value: sum(({ outboxSize }) => outboxSize) },
      { metric: 'fairlead_mailbox_waiting', value: sum(({ mailbox }) => mailbox.size()) },
      { metric: 'fairlead_mailbox_oldest_seconds', value: mailboxOldestMs / 1000 },
      { metric: 'fairlead_lease_held', value: owner ? 1 : 0 },
      ...this.intake.readings(),
    ];
  }

  /** An in-process message: no id, no answer, not kept over a crash. Dropped while this host is not the owner. */
  observe(key: ResourceKey, event: { readonly type: string }): void {
    this.#tenure?.observe(key, event);
  }

  /** Told of every stored actor when ownership begins, and of every commit from then on. */
  onCommitted(listener: CommittedListener): void {
    this.#listeners.push(listener);
  }

  /** From now on; turns under way end first. */
  limitTurns(perKindMax: number): void {
    for (const { turns } of this.#kinds.values()) turns.resize(perKindMax);
  }

  residents(): Resident[] {
    return this.#tenure?.residents() ?? [];
  }

  /** One tenure after the other until the host stops. */
  async #serve(onServing: () => void): Promise<void> {
    while (!this.#stopping()) {
      await this.#reign(onServing);
      if (!this.#stopping()) await pause(this.#clock, hosting.leaseRenewMs);
    }
    onServing();
  }

  async #reign(onServing: () => void): Promise<void> {
    const { lease, telemetry } = this.#options.ports;
    let lost: (why: string) => void = () => undefined;
    const untilLost = new Promise<string>((resolve) => (lost = resolve));
    const { hostId } = this.#options;
    const clock = this.#clock;
    const ownership = new Ownership({ lease, holder: hostId, clock, telemetry, onLost: lost });
    const leaseRevision = await ownership.acquire();
    if (leaseRevision === undefined) return;
    this.#ownership = ownership;
    const tenure = this.#newTenure(ownership, leaseRevision);
    this.#tenure = tenure;
    telemetry.log('info', { hostId, leaseRevision }, 'the partitions are ours');
    try {
      await tenure.begin();
      this.#isLoaded = true;
      onServing();
      const why = await Promise.race([untilLost, this.#untilStopping]);
      if (!this.#stopping()) telemetry.log('warn', { hostId, why }, 'the partitions are not ours');
    } catch (thrown) {
      telemetry.log('error', { hostId, reason: messageOf(thrown) }, 'the partitions did not load');
    }
    if (this.#stopping()) return; // `stop` drains and ends it
    this.#isLoaded = false;
    await tenure.end('unowned').catch((thrown: unknown) => {
      telemetry.log('warn', { hostId, reason: messageOf(thrown) }, 'the consumer was not stopped');
    });
    await ownership.release();
  }

  // A method, so that the compiler does not take the flag for constant over an await.
  #stopping(): boolean {
    return this.#isStopping;
  }

  #newTenure(ownership: Ownership, leaseRevision: number): Tenure {
    const { ports, hostId, residentsMax = bounds.residentsMax, watch, steps } = this.#options;
    return new Tenure({
      ...{ ports, hostId, ownership, leaseRevision, residentsMax },
      ...(watch && { watch }),
      ...(steps && { steps }),
      clock: this.#clock,
      intake: this.intake,
      kinds: this.#kinds,
      schemas: this.#schemas,
      publish: (key, entry) => this.#publish(key, entry),
      committed: (key, kind, snapshot, revision) => {
        for (const listener of this.#listeners)
          try {
            listener(key, kind, snapshot, revision);
          } catch (thrown) {
            const fields = { actor: keyText(key), reason: messageOf(thrown) };
            ports.telemetry.log('error', fields, 'a listener failed');
          }
      },
    });
  }

  async #publish(key: ResourceKey, entry: OutboxEntry): Promise<void> {
    const { bus, telemetry } = this.#options.ports;
    const event = cloudEvent(this.#options.installation, key, entry);
    await bus.publishEvent(event);
    const { id, correlationId } = entry;
    const fields = { actor: keyText(key), id, event: entry.event, correlationId };
    telemetry.log('info', fields, 'event published');
    const labels = { kind: key.kind, event: entry.event };
    telemetry.count('fairlead_events_published_total', labels);
    tellEvent(telemetry, keyText(key), entry);
  }
}

/** Queries are cheap to repeat: whoever asks too often is told when to come again. */
function tooMany({ kind, namespace, name }: QueryRequest, retryAfterMs: number): QueryAnswer {
  const told = problem('service.busy', {
    ...{ actor: keyText({ kind, namespace, name }), correlationId: '', retryAfterMs },
    message: 'This host is asked more than it answers in time.',
  });
  return { body: told, error: { status: told.status, text: told.message } };
}

export const createHost = (options: HostOptions): Host => new Host(options);
