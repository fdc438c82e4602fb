/**
 * Every bound in one place, unit in the name. Two kinds of time: deadlines are never scaled; pacing (polls, confirmation
 * gaps, sweeps, capacity waits) is divided by `pacing.scale`, which is 1 except on the local stack.
 */
import { partitions } from './limits-partitions.ts';
import { health, objectives } from './limits-objectives.ts';
import type { Objective } from './limits-objectives.ts';
import { callPolicySets, profiles, settingDefaults } from './limits-profiles.ts';
import type { CallPolicy, Profile } from './limits-profiles.ts';
import { httpPool, intake, resilience } from './limits-resilience.ts';
import { retryPresets } from './limits-retry.ts';

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

/** Changes of a running cluster, in milliseconds. Never scaled. */
export const changes = {
  /** A change lasts this long at most, and so much longer for each node it touches. */
  operationBaseMs: 30 * 60_000,
  operationPerNodeMs: 2 * 60_000,
  /** What a drain's own time-out leaves for starting it and for its answer. */
  drainMarginMs: 60_000,
  serverDrainSeconds: 300,
  uncordonMs: 5 * 60_000,
  /** From the order to restart or start until the node serves again. */
  restartMs: 10 * 60_000,
  /** Behind a stop: how long a start that was given up before it may still land. An attempt ends after 45 s. */
  lateStartMs: 60_000,
  stoppingStepMs: 10 * 60_000,
  startingStepMs: 10 * 60_000,
  snapshotMs: 5 * 60_000,
} as const;

/** How long changes wait before they look or try again, in milliseconds before the division by `pacing.scale`. */
export const changePacing = {
  /** After a script that failed, before it is run once more. */
  scriptRetryMs: 30_000,
  stopAgainMs: 120_000,
  startAgainMs: 120_000,
  rebootSettleMs: 15_000,
} as const;

/** How many nodes a change touches at once, by the size of the cluster; a profile may ask for fewer. */
export const widths = [
  { nodesMax: 5, atOnce: 3 },
  { nodesMax: 15, atOnce: 5 },
  { nodesMax: Infinity, atOnce: 8 },
] as const;

/** Counts of changes. */
export const changeBounds = {
  /** Looks that still see the old boot id before the restart is ordered again. */
  rebootLooksMax: 8,
  /** Nodes told to stop or start at a time. */
  powerInFlightMax: 24,
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
  quotaAgainBaseMs: 300_000,
  quotaAgainMaxMs: 3_600_000,
} as const;

/** Counts and sizes. */
export const bounds = {
  serversMax: 7,
  nodesMax: 200,
  poolsMax: 20,
  instanceTypesMax: 10,
  launchesInFlightMax: 12,
  stagingInFlightMax: 16,
  removalsInFlightMax: 40,
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
  /** Turns of one kind of resource at once. */
  turnsPerKindMax: 32,
  /** Resources with metric series of their own; all beyond share one. */
  metricResourcesMax: 1_000,
  /** Calls of operations under way in one host. */
  effectsInFlightMax: 100,
  retryPoliciesMax: 32,
  residentsMax: 50_000,
  payloadBytesMax: 256 * 1024,
  faultMessageChars: 300,
  /** Commands handed over and not settled; past it the consumer pauses until half are done. */
  deliveriesMax: 500,
  /** Levels of a manifest or a config file inside each other. */
  textLevelsMax: 100,
  listPageMax: 200,
  listPageBytesMax: 400 * 1024,
  historyPageMax: 500,
  partitions,
} as const;

/** Time a killed or idle thing may take before the host acts; read by hosting only. */
export const hosting = {
  /** Of a presence or lease on one server. */
  leaseTtlMs: 5_000,
  /** In a cluster of servers: what is left of it after a missed renewal outlasts an election. */
  leaseTtlClusterMs: 20_000,
  /** Renewals, and looks at the other hosts, in one time to live. */
  leaseTicks: 5,
  leaseHoldShare: 0.7,
  /** Partitions given to other hosts at once; the next ones a tick later. */
  passedPerTickMax: 4,
  /** Partitions that are loaded at once. */
  takenAtOnceMax: 8,
  /** Several that were given back together are looked for together. */
  freedLookMs: 20,
  /** Longest wait before a partition that did not load is tried again; the first one is a tick. */
  loadRetryMaxMs: 30_000,
  /** So many that do not load leave a host ready; with more of them it is taken for broken itself. */
  unloadedMax: 4,
  drainMs: 10_000,
  /** Hosts that are ordered to run nothing, at once; also those that are gone count. */
  drainedHostsMax: 64,
  storeRetryFirstMs: 200,
  storeRetryMaxMs: 2_000,
  storeAlarmMs: 15_000,
  minRevisionWaitMs: 2_000,
  busyRetryAfterMs: 1_000,
  /** After the last event went out, the emptied outbox is written back, so that an awakening does not repeat it. */
  tidyAfterMs: 5_000,
  /** An actor that did nothing for so long leaves memory; a setting may say otherwise. */
  restAfterMs: 5 * 60_000,
  /** Actors asked in one go whether they may leave, and the time until the next ones are asked. */
  restedAtOnceMax: 100,
  restGapMs: 100,
  /** Actors of a host that are brought into memory for their deadlines at once; commands need turns beside them. */
  awakenedAtOnceMax: 16,
  /** Entries in the heap of a partition for each actor with a deadline: one holds, the others are of old deadlines. */
  wakeEntriesPerActorMax: 2,
  /** Strikes further apart than this do not add up to a quarantine. */
  strikeWindowMs: 3_600_000,
  /** Waiting commands tell the server so; well below its acknowledgement wait of 10 s. */
  workingMs: 4_000,
  minRevisionPollMs: 50,
} as const;

export * from './limits-kube.ts';
export * from './limits-objectives.ts';
export * from './limits-profiles.ts';
export * from './limits-resilience.ts';
export * from './limits-retry.ts';
export * from './limits-steps.ts';

const sumOf = (rows: Readonly<Record<string, CallPolicy>>, service: string): number =>
  Object.entries(rows)
    .filter(([key]) => key.split(':')[0] === service)
    .reduce((sum, [, { concurrentMax }]) => sum + concurrentMax, 0);

/** Widened, so that the compiler does not take today's numbers for a law. */
const number = (value: number): number => value;

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
      number(hosting.leaseHoldShare) > 2 / hosting.leaseTicks,
      'a lease survives one missed renewal',
    ],
    [
      number(hosting.awakenedAtOnceMax) < bounds.turnsPerKindMax,
      'awakenings leave turns to commands',
    ],
    [number(bounds.sweepsCleanMin) >= 2, 'nothing is called gone after one look'],
    [
      Object.values(retryPresets).every(({ baseMs, capMs }) => baseMs <= capMs),
      'no first delay passes its cap',
    ],
    [
      Object.values(retryPresets).every((each) => each.deadlineMs <= resilience.operationCapMs),
      'no preset outlives the cap of an operation',
    ],
    [
      number(resilience.windowCallsMin) <= resilience.windowCalls,
      'a window holds as many calls as a rate needs',
    ],
    [
      Object.values<Objective>(objectives).every(({ windowMs, page, ticket }) =>
        [page, ticket ?? page].every(
          (rule) => rule.shortMs < rule.longMs && rule.longMs <= windowMs,
        ),
      ),
      'burn rates are read over spans within the window of their budget',
    ],
    [
      number(health.heartbeatMs) < health.turnAgeMaxMs,
      'an idle host takes turns often enough to be called alive',
    ],
    [
      number(health.probeTimeoutMs) < health.probeEveryMs,
      'a probe ends before the next one begins',
    ],
    [
      Object.values(callPolicySets).every(
        (rows) =>
          sumOf(rows, 'ec2') <= httpPool.socketsMax && sumOf(rows, 'ssm') <= httpPool.socketsMax,
      ),
      'every call that a bulkhead lets in finds a socket',
    ],
    [
      number(resilience.bulkheadWaitMs) < deadlines.ec2AttemptMs,
      'the wait for a place ends before the attempt does',
    ],
    ...profileRelations(),
  ];
  relations.push([
    (bounds.deliveriesMax - intake.burst) / intake.perSecond < intake.commandWaitMs / 1_000,
    'as many commands as may be unsettled wait for their turn without a refusal',
  ]);
  for (const [holds, text] of relations) if (!holds) throw new Error(`limits.ts: ${text}`);
}

function profileRelations(): [boolean, string][] {
  const each: readonly Profile[] = Object.values(profiles);
  return [
    [
      each.every(({ concurrency, batchSize }) => concurrency >= 1 && batchSize >= 1),
      'no profile makes less than one call at once',
    ],
    [
      each.every(({ rate }) => rate.burst >= rate.perSecond),
      'a burst holds at least one second of calls',
    ],
    [
      each.every(({ idempotencyTtlMs }) => idempotencyTtlMs > resilience.operationCapMs),
      'what was done is remembered longer than any operation lasts',
    ],
    [
      number(settingDefaults.batchMs) <= settingDefaults.fanOutMs,
      'a batch ends before the fan-out that made it',
    ],
    [
      number(bounds.turnsPerKindMax) <= bounds.effectsInFlightMax,
      'as many calls may be under way as turns can begin at once',
    ],
    [Object.values(callPolicySets).every((rows) => 'other' in rows), 'every key has a row'],
  ];
}
