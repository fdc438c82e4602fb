/** The fleet as a map: actors gathered in groups, one byte each. */
import { createHash } from 'node:crypto';
import type { Clock } from '../../../actors/ports.ts';
import { severities } from '../../../actors/steps/step.ts';
import { nearest } from '../../../actors/nearest.ts';
import { indexLimits } from '../../../machines/limits-inspector.ts';
import type { ApiProblem, MapHead } from '../api.ts';
import type { Entry } from './entry.ts';
import type { FleetIndex } from './fleet-index.ts';
import { exactTerm } from './query.ts';

const readers: Readonly<Record<string, (entry: Entry) => string>> = {
  region: ({ row }) => row.region,
  kind: ({ kind }) => kind,
  namespace: ({ namespace }) => namespace,
  severity: ({ row }) => row.severity,
  state: ({ row }) => row.state,
  host: ({ row }) => row.host,
};
const keys = Object.keys(readers);
const codes = new Map<string, number>(severities.map((severity, code) => [severity, code]));

export interface FleetMap {
  readonly head: MapHead;
  /** One per actor, group after group; within a group as `sort=name` lists the group's `q`. */
  readonly cells: Uint8Array;
  /** Equal while groups and cells are; quoted, as the header wants it. */
  readonly etag: string;
}

interface Group {
  readonly values: readonly string[];
  readonly cells: number[];
}

/** Which values make a group, as in `region,kind`. Empty: all actors are one group. */
export function groupingOf(text: string): readonly string[] | ApiProblem {
  const wanted = text === '' ? [] : text.split(',').map((key) => key.trim());
  const unknown = wanted.find((key) => !keys.includes(key));
  if (unknown === undefined) return [...new Set(wanted)];
  const meant = nearest(unknown, keys);
  const hint = meant === undefined ? '' : `; did you mean ${meant}`;
  return {
    code: 'inspector.badGroup',
    message: `group: got "${unknown}", expected a comma list of ${keys.join(', ')}${hint}`,
    ...(meant !== undefined && { didYouMean: meant }),
  };
}

/** @param grouping as `groupingOf` gives it */
export function mapOf(index: FleetIndex, grouping: readonly string[]): FleetMap {
  const groups = sortedGroups(index.listing('', 'name').entries, grouping);
  const cells = Uint8Array.from(groups.flatMap((group) => group.cells));
  const head = {
    groups: groups.map(({ values, cells: own }) => ({
      name: values.map((value) => (value === '' ? 'none' : value)).join(' / '),
      q: grouping.map((key, at) => exactTerm(key, values[at] ?? '')).join(' '),
      count: own.length,
    })),
    total: cells.length,
  };
  const hash = createHash('sha256').update(JSON.stringify(head)).update(cells).digest('hex');
  return { head: { ...head, asOfMs: index.asOfMs }, cells, etag: `"${hash.slice(0, 24)}"` };
}

/** In the order of their values. */
function sortedGroups(entries: readonly Entry[], grouping: readonly string[]): Group[] {
  const read = grouping.flatMap((key) => readers[key] ?? []);
  const found = new Map<string, Group>();
  for (const entry of entries) {
    const values = read.map((value) => value(entry));
    const key = values.join('\n');
    let group = found.get(key);
    if (group === undefined) {
      group = { values, cells: [] };
      found.set(key, group);
    }
    group.cells.push(codes.get(entry.row.severity) ?? 3);
  }
  const sorted = [...found].sort(([left], [right]) => (left < right ? -1 : 1));
  return sorted.map(([, group]) => group);
}

/** The binary form: head, a line feed, the cells. */
export function mapBytes({ head, cells }: Pick<FleetMap, 'head' | 'cells'>): Buffer {
  return Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), cells]);
}

/** Makes a map once for all who ask within a moment. */
export class Maps {
  readonly #index: FleetIndex;
  readonly #clock: Clock;
  readonly #made = new Map<string, { readonly atMs: number; readonly map: FleetMap }>();

  constructor(index: FleetIndex, clock: Clock) {
    this.#index = index;
    this.#clock = clock;
  }

  /** @param grouping as `groupingOf` gives it */
  read(grouping: readonly string[]): FleetMap {
    const key = grouping.join(',');
    const monotonicMs = this.#clock.monotonicMs();
    const made = this.#made.get(key);
    if (made && monotonicMs - made.atMs < indexLimits.mapEveryMs) return made.map;
    if (this.#made.size >= indexLimits.mapsMax) this.#made.clear();
    const map = mapOf(this.#index, grouping);
    this.#made.set(key, { atMs: monotonicMs, map });
    return map;
  }
}
