/** When an answer came, by the clock of this browser. */
import { useRef } from 'preact/hooks';

/** 0 until there is one. */
export function useArrival(data: unknown): number {
  const seen = useRef<{ readonly data: unknown; readonly atMs: number }>({
    data: undefined,
    atMs: 0,
  });
  if (seen.current.data !== data)
    seen.current = { data, atMs: data === undefined ? 0 : Date.now() };
  return seen.current.atMs;
}
