/** Spans of time as manifests write them. */

const unitMs: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Milliseconds of `15m`; d is 24 hours. 0 for an empty text, NaN for what is no span. */
export const durationMs = (text: string): number =>
  Number(text.slice(0, -1)) * (unitMs[text.slice(-1)] ?? 0);
