/** State values as people read them. Pure. */
import type { Image } from '../api.ts';

/** `running.health.probing, running.backup.idle` of a state value. */
export const statePaths = (value: unknown): string => pathsOf(value).join(', ');

function pathsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inside]) => {
    const below = pathsOf(inside);
    return below.length === 0 ? [key] : below.map((path) => `${key}.${path}`);
  });
}

/** Where a machine stands; of a call, and of one that has ended, its status. */
export const stateOf = ({ value, status }: Pick<Image, 'value' | 'status'>): string =>
  status !== 'active' || value === undefined ? status : statePaths(value);
