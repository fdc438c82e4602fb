/** Upper bounds of histograms, by what they measure. Names decide, so that a new metric has sensible ones at once. */

/** 1 ms doubled up to 16 s: turns are short, and their tail matters. */
const turns = Array.from({ length: 15 }, (_, exponent) => 0.001 * 2 ** exponent);
/** 5 ms to a minute: one call, one probe. */
const calls = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
/** 50 ms to 5 minutes: waits. */
const delays = [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300];
/** 1 s to 4 h: phases of a cluster. */
const phases = [1, 5, 15, 30, 60, 120, 180, 300, 480, 600, 900, 1_200, 1_800, 3_600, 7_200, 14_400];
/** Half a millisecond to a quarter of an hour: all else. */
const spans = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300,
  900,
];
const bytes = [512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536, 131_072, 262_144];

export function bucketsFor(metric: string): number[] {
  if (metric.endsWith('_bytes')) return bytes;
  if (metric.endsWith('_turn_seconds')) return turns;
  if (metric.endsWith('_phase_seconds')) return phases;
  if (/_(delay|wait)_seconds$/.test(metric)) return delays;
  return /_(call|check)_seconds$/.test(metric) ? calls : spans;
}
