/** Everything that stands before the calls of one breaker key: circuit, rate, places, retry budget, waiting room. */
import type { BreakerState } from '../../machines/breaker.ts';
import { resilience } from '../../machines/limits.ts';
import type { CallPolicy } from '../../machines/limits.ts';
import type { Clock } from '../ports.ts';
import { Bulkhead } from './bulkhead.ts';
import type { Circuit, CircuitCounts } from './circuit.ts';
import type { BreakerView, LimitName, LimitView } from './guard-views.ts';
import { RetryBudget } from './retry-budget.ts';
import { TokenBucket } from './token-bucket.ts';
import { WaitingRoom } from './waiting-room.ts';

export class GuardLine {
  readonly key: string;
  readonly circuit: Circuit;
  readonly bulkhead: Bulkhead;
  readonly bucket: TokenBucket;
  readonly budget = new RetryBudget();
  readonly room: WaitingRoom;
  /** What metrics were last told. */
  readonly told: CircuitCounts = { ok: 0, slow: 0, failed: 0, ignored: 0, rejected: 0 };
  /** As of the last change that was noticed. */
  seen: { epoch: number; state: BreakerState };
  readonly #clock: Clock;

  constructor(circuit: Circuit, policy: CallPolicy, clock: Clock, rampGapMs: number) {
    this.key = circuit.key;
    this.circuit = circuit;
    this.#clock = clock;
    this.bulkhead = new Bulkhead(circuit.key, policy.concurrentMax, clock);
    this.bucket = new TokenBucket(policy, clock.monotonicMs());
    this.seen = { epoch: circuit.context.epoch, state: circuit.state };
    this.room = new WaitingRoom(circuit.key, clock, rampGapMs, () => this.#outlook());
  }

  /** A policy changed by order: limits follow at once, what is in flight stays. */
  update(policy: CallPolicy): void {
    this.bulkhead.resize(policy.concurrentMax);
    this.bucket.update(policy, this.#clock.monotonicMs());
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
    const { bulkhead, bucket, budget, circuit } = this;
    const tokens = bucket.tokens(this.#clock.monotonicMs());
    return {
      key: this.key,
      ...{ inFlight: bulkhead.inFlight, concurrentMax: bulkhead.concurrentMax },
      ...{ queued: bulkhead.queued, queueMax: resilience.bulkheadQueue },
      ...{ ratePerSecond: bucket.rate, rateMaxPerSecond: bucket.rateMax },
      ...{ tokens: Math.floor(tokens), burst: circuit.context.policy.burst },
      ...{ retryTokens: budget.tokens, retryTokensMax: resilience.budgetTokens },
      binds: this.#binding(tokens),
    };
  }

  #binding(tokens: number): LimitName | null {
    if (tokens < 1) return 'rateLimit';
    if (this.bulkhead.inFlight >= this.bulkhead.concurrentMax) return 'bulkhead';
    return this.budget.tokens < 1 ? 'retryBudget' : null;
  }

  #outlook() {
    const { state, freeProbes } = this.circuit;
    return {
      isShut: state === 'open' || state === 'isolated',
      ...(state === 'halfOpen' && { freeProbes }),
      ratePerSecond: this.bucket.rate,
      room: this.bulkhead.room,
    };
  }
}
