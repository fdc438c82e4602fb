/** Looks after the components this host depends on: each probe on its own clock, all side by side, remembered by a chart. */
import { createActor } from 'xstate';
import type { ActorRefFrom } from 'xstate';
import { health } from '../machines/limits.ts';
import { probeMachine } from '../machines/probe.ts';
import type { ProbeStatus } from '../machines/probe.ts';
import { messageOf } from './faults.ts';
import { isoTime } from './iso-time.ts';
import type { MetricReading } from './metric-names.ts';
import type { Cancel, Clock, Telemetry } from './ports.ts';

/**
 * `ping` asks and passes when it is answered; `threshold` reads a number that has to stay within its limits; `composite`
 * passes while all its members do.
 */
export type ProbeKind =
  | { readonly kind: 'ping'; readonly ask: (signal: AbortSignal) => Promise<void> }
  | {
      readonly kind: 'threshold';
      readonly read: () => number;
      readonly min: number;
      readonly max: number;
      readonly unit: string;
    }
  | { readonly kind: 'composite'; readonly members: () => readonly string[] };

export type ProbeOptions = ProbeKind & {
  readonly name: string;
  /** Milliseconds. Default `health.probeEveryMs`. */
  readonly everyMs?: number;
};

/** A ping may say that this look tells nothing: we refused it ourselves, the component was not asked. */
export class NothingLearned extends Error {
  override readonly name = 'NothingLearned';
}

export interface ProbeView {
  readonly name: string;
  readonly kind: ProbeKind['kind'];
  readonly status: ProbeStatus;
  readonly error: string;
  readonly since: string;
  /** Null: never. */
  readonly lastOk: string | null;
  readonly lastFailure: string | null;
  readonly checks: number;
  readonly failures: number;
  /** 0 to 1; null before the first answer. */
  readonly successRate: number | null;
  readonly durationMs: number;
}

interface Probe {
  readonly options: ProbeOptions;
  readonly actor: ActorRefFrom<typeof probeMachine>;
  cancel: Cancel;
  running: Promise<void> | undefined;
}

interface ProbesParts {
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

export class Probes {
  readonly #parts: ProbesParts;
  readonly #probes = new Map<string, Probe>();
  #isStopped = false;

  constructor(parts: ProbesParts) {
    this.#parts = parts;
  }

  /** Starts probing, at once and then at the probe's interval; a name that is known stays as it is. */
  add(options: ProbeOptions): void {
    if (this.#isStopped || this.#probes.has(options.name)) return;
    const input = { name: options.name, atMs: this.#parts.clock.nowMs() };
    const actor = createActor(probeMachine, { input }).start();
    const probe: Probe = { options, actor, cancel: () => undefined, running: undefined };
    this.#probes.set(options.name, probe);
    void this.#run(probe);
    this.#arm(probe);
  }

  /** The component is not in use any more; its series end with it. */
  remove(name: string): void {
    const probe = this.#probes.get(name);
    probe?.cancel();
    probe?.actor.stop();
    this.#probes.delete(name);
  }

  names(): string[] {
    return [...this.#probes.keys()];
  }

  status(name: string): ProbeStatus {
    return this.#probes.get(name)?.actor.getSnapshot().value ?? 'unknown';
  }

  views(): ProbeView[] {
    return [...this.#probes.values()].map(viewOf);
  }

  /** Looks now at those named, at all when left out; resolves when every look has ended. */
  async look(names: readonly string[] = this.names()): Promise<void> {
    const wanted = names.flatMap((name) => this.#probes.get(name) ?? []);
    const [composed, direct] = [true, false].map((isComposed) =>
      wanted.filter(({ options }) => (options.kind === 'composite') === isComposed),
    ) as [Probe[], Probe[]];
    await Promise.all(direct.map((probe) => this.#run(probe)));
    await Promise.all(composed.map((probe) => this.#run(probe)));
  }

  readings(): MetricReading[] {
    return this.views().map(({ name, status }) => ({
      metric: 'fairlead_health_status',
      value: { healthy: 1, unhealthy: 0, unknown: -1 }[status],
      labels: { check: name },
    }));
  }

  stop(): void {
    this.#isStopped = true;
    for (const name of this.names()) this.remove(name);
  }

  #arm(probe: Probe): void {
    probe.cancel = this.#parts.clock.after(probe.options.everyMs ?? health.probeEveryMs, () => {
      this.#arm(probe);
      void this.#run(probe);
    });
  }

  /** One look at a time: whoever asks meanwhile waits for the one under way. */
  #run(probe: Probe): Promise<void> {
    probe.running ??= this.#look(probe).finally(() => {
      probe.running = undefined;
    });
    return probe.running;
  }

  async #look(probe: Probe): Promise<void> {
    const { clock, telemetry } = this.#parts;
    const startMs = clock.monotonicMs();
    let error: string | undefined;
    try {
      error = await this.#ask(probe.options);
    } catch (thrown) {
      if (thrown instanceof NothingLearned) return;
      error = messageOf(thrown);
    }
    if (this.#isStopped) return;
    const durationMs = Math.round(clock.monotonicMs() - startMs);
    const check = probe.options.name;
    const result = error === undefined ? 'passed' : 'failed';
    telemetry.observe('fairlead_health_check_seconds', durationMs / 1_000, { check });
    telemetry.count('fairlead_health_checks_total', { check, result });
    const before = probe.actor.getSnapshot().value;
    const atMs = clock.nowMs();
    probe.actor.send(
      error === undefined
        ? { type: 'probe.passed', atMs, durationMs }
        : { type: 'probe.failed', atMs, durationMs, error },
    );
    this.#tell(probe, before);
  }

  /** The error; undefined when it passed. */
  async #ask(options: ProbeOptions): Promise<string | undefined> {
    if (options.kind === 'threshold') {
      const { read, min, max, unit } = options;
      const value = read();
      if (value >= min && value <= max) return undefined;
      return `${Math.round(value)} ${unit}, expected ${min} to ${max}`;
    }
    if (options.kind === 'composite') {
      const bad = options.members().filter((name) => this.status(name) === 'unhealthy');
      return bad.length === 0 ? undefined : `unhealthy: ${bad.join(', ')}`;
    }
    await this.#inTime(options.ask);
    return undefined;
  }

  async #inTime(ask: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const controller = new AbortController();
    let cancel: Cancel = () => undefined;
    const late = new Promise<never>((_resolve, reject) => {
      cancel = this.#parts.clock.after(health.probeTimeoutMs, () => {
        const timeout = new Error(`timeout after ${health.probeTimeoutMs / 1_000}s`);
        controller.abort(timeout);
        reject(timeout);
      });
    });
    try {
      await Promise.race([ask(controller.signal), late]);
    } finally {
      cancel();
    }
  }

  #tell({ actor }: Probe, before: ProbeStatus): void {
    const { value, context } = actor.getSnapshot();
    if (value === before) return;
    const { name, error, lastDurationMs: durationMs } = context;
    const fields = { tag: 'HEALTH', check: name, error, durationMs, from: before, to: value };
    const isDown = value === 'unhealthy';
    const text = isDown ? `${name} unhealthy: ${error}` : `${name} healthy`;
    this.#parts.telemetry.log(isDown ? 'warn' : 'info', fields, `[HEALTH] ${text}`);
  }
}

function viewOf({ options, actor }: Probe): ProbeView {
  const { value: status, context } = actor.getSnapshot();
  const { name, error, checks, failures, sinceMs, lastOkMs, lastFailureMs } = context;
  const time = (ms: number): string | null => (ms === 0 ? null : isoTime(ms));
  return {
    ...{ name, kind: options.kind, status, error, since: isoTime(sinceMs) },
    ...{ lastOk: time(lastOkMs), lastFailure: time(lastFailureMs), checks, failures },
    successRate: checks === 0 ? null : (checks - failures) / checks,
    durationMs: context.lastDurationMs,
  };
}
