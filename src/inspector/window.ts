/** The window of a page, kept up to date from its stream. Pure: page and tests use the same. */
import type { ListName, Row, RowsPage, StreamEvents } from './api.ts';

/** Of a list, as one text. */
export const listOf = ({ q, sort: order }: ListName): string => `${order} ${q}`;

export interface WindowRows {
  readonly list: ListName;
  readonly total: number;
  readonly offset: number;
  readonly rows: readonly Row[];
  readonly facets: RowsPage['facets'];
}

export const emptyWindow: WindowRows = {
  ...{ list: { q: '', sort: 'severity' }, total: 0, offset: 0, rows: [] },
  facets: { severity: {}, kind: {}, namespace: {} },
};

/** The window after one `rows` event. The first event behind a changed view holds all of its rows. */
export function applyRows(before: WindowRows, event: StreamEvents['rows']): WindowRows {
  let fresh = 0;
  const ordered = event.order?.map((place) =>
    place < 0 ? event.rows[fresh++] : before.rows[place],
  );
  const rows = ordered?.filter((row) => row !== undefined) ?? [...before.rows];
  for (const [place, fields] of event.changes ?? []) {
    const row = rows[place];
    if (row !== undefined) rows[place] = { ...row, ...fields };
  }
  const { total, offset, list = before.list } = event;
  return { list, total, offset, rows, facets: { ...before.facets, ...event.facets } };
}
