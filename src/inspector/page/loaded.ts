/** Reading something from the host inside a component, with all its states: first load, shown, failed, read again. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { read, sayFailure } from './api-client.ts';
import { isPaused, resumes } from './store.ts';
import { onResync } from './stream/client.ts';

export interface Loaded<T> {
  /** The last that arrived; it stays while a newer one is read or could not be read. */
  readonly data: T | undefined;
  /** Why the last try failed; empty when it did not. */
  readonly problem: string;
  readonly reload: () => void;
}

/**
 * @param path undefined reads nothing
 * @param everyMs reads again after this time while the page is visible and not paused; 0 for never
 */
export function useRead<T>(path: string | undefined, everyMs = 0): Loaded<T> {
  const [state, setState] = useState<{ path?: string; data?: T; problem: string }>({ problem: '' });
  const [turn, setTurn] = useState(0);
  const reload = () => setTurn((before) => before + 1);
  const resumed = resumes.value;
  const isReading = useRef(false);
  useEffect(() => {
    if (path === undefined) return;
    const stop = new AbortController();
    isReading.current = true;
    read<T>(path, stop.signal).then(
      (data) => {
        isReading.current = false;
        setState({ path, data, problem: '' });
      },
      (error: unknown) => {
        // Whoever stopped it reads something else by now.
        if (stop.signal.aborted) return;
        isReading.current = false;
        setState((before) => ({
          ...(before.path === path ? before : { path }),
          problem: sayFailure(error),
        }));
      },
    );
    return () => {
      stop.abort();
      isReading.current = false;
    };
  }, [path, turn, resumed]);
  useEffect(() => onResync(reload), []);
  useEffect(() => {
    if (everyMs === 0) return;
    const timer = setInterval(() => {
      // A host that answers more slowly than this is waited for: asked anew it would never get to its answer.
      if (!document.hidden && !isPaused.value && !isReading.current) reload();
    }, everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  const isOwn = state.path === path;
  return { data: isOwn ? state.data : undefined, problem: isOwn ? state.problem : '', reload };
}
