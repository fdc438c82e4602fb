/** What a hosted actor is made of, and whom it tells of its turns. */
import type { ResourceKey } from '../machines/ids.ts';
import type { Cut } from './commit-gate.ts';
import type { HeapClock } from './heap-clock.ts';
import type { Kind, KindSnapshot } from './kind.ts';
import type { OutboxEntry } from './outbox.ts';
import type { Random, RecordStore, Telemetry } from './ports.ts';
import type { StepLog } from './steps/step-port.ts';
import type { TurnReport } from './turn-report.ts';

export interface ActorOptions {
  readonly kind: Kind;
  readonly key: ResourceKey;
  readonly uid: string;
  readonly definitionHash: string;
  readonly store: RecordStore;
  readonly clock: HeapClock;
  readonly random: Random;
  readonly telemetry: Telemetry;
  readonly fence: number;
  readonly hostId: string;
  /** True while this host may write and act. */
  readonly owned: () => boolean;
  readonly publish: (entry: OutboxEntry) => Promise<void>;
  /** Told of every write that changed something; nobody when left out. */
  readonly steps?: StepLog;
  readonly onCommitted: (snapshot: KindSnapshot, revision: number, wakeAtMs: number | null) => void;
  readonly onCut: (cut: Cut) => void;
  /** Everything stored has been published. */
  readonly onDrained: () => void;
  /** A command's turn ended after so many milliseconds, its commit included. */
  readonly onTurn?: (ms: number) => void;
  /** An observation or a call's result was taken in; commands are told where they are answered. */
  readonly onReport?: (report: TurnReport) => void;
}
