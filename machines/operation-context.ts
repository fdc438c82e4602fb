/** What an operation remembers, is told and shows; and the arithmetic of its tries. Shared by its chart and its parents. */
import { resilience } from './limits.ts';
import type { RetryPresetName } from './limits.ts';
import type {
  EffectFault,
  EffectName,
  Effects,
  PerformResult,
  PublishedEvent,
} from './messages.ts';
import { canRetry, isLocal, retryDelayMs } from './retry.ts';
import type { Retries } from './retry.ts';

export interface OperationInput {
  readonly effect: EffectName;
  /** Null: read from the context of the machine that owns the operation, so that it is not stored twice. */
  readonly input: Effects[EffectName]['in'] | null;
  readonly token: string;
  /** What its resource wants; the host's policies decide what it gets. */
  readonly preset: RetryPresetName;
  readonly correlationId: string;
  readonly atMs: number;
  readonly paused: boolean;
}

export interface OperationContext extends Omit<OperationInput, 'preset'> {
  /** Name of its retry policy. */
  readonly preset: string;
  /** The try under way or next to start, from 1; those we refused ourselves are not counted. */
  readonly attempt: number;
  /** Calls begun, counted or not. */
  readonly starts: number;
  /** A try may have happened although its answer was no success. */
  readonly isUncertain: boolean;
  readonly delayMs: number;
  readonly deadlineAtMs: number;
  /** When the wait for a circuit began; its length moves the deadline. */
  readonly waitsSinceMs: number;
  readonly circuitWaits: number;
  readonly firstFault: EffectFault | null;
  readonly lastFault: EffectFault | null;
  readonly result: PerformResult | null;
}

/** What the parent gets: the last result, with wall time and a random number to go on with. */
export interface OperationOutput {
  readonly result: PerformResult;
  readonly attempts: number;
  /** Some try may have happened although no success was seen: a later refusal proves nothing about it. */
  readonly isUncertain: boolean;
  readonly firstFault: EffectFault | null;
  /** Of its last try, also when it was cancelled since. */
  readonly lastFault: EffectFault | null;
  readonly circuitWaits: number;
}

export type WaitReason = 'backoff' | 'circuit' | 'parked' | 'resume';

/** What is shown of an operation that waits. */
export interface Waiting {
  readonly effect: EffectName;
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly waitingFor: WaitReason;
  /** When it goes on by itself at the latest known; 0 when only an event can tell. */
  readonly nextAtMs: number;
  /** Code of the last fault; the breaker's key while waiting for a circuit. */
  readonly because: string;
}

/** Sent to the parent when the wait begins and, with null, when it ends. */
export interface OperationChanged {
  readonly type: 'operation.changed';
  readonly waiting: Waiting | null;
}

export type OperationControl =
  | { readonly type: 'control.paused' | 'control.resumed' }
  /** An operator knows better than the clock: try now. */
  | { readonly type: 'operation.retryNow' }
  /** Gives up, whether it waits or calls; a call under way is aborted and may have happened. */
  | { readonly type: 'operation.cancel'; readonly atMs: number };

/** The call's done event is no member of the declared events; only transitions of that invoke use this. */
export const resultOf = (event: unknown): PerformResult =>
  (event as { output: PerformResult }).output;

export const faultOf = (result: PerformResult): EffectFault | null =>
  result.ok ? null : result.fault;

const stateOf = (retries: Retries, context: OperationContext) => ({
  policy: retries.policyOf(context.preset),
  attempt: context.attempt,
  deadlineAtMs: context.deadlineAtMs,
  previousDelayMs: context.delayMs,
});

export const delayAfter = (
  retries: Retries,
  context: OperationContext,
  result: PerformResult,
): number => (result.ok ? 0 : retryDelayMs(stateOf(retries, context), result.roll, result.fault));

export function mayRetry(
  retries: Retries,
  context: OperationContext,
  result: PerformResult,
): boolean {
  if (result.ok) return false;
  const delayMs = delayAfter(retries, context, result);
  return canRetry(stateOf(retries, context), result.fault, result.atMs, delayMs);
}

/** After a result: what it was, and what is to be known of it later. */
export function noteResult(
  retries: Retries,
  context: OperationContext,
  result: PerformResult,
): Partial<OperationContext> {
  const fault = faultOf(result);
  const isUncertain = context.isUncertain || (fault !== null && fault.mayHaveHappened !== false);
  return {
    result,
    delayMs: delayAfter(retries, context, result),
    // A call that we refused ourselves leaves nothing unclear that was clear before, unless the same try had made another.
    isUncertain:
      fault !== null && isLocal(fault) && fault.mayHaveHappened !== true
        ? context.isUncertain
        : isUncertain,
    waitsSinceMs: result.atMs,
    firstFault: context.firstFault ?? fault,
    lastFault: fault,
  };
}

export const waitingAs = (
  retries: Retries,
  context: OperationContext,
  waitingFor: WaitReason,
): Waiting => ({
  effect: context.effect,
  attempt: context.attempt,
  maxAttempts: retries.policyOf(context.preset).maxAttempts,
  waitingFor,
  nextAtMs:
    waitingFor === 'resume'
      ? 0
      : context.waitsSinceMs +
        (waitingFor === 'circuit' ? (context.lastFault?.retryAfterMs ?? 0) : context.delayMs),
  because:
    (waitingFor === 'circuit' ? context.lastFault?.key : context.lastFault?.code) ?? 'paused',
});

/** The wait for a circuit is no fault of the operation: its deadline moves by it, up to the cap. */
export function afterCircuit(context: OperationContext, atMs: number): Partial<OperationContext> {
  const capMs = context.atMs + resilience.operationCapMs;
  const movedMs = context.deadlineAtMs + Math.max(0, atMs - context.waitsSinceMs);
  return { deadlineAtMs: Math.max(context.deadlineAtMs, Math.min(capMs, movedMs)) };
}

/** Given up by order; what is known of its tries stays. */
export const cancelledAt = (
  context: OperationContext,
  event: object,
): Pick<OperationContext, 'isUncertain' | 'result'> => ({
  isUncertain: context.isUncertain,
  result: {
    ok: false,
    atMs: 'atMs' in event ? Number(event.atMs) : context.waitsSinceMs,
    roll: 0,
    fault: {
      type: 'Cancelled',
      code: 'operation.cancelled',
      message: `${context.effect} was cancelled`,
      mayHaveHappened: context.isUncertain,
    },
  },
});

export const asPublished = (
  retries: Retries,
  type: 'operationRetried' | 'operationExhausted',
  context: OperationContext,
): PublishedEvent => ({
  type,
  correlationId: context.correlationId,
  data: {
    effect: context.effect,
    policy: context.preset,
    attempt: context.attempt,
    maxAttempts: retries.policyOf(context.preset).maxAttempts,
    delayMs: context.delayMs,
    fault: context.lastFault?.type ?? '',
    code: context.lastFault?.code ?? '',
    ...(context.lastFault?.rejectedBy !== undefined && {
      rejectedBy: context.lastFault.rejectedBy,
    }),
  },
});

/** Every final state is entered with a result in hand. */
export function resultIn({ result }: OperationContext): PerformResult {
  if (result === null) throw new Error('an operation ended without a result');
  return result;
}

/** No wait for a circuit lasts longer. */
export function capAtMs(context: OperationContext): number {
  return context.atMs + resilience.operationCapMs;
}
