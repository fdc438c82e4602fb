/** The rates one call falls under: its own class, all calls to the provider, and what it launches. The strictest binds. */
import type { CallOrder } from '../ports.ts';
import type { TokenBucket } from './token-bucket.ts';

/** Buckets that all lines of an account and region share. */
export interface ProviderBuckets {
  readonly key: string;
  /** Every call. */
  readonly calls: TokenBucket;
  /** Instances asked for. */
  readonly launches: TokenBucket;
}

export type RateName = 'rateLimit' | 'providerRate' | 'launchRate';

export class Rates {
  readonly own: TokenBucket;
  readonly provider: ProviderBuckets | undefined;
  allowed = 0;
  rejected = 0;

  constructor(own: TokenBucket, provider: ProviderBuckets | undefined) {
    this.own = own;
    this.provider = provider;
  }

  /** Milliseconds to wait before the call; undefined, and nothing taken, when that is more than `waitMaxMs`. */
  take(nowMs: number, waitMaxMs: number, { launches = 0 }: CallOrder): number | undefined {
    const { own, provider } = this;
    let waitMs = own.waitMs(nowMs);
    if (provider !== undefined) {
      waitMs = Math.max(waitMs, provider.calls.waitMs(nowMs));
      if (launches > 0) waitMs = Math.max(waitMs, provider.launches.waitMs(nowMs, launches));
    }
    if (waitMs > waitMaxMs) {
      this.rejected += 1;
      return undefined;
    }
    own.spend(1);
    provider?.calls.spend(1);
    if (launches > 0) provider?.launches.spend(launches);
    this.allowed += 1;
    return waitMs;
  }

  /** The call was never made. */
  giveBack({ launches = 0 }: CallOrder): void {
    this.own.giveBack();
    this.provider?.calls.giveBack();
    if (launches > 0) this.provider?.launches.giveBack(launches);
  }

  /** How long a caller should stay away that got nothing. */
  retryAfterMs(nowMs: number, { launches = 0 }: CallOrder): number {
    const { own, provider } = this;
    return Math.max(
      own.waitMs(nowMs),
      provider?.calls.waitMs(nowMs) ?? 0,
      launches > 0 ? (provider?.launches.waitMs(nowMs, launches) ?? 0) : 0,
    );
  }

  /** The bucket that holds calls up now. */
  binding(nowMs: number): RateName | null {
    const { own, provider } = this;
    const waits: [RateName, number][] = [
      ['rateLimit', own.waitMs(nowMs)],
      ['providerRate', provider?.calls.waitMs(nowMs) ?? 0],
      ['launchRate', provider?.launches.waitMs(nowMs) ?? 0],
    ];
    const [name, waitMs] = waits.reduce((most, each) => (each[1] > most[1] ? each : most));
    return waitMs > 0 ? name : null;
  }
}
