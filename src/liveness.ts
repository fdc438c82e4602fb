/** Is this process itself alive: event-loop lag, mailboxes that move, turns that are taken. Never NATS, never a provider. */
import { performance } from 'node:perf_hooks';
import type { Heartbeat } from '../actors/heartbeat.ts';
import type { HostStatus } from '../actors/host.ts';
import type { Clock } from '../actors/ports.ts';
import { health } from '../machines/limits.ts';
import type { Check } from './http.ts';

const beatMs = 1_000;

export interface EventLoopWatch {
  /** How late the present beat is, milliseconds. */
  lagMs(): number;
  stop(): void;
}

/** Measured by a timer that should fire each second; `onBeat` runs with it. */
export function watchEventLoop(onBeat: () => void = () => undefined): EventLoopWatch {
  let lastBeatMs = performance.now();
  const timer = setInterval(() => {
    lastBeatMs = performance.now();
    onBeat();
  }, beatMs);
  timer.unref();
  return {
    lagMs: () => Math.max(0, Math.round(performance.now() - lastBeatMs - beatMs)),
    stop() {
      clearInterval(timer);
    },
  };
}

/**
 * How long turns have had everything they need from outside. A commit waits for the store, so a mailbox whose head waits
 * while the store is away is patient, not stuck.
 */
export class StoreTrouble {
  readonly #clock: Clock;
  #lastMs: number;
  #isNow = false;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#lastMs = clock.monotonicMs();
  }

  /** Told of every answer of the store, and of every second without a connection. */
  note(isAnswered: boolean): void {
    this.#isNow = !isAnswered;
    if (!isAnswered) this.#lastMs = this.#clock.monotonicMs();
  }

  /** True while the last thing heard of the store was a failure. */
  get isNow(): boolean {
    return this.#isNow;
  }
  /** Milliseconds since the last failure, or since the start. */
  quietMs(): number {
    return this.#clock.monotonicMs() - this.#lastMs;
  }
}

export interface LiveParts {
  readonly loop: Pick<EventLoopWatch, 'lagMs'>;
  readonly heartbeat: Heartbeat;
  readonly trouble: StoreTrouble;
  readonly status: () => Pick<HostStatus, 'mailboxOldestMs'>;
}

export function liveChecks({ loop, heartbeat, trouble, status }: LiveParts): Check[] {
  const lagMs = loop.lagMs();
  const waitedMs = Math.min(status().mailboxOldestMs, trouble.quietMs());
  const ageMs = heartbeat.ageMs();
  return [
    { name: 'eventLoop', ok: lagMs < health.deadLoopLagMs, detail: `${lagMs} ms behind` },
    {
      name: 'progress',
      ok: waitedMs < health.mailboxOldestMaxMs,
      detail: `oldest message waits ${Math.round(waitedMs)} ms`,
    },
    {
      name: 'turns',
      ok: ageMs < health.turnAgeMaxMs,
      detail: `last turn ${Math.round(ageMs / 1_000)} s ago`,
    },
  ];
}
