/** The host: runs the actors of the partitions it holds leases of, and answers queries about all. */
import type { ResourceKey } from '../machines/ids.ts';
import { keyText, partitionOf } from '../machines/ids.ts';
import { assertLimits, bounds, hosting } from '../machines/limits.ts';
import { commandSchemas, systemCommandSchemas } from '../machines/messages.ts';
import { definitionHash } from './definition.ts';
import type { CommandSchemas } from './envelope.ts';
import { cloudEvent } from './cloud-event.ts';
import { tellEvent } from './event-log.ts';
import { messageOf } from './faults.ts';
import { createHeapClock } from './heap-clock.ts';
import type { HeapClock } from './heap-clock.ts';
import type { Kind } from './kind.ts';
import { lint } from './lint.ts';
import type { MetricName } from './metric-names.ts';
import type { OutboxEntry } from './outbox.ts';
import type { Holding } from './holding.ts';
import { InHand } from './in-hand.ts';
import type { Leases } from './lease-ports.ts';
import { Memory } from './memory.ts';
import { Placement } from './placement.ts';
import { Intake } from './policies/intake.ts';
import type { IntakeNumbers } from './policies/intake.ts';
import type { Ports, Subscription } from './ports.ts';
import { answerQuery } from './queries/answer.ts';
import type { LiveViews, Looks } from './queries/asked.ts';
import type { CommittedListener, HostedKind, WorkWatch } from './household.ts';
import type { Resident } from './resident.ts';
import { tooMany } from './replies.ts';
import { Slots } from './slots.ts';
import type { StepLog } from './steps/step-port.ts';
import { Untold } from './steps/untold.ts';
import type { Tenure, TenureParts } from './tenure.ts';

export interface HostOptions {
  readonly kinds: readonly Kind[];
  readonly ports: Pick<Ports, 'clock' | 'random' | 'store' | 'bus' | 'telemetry'> & {
    /** Made for `hostId`. */
    readonly leases: Leases;
  };
  /** Stable over restarts: leases in this name are taken at once. */
  readonly hostId: string;
  /** Of the program; shown to other hosts. */
  readonly version?: string;
  /** Part of the source of published events. */
  readonly installation: string;
  /** Default: the registries in machines/messages.ts. */
  readonly schemas?: CommandSchemas;
  readonly live?: LiveViews;
  readonly looks?: Looks;
  /** Actors kept in memory. Default `bounds.residentsMax`. */
  readonly residentsMax?: number;
  /** An actor that did nothing for so long leaves memory. Default `hosting.restAfterMs`. */
  readonly restAfterMs?: number;
  /** Other rates of intake than the standard ones. */
  readonly intake?: Partial<IntakeNumbers>;
  readonly watch?: WorkWatch;
  /** Told of every write that changed something; nobody when left out. */
  readonly steps?: StepLog;
  /** Turns of one kind at once. Default `bounds.turnsPerKindMax`. */
  readonly turnsPerKindMax?: number;
  /** Whether this host was ordered to give its partitions away; asked in every tick. Default: it was not. */
  readonly isDrained?: () => Promise<boolean>;
}

export interface HostStatus {
  /** True while this host serves a partition at least. */
  readonly owner: boolean;
  /** Partitions it serves, and those it should have at most. */
  readonly partitions: number;
  readonly share: number;
  readonly connected: boolean;
  /** True while all that should be this host's is consumed, but for a few that do not load; also when others hold everything. */
  readonly loaded: boolean;
  /** Partitions that nobody serves because they did not load here. They are tried again. */
  readonly unloaded: Placement['unloaded'];
  readonly draining: boolean;
  /** Ordered to give its partitions away; it answers queries all the same. */
  readonly isDrained: boolean;
  /** A later process runs under its name and holds everything; it is not ready. */
  readonly isReplaced: boolean;
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
  readonly #forgetters: ((key: ResourceKey) => void)[] = [];
  readonly #memory: Memory;
  readonly #placement: Placement;
  #queries: Subscription | undefined;
  #isStopping = false;

  /** Throws when a chart fails the boot lint or the limits contradict each other. */
  constructor(options: HostOptions) {
    assertLimits();
    for (const { machine } of options.kinds) {
      const faults = lint(machine);
      if (faults.length > 0) throw new Error(`boot lint: ${faults.join('; ')}`);
    }
    this.#options = options;
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
    this.#memory = new Memory({
      clock: this.#clock,
      max: options.residentsMax ?? bounds.residentsMax,
      restAfterMs: options.restAfterMs ?? hosting.restAfterMs,
    });
    this.#placement = new Placement({
      leases: options.ports.leases,
      parts: this.#tenureParts(),
      version: options.version ?? '',
      isDrained: options.isDrained ?? (() => Promise.resolve(false)),
    });
  }

  /** Resolves when this host serves all that should be its own, if anything, or at `stop`. Waits while nobody can tell. */
  async start(): Promise<void> {
    const { bus, store } = this.#options.ports;
    const parts = {
      ...{ bus, store, clock: this.#clock, kinds: this.#kinds, schemas: this.#schemas },
      ...(this.#options.live && { live: this.#options.live }),
      ...(this.#options.looks && { looks: this.#options.looks }),
      standing: (key: ResourceKey, verb: string) => this.#tenureOf(key)?.standing(key, verb),
    };
    this.#queries = await bus.serveQueries(async (request) => {
      const entry = this.intake.enter('queries');
      if ('retryAfterMs' in entry) return tooMany(request, entry.retryAfterMs);
      const sinceMs = this.#clock.monotonicMs();
      const answer = await answerQuery(parts, request);
      this.intake.answered('queries', this.#clock.monotonicMs() - sinceMs);
      return answer;
    });
    await (this.#isStopping ? this.#queries.stop() : this.#placement.start());
  }

  /** Drains within `hosting.drainMs`, gives the leases back. Calls under way are aborted and resumed by the next owners. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#queries?.stop();
    await this.#placement.stop(hosting.drainMs);
  }

  status(): HostStatus {
    const residents = this.residents();
    const partitions = this.#placement.holdings().filter(({ isServing }) => isServing).length;
    const { share, isSettled, isDrained, isReplaced, unloaded } = this.#placement;
    return {
      ...{ owner: partitions > 0, partitions, share, isDrained, isReplaced },
      connected: this.#options.ports.bus.connected(),
      ...{ loaded: isSettled, unloaded, draining: this.#isStopping },
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
    const { owner, partitions, quarantined, mailboxOldestMs } = this.status();
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
      { metric: 'fairlead_partitions_owned', value: partitions },
      ...this.intake.readings(),
    ];
  }

  /** An in-process message: no id, no answer, not kept over a crash. Dropped where another host owns the actor. */
  observe(key: ResourceKey, event: { readonly type: string }): void {
    this.#tenureOf(key)?.observe(key, event);
  }

  /** Told of every stored actor when its partition is taken, and of every commit from then on. */
  onCommitted(listener: CommittedListener): void {
    this.#listeners.push(listener);
  }

  /** Told of every such actor when its partition is lost or given away: another host knows more of it from then on. */
  onForgotten(listener: (key: ResourceKey) => void): void {
    this.#forgetters.push(listener);
  }

  /** From now on; turns under way end first. */
  limitTurns(perKindMax: number): void {
    for (const { turns } of this.#kinds.values()) turns.resize(perKindMax);
  }

  /** From now on, also for actors that are idle already. */
  restAfter(ms: number): void {
    this.#memory.restAfter(ms);
  }

  /** The partitions in this host's hands. */
  holdings(): readonly Holding[] {
    return this.#placement.holdings();
  }

  residents(): Resident[] {
    return this.#memory.list();
  }

  #tenureOf(key: ResourceKey): Tenure | undefined {
    return this.#placement.find(partitionOf(key))?.tenure;
  }

  #tenureParts(): TenureParts {
    const { ports, hostId, watch, steps: log } = this.#options;
    const { store, telemetry } = ports;
    const clock = this.#clock;
    const kinds = this.#kinds;
    const intake = this.intake;
    return {
      ...{ ports, hostId, clock, intake, kinds, schemas: this.#schemas, memory: this.#memory },
      ...(watch && { watch }),
      ...(log && {
        steps: log,
        untold: new Untold({ log, store, telemetry, clock, hostId, kinds }),
      }),
      wakes: new Slots(hosting.awakenedAtOnceMax),
      inHand: new InHand({ clock, intake, telemetry }),
      publish: (key, entry) => this.#publish(key, entry),
      committed: (key, kind, snapshot, revision) => {
        for (const listener of this.#listeners)
          this.#tell(key, () => listener(key, kind, snapshot, revision));
      },
      forgotten: (key) => {
        for (const listener of this.#forgetters) this.#tell(key, () => listener(key));
      },
    };
  }

  #tell(key: ResourceKey, tell: () => void): void {
    try {
      tell();
    } catch (thrown) {
      const fields = { actor: keyText(key), reason: messageOf(thrown) };
      this.#options.ports.telemetry.log('error', fields, 'a listener failed');
    }
  }

  async #publish(key: ResourceKey, entry: OutboxEntry): Promise<void> {
    const { bus, telemetry } = this.#options.ports;
    await bus.publishEvent(cloudEvent(this.#options.installation, key, entry));
    const { id, correlationId } = entry;
    const fields = { actor: keyText(key), id, event: entry.event, correlationId };
    telemetry.log('info', fields, 'event published');
    telemetry.count('fairlead_events_published_total', { kind: key.kind, event: entry.event });
    tellEvent(telemetry, keyText(key), entry);
  }
}

export const createHost = (options: HostOptions): Host => new Host(options);
