/**
 * Hosts this process's guard under a record of its own, outside the partitions: breakers survive a restart, and an open
 * circuit stays open until its time. Its state acts at once; only events wait for the commit.
 */
import { fleetKey, recordKey } from '../machines/ids.ts';
import { hosting } from '../machines/limits.ts';
import { guardMachine } from '../machines/guard.ts';
import type { GuardContext } from '../machines/guard.ts';
import { hostGuardKind } from '../machines/guard-kinds.ts';
import type { FleetContext, FleetOrder } from '../machines/guard-fleet.ts';
import type { HostMark } from '../machines/host-marks.ts';
import { check } from './checker.ts';
import { cloudEvent } from './cloud-event.ts';
import type { Cut } from './commit-gate.ts';
import { loadRecord } from './commit.ts';
import { definitionHash } from './definition.ts';
import { messageOf } from './faults.ts';
import { createHeapClock } from './heap-clock.ts';
import type { HeapClock } from './heap-clock.ts';
import { HostedActor } from './hosted-actor.ts';
import type { Guard } from './policies/call-guard.ts';
import type { BreakerRef } from './policies/circuit.ts';
import type { Ports, RecordStore } from './ports.ts';
import { readRecord, snapshotOf } from './record.ts';
import type { StepLog } from './steps/step-port.ts';
import type { Origin } from './stored-life.ts';

export interface GuardHostOptions {
  readonly guard: Guard;
  readonly hostId: string;
  readonly installation: string;
  readonly ports: Pick<Ports, 'clock' | 'random' | 'store' | 'bus' | 'telemetry'>;
  /** Told of what the breakers go through; nobody when left out. */
  readonly steps?: StepLog;
}

/** An event of kind guard, as it comes off the stream. */
export interface HeardEvent {
  readonly type: string;
  readonly source: string;
  readonly data?: unknown;
}

/** A record of before hosts could be drained has no marks. */
type Stored = Pick<FleetContext, 'standing'> & Partial<FleetContext>;

export const guardRecordKey = (hostId: string): string => `h.${hostId}.system.guard`;

const definition = definitionHash(guardMachine);

const unreadOrders =
  'the standing orders cannot be read: this host runs as if it were not drained and nothing isolated; restore the record under this key, or delete it and give the orders again';

export class GuardHost {
  readonly #options: GuardHostOptions;
  readonly #clock: HeapClock;
  readonly #store: RecordStore;
  #actor: HostedActor | undefined;
  #mark: HostMark | undefined;
  #isStopped = false;

  constructor(options: GuardHostOptions) {
    this.#options = options;
    this.#clock = createHeapClock(options.ports.clock);
    const { store } = options.ports;
    const key = guardRecordKey(options.hostId);
    this.#store = {
      load: () => store.load(key),
      write: (_key, bytes, revision) => store.write(key, bytes, revision),
      scan: () => store.scan([]),
    };
  }

  /** Resolves when the guard stands and knows the standing orders. Waits in place while the store is away. */
  async start(): Promise<void> {
    await this.#awaken();
    await this.applyStanding();
  }

  /** Orders given while this host was away. */
  async applyStanding(): Promise<void> {
    const key = recordKey(fleetKey);
    const stored = await loadRecord(this.#commitOptions(this.#options.ports.store), key);
    if (stored === undefined || stored === 'unowned') return;
    const read = readRecord(stored.bytes);
    if (!read.ok) {
      this.#log('error', { key, reason: read.reason }, unreadOrders);
      return;
    }
    const { standing, drained = [] } = snapshotOf(read.record).context as Stored;
    this.#options.guard.lines.applyStanding(standing);
    this.#mark = drained.find(({ host }) => host === this.#options.hostId);
  }

  /** The order by which this host runs nothing; undefined when it may. */
  get mark(): HostMark | undefined {
    return this.#mark;
  }

  /** An order of the fleet, or another host's trip; anything else is passed over. */
  heard({ type, source, data }: HeardEvent): void {
    const { guard, hostId } = this.#options;
    if (type === 'fairlead.guard.ordered.v1') guard.lines.apply(data as FleetOrder);
    if (type === 'fairlead.guard.hostDrained.v1') this.#heardMark(data as HostMark, true);
    if (type === 'fairlead.guard.hostUndrained.v1') this.#heardMark(data as HostMark, false);
    if (type !== 'fairlead.guard.breakerChanged.v1' || source.endsWith(`/${hostId}`)) return;
    const { key, to } = data as { key: string; to: string };
    if (to === 'open') guard.lines.peerOpened(key);
  }

  #heardMark(mark: HostMark, isDrained: boolean): void {
    const { hostId } = this.#options;
    if (mark.host !== hostId) return;
    this.#mark = isDrained ? mark : undefined;
    const text = isDrained ? 'ordered to give its partitions away' : 'ordered to take partitions';
    this.#log('info', { by: mark.by, reason: mark.reason }, `this host was ${text}`);
  }

  async stop(): Promise<void> {
    await this.#actor?.settled();
    this.#isStopped = true;
    this.#actor?.cut({ kind: 'stopped' });
  }

  async #awaken(): Promise<void> {
    const key = guardRecordKey(this.#options.hostId);
    const stored = await loadRecord(this.#commitOptions(this.#store), key);
    if (stored === 'unowned') return;
    const read = stored && readRecord(stored.bytes);
    const doubt = read === undefined ? undefined : read.ok ? doubtOf(read.record) : read.reason;
    const isKept = stored !== undefined && read?.ok === true && doubt === undefined;
    if (doubt !== undefined)
      this.#log('warn', { reason: doubt }, 'the stored breakers do not fit; all begin closed');
    const origin: Origin = isKept
      ? { kind: 'stored', record: read.record, bytes: stored.bytes, revision: stored.revision }
      : { kind: 'new', revision: stored?.revision ?? 0, seen: [], outbox: [] };
    const uid = isKept ? read.record.uid : this.#options.ports.random.ulid();
    const actor = this.#host(uid, origin);
    this.#actor = actor;
    actor.start(isKept ? read.record.timers : []);
    this.#attach(actor);
  }

  #attach(actor: HostedActor): void {
    const children = () =>
      (actor.snapshot as unknown as { children: Readonly<Record<string, BreakerRef | undefined>> })
        .children;
    this.#options.guard.lines.attach({
      send: (event) => void actor.observe(event),
      context: () => actor.snapshot.context as GuardContext,
      breaker: (slot) => children()[slot],
    });
  }

  #host(uid: string, origin: Origin): HostedActor {
    const { ports, hostId, installation, steps } = this.#options;
    const key = { kind: 'guard', namespace: 'system', name: hostId };
    const actor: HostedActor = new HostedActor(
      {
        ...{ kind: hostGuardKind, key, uid, hostId, definitionHash: definition, fence: 1 },
        ...{ store: this.#store, clock: this.#clock },
        ...{ random: ports.random, telemetry: ports.telemetry },
        ...(steps && { steps }),
        owned: () => !this.#isStopped,
        publish: (entry) => ports.bus.publishEvent(cloudEvent(installation, key, entry)),
        onCommitted: () => undefined,
        onCut: (cut) => {
          this.#rehostLater(cut);
        },
        onDrained: () => {
          this.#clock.after(hosting.tidyAfterMs, () => void actor.tidy());
        },
      },
      origin,
    );
    return actor;
  }

  /** A bug in the chart, or a second process under our name: the breakers go on from the record. */
  #rehostLater(cut: Cut): void {
    if (this.#isStopped) return;
    const reason = cut.kind === 'poison' ? messageOf(cut.error) : cut.kind;
    this.#log('error', { reason }, 'the guard was cut; it goes on from its record');
    this.#clock.after(hosting.busyRetryAfterMs, () => {
      this.#awaken().catch((thrown: unknown) => {
        this.#log('error', { reason: messageOf(thrown) }, 'the guard does not start again');
      });
    });
  }

  #commitOptions(store: RecordStore) {
    const { telemetry } = this.#options.ports;
    return { store, telemetry, clock: this.#clock, owned: () => !this.#isStopped };
  }

  #log(level: 'error' | 'warn' | 'info', fields: object, text: string): void {
    const actor = `guard/system/${this.#options.hostId}`;
    this.#options.ports.telemetry.log(level, { actor, ...fields }, text);
  }
}

/** Why a stored guard is not gone on with: what its breakers know is not worth a migration. */
function doubtOf(record: Parameters<typeof check>[1]): string | undefined {
  if (record.definitionHash !== definition) return 'the chart has changed';
  return check(guardMachine, record)[0]?.text;
}
