/**
 * Follows the steps of all actors by an ordered consumer: the last of every name first, then everything new, in the order
 * of the stream. Goes on behind the last one it saw whatever happens to connection, server or consumer.
 */
import { DeliverPolicy } from '@nats-io/jetstream';
import type { ConsumerMessages, JsMsg, OrderedConsumerOptions } from '@nats-io/jetstream';
import type { Step } from '../../actors/steps/step.ts';
import { sleep } from '../sleep.ts';
import type { Connection, Log } from './connection.ts';
import { describe } from './faults.ts';
import { patterns, streams } from './subjects.ts';

/** How fresh what was heard is. */
export interface StepFeedState {
  /** `offline`: no connection to NATS. `reconnecting`: the stream is not read right now, or was never read to its end. */
  readonly status: 'live' | 'reconnecting' | 'offline';
  /** Wall time since when it is not live; 0 while live. */
  readonly sinceMs: number;
  /** Steps that are stored and were not heard yet, as far as known. */
  readonly lag: number;
}

export interface StepHearing {
  /** In stream order; the same step may come twice after trouble. `position` grows and has holes. */
  step(step: Step, position: number): void;
  /** Whenever it has changed. */
  state?(state: StepFeedState): void;
  /** The stream was made anew: what follows begins from nothing. */
  restarted?(because: string): void;
  /** Everything that was stored at the beginning, or after a restart, has been heard. */
  caughtUp?(): void;
}

export interface StepFeed {
  /** Resolves when everything that was stored at the beginning has been heard; pending while NATS is away. */
  readonly ready: Promise<void>;
  state(): StepFeedState;
  stop(): Promise<void>;
}

export interface StepFeedOptions {
  readonly log: Log;
  readonly nowMs: () => number;
}

const PULLED_MAX = 500;
const PULL_MS = 10_000;
const HEARTBEAT_MS = 2_500;
const REOPEN_GAP_MS = 250;
const TELL_MS = 250;

/** Starts at once and never rejects: it waits for NATS as long as it takes. */
export const followSteps = (
  connection: Connection,
  hearing: StepHearing,
  options: StepFeedOptions,
): StepFeed => new Follower(connection, hearing, options);

class Follower implements StepFeed {
  readonly ready: Promise<void>;
  readonly #connection: Connection;
  readonly #hearing: StepHearing;
  readonly #options: StepFeedOptions;
  readonly #stopping = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #isReady: () => void = () => undefined;
  /** Stream sequence of the last step heard; 0 before any. */
  #after = 0;
  /** When the stream that is read was made, as the server says it; empty before the first look. */
  #created = '';
  #lag = 0;
  #isReading = false;
  #hasCaughtUp = false;
  #notLiveSinceMs: number;
  #told: StepFeedState | undefined;
  #messages: ConsumerMessages | undefined;
  readonly #running: Promise<void>;

  constructor(connection: Connection, hearing: StepHearing, options: StepFeedOptions) {
    this.#connection = connection;
    this.#hearing = hearing;
    this.#options = options;
    this.#notLiveSinceMs = options.nowMs();
    this.ready = new Promise((resolve) => (this.#isReady = resolve));
    this.#timer = setInterval(() => this.#tellState(), TELL_MS);
    this.#timer.unref();
    this.#running = this.#run();
  }

  state(): StepFeedState {
    const isConnected = this.#connection.connected();
    const isLive = isConnected && this.#isReading && this.#hasCaughtUp;
    if (isLive) this.#notLiveSinceMs = 0;
    else if (this.#notLiveSinceMs === 0) this.#notLiveSinceMs = this.#options.nowMs();
    return {
      status: isLive ? 'live' : isConnected ? 'reconnecting' : 'offline',
      sinceMs: this.#notLiveSinceMs,
      lag: this.#lag,
    };
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopping.abort();
    this.#messages?.stop();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#isStopped() && !this.#connection.nc.isClosed()) {
      try {
        const messages = await this.#open();
        this.#messages = messages;
        if (this.#isStopped()) messages.stop();
        for await (const message of messages) this.#hear(message);
      } catch (thrown) {
        // Only the consumer on the server is gone, as after a restart: a new one goes on behind the last step.
        const fields = { after: this.#after, cause: describe(thrown) };
        this.#options.log('info', fields, 'the steps are read anew');
      }
      this.#isReading = false;
      this.#tellState();
      if (!this.#isStopped()) await sleep(REOPEN_GAP_MS, this.#stopping.signal);
    }
  }

  // A method, so that the compiler does not take the flag for constant over an await.
  #isStopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  async #open(): Promise<ConsumerMessages> {
    const { jsm, js } = this.#connection;
    const { state, created } = await this.#connection.ask(() => jsm.streams.info(streams.steps));
    const isAnother = this.#created !== '' && this.#created !== created;
    this.#created = created;
    if (isAnother || state.last_seq < this.#after) {
      this.#after = 0;
      this.#hasCaughtUp = false;
      this.#hearing.restarted?.('the stream of steps was made anew');
    }
    const consumer = await this.#connection.ask(() =>
      js.consumers.get(streams.steps, { filter_subjects: patterns.steps, ...this.#start() }),
    );
    const { num_pending: pending } = await this.#connection.ask(() => consumer.info(true));
    this.#noteLag(pending);
    const messages = await consumer.consume({
      ...{ max_messages: PULLED_MAX, expires: PULL_MS, idle_heartbeat: HEARTBEAT_MS },
      // The client's own repair of a lost ordered consumer stalls for seconds: it counts pulls that died with the old one.
      abort_on_missing_resource: true,
    });
    this.#isReading = true;
    this.#tellState();
    return messages;
  }

  #start(): Partial<OrderedConsumerOptions> {
    if (this.#after === 0) return { deliver_policy: DeliverPolicy.LastPerSubject };
    return { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: this.#after + 1 };
  }

  #hear(message: JsMsg): void {
    if (this.#stopping.signal.aborted) return;
    this.#after = message.seq;
    try {
      this.#hearing.step(message.json<Step>(), message.seq);
    } catch (thrown) {
      const fields = { subject: message.subject, seq: message.seq, cause: describe(thrown) };
      this.#options.log('error', fields, 'a step could not be taken in');
    }
    this.#noteLag(message.info.pending);
  }

  #noteLag(pending: number): void {
    this.#lag = pending;
    if (pending > 0 || this.#hasCaughtUp) return;
    this.#hasCaughtUp = true;
    this.#hearing.caughtUp?.();
    this.#isReady();
  }

  #tellState(): void {
    const { told, now } = { told: this.#told, now: this.state() };
    const isSame =
      told?.status === now.status && told.sinceMs === now.sinceMs && told.lag === now.lag;
    if (isSame) return;
    this.#told = now;
    this.#hearing.state?.(now);
  }
}
