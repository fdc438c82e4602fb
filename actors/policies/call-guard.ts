/** The guard of this process: every provider call passes here. One line of policies per breaker key. */
import { resilience } from '../../machines/limits.ts';
import type { EffectFault, Priority } from '../../machines/messages.ts';
import { pause } from '../heap-clock.ts';
import type { MetricReading } from '../metric-names.ts';
import type { CallGuard, CallOrder } from '../ports.ts';
import { toEffectFault } from '../faults.ts';
import { withDeadline } from './attempt-deadline.ts';
import type { Ticket } from './circuit.ts';
import type { GuardLine } from './guard-line.ts';
import { GuardLines } from './guard-lines.ts';
import type { GuardParts } from './guard-lines.ts';
import { readingsOf, tellCounts } from './guard-readings.ts';
import type { BreakerView, LimitView } from './guard-views.ts';
import { compose } from './pipeline.ts';
import type { Policy, Run } from './pipeline.ts';
import { rejected } from './rejection.ts';

interface GuardedCall {
  readonly line: GuardLine;
  readonly order: CallOrder;
  readonly signal: AbortSignal;
  ticket: Ticket | undefined;
  /** Monotonic time when the call itself began; undefined while our own policies hold it. */
  madeAtMs: number | undefined;
}

export class Guard implements CallGuard {
  /** Told of orders, peers and the hosted tree. */
  readonly lines: GuardLines;
  readonly #parts: GuardParts;
  /** Attempts whose budget was asked already: one attempt makes several calls. */
  readonly #budgeted = new WeakSet<AbortSignal>();
  readonly #pass: Run<GuardedCall>;

  constructor(parts: GuardParts) {
    this.#parts = parts;
    this.lines = new GuardLines(parts);
    this.#pass = compose<GuardedCall>([
      { name: 'circuit', run: (call, next) => this.#throughCircuit(call, next) },
      { name: 'rateLimit', run: (call, next) => this.#throughRate(call, next) },
      { name: 'bulkhead', run: (call, next) => this.#throughBulkhead(call, next) },
      { name: 'attemptTimeout', run: (call, next) => this.#inTime(call, next) },
    ] satisfies Policy<GuardedCall>[]);
  }

  async call<T>(order: CallOrder, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const line = this.lines.find(order.key);
    const { signal } = order.attempt;
    // Beyond the last slot calls are made as they are: better unguarded than not at all.
    if (line === undefined) return run(signal);
    const call = { line, order, signal, ticket: undefined, madeAtMs: undefined };
    return this.#pass(call, (each) => run(each.signal));
  }

  async untilReleased(key: string, priority: Priority, signal: AbortSignal): Promise<void> {
    await this.lines.find(key)?.room.wait(priority, signal);
  }

  async observed<T>(
    key: string,
    run: () => Promise<T>,
    hasFailed: (value: T) => boolean = () => false,
  ): Promise<T> {
    const circuit = this.lines.findObserved(key)?.circuit;
    const ticket = circuit?.note();
    try {
      const value = await run();
      if (ticket) circuit?.settle(ticket, hasFailed(value) ? unanswered : undefined, '');
      return value;
    } catch (thrown) {
      if (ticket)
        circuit?.settle(ticket, { ...unanswered, message: toEffectFault(thrown).message }, '');
      throw thrown;
    }
  }

  breakers(): BreakerView[] {
    return this.lines.sorted().map((line) => line.breakerView());
  }

  limits(): LimitView[] {
    return this.lines.sorted().map((line) => line.limitView());
  }

  /** Present gauges; counters are brought up to date on the way. */
  readings(): MetricReading[] {
    return this.lines.sorted().flatMap((line) => {
      tellCounts(this.#parts.telemetry, line);
      return readingsOf(line);
    });
  }

  // ---------------------------------------------------------------------------------------------- policies

  async #throughCircuit<T>(call: GuardedCall, next: (call: GuardedCall) => Promise<T>): Promise<T> {
    const { line, order } = call;
    const { circuit } = line;
    const ticket = circuit.admit(order.attempt.priority ?? 'background');
    call.ticket = ticket;
    try {
      this.#askBudget(line, order);
      const value = await next(call);
      this.#settle(call, ticket, undefined);
      return value;
    } catch (thrown) {
      if (call.madeAtMs === undefined) circuit.withdraw(ticket);
      else this.#settle(call, ticket, this.#judge(call, thrown));
      throw thrown;
    }
  }

  async #throughRate<T>(call: GuardedCall, next: (call: GuardedCall) => Promise<T>): Promise<T> {
    const { clock, telemetry } = this.#parts;
    const { bucket, key } = call.line;
    const waitMs = bucket.take(clock.monotonicMs(), resilience.limiterWaitMs);
    if (waitMs === undefined) {
      telemetry.count('fairlead_ratelimit_rejected_total', { key });
      const text = `${key}: ${bucket.rate.toFixed(1)} calls a second are allowed, and too many wait`;
      throw rejected('rateLimit', key, text, bucket.retryAfterMs(clock.monotonicMs()));
    }
    telemetry.count('fairlead_ratelimit_allowed_total', { key });
    if (waitMs > 0) {
      telemetry.observe('fairlead_ratelimit_wait_seconds', waitMs / 1_000, { key });
      await until(pause(clock, waitMs), call.signal).catch((thrown: unknown) => {
        bucket.giveBack();
        throw thrown;
      });
    }
    return next(call);
  }

  async #throughBulkhead<T>(
    call: GuardedCall,
    next: (call: GuardedCall) => Promise<T>,
  ): Promise<T> {
    const { clock, telemetry } = this.#parts;
    const { bulkhead, key } = call.line;
    const sinceMs = clock.monotonicMs();
    try {
      const waiting = bulkhead.enter(call.order.attempt.priority ?? 'background', call.signal);
      if (waiting !== undefined) {
        await waiting;
        const waitedMs = clock.monotonicMs() - sinceMs;
        telemetry.observe('fairlead_bulkhead_wait_seconds', waitedMs / 1_000, { key });
      }
    } catch (thrown) {
      telemetry.count('fairlead_bulkhead_rejected_total', { key });
      call.line.bucket.giveBack();
      throw thrown;
    }
    try {
      return await next(call);
    } finally {
      bulkhead.leave();
    }
  }

  async #inTime<T>(call: GuardedCall, next: (call: GuardedCall) => Promise<T>): Promise<T> {
    const { clock } = this.#parts;
    const { ticket, line } = call;
    if (ticket !== undefined) line.circuit.confirm(ticket);
    const madeAtMs = clock.monotonicMs();
    call.madeAtMs = madeAtMs;
    if (ticket !== undefined) ticket.startedMs = madeAtMs;
    const { attemptTimeoutMs } = call.line.circuit.context.policy;
    return withDeadline(clock, attemptTimeoutMs, call.signal, (signal) =>
      next({ ...call, signal }),
    );
  }

  /** Once per attempt of an operation, however many calls it makes. */
  #askBudget({ budget, key }: GuardLine, { attempt }: CallOrder): void {
    if (this.#budgeted.has(attempt.signal)) return;
    this.#budgeted.add(attempt.signal);
    if ((attempt.number ?? 1) <= 1) {
      budget.firstTry();
      return;
    }
    const nowMs = this.#parts.clock.monotonicMs();
    if (budget.retry(nowMs)) return;
    this.#budgeted.delete(attempt.signal);
    const text = `${key}: retries have used up their share of all calls`;
    throw rejected('budget', key, text, budget.retryAfterMs(nowMs));
  }

  /** A call cut short by its caller says nothing about the service, unless it had taken long by then. */
  #judge({ order, madeAtMs, line }: GuardedCall, thrown: unknown): EffectFault {
    const fault = order.classify(thrown);
    const tookMs = this.#parts.clock.monotonicMs() - (madeAtMs ?? 0);
    const isCutShort =
      order.attempt.signal.aborted && tookMs < line.circuit.context.policy.attemptTimeoutMs / 2;
    return isCutShort ? { ...fault, type: 'Cancelled' } : fault;
  }

  #settle(call: GuardedCall, ticket: Ticket, fault: EffectFault | undefined): void {
    const { clock, telemetry } = this.#parts;
    const { line, order } = call;
    const nowMs = clock.monotonicMs();
    const seconds = (nowMs - ticket.startedMs) / 1_000;
    telemetry.observe('fairlead_breaker_call_seconds', seconds, { breaker: line.key });
    if (fault !== undefined)
      telemetry.count('fairlead_errors_total', { type: fault.type, service: serviceOf(line.key) });
    if (fault?.type === 'RateLimit') line.bucket.throttled(nowMs, fault.retryAfterMs ?? 0);
    line.circuit.settle(ticket, fault, order.attempt.correlationId);
    this.#parts.onSettled?.(line.key, fault, nowMs - ticket.startedMs);
  }
}

const unanswered: EffectFault = {
  type: 'Unavailable',
  code: 'call.unanswered',
  message: 'no answer that can be trusted',
};

const serviceOf = (key: string): string => (key.split('/').at(-1) ?? key).split(':')[0] ?? key;

/** The promise, or the signal's reason if that comes first. */
function until(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    };
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    void promise.then(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    });
  });
}
