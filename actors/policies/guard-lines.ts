/** The lines of a guard: which keys have a breaker, in which slot of the hosted tree, and what was ordered about them. */
import { covers, rowOf } from '../../machines/breaker-rules.ts';
import { guardSlots } from '../../machines/guard.ts';
import type { GuardContext, GuardEvent } from '../../machines/guard.ts';
import { callPolicies, resilience } from '../../machines/limits.ts';
import type { CallPolicy } from '../../machines/limits.ts';
import type { EffectFault } from '../../machines/messages.ts';
import type { Clock, Random, Telemetry } from '../ports.ts';
import { changeLine, healthLine } from './circuit-log.ts';
import { Circuit } from './circuit.ts';
import type { BreakerRef } from './circuit.ts';
import type { DeadlineSweep } from './deadline-sweep.ts';
import { GuardLine } from './guard-line.ts';
import { tellCounts } from './guard-readings.ts';
import type { GuardOrder } from './guard-views.ts';
import { Providers } from './providers.ts';
import type { BucketOptions } from './token-bucket.ts';

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
  /** All calls to one account and region together. Default 10 a second, 20 at once. */
  readonly provider?: BucketOptions;
  /** Attempt time-outs follow how long calls take. Default false. */
  readonly isTimeoutAdaptive?: boolean;
  /** An answer of one class lets the open circuits of its service be probed early. Default false. */
  readonly isProbedEarly?: boolean;
  /** Told of every call that was made, once it ended; `fault` is undefined when it was answered. Must not throw. */
  readonly onSettled?: (key: string, fault: EffectFault | undefined, ms: number) => void;
}

/** Order id of breakers that only measure because nothing may block what they count. */
const measuredOnly = 'measured-only';

/** What may be changed while the guard works. */
export type GuardNumbers = Pick<GuardParts, 'rows' | 'provider'>;

export class GuardLines {
  readonly #parts: GuardParts;
  readonly #sweep: DeadlineSweep;
  #numbers: GuardNumbers;
  readonly #providers: Providers;
  readonly #lines = new Map<string, GuardLine>();
  readonly #standing = new Map<string, GuardOrder>();
  readonly #subscribed = new WeakSet<BreakerRef>();
  #tree: GuardTree | undefined;
  #lastDropped = '';

  constructor(parts: GuardParts, sweep: DeadlineSweep) {
    this.#parts = parts;
    this.#sweep = sweep;
    this.#numbers = parts;
    this.#providers = new Providers(parts.clock, parts.scale, parts.provider);
    this.#logHealthLater();
  }

  /** Other numbers from now on: for lines that are there and for those to come. What was set by hand stays on top. */
  configure(numbers: GuardNumbers): void {
    this.#numbers = { ...this.#numbers, ...numbers };
    if (numbers.provider !== undefined) this.#providers.configure(numbers.provider);
    for (const line of this.#lines.values()) this.#update(line);
  }

  sorted(): GuardLine[] {
    return [...this.#lines.values()].sort((left, right) => (left.key < right.key ? -1 : 1));
  }

  /** The hosted guard is there, or there again: breakers it remembers are taken up, others adopted anew. */
  attach(tree: GuardTree): void {
    this.#tree = tree;
    const known = Object.entries(tree.context().slots);
    for (const [slot, key] of known) {
      const ref = tree.breaker(slot);
      if (ref === undefined) continue;
      ref.send({ type: 'policy.update', policy: this.#policyOf(key) });
      this.#lines.get(key)?.circuit.attach(ref);
      this.#addLine(key, ref);
    }
    for (const line of this.#lines.values()) {
      const ref = known.some(([, key]) => key === line.key) ? undefined : this.#adopt(line.key);
      if (ref === undefined) continue;
      line.circuit.attach(ref);
      this.#watch(line, ref);
    }
  }

  /** Applies an order to every breaker it means, now and later. The same order twice changes nothing. */
  apply(order: GuardOrder): void {
    this.#remember(order);
    for (const line of this.#lines.values()) if (means(order, line.key)) this.#obey(line, order);
  }

  /** All orders that stand. What was ordered once and stands no more was taken back while nobody listened here. */
  applyStanding(orders: readonly GuardOrder[]): void {
    this.#standing.clear();
    for (const order of orders) this.apply(order);
    const ids = new Set([measuredOnly, ...orders.map(({ orderId }) => orderId)]);
    for (const { key, circuit } of this.#lines.values()) {
      const { orderId } = circuit.context;
      if (!/^(isolated|metricsOnly)$/.test(circuit.state) || ids.has(orderId)) continue;
      const atMs = this.#parts.clock.nowMs();
      const taken = { orderId: `${orderId} taken back`, reason: 'it was taken back' };
      this.#refOf(key)?.send({ type: 'breaker.release', atMs, ...taken });
    }
  }

  /** Another host's circuit for these calls opened: ours is probed before it is trusted. */
  peerOpened(key: string): void {
    this.#refOf(key)?.send({ type: 'peer.opened' });
  }

  /** A service answered by another way than an open circuit: that is probed before its time. */
  healthOk(service: string): void {
    const nowMs = this.#parts.clock.nowMs();
    for (const { key, circuit } of this.#lines.values()) {
      if (circuit.state !== 'open' || !covers(service, key)) continue;
      const { epoch, openedAtMs, openUntilMs } = circuit.context;
      const earliestMs = openedAtMs + (openUntilMs - openedAtMs) * resilience.earlyProbeShare;
      if (nowMs >= earliestMs) this.#refOf(key)?.send({ type: 'health.ok', epoch });
    }
  }

  /** The line of a key, made on its first call; undefined when every breaker is taken by a busier key. */
  find(key: string): GuardLine | undefined {
    const known = this.#lines.get(key);
    if (known !== undefined) return known;
    const ref = this.#adopt(key);
    return ref && this.#addLine(key, ref);
  }

  /** As `find`, for calls that are only counted. */
  findObserved(key: string): GuardLine | undefined {
    const isNew = !this.#lines.has(key);
    const line = this.find(key);
    const order = { orderId: measuredOnly, reason: 'ours: nothing may block it' };
    if (isNew && line)
      this.#refOf(key)?.send({
        ...{ type: 'breaker.observe', atMs: this.#parts.clock.nowMs() },
        ...order,
      });
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
    const circuit = new Circuit(key, ref, { clock, random, sweep: this.#sweep });
    const rampGapMs = resilience.rampGapMs / scale;
    const provider = this.#providers.of(key);
    const line = new GuardLine(circuit, {
      policy: this.#policyOf(key),
      clock,
      rampGapMs,
      provider,
    });
    this.#lines.set(key, line);
    this.#watch(line, ref);
    for (const order of this.#standing.values()) if (means(order, key)) this.#obey(line, order);
    return line;
  }

  #watch(line: GuardLine, ref: BreakerRef): void {
    if (this.#subscribed.has(ref)) return;
    this.#subscribed.add(ref);
    ref.subscribe((snapshot) => {
      this.#noteChange(line, snapshot.context.epoch);
      if (snapshot.value !== 'closed' || line.room.size > 0) line.room.look();
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
    return this.sorted().every(({ circuit }) => /^(closed|metricsOnly)$/.test(circuit.state));
  }

  /** A slot nobody uses; else that of the closed breaker without a call for the longest time. */
  #freeSlot(tree: GuardTree): string | undefined {
    const { slots } = tree.context();
    // A slot is not taken again in the turn in which it was given up.
    const free = guardSlots.find((slot) => slots[slot] === undefined && slot !== this.#lastDropped);
    if (free !== undefined) return free;
    const idle = this.sorted()
      .filter(
        ({ circuit, bulkhead, room }) =>
          circuit.state === 'closed' && bulkhead.inFlight + room.size === 0,
      )
      .sort((left, right) => left.circuit.usedMs - right.circuit.usedMs)[0];
    const slot = idle && this.#slotOf(idle.key);
    const { telemetry } = this.#parts;
    if (idle === undefined || slot === undefined) {
      const fields = { breakersMax: resilience.breakersMax };
      telemetry.log('warn', fields, '[CIRCUIT] no breaker is free: a call goes out unguarded');
      return undefined;
    }
    tellCounts(telemetry, idle);
    tree.send({ type: 'breaker.drop', slot });
    this.#forget(idle);
    const previous = this.#lastDropped;
    this.#lastDropped = slot;
    return previous === '' ? undefined : previous;
  }

  #refOf(key: string): BreakerRef | undefined {
    const slot = this.#slotOf(key);
    return slot === undefined ? undefined : this.#tree?.breaker(slot);
  }

  #slotOf(key: string): string | undefined {
    const slots = this.#tree?.context().slots ?? {};
    return Object.keys(slots).find((slot) => slots[slot] === key);
  }

  /** The row of the key at the pace of this process, with what was set by hand. */
  #policyOf(key: string): CallPolicy {
    const row = rowOf(this.#numbers.rows ?? callPolicies, key);
    const set = [...this.#standing.values()].filter(
      (order) => order.verb === 'set' && covers(order.key, key),
    );
    const { scale } = this.#parts;
    const policy = set.reduce<CallPolicy>((merged, order) => ({ ...merged, ...order.policy }), row);
    return {
      ...policy,
      openBaseMs: policy.openBaseMs / scale,
      ratePerSecond: policy.ratePerSecond * scale,
    };
  }

  #remember(order: GuardOrder): void {
    if (order.verb === 'reset' || order.verb === 'release') {
      for (const [id, standing] of this.#standing)
        if (standing.verb !== 'set' && covers(order.key, standing.key)) this.#standing.delete(id);
      return;
    }
    const id = `${order.verb} ${order.key}`;
    const policy = { ...this.#standing.get(id)?.policy, ...order.policy };
    this.#standing.set(id, { ...order, policy });
  }

  #obey(line: GuardLine, order: GuardOrder): void {
    const ref = this.#refOf(line.key);
    if (ref === undefined) return;
    const { orderId, reason, untilMs } = order;
    const atMs = this.#parts.clock.nowMs();
    switch (order.verb) {
      case 'set':
        this.#update(line);
        return;
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

  #update(line: GuardLine): void {
    const policy = this.#policyOf(line.key);
    this.#refOf(line.key)?.send({ type: 'policy.update', policy });
    line.update(policy);
  }

  /** With its last line the provider's buckets go, too. */
  #forget(line: GuardLine): void {
    this.#lines.delete(line.key);
    this.#providers.keep([...this.#lines.values()].map(({ rates }) => rates.provider));
  }

  #logHealth(): void {
    if (this.#lines.size === 0) return;
    const states = this.sorted().map((line) => [line.key, line.circuit.state] as const);
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

const means = (order: GuardOrder, key: string): boolean =>
  covers(order.key, key) && !(order.allowTeardown && key.endsWith(':teardown'));
