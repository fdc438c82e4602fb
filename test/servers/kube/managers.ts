/** Server-side apply in small: who manages which leaf, what is taken over, refused or given up. Lists count as one leaf. */
import { Refused } from './refused.ts';

/** Path of a leaf → who manages it. */
export type Managers = ReadonlyMap<string, ReadonlySet<string>>;

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Not a field of anybody. */
const unowned =
  /^(apiVersion|kind|metadata\.(name|namespace|uid|resourceVersion|generation|creationTimestamp|managedFields))(\/|$)/;

/** Path → value as JSON. Keys are joined by NUL, since they may hold any other sign. */
export function leavesOf(value: unknown, at = ''): Map<string, string> {
  if (!isMap(value)) return new Map(value === undefined ? [] : [[at, JSON.stringify(value)]]);
  const inner = Object.entries(value).flatMap(([key, each]) => [
    ...leavesOf(each, at === '' ? key : `${at}\0${key}`),
  ]);
  return new Map(inner);
}

interface Applied {
  readonly draft: object;
  readonly manager: string;
  readonly force: boolean;
}

/** @throws Refused 409 that names each field and who has it */
export function mergedApply(
  before: object,
  managers: Managers,
  { draft, manager, force }: Applied,
) {
  const wanted = ownLeaves(draft);
  const current = leavesOf(before);
  const foreign = [...wanted].filter(([path, text]) => {
    const holders = managers.get(path) ?? new Set<string>();
    const isOthers = [...holders].some((each) => each !== manager);
    return isOthers && current.get(path) !== text;
  });
  if (foreign.length > 0 && !force) throw conflictOver(foreign, managers, manager);

  const next = new Map(current);
  const holding = new Map([...managers].map(([path, holders]) => [path, new Set(holders)]));
  for (const [path, holders] of holding) {
    if (!holders.has(manager) || wanted.has(path)) continue;
    holders.delete(manager);
    if (holders.size > 0) continue;
    holding.delete(path);
    next.delete(path);
  }
  for (const [path, text] of wanted) {
    const isSame = current.get(path) === text;
    const shared = isSame ? (holding.get(path) ?? []) : [];
    holding.set(path, new Set([...shared, manager]));
    next.set(path, text);
  }
  return { value: grown(next), managers: holding as Managers };
}

const ownLeaves = (draft: object): Map<string, string> =>
  new Map([...leavesOf(draft)].filter(([path]) => !unowned.test(path.replaceAll('\0', '.'))));

function conflictOver(
  foreign: readonly [string, string][],
  managers: Managers,
  manager: string,
): Refused {
  const told = foreign.map(([path]) => {
    const holder = [...(managers.get(path) ?? [])].find((each) => each !== manager) ?? '';
    return `conflict with "${holder}": .${path.replaceAll('\0', '.')}`;
  });
  const count = foreign.length;
  const text = `Apply failed with ${String(count)} conflict${count === 1 ? '' : 's'}: ${told.join(', ')}`;
  return new Refused(409, 'Conflict', text, '?');
}

function grown(leaves: ReadonlyMap<string, string>): object {
  const root: Record<string, unknown> = {};
  for (const [path, text] of leaves) {
    const keys = path.split('\0');
    const last = keys.pop() ?? '';
    const folder = keys.reduce<Record<string, unknown>>((inner, key) => {
      const found = inner[key];
      if (isMap(found)) return found;
      const made: Record<string, unknown> = {};
      inner[key] = made;
      return made;
    }, root);
    folder[last] = JSON.parse(text);
  }
  return root;
}
