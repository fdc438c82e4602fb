/** One call on the wire ends in time: its signal fires with a time-out, and the caller does not wait for a deaf one. */
import type { Clock } from '../ports.ts';

class CallTimeout extends Error {
  // `Timeout` in the name is how adapters tell it from a cancelled call.
  override readonly name = 'TimeoutError';
}

export async function withDeadline<T>(
  clock: Clock,
  timeoutMs: number,
  outer: AbortSignal,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const forward = (): void => {
    controller.abort(outer.reason);
  };
  if (outer.aborted) forward();
  else outer.addEventListener('abort', forward, { once: true });
  let cancelTimer: () => void = () => undefined;
  const late = new Promise<never>((_resolve, reject) => {
    cancelTimer = clock.after(timeoutMs, () => {
      const timeout = new CallTimeout(`no answer within ${Math.round(timeoutMs)} ms`);
      controller.abort(timeout);
      reject(timeout);
    });
  });
  try {
    return await Promise.race([run(controller.signal), late]);
  } finally {
    cancelTimer();
    outer.removeEventListener('abort', forward);
  }
}
