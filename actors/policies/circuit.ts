/** Admission to one breaker: reads its state, counts in plain numbers, and tells the machine of failures only. */
import type { ActorRefFrom } from 'xstate';
import type { breakerMachine } from '../../machines/breaker.ts';
import type { BreakerContext, BreakerState } from '../../machines/breaker.ts';
import { resilience } from '../../machines/limits.ts';
import type { EffectFault, FaultType, Priority } from '../../machines/messages.ts';
import type { Cancel, Clock, Random } from '../ports.ts';
import { CallWindow } from './call-window.ts';
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
  cancelLease: Cancel;
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

export class Circuit {
  readonly key: string;
  readonly counts: CircuitCounts = { ok: 0, slow: 0, failed: 0, ignored: 0, rejected: 0 };
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #window = new CallWindow();
  #ref: BreakerRef;
  #consecutive = 0;
  #probes = 0;
  #usedMs: number;

  constructor(key: string, ref: BreakerRef, clock: Clock, random: Random) {
    this.key = key;
    this.#ref = ref;
    this.#clock = clock;
    this.#random = random;
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

  /** @throws CallRejected while the circuit lets nothing through */
  admit(priority: Priority): Ticket {
    const nowMs = this.#clock.monotonicMs();
    this.#usedMs = nowMs;
    let snapshot = this.#ref.getSnapshot();
    // A timer that is late, or a clock that jumped: the first caller notices.
    if (snapshot.value === 'open' && snapshot.context.openUntilMs <= this.#clock.nowMs()) {
      this.#ref.send({ type: 'open.elapsed', epoch: snapshot.context.epoch });
      snapshot = this.#ref.getSnapshot();
    }
    const { epoch, policy } = snapshot.context;
    if (snapshot.value === 'closed' || snapshot.value === 'metricsOnly')
      return { epoch, isProbe: false, startedMs: nowMs, isOver: false, cancelLease: noLease };
    // Fencing is a matter of safety: it may try although the circuit is open, one call at a time.
    const mayProbe =
      snapshot.value === 'halfOpen'
        ? this.#probes < policy.probesMax
        : snapshot.value === 'open' && priority === 'failover' && this.#probes === 0;
    if (mayProbe) return this.#probe(epoch, nowMs, policy.attemptTimeoutMs);
    this.counts.rejected += 1;
    throw this.#refusal();
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
  note(): Ticket {
    const startedMs = this.#clock.monotonicMs();
    this.#usedMs = startedMs;
    const { epoch } = this.context;
    return { epoch, isProbe: false, startedMs, isOver: false, cancelLease: noLease };
  }

  /** @param fault undefined when the call was answered */
  settle(ticket: Ticket, fault: EffectFault | undefined, correlationId: string): void {
    const ms = this.#clock.monotonicMs() - ticket.startedMs;
    if (ticket.isOver) {
      this.#count(fault, ms);
      return;
    }
    this.#endProbe(ticket);
    const outcome = this.#count(fault, ms);
    if (ticket.epoch !== this.context.epoch || outcome === 'cancelled') return;
    if (ticket.isProbe) this.#settleProbe(ticket, fault, correlationId);
    else if (outcome === 'ok') this.#noteOk(ms);
    else if (fault !== undefined && isServiceFault(fault)) this.#noteFailed(fault, correlationId);
  }

  /** The call was admitted and then refused by a later policy: it was never made. */
  withdraw(ticket: Ticket): void {
    if (!ticket.isOver) this.#endProbe(ticket);
  }

  #probe(epoch: number, startedMs: number, attemptTimeoutMs: number): Ticket {
    this.#probes += 1;
    const ticket: Ticket = { epoch, isProbe: true, startedMs, isOver: false, cancelLease: noLease };
    const heldMs = resilience.limiterWaitMs + resilience.bulkheadWaitMs;
    const leaseMs = attemptTimeoutMs * resilience.probeLeaseShare + heldMs;
    ticket.cancelLease = this.#clock.after(leaseMs, () => {
      if (ticket.isOver) return;
      this.#endProbe(ticket);
      const code = 'circuit.probeLease';
      const fault: EffectFault = { type: 'Timeout', code, message: 'a probe never came back' };
      if (epoch === this.context.epoch) this.#tell('probe.failed', fault, '');
    });
    return ticket;
  }

  #endProbe(ticket: Ticket): void {
    ticket.isOver = true;
    ticket.cancelLease();
    if (ticket.isProbe && ticket.epoch === this.context.epoch)
      this.#probes = Math.max(0, this.#probes - 1);
  }

  #settleProbe(ticket: Ticket, fault: EffectFault | undefined, correlationId: string): void {
    const { epoch } = ticket;
    if (fault !== undefined && isServiceFault(fault)) {
      this.#tell('probe.failed', fault, correlationId);
      return;
    }
    const isOpen = this.state === 'open';
    if (isOpen) this.#ref.send({ type: 'health.ok', epoch });
    else this.#ref.send({ type: 'probe.ok', epoch, atMs: this.#clock.nowMs() });
  }

  #noteOk(ms: number): void {
    this.#consecutive = 0;
    const isSlow = ms > this.context.policy.attemptTimeoutMs / 2;
    this.#window.add(isSlow ? 'slow' : 'ok', this.#clock.monotonicMs());
    if (!isSlow) return;
    const code = 'circuit.slow';
    const message = `answered after ${Math.round(ms)} ms`;
    this.#tell('call.slow', { type: 'Timeout', code, message }, '');
  }

  #noteFailed(fault: EffectFault, correlationId: string): void {
    this.#consecutive += 1;
    this.#window.add('failed', this.#clock.monotonicMs());
    const before = this.context;
    this.#tell('call.failed', fault, correlationId);
    // A breaker that only measures starts counting anew after a trip it would have made.
    if (this.context.wouldHaveTripped !== before.wouldHaveTripped) this.restart();
  }

  #tell(
    type: 'call.failed' | 'call.slow' | 'probe.failed',
    fault: EffectFault,
    correlationId: string,
  ): void {
    const { type: type_, code, requestId = '' } = fault;
    this.#ref.send({
      ...{ type, type_, code, requestId, correlationId },
      epoch: this.context.epoch,
      atMs: this.#clock.nowMs(),
      roll: this.#random.roll(),
      counts: { consecutive: this.#consecutive, ...this.window() },
    });
  }

  #count(fault: EffectFault | undefined, ms: number): 'ok' | 'failed' | 'ignored' | 'cancelled' {
    if (fault === undefined) {
      this.counts[ms > this.context.policy.attemptTimeoutMs / 2 ? 'slow' : 'ok'] += 1;
      return 'ok';
    }
    const isFailed = isServiceFault(fault);
    this.counts[isFailed ? 'failed' : 'ignored'] += 1;
    if (fault.type === 'Cancelled') return 'cancelled';
    return isFailed ? 'failed' : 'ignored';
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

const noLease: Cancel = () => undefined;
