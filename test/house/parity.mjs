// The parity table: which test shows each promise of docs/parity.md. A test names the ids it shows at the end of its
// title in square brackets; regression tests begin with the id of their fault. Run with --write to bring the last column up to date.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
export const parityPage = path.join(root, 'docs/parity.md');
const namedMax = 3;
const idGroups = [
  /\[((?:[GPDVUR]-\d\d)(?:[ ,]+[GPDVUR]-\d\d)*)\]/g,
  /(?<=['"`])((?:R-\d\d)(?:[ ,]+R-\d\d)*): /g,
];

/** @returns {Map<string, string[]>} id → files under test/ whose titles carry it, sorted */
export function shownIds() {
  /** @type {Map<string, Set<string>>} */
  const found = new Map();
  for (const file of readdirSync(path.join(root, 'test'), { recursive: true, encoding: 'utf8' })) {
    if (!/\.(ts|ya?ml)$/.test(file)) continue;
    const text = readFileSync(path.join(root, 'test', file), 'utf8');
    const groups = idGroups.flatMap((pattern) => [...text.matchAll(pattern)]);
    for (const id of groups.flatMap(([, ids = '']) => ids.split(/[ ,]+/))) {
      const files = found.get(id) ?? new Set();
      found.set(id, files.add(`test/${file}`));
    }
  }
  return new Map([...found].map(([id, files]) => [id, [...files].sort()]));
}

/**
 * Rows of the page: a promise that is kept has its tests in the last column, one that is not has `left out: <why>` there.
 * @param {string} page
 * @returns {{ id: string, promise: string, shown: string, line: number }[]}
 */
export function rowsOf(page) {
  return page.split('\n').flatMap((text, line) => {
    const cells = /^\| ([GPDVUR]-\d\d) +\| (.*?) +\| (.*?) *\|$/.exec(text);
    if (cells === null) return [];
    const [, id = '', promise = '', shown = ''] = cells;
    return [{ id, promise, shown, line }];
  });
}

/** @param {readonly string[]} files */
const shownText = (files) =>
  files
    .slice(0, namedMax)
    .map((file) => `\`${file.slice('test/'.length)}\``)
    .join(', ');

/** The page with its last column brought up to date. @param {string} page */
export function updated(page) {
  const shown = shownIds();
  const lines = page.split('\n');
  for (const { id, promise, line } of rowsOf(page)) {
    const files = shown.get(id);
    if (files !== undefined) lines[line] = `| ${id} | ${promise} | ${shownText(files)} |`;
  }
  return lines.join('\n');
}

if (pathToFileURL(process.argv[1] ?? '').href === import.meta.url) {
  const page = readFileSync(parityPage, 'utf8');
  if (process.argv.includes('--write')) writeFileSync(parityPage, updated(page));
  const [rows, ids] = [rowsOf(page), shownIds()];
  const missing = rows.filter(({ id, shown }) => !ids.has(id) && !shown.startsWith('left out: '));
  console.log(`${rows.length} rows, ${missing.length} without a test`);
  if (missing.length > 0) console.log(missing.map(({ id }) => id).join(' '));
}
