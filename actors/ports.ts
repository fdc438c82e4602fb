/**
 * What the rings inside need of the world, in our words. Adapters in src/ implement these; tests run the same contract
 * suite on the fakes and on the real ones.
 */
import type { Bus, Orders } from './bus-ports.ts';
import type { FleetView, Machines, Remote, Surroundings } from './cloud-ports.ts';
import type { Leases } from './lease-ports.ts';
import type { VolumeBackends } from './replication-ports.ts';
import type { RecordStore } from './store-ports.ts';

export type { Attempt } from './attempt.ts';
export type { HostSeat, Leases, LeaseSurvey, Presence } from './lease-ports.ts';
export type {
  Bus,
  CommandDelivery,
  DeadLetter,
  Orders,
  OutboundEvent,
  QueryAnswer,
  QueryRequest,
  Subscription,
} from './bus-ports.ts';
export type {
  CallGuard,
  CallOrder,
  FleetView,
  Machines,
  Remote,
  Surroundings,
  Within,
} from './cloud-ports.ts';
export type {
  IdempotencyStore,
  RecordStore,
  Shelf,
  StoredRecord,
  WriteOutcome,
} from './store-ports.ts';

/** Cancels a timer; doing it twice or late is harmless. */
export type Cancel = () => void;

/** Wall time for durable deadlines, monotonic time for leases and time-outs. */
export interface Clock {
  /** Wall time, milliseconds since the epoch. */
  nowMs(): number;
  /** Milliseconds from an arbitrary start; never goes back. */
  monotonicMs(): number;
  /** Calls `run` once after `delayMs` (any length; below 0 counts as 0). */
  after(delayMs: number, run: () => void): Cancel;
}

export interface Random {
  /** A number in [0, 1). */
  roll(): number;
  /** A new ULID: 26 characters, sortable by time. */
  ulid(): string;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type LogFields = Readonly<Record<string, unknown>>;

/** Log lines and measurements; names of metrics are in `actors/metric-names.ts`. Never throws. */
export interface Telemetry {
  log(level: LogLevel, fields: LogFields, message: string): void;
  /** Adds to a counter. */
  count(metric: string, labels?: Readonly<Record<string, string>>, by?: number): void;
  /** One observation for a histogram, in the unit of its name. */
  observe(metric: string, value: number, labels?: Readonly<Record<string, string>>): void;
}

export interface Ports {
  readonly clock: Clock;
  readonly random: Random;
  readonly store: RecordStore;
  readonly bus: Bus;
  readonly leases: Leases;
  readonly machines: Machines;
  readonly surroundings: Surroundings;
  readonly remote: Remote;
  readonly fleet: FleetView;
  readonly volumes: VolumeBackends;
  readonly telemetry: Telemetry;
  /** Absent where no actor orders others about, as in tests of a single part. */
  readonly orders?: Orders;
}
