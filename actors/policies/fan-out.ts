/** Runs many jobs, some at once, within one deadline; what is done by then is kept, and each job has its own outcome. */
import type { EffectFault } from '../../machines/messages.ts';
import { durationText } from '../duration-text.ts';
import type { MetricReading } from '../metric-names.ts';
import type { Attempt, Cancel, Clock, Telemetry } from '../ports.ts';
import { Knee, widthAtLoad, widthFor } from './fan-out-width.ts';
import type { WidthReason } from './fan-out-width.ts';

/** What is fanned out; also the label of its metrics. */
export const fanOutKinds = ['sweep', 'lift', 'agents', 'exec'] as const;
export type FanOutKind = (typeof fanOutKinds)[number];

export interface FanOutOrder {
  readonly kind: FanOutKind;
  readonly attempt: Attempt;
  /** Narrower than the host's setting, for this run only. */
  readonly widthMax?: number | undefined;
  /** In place of the host's setting. */
  readonly timeoutMs?: number | undefined;
}

export type Outcome<R> =
  { readonly ok: true; readonly value: R } | { readonly ok: false; readonly thrown: unknown };

export interface FanOutReport<R> {
  readonly total: number;
  readonly ok: number;
  readonly failed: number;
  readonly durationMs: number;
  readonly atOnce: number;
  /** In the order of the jobs. */
  readonly outcomes: readonly Outcome<R>[];
}

interface FanOutParts {
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly settings: () => { readonly widthMax: number; readonly timeoutMs: number };
  /** Share of this machine that is busy, 0–1, as last sampled. */
  readonly cpuShare: () => number;
}

/** What the registry of limits shows. */
export interface FanOutView {
  readonly atOnceMax: number;
  readonly binds: WidthReason;
  readonly cpuShare: number;
  readonly timeoutMs: number;
  /** Widths that earlier runs taught, by kind. */
  readonly knees: Readonly<Partial<Record<FanOutKind, number>>>;
}

export class FanOut {
  readonly #parts: FanOutParts;
  readonly #knees = new Map<FanOutKind, Knee>();
  readonly #efficiency = new Map<FanOutKind, number>();

  constructor(parts: FanOutParts) {
    this.#parts = parts;
  }

  /**
   * Runs every job, a failed one stops no other. Jobs not done at the deadline are aborted and have failed with `Timeout`.
   * @throws the signal's reason when the caller leaves: its jobs are aborted then, and none is begun
   */
  async run<J, R>(
    order: FanOutOrder,
    jobs: readonly J[],
    job: (job: J, attempt: Attempt) => Promise<R>,
  ): Promise<FanOutReport<R>> {
    order.attempt.signal.throwIfAborted();
    const { clock, settings, cpuShare } = this.#parts;
    const widthMax = Math.min(settings().widthMax, order.widthMax ?? Infinity);
    const knee = this.#knee(order.kind);
    const { atOnce } = widthFor(jobs.length, { widthMax, cpuShare: cpuShare(), knee: knee.width });
    const startedMs = clock.monotonicMs();
    const lanes = new Lanes<J, R>(clock, jobs, (each, signal) =>
      job(each, { ...order.attempt, signal }),
    );
    const outcomes = await lanes.run(
      atOnce,
      order.timeoutMs ?? settings().timeoutMs,
      order.attempt.signal,
    );
    const durationMs = clock.monotonicMs() - startedMs;
    const ok = outcomes.filter((each) => each.ok).length;
    const report = {
      total: jobs.length,
      ok,
      failed: jobs.length - ok,
      durationMs,
      atOnce,
      outcomes,
    };
    if (jobs.length > 0) this.#tell(order, report, knee, lanes.jobsMs);
    return report;
  }

  view(): FanOutView {
    const { settings, cpuShare } = this.#parts;
    const { widthMax, timeoutMs } = settings();
    const atLoad = widthAtLoad(cpuShare());
    const knees = [...this.#knees].filter(([, { width }]) => width < Infinity);
    return {
      atOnceMax: Math.min(widthMax, atLoad),
      binds: atLoad < widthMax ? 'cpu' : 'setting',
      cpuShare: cpuShare(),
      timeoutMs,
      knees: Object.fromEntries(knees.map(([kind, { width }]) => [kind, width])),
    };
  }

  readings(): MetricReading[] {
    return [...this.#efficiency].map(([kind, value]) => ({
      metric: 'fairlead_fanout_efficiency_ratio',
      value,
      labels: { kind },
    }));
  }

  #knee(kind: FanOutKind): Knee {
    const known = this.#knees.get(kind) ?? new Knee();
    this.#knees.set(kind, known);
    return known;
  }

  #tell(
    { kind, attempt }: FanOutOrder,
    report: Omit<FanOutReport<unknown>, 'outcomes'>,
    knee: Knee,
    jobsMs: number,
  ): void {
    const { telemetry } = this.#parts;
    const { total, ok, failed, durationMs, atOnce } = report;
    // A run cut short or with failures says nothing about how wide it should have been.
    const run = { atOnce, tookMs: durationMs };
    const efficiency = failed === 0 ? knee.note(total, jobsMs / total, run) : undefined;
    if (efficiency !== undefined) this.#efficiency.set(kind, efficiency);
    telemetry.observe('fairlead_fanout_seconds', durationMs / 1_000, { kind });
    const isAsked = attempt.priority !== undefined && attempt.priority !== 'background';
    telemetry.log(
      failed > 0 ? 'warn' : isAsked && total > 1 ? 'info' : 'debug',
      {
        ...{ tag: 'PARALLEL', kind, total, ok, failed, durationMs: Math.round(durationMs) },
        ...{ concurrency: atOnce, correlationId: attempt.correlationId },
        ...(efficiency === undefined ? {} : { efficiency: Math.round(efficiency * 100) / 100 }),
      },
      `[PARALLEL] Completed ${total} operations in ${durationText(durationMs)}: ${ok} successful, ${failed} failed`,
    );
  }
}

/** Every value, or what the first failed job threw. */
export function valuesOf<R>({ outcomes }: FanOutReport<R>): R[] {
  return outcomes.map((each) => {
    if (each.ok) return each.value;
    throw each.thrown;
  });
}

/** One run: lanes that take the next job when they are done with the last. */
class Lanes<J, R> {
  /** Time all jobs took, one behind the other. */
  jobsMs = 0;
  readonly #clock: Clock;
  readonly #jobs: readonly J[];
  readonly #job: (job: J, signal: AbortSignal) => Promise<R>;
  readonly #outcomes: (Outcome<R> | undefined)[] = [];
  #next = 0;

  constructor(clock: Clock, jobs: readonly J[], job: (job: J, signal: AbortSignal) => Promise<R>) {
    this.#clock = clock;
    this.#jobs = jobs;
    this.#job = job;
  }

  async run(atOnce: number, timeoutMs: number, caller: AbortSignal): Promise<Outcome<R>[]> {
    const end = new AbortController();
    let stop: Cancel = () => undefined;
    const ended = new Promise<void>((resolve, reject) => {
      const leave = (): void => {
        end.abort(caller.reason);
        reject(caller.reason instanceof Error ? caller.reason : new Error('aborted'));
      };
      caller.addEventListener('abort', leave, { once: true });
      const cancelTimer = this.#clock.after(timeoutMs, () => {
        end.abort(tooLate(timeoutMs));
        resolve();
      });
      stop = () => {
        cancelTimer();
        caller.removeEventListener('abort', leave);
      };
    });
    const lanes = Array.from({ length: atOnce }, () => this.#lane(end.signal));
    try {
      await Promise.race([Promise.all(lanes), ended]);
    } finally {
      stop();
    }
    const late: Outcome<R> = { ok: false, thrown: tooLate(timeoutMs) };
    return this.#jobs.map((_job, index) => this.#outcomes[index] ?? late);
  }

  async #lane(signal: AbortSignal): Promise<void> {
    while (this.#next < this.#jobs.length && !signal.aborted) {
      const index = this.#next;
      this.#next += 1;
      const startedMs = this.#clock.monotonicMs();
      // The index is below the length; a job may itself be undefined.
      const outcome = await outcomeOf(() => this.#job(this.#jobs[index] as J, signal));
      this.#outcomes[index] = outcome;
      this.jobsMs += this.#clock.monotonicMs() - startedMs;
    }
  }
}

async function outcomeOf<R>(run: () => Promise<R>): Promise<Outcome<R>> {
  try {
    return { ok: true, value: await run() };
  } catch (thrown) {
    return { ok: false, thrown };
  }
}

/** Named so that adapters tell it from a call that was cancelled. */
function tooLate(timeoutMs: number): Error {
  const message = `not done within ${Math.round(timeoutMs / 1_000)} s`;
  const fault: EffectFault = { type: 'Timeout', code: 'fanOut.timeout', message };
  return Object.assign(new Error(message), { name: 'TimeoutError', fault });
}
