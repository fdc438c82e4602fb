/** All resources of a kind as `get` shows them, read page by page and again every so often. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { read, sayFailure } from '../api-client.ts';
import { isPaused, resumes } from '../store.ts';
import { onResync } from '../stream/client.ts';

const EVERY_MS = 5000;
const PAGE = 200;
/** Pages read before the rest is left out. */
const PAGES_MAX = 10;

interface Page<T> {
  readonly items?: readonly T[];
  readonly cursor?: string;
}

export interface Listed<T> {
  /** Undefined until the first read has ended; stays while later ones fail. */
  readonly items: readonly T[] | undefined;
  /** There are more than are read. */
  readonly isCut: boolean;
  readonly arrivedMs: number;
  readonly problem: string;
  readonly reload: () => void;
}

export function useListing<T>(kind: string): Listed<T> {
  const [state, setState] = useState<Omit<Listed<T>, 'reload'>>({
    ...{ items: undefined, isCut: false, arrivedMs: 0, problem: '' },
  });
  const [turn, setTurn] = useState(0);
  const reload = () => setTurn((before) => before + 1);
  const resumed = resumes.value;
  const isReading = useRef(false);
  useEffect(() => {
    const stop = new AbortController();
    isReading.current = true;
    readAll(kind, stop.signal).then(
      ({ items, isCut }) => {
        isReading.current = false;
        setState({ items: items as readonly T[], isCut, arrivedMs: Date.now(), problem: '' });
      },
      (error: unknown) => {
        if (stop.signal.aborted) return;
        isReading.current = false;
        setState((before) => ({ ...before, problem: sayFailure(error) }));
      },
    );
    return () => {
      stop.abort();
      isReading.current = false;
    };
  }, [kind, turn, resumed]);
  useEffect(() => {
    const leave = onResync(reload);
    const timer = setInterval(() => {
      // As in `useRead`: a slow host is waited for.
      if (!document.hidden && !isPaused.value && !isReading.current) reload();
    }, EVERY_MS);
    return () => {
      leave();
      clearInterval(timer);
    };
  }, []);
  return { ...state, reload };
}

async function readAll(
  kind: string,
  signal: AbortSignal,
): Promise<{ items: readonly unknown[]; isCut: boolean }> {
  const items: unknown[] = [];
  let cursor = '';
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const args = JSON.stringify({
      allNamespaces: true,
      limit: PAGE,
      ...(cursor !== '' && { cursor }),
    });
    const answer = await read<Page<unknown>>(
      `/api/read/${kind}/default/_/list?args=${encodeURIComponent(args)}`,
      signal,
    );
    items.push(...(answer.items ?? []));
    cursor = answer.cursor ?? '';
    if (cursor === '') return { items, isCut: false };
  }
  return { items, isCut: true };
}
