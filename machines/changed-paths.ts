/** What differs between two manifests, by path, as users write paths. Pure. */

export interface Change {
  readonly path: string;
  readonly from: unknown;
  readonly to: unknown;
}

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);
const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Leaves that differ, as users write their paths; arrays of objects are compared by position. */
export function changedPaths(from: unknown, to: unknown, path: string): Change[] {
  if (isPlain(from) && isPlain(to))
    return [...new Set([...Object.keys(from), ...Object.keys(to)])].flatMap((key) =>
      changedPaths(from[key], to[key], `${path}.${key}`),
    );
  if (isList(from) && isList(to) && [...from, ...to].every(isPlain))
    return Array.from({ length: Math.max(from.length, to.length) }, (_, index) =>
      changedPaths(from[index], to[index], `${path}[${index}]`),
    ).flat();
  return sameJson(from, to) ? [] : [{ path, from, to }];
}

/** Equal as JSON whatever the order of keys. */
export const sameJson = (left: unknown, right: unknown): boolean =>
  canonical(left) === canonical(right);

function canonical(value: unknown): string {
  if (isList(value)) return `[${value.map(canonical).join(',')}]`;
  if (!isPlain(value)) return text(value);
  return `{${Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`)
    .join(',')}}`;
}

const text = (value: unknown): string => (value === undefined ? 'absent' : JSON.stringify(value));

export function short(value: unknown): string {
  const whole = text(value);
  return whole.length > 80 ? `${whole.slice(0, 77)}...` : whole;
}
