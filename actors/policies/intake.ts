/** What a host takes in a second: commands wait for their turn, since they are stored; queries beyond it are refused. */
import { intake as limits } from '../../machines/limits.ts';
import type { MetricReading } from '../metric-names.ts';
import type { Clock, Telemetry } from '../ports.ts';
import { AdaptiveRate } from './adaptive-rate.ts';
import { TokenBucket } from './token-bucket.ts';
import type { BucketOptions } from './token-bucket.ts';

export interface IntakeNumbers extends BucketOptions {
  /** How long a command may wait for its turn. Beyond it is refused. */
  readonly waitMaxMs: number;
  /** Lets the rates follow how long answers take. */
  readonly isAdaptive: boolean;
}

export type IntakeName = 'commands' | 'queries';

export interface IntakeView {
  readonly key: string;
  readonly ratePerSecond: number;
  readonly tokens: number;
  readonly burst: number;
  readonly rateMode: 'wait' | 'reject';
  readonly binds: 'rateLimit' | null;
}

/** A thousand a second, a hundred at once; commands in the stream are never refused for a queue of the usual size. */
const standard: IntakeNumbers = {
  ...{ ratePerSecond: limits.perSecond, burst: limits.burst, waitMaxMs: limits.commandWaitMs },
  isAdaptive: false,
};

interface Gate {
  readonly key: string;
  readonly bucket: TokenBucket;
  readonly adaptive: AdaptiveRate | undefined;
  readonly waitMaxMs: number;
}

/** How one message is let in: after `waitMs`, or not before `retryAfterMs`. */
export type Entry = { readonly waitMs: number } | { readonly retryAfterMs: number };

export class Intake {
  readonly #clock: Clock;
  readonly #telemetry: Telemetry;
  readonly #gates: Readonly<Record<IntakeName, Gate>>;

  constructor(clock: Clock, telemetry: Telemetry, numbers: Partial<IntakeNumbers> = {}) {
    this.#clock = clock;
    this.#telemetry = telemetry;
    const { waitMaxMs, isAdaptive, ...rate } = { ...standard, ...numbers };
    const gate = (name: IntakeName, waitMs: number): Gate => {
      const bucket = new TokenBucket(rate, clock.monotonicMs());
      const adaptive = isAdaptive ? new AdaptiveRate(bucket, rate.burst) : undefined;
      return { key: `intake/${name}`, bucket, adaptive, waitMaxMs: waitMs };
    };
    this.#gates = { commands: gate('commands', waitMaxMs), queries: gate('queries', 0) };
  }

  enter(name: IntakeName): Entry {
    const { key, bucket, waitMaxMs } = this.#gates[name];
    const nowMs = this.#clock.monotonicMs();
    const waitMs = bucket.take(nowMs, waitMaxMs);
    if (waitMs === undefined) {
      this.#telemetry.count('fairlead_ratelimit_rejected_total', { key });
      return { retryAfterMs: Math.ceil(bucket.waitMs(nowMs)) };
    }
    this.#telemetry.count('fairlead_ratelimit_allowed_total', { key });
    if (waitMs > 0)
      this.#telemetry.observe('fairlead_ratelimit_wait_seconds', waitMs / 1_000, { key });
    return { waitMs };
  }

  /** How long one of them took from its arrival to its answer. */
  answered(name: IntakeName, ms: number): void {
    this.#gates[name].adaptive?.record(ms, this.#clock.monotonicMs());
  }

  views(): IntakeView[] {
    const nowMs = this.#clock.monotonicMs();
    return Object.values(this.#gates).map(({ key, bucket, waitMaxMs }) => ({
      ...{ key, ratePerSecond: bucket.rate, burst: bucket.burst },
      tokens: Math.floor(bucket.tokens(nowMs)),
      rateMode: waitMaxMs > 0 ? 'wait' : 'reject',
      binds: bucket.waitMs(nowMs) > 0 ? 'rateLimit' : null,
    }));
  }

  readings(): MetricReading[] {
    return Object.values(this.#gates).map(({ key, bucket }) => ({
      ...{ metric: 'fairlead_ratelimit_rate', value: bucket.rate, labels: { key } },
    }));
  }
}
