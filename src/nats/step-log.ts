/** The port StepLog over JetStream: steps wait in memory for the stream, in order per actor, and are stored once. */
import { DeliverPolicy } from '@nats-io/jetstream';
import { stepLimits } from '../../machines/limits.ts';
import type { Telemetry } from '../../actors/ports.ts';
import { isLater } from '../../actors/steps/step-port.ts';
import type { LastTold, StepLog, StepNumber } from '../../actors/steps/step-port.ts';
import type { Image, Step } from '../../actors/steps/step.ts';
import { sleep } from '../sleep.ts';
import type { Connection } from './connection.ts';
import { describe } from './faults.ts';
import { publishStep } from './step-publish.ts';
import { storedMessages } from './stored.ts';
import { parseStep, patterns, streams } from './subjects.ts';

/** A step as it goes out. */
export interface Waiting {
  readonly actor: string;
  readonly kind: string;
  readonly uid: string;
  readonly seq: number;
  readonly isWhole: boolean;
  readonly isGone: boolean;
  readonly body: string;
}

export interface OpenStepLog extends StepLog {
  /** Steps that wait for the stream. */
  waiting(): number;
  /** Another host tells of this actor (`kind/namespace/name`) from now on; what waits is still told. */
  forget(actor: string): void;
  /** Publishes what waits, at most `limitMs` long (default `stepLimits.drainMs`); then everything is dropped. */
  stop(limitMs?: number): Promise<void>;
}

export const createStepLog = (connection: Connection, telemetry: Telemetry): OpenStepLog =>
  new StepPump(connection, telemetry);

class StepPump implements OpenStepLog {
  readonly #connection: Connection;
  readonly #telemetry: Telemetry;
  /** By actor, oldest first; an actor is here as long as it has steps to publish. */
  readonly #queues = new Map<string, Waiting[]>();
  readonly #busy = new Set<string>();
  /** Stream sequence of the last step of each actor, where it is known. */
  readonly #last = new Map<string, number>();
  /** What this process has told of each actor. */
  readonly #newest = new Map<string, StepNumber>();
  /** Actors whose last step was lost here. */
  readonly #gaps = new Set<string>();
  readonly #stopping = new AbortController();
  #count = 0;
  #bytes = 0;
  #onRoom: (() => void)[] = [];

  constructor(connection: Connection, telemetry: Telemetry) {
    this.#connection = connection;
    this.#telemetry = telemetry;
  }

  waiting(): number {
    return this.#count;
  }

  tell(step: Step, image: Image): void {
    try {
      this.#tell(step, image);
    } catch (thrown) {
      this.#lose(step.actor, 'refused', describe(thrown));
    }
  }

  async lastTold(): Promise<ReadonlyMap<string, LastTold>> {
    const found = new Map<string, LastTold>();
    const newest = DeliverPolicy.LastPerSubject;
    const more = { headers_only: true };
    const messages = storedMessages(this.#connection, streams.steps, patterns.steps, newest, more);
    for await (const message of messages) {
      const key = parseStep(message.subject);
      if (key === undefined) continue;
      const actor = `${key.kind}/${key.namespace}/${key.name}`;
      const id = message.headers?.get('Nats-Msg-Id') ?? '';
      found.set(actor, { id, atMs: message.time.getTime() });
      if (!this.#last.has(actor)) this.#last.set(actor, message.seq);
    }
    return found;
  }

  untilRoom(): Promise<void> {
    if (this.#hasMuchRoom() || this.#stopping.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => this.#onRoom.push(resolve));
  }

  async stop(limitMs: number = stepLimits.drainMs): Promise<void> {
    const giveUpMs = performance.now() + limitMs;
    while (this.#count > 0 && performance.now() < giveUpMs && this.#connection.connected())
      await sleep(10);
    this.#stopping.abort();
    if (this.#count > 0) {
      this.#telemetry.count('fairlead_steps_dropped_total', { reason: 'stopped' }, this.#count);
      const fields = { steps: this.#count };
      this.#telemetry.log('warn', fields, 'steps were not told before the end; the next host does');
    }
    this.#queues.clear();
    this.#count = 0;
    this.#bytes = 0;
    for (const resolve of this.#onRoom.splice(0)) resolve();
  }

  #tell(step: Step, image: Image): void {
    const { actor, uid, seq } = step;
    const newest = this.#newest.get(actor);
    // Found in store, but its actor has told something newer since.
    if (step.isRestored && newest !== undefined && !isLater({ uid, seq }, newest)) return;
    if (this.#stopping.signal.aborted) return;
    const told = this.#gaps.has(actor) ? whole(step, image) : step;
    const body = JSON.stringify(told);
    const { queuedMax, queuedBytesMax } = stepLimits;
    if (this.#count >= queuedMax || this.#bytes + body.length > queuedBytesMax) {
      this.#lose(actor, 'full', 'too many steps wait for the stream');
      return;
    }
    this.#gaps.delete(actor);
    this.#newest.set(actor, { uid, seq });
    const kind = actor.split('/', 1)[0] ?? '';
    const isWhole = told.image !== undefined;
    this.#enqueue({ actor, kind, uid, seq, isWhole, isGone: told.row.isGone, body });
  }

  #enqueue(waiting: Waiting): void {
    this.#count += 1;
    this.#bytes += waiting.body.length;
    const queue = this.#queues.get(waiting.actor);
    if (queue) queue.push(waiting);
    else this.#queues.set(waiting.actor, [waiting]);
    this.#pump();
  }

  /** Starts as many as may be under way, one per actor so that their order holds. */
  #pump(): void {
    for (const actor of this.#queues.keys()) {
      if (this.#busy.size >= stepLimits.publishesMax) return;
      if (this.#busy.has(actor)) continue;
      this.#busy.add(actor);
      void this.#drain(actor);
    }
  }

  async #drain(actor: string): Promise<void> {
    for (;;) {
      const next = this.#queues.get(actor)?.[0];
      if (next === undefined || this.#isStopped()) break;
      const known = this.#last.get(actor);
      const outcome = await publishStep(this.#connection, next, known, this.#stopping.signal);
      if (this.#isStopped()) break;
      if (outcome.last !== undefined) this.#last.set(actor, outcome.last);
      if (outcome.kind === 'stored')
        this.#telemetry.count('fairlead_steps_published_total', { kind: next.kind });
      else this.#lose(actor, outcome.kind, outcome.cause);
      this.#done(next);
      if (outcome.kind === 'stored' && next.isGone) this.forget(actor);
    }
    this.#busy.delete(actor);
    this.#pump();
  }

  /** Nothing is kept of an actor that is told of elsewhere, or whose life is over, unless more of it waits. */
  forget(actor: string): void {
    if (this.#queues.has(actor)) return;
    this.#last.delete(actor);
    this.#newest.delete(actor);
    this.#gaps.delete(actor);
  }

  // A method, so that the compiler does not take the flag for constant over an await.
  #isStopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  #done(waiting: Waiting): void {
    const queue = this.#queues.get(waiting.actor);
    queue?.shift();
    if (queue?.length === 0) this.#queues.delete(waiting.actor);
    this.#count -= 1;
    this.#bytes -= waiting.body.length;
    if (!this.#hasMuchRoom()) return;
    for (const resolve of this.#onRoom.splice(0)) resolve();
  }

  #hasMuchRoom(): boolean {
    const { queuedMax, queuedBytesMax } = stepLimits;
    return this.#count < queuedMax / 2 && this.#bytes < queuedBytesMax / 2;
  }

  #lose(actor: string, reason: string, cause: string): void {
    const isFirst = !this.#gaps.has(actor);
    this.#gaps.add(actor);
    this.#telemetry.count('fairlead_steps_dropped_total', { reason });
    if (isFirst) this.#telemetry.log('warn', { actor, reason, cause }, 'a step is lost');
  }
}

function whole(step: Step, image: Image): Step {
  const { patch: _patch, ...rest } = step;
  return { ...rest, image };
}
