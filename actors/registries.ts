/** Read-only lists a host answers from memory, as `list` queries of kinds that hold no records: limits, budgets, health … */
import { isoTime } from './iso-time.ts';
import type { Clock } from './ports.ts';

export const registryNames = [
  'limit',
  'budget',
  'health',
  'effect',
  'policy',
  'config',
  'metric',
] as const;
export type RegistryName = (typeof registryNames)[number];

/** One line of a registry; plain JSON, `name` is unique in it. */
export interface RegistryEntry {
  readonly name: string;
  readonly [field: string]: unknown;
}

export type ReadRegistry = () => readonly RegistryEntry[] | Promise<readonly RegistryEntry[]>;
export type Registries = Partial<Readonly<Record<RegistryName, ReadRegistry>>>;

type Body = Readonly<Record<string, unknown>>;

/** The registries as live views: `list` and `get` both answer `{host, items, asOf}`. */
export const registryViews = (
  registries: Registries,
  { hostId, clock }: { readonly hostId: string; readonly clock: Clock },
): Readonly<Record<string, () => Promise<Body>>> =>
  Object.fromEntries(
    Object.entries(registries).map(([name, read]) => [
      name,
      async () => ({
        host: hostId,
        items: (await read()).map((entry) => ({ host: hostId, ...entry })),
        asOf: isoTime(clock.nowMs()),
      }),
    ]),
  );
