/** The guard of this process: every provider call passes here. One line of policies per breaker key. */
import { resilience } from '../../machines/limits.ts';
import type { EffectFault, Priority } from '../../machines/messages.ts';
import type { MetricReading } from '../metric-names.ts';
import type { CallGuard, CallOrder, Clock, Within } from '../ports.ts';
import { toEffectFault } from '../faults.ts';
import { DeadlineSweep } from './deadline-sweep.ts';
import type { GuardLine } from './guard-line.ts';
import { GuardLines } from './guard-lines.ts';
import type { GuardParts } from './guard-lines.ts';
import { readingsOf, tellCounts } from './guard-readings.ts';
import type { BreakerView, LimitView } from './guard-views.ts';
import { GuardedCall } from './guarded-call.ts';
import { compose } from './pipeline.ts';
import type { CallEnd, Run } from './pipeline.ts';
import { CallRejected, rejected } from './rejection.ts';

export class Guard implements CallGuard {
  /** Told of orders, peers and the hosted tree. */
  readonly lines: GuardLines;
  readonly #parts: GuardParts;
  readonly #sweep: DeadlineSweep;
  /** Attempts whose budget was asked already: one attempt makes several calls. */
  readonly #budgeted = new WeakSet<AbortSignal>();
  #lastBudgeted: AbortSignal | undefined;
  readonly #pass: Run<GuardedCall>;

  constructor(parts: GuardParts) {
    this.#parts = parts;
    this.#sweep = new DeadlineSweep(parts.clock);
    this.lines = new GuardLines(parts, this.#sweep);
    this.#pass = compose<GuardedCall>([
      {
        name: 'circuit',
        enter: (call) => this.#enterCircuit(call),
        leave: (call, end) => {
          this.#leaveCircuit(call, end);
        },
      },
      {
        name: 'rateLimit',
        enter: (call) => this.#enterRate(call),
        leave: ({ line, order, madeAtMs }) => {
          if (madeAtMs === undefined) line.rates.giveBack(order);
        },
      },
      {
        name: 'bulkhead',
        enter: (call) => this.#enterBulkhead(call),
        leave: ({ line, order }) => {
          line.bulkhead.leave(order.attempt.namespace);
        },
      },
      {
        name: 'attemptTimeout',
        enter: (call) => this.#beginCall(call),
        leave: (call) => {
          this.#sweep.remove(call);
          call.end();
        },
      },
    ]);
  }

  call<T>(order: CallOrder, run: (within: Within) => Promise<T>): Promise<T> {
    const line = this.lines.find(order.key);
    // Beyond the last slot calls are made as they are: better unguarded than not at all.
    if (line === undefined) return run(order.attempt);
    return this.#pass(new GuardedCall(line, order, this.#parts.clock.monotonicMs()), run);
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
    if (circuit === undefined) return run();
    const ticket = circuit.note(this.#sweep.nowMs());
    try {
      const value = await run();
      const fault = hasFailed(value) ? unanswered : undefined;
      circuit.settle(ticket, fault, '', this.#sweep.nowMs());
      return value;
    } catch (thrown) {
      const fault = { ...unanswered, message: toEffectFault(thrown).message };
      circuit.settle(ticket, fault, '', this.#sweep.nowMs());
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

  #enterCircuit(call: GuardedCall): undefined {
    const { line, order, askedMs } = call;
    const ticket = line.circuit.admit(order.attempt.priority ?? 'background', askedMs);
    try {
      this.#askBudget(line, order, askedMs);
    } catch (thrown) {
      line.circuit.withdraw(ticket);
      throw thrown;
    }
    call.ticket = ticket;
  }

  #leaveCircuit(call: GuardedCall, { isOk, thrown }: CallEnd): void {
    const { line, order, ticket, madeAtMs } = call;
    if (ticket === undefined) return;
    if (madeAtMs === undefined) {
      line.circuit.withdraw(ticket);
      return;
    }
    const nowMs = this.#parts.clock.monotonicMs();
    const fault = isOk ? undefined : judged(call, thrown, nowMs);
    line.times.add((nowMs - madeAtMs) / 1_000);
    if (fault !== undefined) {
      line.faults[fault.type] = (line.faults[fault.type] ?? 0) + 1;
      if (fault.type === 'RateLimit') line.rates.own.throttled(nowMs, fault.retryAfterMs ?? 0);
    }
    line.circuit.settle(ticket, fault, order.attempt.correlationId, nowMs);
    this.#learn(call, fault, nowMs - madeAtMs);
    this.#parts.onSettled?.(line.key, fault, nowMs - madeAtMs);
  }

  /** What is switched off by default. */
  #learn({ line, order }: GuardedCall, fault: EffectFault | undefined, ms: number): void {
    const { isTimeoutAdaptive = false, isProbedEarly = false } = this.#parts;
    // A call that its caller cut short says nothing about how long such calls take.
    if (isTimeoutAdaptive && fault?.type !== 'Cancelled')
      line.adaptiveFor(order.operation ?? '')?.record(ms);
    if (isProbedEarly && fault === undefined) this.lines.healthOk(line.key.split(':', 1)[0] ?? '');
  }

  #enterRate(call: GuardedCall): Promise<void> | undefined {
    const { line, order, askedMs } = call;
    const { rates, circuit, key } = line;
    const { rateMode } = circuit.context.policy;
    const waitMaxMs = rateMode === 'reject' ? 0 : resilience.limiterWaitMs;
    const waitMs = rates.take(askedMs, waitMaxMs, order);
    if (waitMs === 0) return undefined;
    if (waitMs === undefined) {
      const text = `${key}: ${rates.own.rate.toFixed(1)} calls a second are allowed, and too many wait`;
      throw rejected('rateLimit', key, text, rates.retryAfterMs(askedMs, order));
    }
    call.hasWaited = true;
    const { clock, telemetry } = this.#parts;
    telemetry.observe('fairlead_ratelimit_wait_seconds', waitMs / 1_000, { key });
    return sleep(clock, waitMs, order.attempt.signal).catch((thrown: unknown) => {
      rates.giveBack(order);
      throw thrown;
    });
  }

  #enterBulkhead(call: GuardedCall): Promise<void> | undefined {
    const { line, order } = call;
    try {
      const waiting = line.bulkhead.enter(order.attempt);
      if (waiting === undefined) return undefined;
      call.hasWaited = true;
      return this.#waitedFor(waiting, line);
    } catch (thrown) {
      line.bulkheadRejected += 1;
      throw thrown;
    }
  }

  async #waitedFor(waiting: Promise<void>, line: GuardLine): Promise<void> {
    const { clock, telemetry } = this.#parts;
    const sinceMs = clock.monotonicMs();
    try {
      await waiting;
    } catch (thrown) {
      if (thrown instanceof CallRejected) line.bulkheadRejected += 1;
      throw thrown;
    }
    const waitedMs = clock.monotonicMs() - sinceMs;
    telemetry.observe('fairlead_bulkhead_wait_seconds', waitedMs / 1_000, { key: line.key });
  }

  #beginCall(call: GuardedCall): undefined {
    const { ticket, line, order } = call;
    if (order.attempt.mayAct?.() === false)
      throw Object.assign(new Error(unowned.message), { fault: unowned });
    if (ticket === undefined) return;
    line.circuit.confirm(ticket);
    const startedMs = call.hasWaited ? this.#parts.clock.monotonicMs() : call.askedMs;
    call.madeAtMs = startedMs;
    ticket.startedMs = startedMs;
    const { attemptTimeoutMs } = line.circuit.context.policy;
    const allowedMs = Math.min(attemptTimeoutMs, call.order.timeoutMs ?? attemptTimeoutMs);
    call.timeoutMs =
      this.#parts.isTimeoutAdaptive === true
        ? (line.adaptiveFor(call.order.operation ?? '')?.timeoutMs(allowedMs) ?? allowedMs)
        : allowedMs;
    call.dueMs = startedMs + call.timeoutMs;
    this.#sweep.add(call);
  }

  /** Once per attempt of an operation, however many calls it makes. */
  #askBudget({ budget, key }: GuardLine, { attempt }: CallOrder, nowMs: number): void {
    const { signal, number = 1 } = attempt;
    if (signal === this.#lastBudgeted || this.#budgeted.has(signal)) return;
    if (number <= 1) budget.firstTry();
    else if (!budget.retry(nowMs)) {
      const text = `${key}: retries have used up their share of all calls`;
      throw rejected('budget', key, text, budget.retryAfterMs(nowMs));
    }
    this.#budgeted.add(signal);
    this.#lastBudgeted = signal;
  }
}

/** A call cut short by its caller says nothing about the service, unless it had taken long by then. */
function judged(
  { order, madeAtMs, line }: GuardedCall,
  thrown: unknown,
  nowMs: number,
): EffectFault {
  const fault = order.classify(thrown);
  if (!order.attempt.signal.aborted) return fault;
  const tookMs = nowMs - (madeAtMs ?? nowMs);
  const isCutShort = tookMs < line.circuit.context.policy.attemptTimeoutMs / 2;
  return isCutShort ? { ...fault, type: 'Cancelled' } : fault;
}

const unanswered: EffectFault = {
  type: 'Unavailable',
  code: 'call.unanswered',
  message: 'no answer that can be trusted',
};

const unowned: EffectFault = {
  type: 'Cancelled',
  code: 'effect.cancelled',
  message: 'another host may own the actor by now',
  mayHaveHappened: false,
};

/** Resolves after `delayMs`; rejects with the signal's reason if that comes first. Leaves neither timer nor listener. */
function sleep(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      cancel();
      reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    };
    const cancel = clock.after(delayMs, () => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    });
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
}
