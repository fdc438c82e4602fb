/** The guard of this process: every provider call passes here. One line of policies per breaker key. */
import { breakerStates } from '../../machines/breaker.ts';
import { covers, rowOf } from '../../machines/breaker-rules.ts';
import { guardSlots } from '../../machines/guard.ts';
import type { GuardContext, GuardEvent } from '../../machines/guard.ts';
import { callPolicies, resilience } from '../../machines/limits.ts';
import type { CallPolicy } from '../../machines/limits.ts';
import type { EffectFault, Priority } from '../../machines/messages.ts';
import { pause } from '../heap-clock.ts';
import type { MetricReading } from '../metric-names.ts';
import type { CallGuard, CallOrder, Clock, Random, Telemetry } from '../ports.ts';
import { toEffectFault } from '../faults.ts';
import { withDeadline } from './attempt-deadline.ts';
import { changeLine, healthLine } from './circuit-log.ts';
import { Circuit } from './circuit.ts';
import type { BreakerRef, Ticket } from './circuit.ts';
import { GuardLine } from './guard-line.ts';
import type { BreakerView, GuardOrder, LimitView } from './guard-views.ts';
import { compose } from './pipeline.ts';
import type { Policy, Run } from './pipeline.ts';
import { rejected } from './rejection.ts';

/** The hosted guard actor, as far as calls are concerned. What is sent acts at once; its record follows. */
export interface GuardTree {
  send(event: GuardEvent): void;
  context(): GuardContext;
  breaker(slot: string): BreakerRef | undefined;
}

export interface GuardParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
  /** Divides open times and the ramp's gap, multiplies rates: a faster cloud is called faster. */
  readonly scale: number;
  /** Default `callPolicies`. */
  readonly rows?: Readonly<Record<string, CallPolicy>>;
}

interface GuardedCall {
  readonly line: GuardLine;
  readonly order: CallOrder;
  readonly signal: AbortSignal;
  ticket: Ticket | undefined;
  /** Monotonic time when the call itself began; undefined while our own policies hold it. */
  madeAtMs: number | undefined;
}

export class Guard implements CallGuard {
  readonly #parts: GuardParts;
  readonly #lines = new Map<string, GuardLine>();
  readonly #standing = new Map<string, GuardOrder>();
  readonly #subscribed = new WeakSet<BreakerRef>();
  /** Attempts whose budget was asked already: one attempt makes several calls. */
  readonly #budgeted = new WeakSet<AbortSignal>();
  readonly #pass: Run<GuardedCall>;
  #tree: GuardTree | undefined;
  #lastDropped = '';

  constructor(parts: GuardParts) {
    this.#parts = parts;
    this.#pass = compose<GuardedCall>([
      { name: 'circuit', run: (call, next) => this.#throughCircuit(call, next) },
      { name: 'rateLimit', run: (call, next) => this.#throughRate(call, next) },
      { name: 'bulkhead', run: (call, next) => this.#throughBulkhead(call, next) },
      { name: 'attemptTimeout', run: (call, next) => this.#inTime(call, next) },
    ] satisfies Policy<GuardedCall>[]);
    this.#logHealthLater();
  }

  /** The hosted guard is there, or there again: breakers it remembers are taken up, others adopted anew. */
  attach(tree: GuardTree): void {
    this.#tree = tree;
    for (const [slot, key] of Object.entries(tree.context().slots)) {
      const ref = tree.breaker(slot);
      if (ref === undefined) continue;
      ref.send({ type: 'policy.update', policy: this.#policyOf(key) });
      this.#lines.get(key)?.circuit.attach(ref);
      this.#addLine(key, ref);
    }
    for (const line of this.#lines.values()) {
      const isKnown = Object.values(tree.context().slots).includes(line.key);
      const ref = isKnown ? undefined : this.#adopt(line.key);
      if (ref === undefined) continue;
      line.circuit.attach(ref);
      this.#watch(line, ref);
    }
  }

  async call<T>(order: CallOrder, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const line = this.#line(order.key);
    const { signal } = order.attempt;
    // Beyond the last slot calls are made as they are: better unguarded than not at all.
    if (line === undefined) return run(signal);
    const call = { line, order, signal, ticket: undefined, madeAtMs: undefined };
    return this.#pass(call, (each) => run(each.signal));
  }

  async untilReleased(key: string, priority: Priority, signal: AbortSignal): Promise<void> {
    await this.#line(key)?.room.wait(priority, signal);
  }

  async observed<T>(
    key: string,
    run: () => Promise<T>,
    hasFailed: (value: T) => boolean = () => false,
  ): Promise<T> {
    const circuit = this.#observedLine(key)?.circuit;
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

  /** Applies an order of the fleet to every breaker it means, now and later. The same order twice changes nothing. */
  apply(order: GuardOrder): void {
    if (order.verb === 'reset' || order.verb === 'release') {
      for (const [id, standing] of this.#standing)
        if (standing.key === order.key && standing.verb !== 'set') this.#standing.delete(id);
    } else this.#standing.set(`${order.verb} ${order.key}`, order);
    for (const line of this.#lines.values())
      if (this.#means(order, line.key)) this.#obey(line, order);
  }

  /** Another host's circuit for these calls opened: ours is probed before it is trusted. */
  peerOpened(key: string): void {
    const slot = this.#slotOf(key);
    if (slot !== undefined) this.#tree?.breaker(slot)?.send({ type: 'peer.opened' });
  }

  breakers(): BreakerView[] {
    return this.#sorted().map((line) => line.breakerView());
  }

  limits(): LimitView[] {
    return this.#sorted().map((line) => line.limitView());
  }

  /** Present gauges; counters are brought up to date on the way. */
  readings(): MetricReading[] {
    return this.#sorted().flatMap((line) => {
      this.#tellCounts(line);
      return readingsOf(line);
    });
  }

  #sorted(): GuardLine[] {
    return [...this.#lines.values()].sort((left, right) => (left.key < right.key ? -1 : 1));
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
  }

  // ------------------------------------------------------------------------------------------------- lines

  #line(key: string): GuardLine | undefined {
    const known = this.#lines.get(key);
    if (known !== undefined) return known;
    const ref = this.#adopt(key);
    return ref && this.#addLine(key, ref);
  }

  #observedLine(key: string): GuardLine | undefined {
    const isNew = !this.#lines.has(key);
    const line = this.#line(key);
    const order = { orderId: 'measured-only', reason: 'ours: nothing may block it' };
    const slot = isNew && line ? this.#slotOf(key) : undefined;
    if (slot !== undefined)
      this.#tree
        ?.breaker(slot)
        ?.send({ type: 'breaker.observe', atMs: this.#parts.clock.nowMs(), ...order });
    return line;
  }

  #adopt(key: string): BreakerRef | undefined {
    const tree = this.#tree;
    const slot = tree && this.#freeSlot(tree);
    if (!tree || slot === undefined) return undefined;
    const policy = this.#policyOf(key);
    tree.send({ type: 'breaker.adopt', slot, key, policy, atMs: this.#parts.clock.nowMs() });
    return tree.breaker(slot);
  }

  #addLine(key: string, ref: BreakerRef): GuardLine {
    const known = this.#lines.get(key);
    if (known !== undefined) {
      this.#watch(known, ref);
      return known;
    }
    const { clock, random, scale } = this.#parts;
    const circuit = new Circuit(key, ref, clock, random);
    const gapMs = resilience.rampGapMs / scale;
    const line = new GuardLine(circuit, this.#policyOf(key), clock, gapMs);
    this.#lines.set(key, line);
    this.#watch(line, ref);
    for (const order of this.#standing.values())
      if (this.#means(order, key)) this.#obey(line, order);
    return line;
  }

  #watch(line: GuardLine, ref: BreakerRef): void {
    if (this.#subscribed.has(ref)) return;
    this.#subscribed.add(ref);
    ref.subscribe((snapshot) => {
      this.#noteChange(line, snapshot.context.epoch);
      line.room.look();
    });
  }

  #noteChange(line: GuardLine, epoch: number): void {
    const { seen, circuit } = line;
    if (epoch === seen.epoch) return;
    line.seen = { epoch, state: circuit.state };
    circuit.restart();
    const { telemetry } = this.#parts;
    const labels = { breaker: line.key, from: seen.state, to: circuit.state };
    telemetry.count('fairlead_breaker_transitions_total', labels);
    const { level, fields, text } = changeLine(
      line.key,
      seen.state,
      circuit.state,
      circuit.context,
    );
    telemetry.log(level, fields, text);
    if (circuit.state === 'closed' && this.#isAllClosed()) this.#logHealth();
  }

  #isAllClosed(): boolean {
    return this.#sorted().every(({ circuit }) => /^(closed|metricsOnly)$/.test(circuit.state));
  }

  /** A slot nobody uses; else that of the closed breaker without a call for the longest time. */
  #freeSlot(tree: GuardTree): string | undefined {
    const { slots } = tree.context();
    // A slot is not taken again in the turn in which it was given up.
    const free = guardSlots.find((slot) => slots[slot] === undefined && slot !== this.#lastDropped);
    if (free !== undefined) return free;
    const idle = this.#sorted()
      .filter(
        ({ circuit, bulkhead, room }) =>
          circuit.state === 'closed' && bulkhead.inFlight + room.size === 0,
      )
      .sort((left, right) => left.circuit.usedMs - right.circuit.usedMs)[0];
    const slot = idle && this.#slotOf(idle.key);
    if (idle === undefined || slot === undefined) {
      const fields = { breakersMax: resilience.breakersMax };
      this.#parts.telemetry.log(
        'warn',
        fields,
        '[CIRCUIT] no breaker is free: a call goes out unguarded',
      );
      return undefined;
    }
    tree.send({ type: 'breaker.drop', slot });
    this.#lines.delete(idle.key);
    const previous = this.#lastDropped;
    this.#lastDropped = slot;
    return previous === '' ? undefined : previous;
  }

  #slotOf(key: string): string | undefined {
    const slots = this.#tree?.context().slots ?? {};
    return Object.keys(slots).find((slot) => slots[slot] === key);
  }

  /** The row of the key at the pace of this process, with what was set by hand. */
  #policyOf(key: string): CallPolicy {
    const row = rowOf(this.#parts.rows ?? callPolicies, key);
    const set = [...this.#standing.values()].filter(
      (order) => order.verb === 'set' && covers(order.key, key),
    );
    const merged: CallPolicy = Object.assign({}, row, ...set.map(({ policy }) => policy));
    return this.#paced(merged);
  }

  #paced(policy: CallPolicy): CallPolicy {
    const { scale } = this.#parts;
    return {
      ...policy,
      openBaseMs: policy.openBaseMs / scale,
      ratePerSecond: policy.ratePerSecond * scale,
    };
  }

  #means(order: GuardOrder, key: string): boolean {
    return covers(order.key, key) && !(order.allowTeardown && key.endsWith(':teardown'));
  }

  #obey(line: GuardLine, order: GuardOrder): void {
    const slot = this.#slotOf(line.key);
    const ref = slot === undefined ? undefined : this.#tree?.breaker(slot);
    if (ref === undefined) return;
    const { orderId, reason, untilMs } = order;
    const atMs = this.#parts.clock.nowMs();
    switch (order.verb) {
      case 'set': {
        const policy = this.#policyOf(line.key);
        ref.send({ type: 'policy.update', policy });
        line.update(policy);
        return;
      }
      case 'isolate':
        if (untilMs <= atMs) return;
        ref.send({ type: 'breaker.isolate', atMs, orderId, reason, untilMs });
        return;
      case 'reset':
      case 'release':
      case 'observe':
        ref.send({ type: `breaker.${order.verb}`, atMs, orderId, reason });
    }
  }

  // ------------------------------------------------------------------------------------------------ telling

  #tellCounts({ key, circuit, told }: GuardLine): void {
    for (const outcome of ['ok', 'slow', 'failed', 'ignored', 'rejected'] as const) {
      const more = circuit.counts[outcome] - told[outcome];
      if (more === 0) continue;
      told[outcome] = circuit.counts[outcome];
      const labels = { breaker: key, outcome };
      this.#parts.telemetry.count('fairlead_breaker_calls_total', labels, more);
    }
  }

  #logHealth(): void {
    if (this.#lines.size === 0) return;
    const states = this.#sorted().map((line) => [line.key, line.circuit.state] as const);
    const { level, fields, text } = healthLine(states);
    this.#parts.telemetry.log(level, fields, text);
  }

  #logHealthLater(): void {
    this.#parts.clock.after(resilience.statusLogMs, () => {
      this.#logHealth();
      this.#logHealthLater();
    });
  }
}

const unanswered: EffectFault = {
  type: 'Unavailable',
  code: 'call.unanswered',
  message: 'no answer that can be trusted',
};

const serviceOf = (key: string): string => (key.split('/').at(-1) ?? key).split(':')[0] ?? key;

function readingsOf(line: GuardLine): MetricReading[] {
  const { key, circuit, bulkhead, bucket, budget, room } = line;
  const { state } = circuit;
  return [
    {
      metric: 'fairlead_breaker_state',
      value: stateNumbers[state],
      labels: { breaker: key },
    },
    ...breakerStates.map((each): MetricReading => ({
      metric: 'fairlead_breaker_in_state',
      value: each === state ? 1 : 0,
      labels: { breaker: key, state: each },
    })),
    { metric: 'fairlead_breaker_waiting', value: room.size, labels: { breaker: key } },
    { metric: 'fairlead_retry_budget_tokens', value: budget.tokens, labels: { key } },
    { metric: 'fairlead_ratelimit_rate', value: bucket.rate, labels: { key } },
    { metric: 'fairlead_bulkhead_inflight', value: bulkhead.inFlight, labels: { key } },
    { metric: 'fairlead_bulkhead_queued', value: bulkhead.queued, labels: { key } },
  ];
}

/** Numbers grow with badness, so that `> 0` and `== 2` both read well. */
const stateNumbers = { closed: 0, halfOpen: 1, open: 2, isolated: 3, metricsOnly: 4 } as const;

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
