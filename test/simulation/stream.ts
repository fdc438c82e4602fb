/** The stream of commands as it is: a work queue in order, one durable for each partition, acknowledgement waits. */
import { partitionOf } from '../../machines/ids.ts';
import { bounds } from '../../machines/limits.ts';
import { NewerOwner } from '../../actors/newer-owner.ts';
import type { WorldClock } from './clock.ts';
import type { Trace } from './trace.ts';
import { duplicateWindowMs } from './outlets.ts';

export interface SentCommand {
  /** Of the message: repeats within the window fold by it. */
  readonly id: string;
  readonly namespace: string;
  readonly kind: string;
  readonly name: string;
  readonly verb: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Queued {
  readonly sequence: number;
  readonly partition: number;
  readonly command: SentCommand;
  /** When the acknowledgement wait of its last delivery ends; undefined: not handed over. */
  ackDueMs: number | undefined;
  deliveries: number;
}

export interface Durable {
  readonly partition: number;
  readonly epoch: number;
  readonly process: string;
  /** A process that has died pulls no more: the server has seen its connection end. */
  readonly isPulling: () => boolean;
  /** Takes a delivery over to its process. */
  readonly deliver: (delivery: Delivery) => void;
  isPaused: boolean;
  /** Deliveries since it was made, also those that were lost. */
  delivered: number;
}

export interface Delivery {
  readonly queued: Queued;
  /** Of the durable's own count, from 1. */
  readonly number: number;
  /** Times the command was handed over, this one with it. */
  readonly deliveries: number;
}

/** How a command left the stream. */
export interface Left {
  readonly queued: Queued;
  readonly how: 'ack' | 'confirmed' | 'terminated';
  readonly by: string;
}

const ackWaitMs = 10_000;

export class SimStream {
  readonly #clock: WorldClock;
  readonly #trace: Trace;
  readonly #onLeft: (left: Left) => void;
  #queue: Queued[] = [];
  readonly #durables = new Map<number, Durable>();
  readonly #ids = new Map<string, { readonly sequence: number; readonly atMs: number }>();
  #lastSequence = 0;
  /** A durable is taken over as it is: what is in flight stays in flight. For a mutant only. */
  keepsDurables = false;

  constructor(clock: WorldClock, trace: Trace, onLeft: (left: Left) => void) {
    this.#clock = clock;
    this.#trace = trace;
    this.#onLeft = onLeft;
  }

  /** Undefined: too many of its subject wait. */
  publish(command: SentCommand): { sequence: number; isRepeat: boolean } | undefined {
    const nowMs = this.#clock.monotonicMs();
    const known = this.#ids.get(command.id);
    if (known !== undefined && nowMs - known.atMs < duplicateWindowMs)
      return { sequence: known.sequence, isRepeat: true };
    const { namespace, kind, name, verb } = command;
    const waiting = this.#queue.filter(
      ({ command: each }) =>
        each.name === name &&
        each.kind === kind &&
        each.verb === verb &&
        each.namespace === namespace,
    );
    if (waiting.length >= bounds.perSubjectMax) return undefined;
    const sequence = (this.#lastSequence += 1);
    this.#ids.set(command.id, { sequence, atMs: nowMs });
    const partition = partitionOf({ kind, namespace, name });
    this.#trace.note(
      'stream',
      'stores',
      `${sequence} ${kind}/${namespace}/${name} ${verb} ${command.id}`,
    );
    this.#queue.push({ sequence, partition, command, ackDueMs: undefined, deliveries: 0 });
    this.#pump(partition);
    return { sequence, isRepeat: false };
  }

  waiting(): readonly Queued[] {
    return this.#queue;
  }

  /**
   * Makes the durable anew.
   * @returns the highest sequence that is stored
   * @throws NewerOwner
   */
  take(durable: Durable): number {
    const known = this.#durables.get(durable.partition);
    if (known !== undefined && known.epoch > durable.epoch)
      throw new NewerOwner(`p${known.partition}-e${known.epoch}`, known.epoch, durable.epoch);
    this.#durables.set(durable.partition, durable);
    durable.delivered = 0;
    this.#trace.note(
      'stream',
      'durable',
      `p${durable.partition}-e${durable.epoch} ${durable.process}`,
    );
    if (!this.keepsDurables)
      for (const queued of this.#of(durable.partition)) queued.ackDueMs = undefined;
    this.#pump(durable.partition);
    return this.#lastSequence;
  }

  isCurrent(durable: Durable): boolean {
    return this.#durables.get(durable.partition) === durable;
  }

  resume(durable: Durable): void {
    durable.isPaused = false;
    this.#pump(durable.partition);
  }

  /** A plain acknowledgement: the server has forgotten those of a durable that was replaced. */
  ack(durable: Durable, sequence: number): void {
    if (this.isCurrent(durable) || this.keepsDurables)
      this.#remove(sequence, 'ack', durable.process);
  }

  /** By sequence, whoever asks. */
  removeForCertain(process: string, sequence: number, how: 'confirmed' | 'terminated'): void {
    this.#remove(sequence, how, process);
  }

  working(durable: Durable, sequence: number): void {
    const queued = this.#queue.find((each) => each.sequence === sequence);
    if (queued?.ackDueMs !== undefined && this.isCurrent(durable))
      queued.ackDueMs = this.#clock.monotonicMs() + ackWaitMs;
  }

  #remove(sequence: number, how: Left['how'], by: string): void {
    const queued = this.#queue.find((each) => each.sequence === sequence);
    if (queued === undefined) return;
    this.#queue = this.#queue.filter((each) => each !== queued);
    this.#trace.note('stream', how, `${sequence} by ${by}`);
    this.#onLeft({ queued, how, by });
  }

  #of(partition: number): Queued[] {
    return this.#queue.filter((each) => each.partition === partition);
  }

  #pump(partition: number): void {
    const durable = this.#durables.get(partition);
    if (durable === undefined || durable.isPaused || !durable.isPulling()) return;
    for (const queued of this.#of(partition))
      if (queued.ackDueMs === undefined) this.#handOver(durable, queued);
  }

  #handOver(durable: Durable, queued: Queued): void {
    queued.deliveries += 1;
    queued.ackDueMs = this.#clock.monotonicMs() + ackWaitMs;
    this.#watch(queued);
    durable.deliver({ queued, number: (durable.delivered += 1), deliveries: queued.deliveries });
  }

  /** After its acknowledgement wait a command is handed over again, behind whatever was meanwhile. */
  #watch(queued: Queued): void {
    const dueMs = queued.ackDueMs ?? 0;
    this.#clock.after(dueMs - this.#clock.monotonicMs(), () => {
      if (!this.#queue.includes(queued) || queued.ackDueMs === undefined) return;
      if (queued.ackDueMs > this.#clock.monotonicMs()) {
        this.#watch(queued);
        return;
      }
      const durable = this.#durables.get(queued.partition);
      if (durable?.isPulling() !== true) {
        queued.ackDueMs = undefined;
        return;
      }
      this.#trace.note('stream', 'hands over again', String(queued.sequence));
      this.#handOver(durable, queued);
    });
  }
}
