/** Tables of the simulator that live in memory only. */
import type { Table } from '../../src/simulator/state/journal.ts';

export interface MemoryTables {
  /** The table of that name; its rows are always the same. */
  table<Row>(name: string): Table<Row>;
  /** Empties every table. */
  clear(): void;
}

export function memoryTables(): MemoryTables {
  const tables = new Map<string, Map<string, unknown>>();
  const rowsOf = (name: string): Map<string, unknown> => {
    const rows = tables.get(name) ?? new Map<string, unknown>();
    tables.set(name, rows);
    return rows;
  };
  return {
    // The caller names the row type of its own table.
    table: <Row>(name: string) => tableOver(rowsOf(name) as Map<string, Row>),
    clear: () => {
      for (const rows of tables.values()) rows.clear();
    },
  };
}

function tableOver<Row>(rows: Map<string, Row>): Table<Row> {
  return {
    get: (id) => rows.get(id),
    has: (id) => rows.has(id),
    all: () => rows.values(),
    ids: () => [...rows.keys()],
    put: (id, row) => {
      rows.set(id, row);
    },
    remove: (id) => {
      rows.delete(id);
    },
    get size() {
      return rows.size;
    },
  };
}
