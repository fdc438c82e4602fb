/** So many a second for each name, and no more. */
import { TokenBucket } from '../../../actors/policies/token-bucket.ts';
import { inspectorServer as limits } from '../../../machines/limits-inspector-server.ts';
import { refusal } from './refusal.ts';

export interface Pace {
  /** @throws Refusal 429 */
  take(name: string): void;
}

/** @param nowMs  monotonic, in milliseconds */
export function openPace(perSecond: number, nowMs: () => number): Pace {
  const buckets = new Map<string, TokenBucket>();
  return {
    take: (name) => {
      // There are as many names as logins, which are bounded.
      const bucket =
        buckets.get(name) ??
        new TokenBucket({ ratePerSecond: perSecond, burst: perSecond }, nowMs());
      if (buckets.size < limits.loginsMax) buckets.set(name, bucket);
      if (bucket.take(nowMs(), 0) === undefined)
        throw refusal('tooFast', `more than ${perSecond} a second; wait a second and try again`, {
          retryAfterMs: 1_000,
        });
    },
  };
}
