/** Bounds of replication by EBS snapshots: EC2's own rates and quotas, and how long its slow parts are waited for. */

const secondMs = 1_000;

/** Milliseconds and counts. All are pacing, divided by `pacing.scale`, but `calls` of one look. */
export const ebs = {
  /** Between two looks at something that is on its way. */
  pollMs: 3 * secondMs,
  /** What was made may be missing in reads for so long; nothing without a token is sent again before two reads found none. */
  readLagMs: 5 * secondMs,
  /** EC2 takes one snapshot of a volume in so long. */
  snapshotEveryMs: 15 * secondMs,
  /** Snapshots of one volume that may be pending, by EC2's rule: the second for st1 and sc1. */
  pendingMax: 5,
  pendingOfDisksMax: 1,
  /** Copies that may be on their way into one region. */
  copiesMax: 20,
  /** Volumes one snapshot call for an instance can leave out. */
  excludedMax: 40,
  /** How long each rung of the write-fence ladder is waited for before the next. Together well below `replication.fenceMs`. */
  detachMs: 60 * secondMs,
  stopMs: 90 * secondMs,
  forceMs: 20 * secondMs,
  terminateMs: 60 * secondMs,
  /** No rung is given up sooner, however fast the cloud is simulated: calls take real time. */
  rungFloorMs: 2 * secondMs,
  /** How long a region that does not answer is asked for, before a fence is called unproven. */
  silenceMs: 30 * secondMs,
  /** How long the clones of a test are waited for in one call. */
  testMs: 240 * secondMs,
  /** How long an attachment is waited for in one call. */
  attachMs: 30 * secondMs,
  /** Ids one call is given. */
  idsPerCall: 100,
  /** Sets removed in one round of pruning. */
  prunedPerRound: 20,
  /** Of an estimate: calls and looks of a promotion besides its window and its copies. */
  promoteBaseMs: 60 * secondMs,
} as const;
