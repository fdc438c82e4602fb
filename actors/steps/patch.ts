/** What changed between two JSON documents, and back again. Parts that are the same object are taken for equal unread. */
import type { Patch, Path } from './step.ts';

type Plain = Readonly<Record<string, unknown>>;

const isPlain = (value: unknown): value is Plain =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Its own member: `toString` and the like are none. */
const member = (value: Plain, key: string): unknown =>
  Object.hasOwn(value, key) ? value[key] : undefined;

/** Keys as JSON would write them: those without a value are not there. */
function keysOf(value: Plain): string[] {
  const keys = Object.keys(value);
  for (const key of keys)
    if (value[key] === undefined) return keys.filter((each) => value[each] !== undefined);
  return keys;
}

/** True when both are the same JSON document, whatever the order of keys. */
export function isSame(left: unknown, right: unknown): boolean {
  if (Object.is(left, right)) return true;
  if (Array.isArray(left) && Array.isArray(right))
    return left.length === right.length && left.every((each, at) => isSame(each, right[at]));
  if (!isPlain(left) || !isPlain(right)) return false;
  const keys = keysOf(left);
  if (keys.length !== keysOf(right).length) return false;
  for (const key of keys) if (!isSame(left[key], member(right, key))) return false;
  return true;
}

/** From `before` to `after`: objects key by key, lists and everything else as a whole. */
export function diff(before: unknown, after: unknown): Patch {
  const set: [Path, unknown][] = [];
  const del: Path[] = [];
  const walk = (path: Path, left: unknown, right: unknown): void => {
    if (Object.is(left, right)) return;
    if (!isPlain(left) || !isPlain(right)) {
      if (!isSame(left, right)) set.push([path, right]);
      return;
    }
    for (const key of keysOf(left)) if (member(right, key) === undefined) del.push([...path, key]);
    for (const key of keysOf(right)) {
      const known = member(left, key);
      if (known === undefined) set.push([[...path, key], right[key]]);
      else if (!Object.is(known, right[key])) walk([...path, key], known, right[key]);
    }
  };
  walk([], before, after);
  return { set, del };
}

export const isEmpty = ({ set, del }: Patch): boolean => set.length === 0 && del.length === 0;

/**
 * The document after the patch; what it does not touch is shared with the document before.
 * @throws Error when a path leads through something that is no object: the patch is of another document
 */
export function applyPatch<T>(document: T, { set, del }: Patch): T {
  let result: unknown = document;
  for (const path of del) result = changed(result, path, undefined);
  for (const [path, value] of set) result = changed(result, path, value);
  return result as T;
}

/** `value` undefined removes. */
function changed(document: unknown, path: Path, value: unknown): unknown {
  const [key, ...below] = path;
  if (key === undefined) return value;
  if (!isPlain(document))
    throw new Error(`the patch is of another document: there is no object above ${path.join('/')}`);
  const next = changed(member(document, key), below, value);
  if (next !== undefined) return { ...document, [key]: next };
  const { [key]: _removed, ...rest } = document;
  return rest;
}
