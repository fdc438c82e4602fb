/** What `chart` draws, and how. */
import type { KindName } from './kinds.ts';

export const chartFormats = ['text', 'svg', 'mermaid', 'dot'] as const;
export type ChartFormat = (typeof chartFormats)[number];

/** Kinds with a chart of their own. */
export const chartKinds: readonly KindName[] = [
  ...(['cluster', 'node', 'replication', 'replicationgroup', 'breaker'] as const),
];
