/** Everything that stands before the calls of one breaker key: circuit, rate, places, retry budget, waiting room. */
import type { BreakerState } from '../../machines/breaker.ts';
import { adaptiveTimeout, resilience } from '../../machines/limits.ts';
import type { CallPolicy } from '../../machines/limits.ts';
import type { FaultType } from '../../machines/messages.ts';
import type { Clock } from '../ports.ts';
import { AdaptiveTimeout } from './adaptive-timeout.ts';
import { Bulkhead } from './bulkhead.ts';
import { CallTimes } from './call-times.ts';
import type { Circuit } from './circuit.ts';
import type { BreakerView, LimitName, LimitView, SharedRateView } from './guard-views.ts';
import { Rates } from './rates.ts';
import type { ProviderBuckets } from './rates.ts';
import { RetryBudget } from './retry-budget.ts';
import { TokenBucket } from './token-bucket.ts';
import { WaitingRoom } from './waiting-room.ts';

export interface LineParts {
  readonly policy: CallPolicy;
  readonly clock: Clock;
  readonly rampGapMs: number;
  readonly provider: ProviderBuckets | undefined;
}

export class GuardLine {
  readonly key: string;
  readonly circuit: Circuit;
  readonly bulkhead: Bulkhead;
  readonly rates: Rates;
  readonly budget = new RetryBudget();
  readonly room: WaitingRoom;
  readonly times = new CallTimes();
  /** Calls that ended with a fault, by its type. */
  readonly faults: Partial<Record<FaultType, number>> = {};
  bulkheadRejected = 0;
  /** What counters were last told, by metric and label; made when they are told first. */
  told: Map<string, number> | undefined = undefined;
  /** As of the last change that was noticed. */
  seen: { epoch: number; state: BreakerState };
  readonly #clock: Clock;
  #adaptive: Map<string, AdaptiveTimeout> | undefined;

  constructor(circuit: Circuit, { policy, clock, rampGapMs, provider }: LineParts) {
    this.key = circuit.key;
    this.circuit = circuit;
    this.#clock = clock;
    this.bulkhead = new Bulkhead(circuit.key, policy.concurrentMax, clock);
    this.rates = new Rates(new TokenBucket(policy, clock.monotonicMs()), provider);
    this.seen = { epoch: circuit.context.epoch, state: circuit.state };
    this.room = new WaitingRoom(circuit.key, clock, rampGapMs, () => this.#outlook());
  }

  /** The time-out of one operation that follows its calls; made on its first. Undefined beyond so many operations. */
  adaptiveFor(operation: string): AdaptiveTimeout | undefined {
    const all = (this.#adaptive ??= new Map<string, AdaptiveTimeout>());
    const known = all.get(operation);
    if (known !== undefined || all.size >= adaptiveTimeout.operationsMax) return known;
    const made = new AdaptiveTimeout(this.circuit.context.policy.attemptTimeoutMs);
    all.set(operation, made);
    return made;
  }

  /** A policy changed by order: limits follow at once, what is in flight stays. */
  update(policy: CallPolicy): void {
    this.bulkhead.resize(policy.concurrentMax);
    this.rates.own.update(policy, this.#clock.monotonicMs());
  }

  breakerView(): BreakerView {
    const { circuit } = this;
    const { context, state } = circuit;
    return {
      ...{ key: this.key, state, epoch: context.epoch, tripsInRow: context.tripsInRow },
      openUntilMs: state === 'open' ? context.openUntilMs : 0,
      ...{ consecutive: circuit.consecutive, window: circuit.window(), calls: circuit.counts },
      ...{ waiting: this.room.size, wouldHaveTripped: context.wouldHaveTripped },
      ...{ lastTrip: context.lastTrip, isolation: context.isolation, policy: context.policy },
    };
  }

  limitView(): LimitView {
    const { bulkhead, rates, budget, circuit } = this;
    const { own, provider } = rates;
    const nowMs = this.#clock.monotonicMs();
    return {
      key: this.key,
      ...{ inFlight: bulkhead.inFlight, concurrentMax: bulkhead.concurrentMax },
      ...{ queued: bulkhead.queued, queueMax: resilience.bulkheadQueue },
      ...{ ratePerSecond: own.rate, rateMaxPerSecond: own.rateMax },
      ...{ tokens: Math.floor(own.tokens(nowMs)), burst: own.burst },
      rateMode: circuit.context.policy.rateMode ?? 'wait',
      provider: provider ? sharedView(provider.key, provider.calls, nowMs) : null,
      launches: provider ? sharedView(provider.key, provider.launches, nowMs) : null,
      ...{ retryTokens: budget.tokens, retryTokensMax: resilience.budgetTokens },
      binds: this.#binding(nowMs),
    };
  }

  #binding(nowMs: number): LimitName | null {
    const rate = this.rates.binding(nowMs);
    if (rate !== null) return rate;
    if (this.bulkhead.inFlight >= this.bulkhead.concurrentMax) return 'bulkhead';
    return this.budget.tokens < 1 ? 'retryBudget' : null;
  }

  #outlook() {
    const { state, freeProbes } = this.circuit;
    return {
      isShut: state === 'open' || state === 'isolated',
      ...(state === 'halfOpen' && { freeProbes }),
      ratePerSecond: Math.min(
        this.rates.own.rate,
        this.rates.provider?.calls.rate ?? this.rates.own.rate,
      ),
      room: this.bulkhead.room,
    };
  }
}

const sharedView = (key: string, bucket: TokenBucket, nowMs: number): SharedRateView => ({
  ...{ key, ratePerSecond: bucket.rate, burst: bucket.burst },
  tokens: Math.floor(bucket.tokens(nowMs)),
});
