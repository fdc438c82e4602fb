/** Waiting inside a call of a back end. */
import type { Attempt, Clock } from '../../actors/ports.ts';

/** Waits so long, whatever the scale: for safety windows. Ends at once when the attempt does. */
export function hold(clock: Clock, { signal }: Attempt, ms: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      cancel();
      reject(signal.reason instanceof Error ? signal.reason : new Error('the attempt has ended'));
    };
    const cancel = clock.after(ms, () => {
      signal.removeEventListener('abort', end);
      resolve();
    });
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}
