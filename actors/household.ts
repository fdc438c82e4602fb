/** What one period of ownership gives to every actor in it, and what their mailboxes hold. */
import type { ResourceKey } from '../machines/ids.ts';
import type { Command } from './envelope.ts';
import type { HeapClock } from './heap-clock.ts';
import type { Kind, KindSnapshot } from './kind.ts';
import type { OutboxEntry } from './outbox.ts';
import type { CommandDelivery, Ports } from './ports.ts';
import type { Slots } from './slots.ts';
import type { StepLog } from './steps/step-port.ts';
import type { TurnReport } from './turn-report.ts';

export interface HostedKind {
  readonly kind: Kind;
  readonly definitionHash: string;
  /** Places for turns of this kind, shared by all its actors. */
  readonly turns: Slots;
}

/** Told of work as it ends, and asked whether some of it has to wait. */
export interface WorkWatch {
  /** A command was answered, this long after it was handed to this host. */
  answered(answer: { readonly code: string; readonly status: number; readonly ms: number }): void;
  /** A command's turn ended, its commit included. */
  turned(ms: number): void;
  /** A turn of any kind ended; commands that never reach an actor are told too. */
  reported?(key: ResourceKey, report: TurnReport): void;
  /** Milliseconds after which the command may come again; undefined when it may be taken now. */
  holdBackMs(kind: string, verb: string): number | undefined;
}

export type CommittedListener = (
  key: ResourceKey,
  kindName: string,
  snapshot: KindSnapshot,
  revision: number,
) => void;

export interface Household {
  readonly ports: Pick<Ports, 'store' | 'bus' | 'random' | 'telemetry'>;
  readonly clock: HeapClock;
  readonly hostId: string;
  readonly fence: number;
  readonly owned: () => boolean;
  readonly publish: (key: ResourceKey, entry: OutboxEntry) => Promise<void>;
  readonly onCommitted: (
    key: ResourceKey,
    snapshot: KindSnapshot,
    revision: number,
    wakeAtMs: number | null,
  ) => void;
  /** The actor left memory; null: nothing to wake for. */
  readonly onResting: (key: ResourceKey, wakeAtMs: number | null) => void;
  readonly steps?: StepLog;
  readonly watch?: WorkWatch;
  /** Nothing waits and nothing is in memory: the resident may be forgotten. */
  readonly onEmpty: (key: ResourceKey) => void;
  /** Somebody else keeps writing although the lease is ours. */
  readonly giveUp: (why: string) => void;
}

export type Work =
  | { readonly kind: 'command'; readonly command: Command; readonly delivery: CommandDelivery }
  | { readonly kind: 'observation'; readonly event: { readonly type: string } }
  /** A due timer, an unfinished call or a cut actor: bring it (back) into memory. `done` is called when that was tried. */
  | { readonly kind: 'wake'; readonly done?: () => void }
  /** Write an emptied outbox back. */
  | { readonly kind: 'tidy' }
  /** Leave memory when idle, unless the next deadline is nearer than `awayMinMs`. */
  | { readonly kind: 'rest'; readonly cause: RestCause; readonly awayMinMs: number };

/** `idle`: it did nothing for long; `room`: others were used later. */
export type RestCause = 'idle' | 'room';
