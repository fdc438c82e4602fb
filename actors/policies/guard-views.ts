/** What is shown of breakers and limits: plain JSON, times as epoch milliseconds. */
import type { BreakerContext, BreakerState } from '../../machines/breaker.ts';
import type { CallPolicy } from '../../machines/limits.ts';
import type { CircuitCounts } from './circuit.ts';
import type { RateName } from './rates.ts';

export interface BreakerView {
  readonly key: string;
  readonly state: BreakerState;
  readonly epoch: number;
  readonly tripsInRow: number;
  /** 0 unless open. */
  readonly openUntilMs: number;
  readonly consecutive: number;
  /** Of the last 100 calls in the last 60 s. */
  readonly window: { readonly calls: number; readonly failed: number; readonly slow: number };
  /** Since this process started. */
  readonly calls: Readonly<CircuitCounts>;
  /** Operations that wait for it. */
  readonly waiting: number;
  readonly wouldHaveTripped: number;
  readonly lastTrip: BreakerContext['lastTrip'];
  readonly isolation: BreakerContext['isolation'];
  readonly policy: CallPolicy;
}

export type LimitName = 'bulkhead' | RateName | 'retryBudget';

/** A bucket that several keys share. */
export interface SharedRateView {
  /** `<account>/<region>`. */
  readonly key: string;
  readonly ratePerSecond: number;
  readonly tokens: number;
  readonly burst: number;
}

export interface LimitView {
  readonly key: string;
  readonly inFlight: number;
  readonly concurrentMax: number;
  readonly queued: number;
  readonly queueMax: number;
  readonly ratePerSecond: number;
  readonly rateMaxPerSecond: number;
  readonly tokens: number;
  readonly burst: number;
  readonly rateMode: 'wait' | 'reject';
  /** All calls to the same account and region; null where no provider is behind the key. */
  readonly provider: SharedRateView | null;
  /** Instances launched in the same account and region. */
  readonly launches: SharedRateView | null;
  readonly retryTokens: number;
  readonly retryTokensMax: number;
  /** The limit that holds calls up now; null when none does. */
  readonly binds: LimitName | null;
}

/** An order as every host's guard applies it. */
export interface GuardOrder {
  readonly orderId: string;
  readonly verb: 'reset' | 'isolate' | 'release' | 'observe' | 'set';
  /** A breaker key, or a service whose classes are all meant. */
  readonly key: string;
  readonly reason: string;
  /** End of an isolation. */
  readonly untilMs: number;
  /** An isolation of a whole service leaves its teardown class alone. */
  readonly allowTeardown: boolean;
  readonly policy: Partial<CallPolicy>;
}
