/** Data to stdout: `-o table|wide|json|yaml|jsonl|name`. */
import { sorted } from './sort.ts';
import { tableText } from './table.ts';
import type { Column } from './table.ts';
import type { Terminal } from './terminal.ts';

export const outputFormats = ['table', 'wide', 'json', 'yaml', 'jsonl', 'name'] as const;
export type OutputFormat = (typeof outputFormats)[number];

export interface Listing<Row> {
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  /** The whole row for machines; carries `apiVersion` and `kind`. */
  readonly object: (row: Row) => unknown;
  /** One word that names the row, as other commands take it. */
  readonly name: (row: Row) => string;
  /** One named thing: JSON and YAML show it bare instead of in a list. */
  readonly single?: boolean;
}

export interface OutputWish {
  readonly format: OutputFormat;
  readonly headers: boolean;
  /** Head of a column, or path of a field. */
  readonly sortBy?: string;
}

/** Prints a listing; an empty table prints nothing on stdout. */
export async function printListing<Row>(
  terminal: Terminal,
  wish: OutputWish,
  listing: Listing<Row>,
): Promise<void> {
  terminal.out(await listingText(terminal, wish, listing));
}

async function listingText<Row>(
  terminal: Terminal,
  { format, headers, sortBy }: OutputWish,
  listing: Listing<Row>,
): Promise<string> {
  const { columns, object, name, single } = listing;
  const rows = sortBy === undefined ? listing.rows : sorted(listing, sortBy);
  switch (format) {
    case 'name':
      return rows.map((row) => `${name(row)}\n`).join('');
    case 'jsonl':
      return rows.map((row) => `${JSON.stringify(object(row))}\n`).join('');
    case 'json':
    case 'yaml': {
      const objects = rows.map(object);
      const only = single === true && objects.length === 1;
      return objectText(format, only ? objects[0] : listOf(objects));
    }
    case 'table':
    case 'wide': {
      const shown = columns.filter((column) => format === 'wide' || column.wide !== true);
      if (rows.length === 0) return '';
      const widthMax = terminal.outIsTty ? { widthMax: terminal.columns() } : {};
      return tableText(shown, rows, { headers, ...widthMax });
    }
  }
}

/** One value as JSON (two spaces) or YAML. */
export async function objectText(format: 'json' | 'yaml', value: unknown): Promise<string> {
  if (format === 'json') return `${JSON.stringify(value, null, 2)}\n`;
  const { stringify } = await import('yaml');
  // Aliases would surprise whoever edits the text; line folding would break long values.
  return stringify(value, { aliasDuplicateObjects: false, lineWidth: 0 });
}

const listOf = (items: readonly unknown[]): unknown => ({
  apiVersion: 'fairlead.dev/v1',
  kind: 'List',
  items,
});
