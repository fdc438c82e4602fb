/** Bounds of back ends that work through Kubernetes resources: looks, writes, and what is known of a cluster's controllers. */

/** Milliseconds before the division by `pacing.scale`, and counts. */
export const kubeVolumes = {
  /** Between looks at something that changes. */
  pollMs: 2_000,
  /** Between the two looks that a doubtful state needs. */
  secondLookMs: 2_000,
  /** One call waits so long for what its own change leads to, then answers or is asked again. */
  settleMs: 20_000,
  /** Somebody else wrote in between: read and written again so often. */
  writesMax: 4,
  /** Orders for one point that ended because the controller restarted. */
  actionsMax: 3,
  /** What is kept of finished orders behind the newest. */
  actionsKept: 2,
} as const;

/** What is known of a cluster's controllers: how long it counts and how it is asked for. Only the gap is pacing. */
export const discovery = {
  ttlMs: 5 * 60_000,
  /** Share by which the time above goes up or down, so that not all are asked at once. */
  ttlJitter: 0.1,
  /** Of everything but "available". */
  negativeTtlMs: 30_000,
  tryMs: 10_000,
  triesMax: 3,
  gapMs: 1_000,
  entriesMax: 1_000,
  /** `get backends` waits so long for clusters that were not asked lately; the second with --now. */
  viewMs: 1_000,
  viewNowMs: 8_000,
  /** Clusters it asks at most. */
  viewsMax: 100,
  /** A lease renewed longer ago is no sign of life. */
  leaseAgeMs: 2 * 60_000,
} as const;
