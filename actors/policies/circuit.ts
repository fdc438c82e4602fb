/** Admission to one breaker: reads its state, counts in plain numbers, and tells the machine of failures only. */
import type { ActorRefFrom } from 'xstate';
import type { breakerMachine } from '../../machines/breaker.ts';
import type { BreakerContext, BreakerState } from '../../machines/breaker.ts';
import { hasTripped } from '../../machines/breaker-rules.ts';
import { resilience } from '../../machines/limits.ts';
import type { EffectFault, FaultType, Priority } from '../../machines/messages.ts';
import type { Clock, Random } from '../ports.ts';
import { CallWindow } from './call-window.ts';
import type { Dated, DeadlineSweep } from './deadline-sweep.ts';
import { rejected } from './rejection.ts';

export type BreakerRef = ActorRefFrom<typeof breakerMachine>;

/** What a call is allowed under; to be settled once, however it ends. */
export interface Ticket {
  readonly epoch: number;
  readonly isProbe: boolean;
  /** Monotonic; set again when the call itself begins. */
  startedMs: number;
  /** True once nothing may be concluded from it any more. */
  isOver: boolean;
  /** Of a probe: the time by which it must have come back. */
  lease?: Dated;
}

export interface CircuitCounts {
  ok: number;
  slow: number;
  failed: number;
  ignored: number;
  rejected: number;
}

/** A call that a circuit can learn from failed at the service, or took the time-out. */
const counted: ReadonlySet<FaultType> = new Set(['Retryable', 'Unavailable', 'Timeout']);

/** True for faults of the service; validation, missing rights, throttling and the like say that it is there. */
const isServiceFault = ({ type }: EffectFault): boolean => counted.has(type);

export interface CircuitParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly sweep: DeadlineSweep;
}

export class Circuit {
  readonly key: string;
  readonly counts: CircuitCounts = { ok: 0, slow: 0, failed: 0, ignored: 0, rejected: 0 };
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #sweep: DeadlineSweep;
  readonly #window = new CallWindow();
  #ref: BreakerRef;
  #consecutive = 0;
  #probes = 0;
  #usedMs: number;

  constructor(key: string, ref: BreakerRef, { clock, random, sweep }: CircuitParts) {
    this.key = key;
    this.#ref = ref;
    this.#clock = clock;
    this.#random = random;
    this.#sweep = sweep;
    this.#usedMs = clock.monotonicMs();
  }

  get state(): BreakerState {
    return this.#ref.getSnapshot().value;
  }
  get context(): BreakerContext {
    return this.#ref.getSnapshot().context;
  }
  get consecutive(): number {
    return this.#consecutive;
  }
  /** Monotonic time of the last call. */
  get usedMs(): number {
    return this.#usedMs;
  }
  get freeProbes(): number {
    return Math.max(0, this.context.policy.probesMax - this.#probes);
  }

  /** The same breaker in another incarnation of its guard. */
  attach(ref: BreakerRef): void {
    this.#ref = ref;
    this.restart();
  }

  /** A new epoch: windows and permits begin empty. */
  restart(): void {
    this.#window.clear();
    this.#consecutive = 0;
    this.#probes = 0;
  }

  window() {
    return this.#window.read(this.#clock.monotonicMs());
  }

  /**
   * @param nowMs monotonic
   * @throws CallRejected while the circuit lets nothing through
   */
  admit(priority: Priority, nowMs: number): Ticket {
    this.#usedMs = nowMs;
    const { value, context } = this.#ref.getSnapshot();
    if (value === 'closed' || value === 'metricsOnly')
      return { epoch: context.epoch, isProbe: false, startedMs: nowMs, isOver: false };
    return this.#admitProbe(priority, nowMs);
  }

  /**
   * Asked again when a place and a token are there at last: the circuit may have opened meanwhile.
   * @throws CallRejected
   */
  confirm(ticket: Ticket): void {
    if (ticket.epoch === this.context.epoch && !ticket.isOver) return;
    const { state } = this;
    if (state === 'closed' || state === 'metricsOnly') return;
    this.counts.rejected += 1;
    throw this.#refusal();
  }

  /** For calls that nothing may block: counted like an admitted one, whatever the state. */
  note(nowMs: number): Ticket {
    this.#usedMs = nowMs;
    return { epoch: this.context.epoch, isProbe: false, startedMs: nowMs, isOver: false };
  }

  /** @param fault undefined when the call was answered */
  settle(
    ticket: Ticket,
    fault: EffectFault | undefined,
    correlationId: string,
    nowMs: number,
  ): void {
    const ms = nowMs - ticket.startedMs;
    const { context } = this.#ref.getSnapshot();
    const isSlow = ms > context.policy.attemptTimeoutMs / 2;
    if (fault !== undefined) this.counts[isServiceFault(fault) ? 'failed' : 'ignored'] += 1;
    else if (isSlow) this.counts.slow += 1;
    else this.counts.ok += 1;
    if (ticket.isOver) return;
    if (ticket.isProbe) this.#endProbe(ticket);
    else ticket.isOver = true;
    if (ticket.epoch !== context.epoch || fault?.type === 'Cancelled') return;
    if (ticket.isProbe) this.#settleProbe(ticket, fault, correlationId, nowMs);
    else if (fault === undefined) this.#noteOk(ms, isSlow, nowMs);
    else if (isServiceFault(fault)) this.#noteFailed(fault, correlationId, nowMs);
  }

  /** The call was admitted and then refused by a later policy: it was never made. */
  withdraw(ticket: Ticket): void {
    if (!ticket.isOver) this.#endProbe(ticket);
  }

  #admitProbe(priority: Priority, nowMs: number): Ticket {
    let snapshot = this.#ref.getSnapshot();
    // A timer that is late, or a clock that jumped: the first caller notices.
    if (snapshot.value === 'open' && snapshot.context.openUntilMs <= this.#clock.nowMs()) {
      this.#ref.send({ type: 'open.elapsed', epoch: snapshot.context.epoch });
      snapshot = this.#ref.getSnapshot();
    }
    const { epoch, policy } = snapshot.context;
    // Fencing is a matter of safety: it may try although the circuit is open, one call at a time.
    const mayProbe =
      snapshot.value === 'halfOpen'
        ? this.#probes < policy.probesMax
        : snapshot.value === 'open' && priority === 'failover' && this.#probes === 0;
    if (mayProbe) return this.#probe(epoch, nowMs, policy.attemptTimeoutMs);
    this.counts.rejected += 1;
    throw this.#refusal();
  }

  #probe(epoch: number, startedMs: number, attemptTimeoutMs: number): Ticket {
    this.#probes += 1;
    const heldMs = resilience.limiterWaitMs + resilience.bulkheadWaitMs;
    const leaseMs = attemptTimeoutMs * resilience.probeLeaseShare + heldMs;
    const lease: Dated = {
      ...{ dueMs: startedMs + leaseMs, place: -1 },
      expire: () => {
        if (ticket.isOver) return;
        this.#endProbe(ticket);
        const code = 'circuit.probeLease';
        const fault: EffectFault = { type: 'Timeout', code, message: 'a probe never came back' };
        if (epoch === this.context.epoch)
          this.#tell('probe.failed', fault, '', this.#sweep.nowMs());
      },
    };
    const ticket: Ticket = { epoch, isProbe: true, startedMs, isOver: false, lease };
    this.#sweep.add(lease);
    return ticket;
  }

  #endProbe(ticket: Ticket): void {
    ticket.isOver = true;
    if (ticket.lease !== undefined) this.#sweep.remove(ticket.lease);
    if (ticket.epoch === this.context.epoch) this.#probes = Math.max(0, this.#probes - 1);
  }

  #settleProbe(
    { epoch }: Ticket,
    fault: EffectFault | undefined,
    correlationId: string,
    nowMs: number,
  ): void {
    if (fault !== undefined && isServiceFault(fault)) {
      this.#tell('probe.failed', fault, correlationId, nowMs);
      return;
    }
    const isOpen = this.state === 'open';
    if (isOpen) this.#ref.send({ type: 'health.ok', epoch });
    else this.#ref.send({ type: 'probe.ok', epoch, atMs: this.#clock.nowMs() });
  }

  #noteOk(ms: number, isSlow: boolean, nowMs: number): void {
    this.#consecutive = 0;
    this.#window.add(isSlow ? 'slow' : 'ok', nowMs);
    if (!isSlow) return;
    const code = 'circuit.slow';
    const message = `answered after ${Math.round(ms)} ms`;
    this.#tell('call.slow', { type: 'Timeout', code, message }, '', nowMs);
  }

  #noteFailed(fault: EffectFault, correlationId: string, nowMs: number): void {
    this.#consecutive += 1;
    this.#window.add('failed', nowMs);
    const { wouldHaveTripped } = this.context;
    this.#tell('call.failed', fault, correlationId, nowMs);
    // A breaker that only measures starts counting anew after a trip it would have made.
    if (this.context.wouldHaveTripped !== wouldHaveTripped) this.restart();
  }

  #tell(
    type: 'call.failed' | 'call.slow' | 'probe.failed',
    fault: EffectFault,
    correlationId: string,
    nowMs: number,
  ): void {
    const { epoch, policy } = this.context;
    const counts = { ...this.#window.read(nowMs), consecutive: this.#consecutive };
    // The chart would drop it: a failure that opens nothing is a number here, not an event and not a write.
    if (type !== 'probe.failed' && !hasTripped(policy, counts)) return;
    const { type: type_, code, requestId = '' } = fault;
    this.#ref.send({
      ...{ type, type_, code, requestId, correlationId, epoch, counts },
      atMs: this.#clock.nowMs(),
      roll: this.#random.roll(),
    });
  }

  #refusal() {
    const { openUntilMs, isolation, lastTrip, policy } = this.context;
    const nowMs = this.#clock.nowMs();
    if (this.state === 'isolated') {
      const untilMs = isolation?.untilMs ?? nowMs;
      const text = `${this.key} is isolated: ${isolation?.reason ?? ''}`;
      return rejected('circuit', this.key, text, Math.max(0, untilMs - nowMs));
    }
    if (this.state === 'halfOpen') {
      const text = `${this.key} is being probed: ${this.#probes} of ${policy.probesMax} probes under way`;
      return rejected('circuit', this.key, text, resilience.rampGapMs);
    }
    const waitMs = Math.max(0, openUntilMs - nowMs);
    const text = `${this.key} is open for ${Math.ceil(waitMs / 1_000)} s more, after ${lastTrip?.code ?? 'a failed probe'}`;
    return rejected('circuit', this.key, text, waitMs);
  }
}
