/** The part of kubectl's jsonpath that the node scripts use: paths, filters by equality, range over a list, literals. */

/**
 * @throws Error for a template outside that part; a missing member prints nothing, as kubectl does
 */
export function evaluateJsonPath(template: string, root: unknown): string {
  const range = /\{range ([^{}]+)\}(.*)\{end\}/s.exec(template);
  if (range === null) return evaluateFlat(template, root);
  const [whole, path = '', inner = ''] = range;
  const before = template.slice(0, range.index);
  const after = template.slice(range.index + whole.length);
  const each = select(path, root).map((item) => evaluateFlat(inner, item));
  return evaluateFlat(before, root) + each.join('') + evaluateFlat(after, root);
}

function evaluateFlat(template: string, root: unknown): string {
  return template.replace(/\{("(?:[^"\\]|\\.)*"|[^{}]*)\}/g, (_, inner: string) => {
    if (inner.startsWith('"')) return String(JSON.parse(inner));
    return select(inner, root).map(show).join(' ');
  });
}

function show(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === undefined ? '' : JSON.stringify(value);
}

/** Follows `.a.b\.c[*]` and `[?(@.key=="value")]` from the root to all values it reaches. */
function select(path: string, root: unknown): unknown[] {
  const step = /\.((?:\\.|[^.[\]\\])+)|\[\*\]|\[\?\(@\.([A-Za-z]+)=="([^"]*)"\)\]/gy;
  let values: unknown[] = [root];
  let end = 0;
  for (const match of path.matchAll(step)) {
    end = match.index + match[0].length;
    const [, key, filterKey, wanted] = match;
    if (key !== undefined) values = values.flatMap((value) => member(value, key));
    else values = values.flatMap((value) => (Array.isArray(value) ? (value as unknown[]) : []));
    if (filterKey !== undefined) {
      values = values.filter((value) => member(value, filterKey)[0] === wanted);
    }
  }
  if (end !== path.length) throw new Error(`error parsing jsonpath ${path}`);
  return values;
}

function member(value: unknown, key: string): unknown[] {
  const found = (value as Record<string, unknown> | null | undefined)?.[key.replaceAll('\\', '')];
  return found === undefined ? [] : [found];
}
