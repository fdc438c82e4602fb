/**
 * Every bound in one place, unit in the name. Two kinds of time: deadlines are never scaled; pacing (polls, confirmation
 * gaps, sweeps, capacity waits) is divided by `pacing.scale`, which is 1 except on the local stack.
 */

/** Deadlines in milliseconds: how long a thing may take before something is done about it. Never scaled. */
export const deadlines = {
  planningMs: 60_000,
  launchToRunningMs: 5 * 60_000,
  agentOnlineMs: 10 * 60_000,
  stagingMs: 8 * 60_000,
  joinMs: 5 * 60_000,
  createBaseMs: 30 * 60_000,
  configuringBaseMs: 5 * 60_000,
  configuringPerServerMs: 5 * 60_000,
  configuringPerAgentRoundMs: 2 * 60_000,
  deleteMs: 20 * 60_000,
  ec2AttemptMs: 45_000,
  ssmAttemptMs: 60_000,
  scriptFollowMs: 150_000,
} as const;

/** Pacing in milliseconds, before the division by `pacing.scale`. */
export const pacing = {
  pollChangingMs: 5_000,
  pollSteadyMs: 30_000,
  commandPollFirstMs: 2_000,
  commandPollMaxMs: 10_000,
  scriptAgainMs: 5_000,
  capacityWaitMs: 60_000,
  capacityNoteMs: 180_000,
  sweepGapMs: 300_000,
  confirmGapMs: 60_000,
  terminateAgainMs: 120_000,
  groupBusyMs: 10_000,
  stuckRetryMs: 300_000,
  autoRetryBaseMs: 60_000,
  autoRetryMaxMs: 1_800_000,
} as const;

/** Counts and sizes. */
export const bounds = {
  serversMax: 7,
  nodesMax: 200,
  poolsMax: 20,
  instanceTypesMax: 10,
  launchesInFlightMax: 20,
  stagingInFlightMax: 40,
  capacityRoundsMax: 3,
  nodeIncarnationsMax: 3,
  autoRetriesMax: 3,
  sweepsCleanMin: 2,
  recordBytesMax: 256 * 1024,
  recordBytesAlarm: 128 * 1024,
  seenMax: 64,
  outboxMax: 2_000,
  mailboxMax: 64,
  strikesMax: 3,
  perSubjectMax: 8,
  staleReloadsMax: 3,
  effectsInFlightMax: 32,
  residentsMax: 50_000,
  payloadBytesMax: 256 * 1024,
  faultMessageChars: 300,
  /** Commands handed over and not settled; past it the consumer pauses until half are done. */
  deliveriesMax: 500,
  listPageMax: 200,
  listPageBytesMax: 400 * 1024,
  historyPageMax: 500,
  partitions: 64,
} as const;

/** Time a killed or idle thing may take before the host acts; read by hosting only. */
export const hosting = {
  leaseTtlMs: 5_000,
  leaseRenewMs: 1_000,
  leaseHoldShare: 0.7,
  drainMs: 10_000,
  storeRetryFirstMs: 200,
  storeRetryMaxMs: 2_000,
  storeAlarmMs: 15_000,
  minRevisionWaitMs: 2_000,
  busyRetryAfterMs: 1_000,
  /** After the last event went out, the emptied outbox is written back, so that an awakening does not repeat it. */
  tidyAfterMs: 5_000,
  /** Strikes further apart than this do not add up to a quarantine. */
  strikeWindowMs: 3_600_000,
  /** Waiting commands tell the server so; well below its acknowledgement wait of 10 s. */
  workingMs: 4_000,
  minRevisionPollMs: 50,
} as const;

/** How an operation repeats an effect. `maxAttempts` counts all tries; delays in milliseconds. */
export interface RetryPreset {
  readonly maxAttempts: number;
  readonly baseMs: number;
  readonly capMs: number;
  readonly multiplier: number;
  /** From the first try to the last answer. */
  readonly deadlineMs: number;
}

export const retryPresets = {
  default: { maxAttempts: 4, baseMs: 1_000, capMs: 30_000, multiplier: 2, deadlineMs: 300_000 },
  aws: { maxAttempts: 6, baseMs: 500, capMs: 64_000, multiplier: 2, deadlineMs: 300_000 },
  critical: { maxAttempts: 8, baseMs: 2_000, capMs: 120_000, multiplier: 2, deadlineMs: 1_200_000 },
} as const satisfies Record<string, RetryPreset>;
export type RetryPresetName = keyof typeof retryPresets;

/** How many nodes of one cluster may join or be touched at once. */
export const profiles = {
  development: { concurrency: 2, retry: 'aws' },
  staging: { concurrency: 3, retry: 'aws' },
  production: { concurrency: 5, retry: 'critical' },
  'high-volume': { concurrency: 10, retry: 'aws' },
} as const satisfies Record<string, { concurrency: number; retry: RetryPresetName }>;
export type ProfileName = keyof typeof profiles;

/** Relations that must hold between the numbers above; checked when a host starts. */
export function assertLimits(): void {
  const relations: [boolean, string][] = [
    [
      bounds.seenMax >= bounds.perSubjectMax * 7,
      'seen covers what one actor can have in redelivery',
    ],
    [
      bounds.recordBytesAlarm < bounds.recordBytesMax,
      'the record alarm comes before the record cap',
    ],
    [
      hosting.leaseTtlMs * hosting.leaseHoldShare > 2 * hosting.leaseRenewMs,
      'a lease survives one missed renewal',
    ],
    [bounds.sweepsCleanMin >= 2, 'nothing is called gone after one look'],
  ];
  for (const [holds, text] of relations) if (!holds) throw new Error(`limits.ts: ${text}`);
}
