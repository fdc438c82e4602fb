/** Correlation of what nobody asked for: `<namespace>-<name>-<unix ms>`, one for each look. */
import type { ResourceKey } from '../machines/ids.ts';

export const observationId = ({ namespace, name }: ResourceKey, nowMs: number): string =>
  `${namespace}-${name}-${nowMs}`;
