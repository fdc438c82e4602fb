/** The map as the host tells it, read once a second; an answer that is the same costs a few bytes. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { MapHead } from '../../../api.ts';
import { read, sayFailure } from '../../api-client.ts';
import { isPaused, resumes } from '../../store.ts';
import { onResync } from '../../stream/client.ts';
import { parseMap } from './parse.ts';
import type { FleetMap } from './parse.ts';

const EVERY_MS = 1000;

interface Read {
  readonly group: string;
  readonly map?: FleetMap;
  /** Why the last try failed; empty when it did not. */
  readonly problem: string;
}

export function useMap(group: string): Omit<Read, 'group'> {
  const [state, setState] = useState<Read>({ group, problem: '' });
  const etag = useRef('');
  const resumed = resumes.value;
  useEffect(() => {
    const stop = new AbortController();
    let isReading = false;
    etag.current = '';
    const readOnce = async () => {
      if (isReading) return;
      isReading = true;
      try {
        const path = `/api/map?group=${encodeURIComponent(group)}`;
        const answer = await readBytes(path, etag.current, stop.signal);
        if (answer !== 'same') {
          setState({ group, map: parseMap(answer.bytes), problem: '' });
          etag.current = answer.etag;
        } else setState((before) => (before.problem === '' ? before : { ...before, problem: '' }));
      } catch (error) {
        if (!stop.signal.aborted)
          setState((before) => ({
            ...(before.group === group ? before : { group }),
            problem: sayFailure(error),
          }));
      } finally {
        isReading = false;
      }
    };
    void readOnce();
    const timer = setInterval(() => {
      if (!document.hidden && !isPaused.value) void readOnce();
    }, EVERY_MS);
    const leave = onResync(() => void readOnce());
    return () => {
      clearInterval(timer);
      leave();
      stop.abort();
    };
  }, [group, resumed]);
  return state.group === group ? state : { problem: '' };
}

interface Answer {
  readonly bytes: Uint8Array;
  readonly etag: string;
}

async function readBytes(
  path: string,
  etag: string,
  signal: AbortSignal,
): Promise<Answer | 'same'> {
  const headers = { Accept: 'application/octet-stream', 'If-None-Match': etag };
  const response = await fetch(path, { credentials: 'same-origin', headers, signal }).catch(
    () => undefined,
  );
  if (response?.status === 304) return 'same';
  if (response?.ok === true)
    return {
      bytes: new Uint8Array(await response.arrayBuffer()),
      etag: response.headers.get('ETag') ?? '',
    };
  // Asked for once more in the usual way, the same failure is told in the usual words.
  await read<MapHead>(path, signal);
  return 'same';
}
