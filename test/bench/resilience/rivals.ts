/** The same calls through other people's breakers, set as close to ours as they can be. */
import {
  bulkhead,
  circuitBreaker,
  ConsecutiveBreaker,
  ExponentialBackoff,
  handleAll,
  retry,
  timeout,
  TimeoutStrategy,
  wrap,
} from 'cockatiel';
import CircuitBreaker from 'opossum';
import type { Call } from './variants.ts';

/** Never reached by a run of failures in a bench; what is measured is the count. */
const failuresMax = 1e9;
const halfOpenAfterMs = 30_000;

const newCockatiel = () =>
  circuitBreaker(handleAll, {
    halfOpenAfter: halfOpenAfterMs,
    breaker: new ConsecutiveBreaker(failuresMax),
  });

export function cockatielBreaker(call: () => Promise<unknown>): Call {
  const policy = newCockatiel();
  return () => policy.execute(call);
}

/** Retry around the circuit around places around a time-out: the order of ours. */
export function cockatielWrap(call: () => Promise<unknown>): Call {
  const policy = wrap(
    retry(handleAll, { maxAttempts: 5, backoff: new ExponentialBackoff() }),
    newCockatiel(),
    bulkhead(5, 50),
    timeout(45_000, TimeoutStrategy.Cooperative),
  );
  return () => policy.execute(call);
}

export function cockatielOpen(call: () => Promise<unknown>): Call {
  const policy = newCockatiel();
  policy.isolate();
  return () => policy.execute(call);
}

/** Without its time-out, which would arm a timer for each call. */
const newOpossum = (call: () => Promise<unknown>) =>
  new CircuitBreaker(call, {
    timeout: false,
    resetTimeout: halfOpenAfterMs,
    errorThresholdPercentage: 100,
    volumeThreshold: failuresMax,
  });

export function opossumBreaker(call: () => Promise<unknown>): Call {
  const breaker = newOpossum(call);
  return () => breaker.fire();
}

export function opossumOpen(call: () => Promise<unknown>): Call {
  const breaker = newOpossum(call);
  breaker.open();
  return () => breaker.fire();
}

/** Makes one breaker and nothing else; what it holds is measured by the caller. */
export const newRival = {
  cockatiel: newCockatiel,
  opossum: () => newOpossum(() => Promise.resolve()),
} as const;
