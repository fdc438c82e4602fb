/** How much of each chart was seen: states and transitions, covered, excepted or missing. Pure. */
import type { Chart } from '../../../src/inspector/chart/model.ts';

/** What cannot be covered, and why; ids of states or transitions of one chart. */
export interface Exception {
  readonly chart: string;
  readonly ids: readonly string[];
  /** The argument, in a sentence. */
  readonly reason: string;
}

export interface Part {
  readonly total: number;
  readonly covered: number;
  readonly excepted: readonly string[];
  /** Neither covered nor excepted. */
  readonly missing: readonly string[];
}

export interface ChartCoverage {
  readonly chart: string;
  readonly states: Part;
  readonly transitions: Part;
}

/** Ids, by what was seen of real actors. */
export interface Seen {
  readonly states: ReadonlySet<string>;
  readonly edges: { has(id: string): boolean };
}

export function coverageOf(
  chart: Chart,
  seen: Seen,
  exceptions: readonly Exception[],
): ChartCoverage {
  const excepted = new Set(
    exceptions.filter((each) => each.chart === chart.id).flatMap(({ ids }) => ids),
  );
  const part = (ids: readonly string[], isSeen: (id: string) => boolean): Part => {
    const rest = ids.filter((id) => !isSeen(id));
    return {
      ...{ total: ids.length, covered: ids.length - rest.length },
      excepted: rest.filter((id) => excepted.has(id)),
      missing: rest.filter((id) => !excepted.has(id)),
    };
  };
  return {
    chart: chart.id,
    states: part(
      chart.nodes.map(({ id }) => id),
      (id) => seen.states.has(id),
    ),
    transitions: part(
      chart.edges.map(({ id }) => id),
      (id) => seen.edges.has(id),
    ),
  };
}

/** Exceptions that name nothing of their chart, or something that is covered after all. */
export function idleExceptions(
  charts: readonly Chart[],
  seen: Seen,
  exceptions: readonly Exception[],
): string[] {
  return exceptions.flatMap(({ chart: name, ids, reason }) => {
    const chart = charts.find(({ id }) => id === name);
    const known = new Set([...(chart?.nodes ?? []), ...(chart?.edges ?? [])].map(({ id }) => id));
    return [
      ...(reason.trim() === '' ? [`exception of ${name}: say why`] : []),
      ...ids.flatMap((id) => {
        if (!known.has(id)) return [`exception ${id}: there is no such part of ${name}; remove it`];
        if (!seen.states.has(id) && !seen.edges.has(id)) return [];
        return [`exception ${id}: it is covered; remove it`];
      }),
    ];
  });
}

export const isWhole = ({ states, transitions }: ChartCoverage): boolean =>
  states.missing.length === 0 && transitions.missing.length === 0;

const share = ({ total, covered }: Part): string =>
  `${covered}/${total} (${((100 * covered) / Math.max(1, total)).toFixed(1)} %)`;

/** A line for each chart, in columns. */
export function tableOf(
  rows: readonly (ChartCoverage & { readonly driven: number })[],
): readonly string[] {
  const cells = [
    ['chart', 'states', 'transitions', 'excepted', 'missing', 'edges driven'],
    ...rows.map(({ chart, states, transitions, driven }) => [
      ...[chart, share(states), share(transitions)],
      String(states.excepted.length + transitions.excepted.length),
      String(states.missing.length + transitions.missing.length),
      String(driven),
    ]),
  ];
  const widths = cells[0]?.map((_, column) =>
    Math.max(...cells.map((line) => line[column]?.length ?? 0)),
  );
  return cells.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths?.[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
