/**
 * A signal that aborts with another one or after a time, whichever comes first. `AbortSignal.any` over `AbortSignal.timeout`
 * does not do: nothing holds the inner signal, and once it was collected it never fires (nodejs/node#57736).
 */
export interface TimeLimit {
  readonly signal: AbortSignal;
  /** Nothing fires any more. */
  end(): void;
}

/** Node fires a longer timer at once. */
const timerMaxMs = 2 ** 31 - 1;

/**
 * Its reason is a `TimeoutError` when the time is what ended it. The timer keeps no process alive.
 * @param limitMs  Infinity: only with the other one
 */
export function timeLimit(limitMs: number, outer: AbortSignal): TimeLimit {
  const controller = new AbortController();
  const follow = (): void => {
    controller.abort(outer.reason);
  };
  const expire = (): void => {
    controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'));
  };
  const timer = limitMs > timerMaxMs ? undefined : setTimeout(expire, limitMs);
  timer?.unref();
  if (outer.aborted) follow();
  else outer.addEventListener('abort', follow, { once: true });
  return {
    signal: controller.signal,
    end: () => {
      clearTimeout(timer);
      outer.removeEventListener('abort', follow);
    },
  };
}
