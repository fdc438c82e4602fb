/** The map as it comes: a JSON head, and one byte for every actor. */
import type { MapHead } from '../../../api.ts';
import { ApiFailure } from '../../api-client.ts';

export interface FleetMap extends MapHead {
  /** One byte per actor, group after group. */
  readonly cells: Uint8Array;
}

/**
 * A JSON head, a line feed, one byte per actor.
 * @throws ApiFailure when head and cells do not fit together
 */
export function parseMap(bytes: Uint8Array): FleetMap {
  const end = bytes.indexOf(10);
  const head = JSON.parse(new TextDecoder().decode(bytes.subarray(0, Math.max(0, end)))) as MapHead;
  const cells = bytes.subarray(end + 1);
  if (cells.length === head.total) return { ...head, cells };
  throw new ApiFailure(
    200,
    'badMap',
    `The map has ${cells.length} cells for ${head.total} actors. Load the page again; if it stays, page and host are of different versions.`,
  );
}

/** How many of each severity, group by group, in order of `severities`. */
export function tallies({
  groups,
  cells,
}: Pick<FleetMap, 'groups' | 'cells'>): readonly (readonly number[])[] {
  let first = 0;
  return groups.map(({ count }) => {
    const tally = [0, 0, 0, 0];
    for (const cell of cells.subarray(first, first + count))
      tally[cell & 3] = (tally[cell & 3] ?? 0) + 1;
    first += count;
    return tally;
  });
}
