/** Charts with their layouts, read once per hash: under its hash a chart never changes. */
import type * as OverviewParts from './overview-drawing.tsx';
import { signal } from '@preact/signals';
import type { Chart, Layout, Overview } from '../../chart/model.ts';
import { ApiFailure, read, sayFailure } from '../api-client.ts';

export interface Drawn {
  readonly chart: Chart;
  readonly layout: Layout;
  /** Where the layout is larger than a screen. */
  readonly overview?: Overview;
  /** What draws the overview: a part of its own, loaded with the first chart that has one. */
  readonly parts?: typeof OverviewParts;
}

/** `loading`, the chart, or why there is none. */
export type ChartState = 'loading' | Drawn | { readonly problem: string };

const known = signal<ReadonlyMap<string, ChartState>>(new Map());

const set = (hash: string, state: ChartState) => {
  known.value = new Map(known.value).set(hash, state);
};

/** The component that asks is drawn again when the chart is there. */
export function chartOf(hash: string): ChartState {
  const state = known.value.get(hash);
  if (state === undefined) queueMicrotask(() => void load(hash));
  return state ?? 'loading';
}

export const isDrawn = (state: ChartState | undefined): state is Drawn =>
  typeof state === 'object' && 'chart' in state;

async function load(hash: string): Promise<void> {
  if (known.peek().has(hash)) return;
  set(hash, 'loading');
  try {
    set(hash, await withParts(await read<Drawn>(`/api/charts/${encodeURIComponent(hash)}`)));
  } catch (error) {
    const isUnknown = error instanceof ApiFailure && error.status === 404;
    const problem = isUnknown
      ? 'This host has no chart for the version of the machine that made this step; its states are shown as an outline.'
      : sayFailure(error);
    set(hash, { problem });
    // What failed on the way may be there the next time.
    if (!isUnknown) setTimeout(() => forget(hash), 5000);
  }
}

/** A part that cannot be loaded costs the overview only. */
async function withParts({ overview, ...drawn }: Drawn): Promise<Drawn> {
  if (overview === undefined) return drawn;
  try {
    return { ...drawn, overview, parts: await import('./overview-drawing.tsx') };
  } catch {
    return drawn;
  }
}

function forget(hash: string): void {
  const next = new Map(known.peek());
  next.delete(hash);
  known.value = next;
}

/** Hash of the chart of a machine below the root; undefined while a chart on the way is not there. */
export function hashBelow(rootHash: string, sources: readonly string[]): string | undefined {
  let hash: string | undefined = rootHash;
  for (const src of sources) {
    const state: ChartState | undefined = hash === undefined ? undefined : chartOf(hash);
    hash = isDrawn(state) ? state.chart.children[src] : undefined;
  }
  return hash;
}
