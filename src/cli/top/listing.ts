/** The fleet as one table, or as data. */
import { severities } from '../../../actors/steps/step.ts';
import type { Row } from '../../../actors/steps/step.ts';
import { entryOf, shownRow } from '../../inspector/index/entry.ts';
import { span } from '../duration.ts';
import type { Listing } from '../output.ts';
import type { Style } from '../style.ts';
import type { Column } from '../table.ts';
import { plain } from './cells.ts';
import { moods } from './pen.ts';
import type { Board } from './state.ts';

export function listingOf(board: Board, style: Style, allNamespaces: boolean): Listing<Row> {
  const { entries, nowMs } = board;
  const parts = (row: Row) => entryOf(row, 0);
  const sign = (row: Row): string =>
    style.decorated ? `${style.symbol(moods[row.severity])} ` : '';
  const namespace: Column<Row> = { head: 'NAMESPACE', cell: (row) => parts(row).namespace };
  return {
    columns: [
      ...(allNamespaces ? [namespace] : []),
      { head: 'NAME', cell: (row) => parts(row).name },
      { head: 'KIND', cell: (row) => parts(row).kind },
      { head: 'SEVERITY', cell: ({ severity }) => severity },
      { head: 'STATE', cell: (row) => sign(row) + plain(row.state) },
      {
        head: 'SINCE',
        cell: ({ sinceMs }) => (sinceMs === 0 ? '' : span(nowMs - sinceMs)),
        order: ({ sinceMs }) => nowMs - sinceMs,
      },
      { head: 'REGION', cell: ({ region }) => plain(region), wide: true },
      { head: 'HOST', cell: ({ host }) => plain(host), wide: true },
      { head: 'REASON', cell: ({ reason }) => plain(reason) },
    ],
    rows: entries.map((entry) => shownRow(entry, nowMs)),
    object: (row) => ({ apiVersion: 'fairlead.dev/v1', kind: 'ActorRow', ...row }),
    name: ({ actor }) => actor,
  };
}

/** Below the table, for people: how many, and how old. */
export function summaryText({ entries, asOfMs, nowMs }: Board): string {
  const many = severities
    .filter((severity) => severity !== 'healthy')
    .map((severity) => {
      const count = entries.filter(({ row }) => row.severity === severity).length;
      return count === 0 ? '' : `${count} ${severity}`;
    });
  const age = asOfMs === 0 ? '' : `newest change ${span(nowMs - asOfMs)} ago`;
  return [`${entries.length} shown`, ...many, age].filter((part) => part !== '').join(', ');
}
