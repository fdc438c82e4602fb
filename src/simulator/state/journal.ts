/**
 * Keeps the simulated cloud in a file, so that `kill -9` of the simulator loses nothing it has answered for: every change
 * is a line, those of one call share one, written before the reply goes out: a launch is never in it without its token.
 * The last line per row wins; a torn last line was never answered for.
 */
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';

/** The rows of one kind. Rows are replaced whole; changing a row in place would not reach the file. */
export interface Table<Row> {
  get(id: string): Row | undefined;
  has(id: string): boolean;
  all(): IterableIterator<Row>;
  /** A copy, so that rows may be removed while going through it. */
  ids(): string[];
  put(id: string, row: Row): void;
  remove(id: string): void;
  readonly size: number;
}

export interface Journal {
  /** The table of that name; always the same object. */
  table<Row>(name: string): Table<Row>;
  /** What `run` changes is written in one line when it ends, also when it throws. */
  readonly together: <T>(run: () => T) => T;
  /** Empties every table. */
  clear(): void;
  close(): void;
}

interface Line {
  readonly t: string;
  readonly id: string;
  /** Absent: the row was removed. */
  readonly row?: unknown;
}

const compactAfterDefaultBytes = 32 * 1024 * 1024;

/**
 * Opens or creates the journal; the folder is made when it is missing. Not safe for two processes at once.
 * @param compactAfterBytes growth after which the file is rewritten with the living rows only; 32 MiB
 */
export function openJournal(file: string, compactAfterBytes = compactAfterDefaultBytes): Journal {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const rows = load(file);
  const tables = new Map<string, Table<unknown>>();
  let fd = rewrite(file, rows);
  let grownBytes = 0;

  let batch: Line[] | undefined;
  const write = (lines: Line | readonly Line[]): void => {
    grownBytes += writeSync(fd, `${JSON.stringify(lines)}\n`);
  };
  const append = (line: Line): void => {
    if (batch === undefined) write(line);
    else batch.push(line);
  };
  const startOver = (): void => {
    closeSync(fd);
    fd = rewrite(file, rows);
    grownBytes = 0;
  };
  const compact = (): void => {
    if (batch === undefined && grownBytes >= compactAfterBytes) startOver();
  };
  const together = <T>(run: () => T): T => {
    if (batch !== undefined) return run();
    const lines: Line[] = [];
    batch = lines;
    try {
      return run();
    } finally {
      batch = undefined;
      if (lines.length > 0) write(lines);
      compact();
    }
  };

  return {
    table: <Row>(name: string): Table<Row> => {
      const known = tables.get(name);
      // The caller names the row type of its own table; the journal only stores JSON.
      if (known !== undefined) return known as Table<Row>;
      const made = createTable(name, rowsOf(rows, name), append, compact);
      tables.set(name, made);
      return made as Table<Row>;
    },
    together,
    clear: () => {
      for (const table of rows.values()) table.clear();
      startOver();
    },
    close: () => {
      closeSync(fd);
    },
  };
}

type Rows = Map<string, Map<string, unknown>>;

function rowsOf(rows: Rows, name: string): Map<string, unknown> {
  const known = rows.get(name);
  if (known !== undefined) return known;
  const made = new Map<string, unknown>();
  rows.set(name, made);
  return made;
}

function createTable(
  name: string,
  rows: Map<string, unknown>,
  append: (line: Line) => void,
  compact: () => void,
): Table<unknown> {
  return {
    get: (id) => rows.get(id),
    has: (id) => rows.has(id),
    all: () => rows.values(),
    ids: () => [...rows.keys()],
    put: (id, row) => {
      append({ t: name, id, row });
      rows.set(id, row);
      compact();
    },
    remove: (id) => {
      if (!rows.has(id)) return;
      append({ t: name, id });
      rows.delete(id);
    },
    get size() {
      return rows.size;
    },
  };
}

function load(file: string): Rows {
  const rows: Rows = new Map();
  const lines = readIfThere(file).split('\n');
  // What follows the last newline is empty, or a write that the end of the process cut off.
  lines.pop();
  for (const text of lines) {
    const read = JSON.parse(text) as Line | Line[];
    for (const line of Array.isArray(read) ? read : [read]) {
      const table = rowsOf(rows, line.t);
      if (line.row === undefined) table.delete(line.id);
      else table.set(line.id, line.row);
    }
  }
  return rows;
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

/** Writes the living rows to a new file that replaces the old one in one step; returns it open for appending. */
function rewrite(file: string, rows: Rows): number {
  const next = `${file}.next`;
  rmSync(next, { force: true });
  const fd = openSync(next, 'ax', 0o600);
  for (const [t, table] of rows) {
    for (const [id, row] of table) writeSync(fd, `${JSON.stringify({ t, id, row })}\n`);
  }
  renameSync(next, file);
  return fd;
}
