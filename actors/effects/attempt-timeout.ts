/** One attempt ends in time: the port gets a signal that fires on time-out, on leaving the state, or on a cut. */
import type { EffectFault } from '../../machines/messages.ts';
import type { Attempt, Clock } from '../ports.ts';
import type { Call } from '../effect.ts';

/** What a timed-out attempt throws; hosting knows it by its `fault`. */
class AttemptTimeout extends Error {
  readonly fault: EffectFault;
  constructor(effect: string, timeoutMs: number) {
    const message = `${effect} gave no answer within ${Math.round(timeoutMs / 1000)} s`;
    super(message);
    this.name = 'AttemptTimeout';
    this.fault = { type: 'Timeout', code: 'effect.attemptTimeout', message };
  }
}

/**
 * Runs one attempt for at most `timeoutMs`. The port's call is aborted on time-out, and the fault says that it may have
 * happened: only a look at the world can tell.
 */
export async function withTimeout<T>(
  clock: Clock,
  effect: string,
  timeoutMs: number,
  call: Call,
  run: (attempt: Attempt) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const forward = (): void => {
    controller.abort(call.signal.reason);
  };
  if (call.signal.aborted) forward();
  else call.signal.addEventListener('abort', forward, { once: true });
  let cancelTimer: () => void = () => undefined;
  const late = new Promise<never>((_resolve, reject) => {
    cancelTimer = clock.after(timeoutMs, () => {
      const timeout = new AttemptTimeout(effect, timeoutMs);
      reject(timeout);
      controller.abort(timeout);
    });
  });
  const left = new Promise<never>((_resolve, reject) => {
    controller.signal.addEventListener(
      'abort',
      () => {
        reject(
          controller.signal.reason instanceof Error
            ? controller.signal.reason
            : new Error('aborted'),
        );
      },
      { once: true },
    );
  });
  try {
    return await Promise.race([
      run({ signal: controller.signal, correlationId: call.correlationId }),
      late,
      left,
    ]);
  } finally {
    cancelTimer();
    call.signal.removeEventListener('abort', forward);
  }
}
