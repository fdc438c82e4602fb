/** Which actor a cell is: rows of its group in order of name, read around the cell and kept for a moment. */
import { useEffect, useState } from 'preact/hooks';
import type { Row, RowsPage } from '../../../api.ts';
import { read, sayFailure } from '../../api-client.ts';

const AROUND = 50;
/** A pointer that only passes by asks nothing. */
const REST_MS = 90;

interface Piece {
  readonly q: string;
  readonly offset: number;
  readonly rows: readonly Row[];
  /** Of the map it was read for: another may have other actors. */
  readonly version: unknown;
}

let kept: Piece | undefined;

const found = (q: string, place: number, version: unknown): Row | undefined =>
  kept?.q === q && kept.version === version ? kept.rows[place - kept.offset] : undefined;

/** @throws ApiFailure */
export async function rowAt(
  q: string,
  place: number,
  version: unknown,
  signal?: AbortSignal,
): Promise<Row | undefined> {
  const known = found(q, place, version);
  if (known !== undefined) return known;
  const offset = Math.max(0, place - AROUND / 2);
  const query = new URLSearchParams({
    q,
    sort: 'name',
    offset: String(offset),
    limit: String(AROUND),
  });
  const page = await read<RowsPage>(`/api/actors?${query.toString()}`, signal);
  kept = { q, offset, rows: page.rows, version };
  return found(q, place, version);
}

/** `reading`, the actor, why it is not known, or nothing where no cell is. */
export type Named = 'none' | 'reading' | Row | { readonly problem: string };

/** @param place in the group; negative for none */
export function useRow(q: string, place: number, version: unknown): Named {
  const [named, setNamed] = useState<{ readonly key: string; readonly named: Named }>();
  const key = `${q} ${place}`;
  useEffect(() => {
    if (place < 0) return;
    const stop = new AbortController();
    const set = (next: Named) => setNamed({ key, named: next });
    const ask = () =>
      rowAt(q, place, version, stop.signal).then(
        (row) => set(row ?? { problem: 'It is gone by now.' }),
        (error: unknown) => {
          if (!stop.signal.aborted) set({ problem: sayFailure(error) });
        },
      );
    const timer = setTimeout(
      () => void ask(),
      found(q, place, version) === undefined ? REST_MS : 0,
    );
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [key, version]);
  if (place < 0) return 'none';
  return named?.key === key ? named.named : 'reading';
}
