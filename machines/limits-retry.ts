/** Retry policies: how often, how long apart, how long in all. */

/** How waits are spread: what chance may do to a delay. */
export type Jitter = 'none' | 'proportional' | 'equal' | 'full' | 'decorrelated';

/** How an operation repeats an effect. `maxAttempts` counts all tries; delays in milliseconds. */
export interface RetryPreset {
  readonly maxAttempts: number;
  readonly baseMs: number;
  /** No delay is longer, jitter included; only a provider's hint may be. */
  readonly capMs: number;
  readonly multiplier: number;
  readonly jitter: Jitter;
  /** Share by which a proportional jitter may go up or down. */
  readonly jitterShare: number;
  /** From the first try to the last answer, less the time spent waiting for a circuit. */
  readonly deadlineMs: number;
  /** Only these fault types are tried again. Default: every type that may be. */
  readonly retryOn?: readonly string[];
}

const preset = (
  maxAttempts: number,
  [baseMs, capMs, multiplier]: readonly [number, number, number],
  deadlineMs: number,
  jitter: Jitter = 'full',
  jitterShare = 0,
): RetryPreset => ({ maxAttempts, baseMs, capMs, multiplier, jitter, jitterShare, deadlineMs });

export const retryPresets = {
  default: preset(4, [1_000, 30_000, 2], 300_000),
  aws: preset(6, [500, 64_000, 2], 300_000),
  critical: preset(8, [2_000, 120_000, 2], 1_200_000),
  highFrequency: preset(3, [100, 2_000, 1.5], 30_000),
  reconcile: preset(5, [1_000, 300_000, 2], 300_000, 'proportional', 0.1),
  network: preset(4, [100, 10_000, 2], 60_000),
  store: preset(6, [50, 5_000, 1.5], 30_000),
  standard: preset(5, [500, 30_000, 2], 120_000, 'proportional', 0.1),
  aggressive: preset(10, [100, 10_000, 1.5], 60_000, 'proportional', 0.1),
  conservative: preset(3, [1_000, 60_000, 3], 300_000, 'proportional', 0.1),
  create: preset(3, [1_000, 30_000, 2], 300_000),
  production: preset(3, [1_000, 60_000, 2], 300_000),
  flakyDev: preset(10, [100, 30_000, 2], 120_000),
  send: preset(4, [100, 5_000, 2], 60_000),
  sync: preset(6, [200, 10_000, 2], 60_000),
  consensus: preset(6, [500, 30_000, 2], 120_000),
  none: preset(1, [0, 0, 1], 300_000, 'none'),
} as const satisfies Record<string, RetryPreset>;
export type RetryPresetName = keyof typeof retryPresets;
