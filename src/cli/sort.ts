/** The order of rows that `--sort-by` asks for: by a column as it reads, or by a field of the object. */
import { stripVTControlCharacters } from 'node:util';
import { usage } from './failure.ts';
import type { Column } from './table.ts';
import { isObject } from './view.ts';

/** Numbers within words count as numbers: node-2 comes before node-10. */
const collator = new Intl.Collator('en', { numeric: true });

interface Rows<Row> {
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly object: (row: Row) => unknown;
}

/** @throws Failure `cli.usage` when no column and no field is called that */
export function sorted<Row>({ columns, rows, object }: Rows<Row>, by: string): readonly Row[] {
  const head = by.toUpperCase().replaceAll('-', ' ');
  const column = columns.find((each) => each.head === head);
  const path = by.replace(/^\./, '').split('.');
  const keyOf = (row: Row): unknown =>
    column === undefined
      ? at(object(row), path)
      : (column.order?.(row) ?? textIn(column.cell(row)));
  const keyed = rows.map((row) => ({ row, key: keyOf(row) }));
  if (column === undefined && keyed.length > 0 && keyed.every(({ key }) => key === undefined))
    throw usage(`there is no column or field ${by}`, {
      allowed: columns.map((each) => each.head.toLowerCase().replaceAll(' ', '-')),
    });
  return keyed.toSorted((left, right) => compare(left.key, right.key)).map(({ row }) => row);
}

/** Symbols before a state are no part of it. */
const textIn = (cell: string): string => stripVTControlCharacters(cell).replace(/^[^\w"-]+ /, '');

function at(value: unknown, path: readonly string[]): unknown {
  let found = value;
  for (const key of path) found = isObject(found) ? found[key] : undefined;
  return found;
}

function compare(left: unknown, right: unknown): number {
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  return collator.compare(textOf(left), textOf(right));
}

const textOf = (value: unknown): string =>
  value === undefined || value === null
    ? ''
    : typeof value === 'string'
      ? value
      : JSON.stringify(value);
