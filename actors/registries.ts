/** Read-only lists a host answers from memory, as `list` queries of kinds that hold no records: limits, budgets, health … */
import { bounds } from '../machines/limits.ts';
import { isoTime } from './iso-time.ts';
import type { Clock } from './ports.ts';
import type { LiveVerb, LiveViews, SurveyArguments } from './queries/asked.ts';

export const registryNames = [
  'limit',
  'budget',
  'health',
  'effect',
  'policy',
  'config',
  'metric',
  'backend',
  'host',
  'partition',
] as const;
export type RegistryName = (typeof registryNames)[number];

/** One line of a registry; plain JSON, `name` is unique in it. */
export interface RegistryEntry {
  readonly name: string;
  readonly [field: string]: unknown;
}

/**
 * Reads a registry. What `asked` names need not be obeyed: entries are picked by name afterwards. `now` asks for a fresh
 * look, where the registry can take one.
 */
export type ReadRegistry = (
  asked: SurveyArguments,
) => readonly RegistryEntry[] | Promise<readonly RegistryEntry[]>;
export type Registries = Partial<Readonly<Record<RegistryName, ReadRegistry>>>;

type Body = Readonly<Record<string, unknown>>;

/**
 * The registries as live views: `list`, `get` and `survey` all answer `{host, items, asOf}`, in order of name. A page that
 * would be larger than `bounds.listPageBytesMax` ends with a `cursor`; `after` asks for what lies behind it.
 */
export const registryViews = (
  registries: Registries,
  { hostId, clock }: { readonly hostId: string; readonly clock: Clock },
): LiveViews =>
  Object.fromEntries(
    Object.entries(registries).map(([name, read]) => [
      name,
      async (_verb: LiveVerb, asked: SurveyArguments): Promise<Body> => {
        const entries = (await read(asked)).filter((entry) => isAsked(entry, asked));
        const { items, cursor } = page(entries, hostId);
        const more = cursor === undefined ? {} : { cursor };
        return { host: hostId, items, ...more, asOf: isoTime(clock.nowMs()) };
      },
    ]),
  );

const isAsked = ({ name, metric }: RegistryEntry, { names, after = '' }: SurveyArguments) =>
  name > after &&
  (names === undefined ||
    names.includes(name) ||
    (typeof metric === 'string' && names.includes(metric)));

function page(
  entries: readonly RegistryEntry[],
  host: string,
): { readonly items: readonly Body[]; readonly cursor: string | undefined } {
  const items: RegistryEntry[] = [];
  let sizeBytes = 0;
  const sorted = entries.toSorted((left, right) => (left.name < right.name ? -1 : 1));
  for (const entry of sorted) {
    const item = { host, ...entry };
    sizeBytes += JSON.stringify(item).length;
    if (items.length > 0 && sizeBytes > bounds.listPageBytesMax)
      return { items, cursor: items.at(-1)?.name };
    items.push(item);
  }
  return { items, cursor: undefined };
}
