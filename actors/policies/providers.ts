/** The buckets that all calls to one account and region share, made with its first call. */
import { resilience } from '../../machines/limits.ts';
import type { Clock } from '../ports.ts';
import type { ProviderBuckets } from './rates.ts';
import { TokenBucket } from './token-bucket.ts';
import type { BucketOptions } from './token-bucket.ts';

const standard: BucketOptions = {
  ratePerSecond: resilience.providerPerSecond,
  burst: resilience.providerBurst,
};

export class Providers {
  readonly #clock: Clock;
  readonly #scale: number;
  #rate: BucketOptions;
  readonly #buckets = new Map<string, ProviderBuckets>();

  /** @param scale  a cloud that runs faster is called faster */
  constructor(clock: Clock, scale: number, rate = standard) {
    this.#clock = clock;
    this.#scale = scale;
    this.#rate = rate;
  }

  configure(rate: BucketOptions): void {
    this.#rate = rate;
    for (const { calls } of this.#buckets.values())
      calls.update(this.#scaled(rate), this.#clock.monotonicMs());
  }

  /** `main/eu-central-1/ssm` goes to a provider, `nats/store` does not. */
  of(breakerKey: string): ProviderBuckets | undefined {
    const [account, region, service] = breakerKey.split('/');
    if (service === undefined) return undefined;
    const key = `${account ?? ''}/${region ?? ''}`;
    const known = this.#buckets.get(key);
    if (known !== undefined) return known;
    const nowMs = this.#clock.monotonicMs();
    const launches = {
      ratePerSecond: resilience.launchedPerSecond,
      burst: resilience.launchedBurst,
    };
    const made = {
      key,
      calls: new TokenBucket(this.#scaled(this.#rate), nowMs),
      launches: new TokenBucket(this.#scaled(launches), nowMs),
    };
    this.#buckets.set(key, made);
    return made;
  }

  /** Forgets those that nobody uses any more. */
  keep(used: readonly (ProviderBuckets | undefined)[]): void {
    for (const [key, each] of this.#buckets) if (!used.includes(each)) this.#buckets.delete(key);
  }

  #scaled({ ratePerSecond, burst }: BucketOptions): BucketOptions {
    return { ratePerSecond: ratePerSecond * this.#scale, burst };
  }
}
