import { describe, expect, it } from 'vitest';
import { profiles, retryPresets } from '../../../machines/limits.ts';
import { resolveSettings, retriesBy } from '../../../src/config/settings.ts';
import type { Settings } from '../../../src/config/settings.ts';
import { serviceWords, variableName, variablesFor } from '../../../src/config/variables.ts';
import * as drive from './drives.ts';

type Drive = (settings: Settings) => Promise<unknown>;
type Row = readonly [variable: string, value: string, drive: Drive, seen: unknown];

const settingsOf = (environment: Record<string, string>): Settings =>
  resolveSettings({ environment, flags: {}, file: { settings: {}, retryPolicies: {} } });

const ec2 = 'main/eu-central-1/ec2:mutate';
const keyOf: Readonly<Record<(typeof serviceWords)[number], string>> = {
  ...{ EC2: ec2, SSM: 'main/r/ssm', S3: 'main/r/s3', DYNAMODB: 'main/r/dynamodb' },
  ...{ LAMBDA: 'main/r/lambda', SNS: 'main/r/sns', NATS: 'nats/store', K8S: 'k8s/uid' },
  ...{ BACKEND: 'backend/nfs/uid', OTHER: 'main/r/sqs' },
};

const on =
  <R>(run: (settings: Settings, key: string) => Promise<R>, key = ec2): Drive =>
  (settings) =>
    run(settings, key);
const sent =
  (...call: readonly ['ec2' | 'ssm', string, object]): Drive =>
  (settings) =>
    drive.silenceUntilTimeout(settings, call);
const instance = { InstanceIds: ['i-1'] };
const invocation = { CommandId: '0'.repeat(36), InstanceId: 'i-1' };

/** Sweeps and gathering gaps of milliseconds are not what is measured. */
const rounded = (value: unknown): unknown =>
  typeof value === 'number' && value >= 1_000 ? Math.round(value / 1_000) : value;

const circuits: Row[] = [
  ['BREAKER_FAILURE_THRESHOLD', '7', on(drive.failuresUntilOpen), 7],
  ['CIRCUIT_BREAKER_FAILURE_THRESHOLD', '7', on(drive.failuresUntilOpen), 7],
  ['CB_FAILURE_THRESHOLD', '7', on(drive.failuresUntilOpen), 7],
  ['BREAKER_OPEN_TIME', '77s', on(drive.openFor), 77_000],
  ['CIRCUIT_BREAKER_RECOVERY_TIMEOUT', '1m17s', on(drive.openFor), 77_000],
  ['CB_RESET_SECONDS', '77', on(drive.openFor), 77_000],
  ['BREAKER_PROBES_MAX', '4', on(drive.probesAtOnce), 4],
  ['CB_HALF_OPEN_MAX_CALLS', '4', on(drive.probesAtOnce), 4],
  ['BREAKER_SUCCESS_THRESHOLD', '6', on(drive.successesUntilClosed), 6],
  ...serviceWords.flatMap((word): Row[] => [
    [`BREAKER_${word}_FAILURE_THRESHOLD`, '7', on(drive.failuresUntilOpen, keyOf[word]), 7],
    [`BREAKER_${word}_OPEN_TIME`, '77s', on(drive.openFor, keyOf[word]), 77_000],
    [`BREAKER_${word}_PROBES_MAX`, '2', on(drive.probesAtOnce, keyOf[word]), 2],
    [`BREAKER_${word}_SUCCESS_THRESHOLD`, '6', on(drive.successesUntilClosed, keyOf[word]), 6],
  ]),
];
const retries: Row[] = [
  ['RETRY_POLICY', 'conservative', drive.waitsOf, [1_000, 3_000]],
  ['RETRY_MAX_ATTEMPTS', '2', drive.waitsOf, [500]],
  ['RETRY_MAX_RETRIES', '1', drive.waitsOf, [500]],
  ['RETRY_BASE_DELAY', '4s', drive.waitsOf, [2_000, 4_000, 8_000]],
  ['RETRY_MAX_DELAY', '1500ms', drive.waitsOf, [500, 750, 750]],
  ['RETRY_MULTIPLIER', '3', drive.waitsOf, [500, 1_500, 4_500]],
  ['RETRY_JITTER', 'false', drive.waitsOf, [1_000, 2_000, 4_000]],
];
const fanOut: Row[] = [
  ['PARALLEL_MAX_CONCURRENCY', '4', drive.jobsAtOnce, 4],
  ['PARALLEL_TIMEOUT', '3m', drive.fanOutEndsAfter, 180_000],
];
const calls: Row[] = [
  ['RATE_LIMIT_QPS', '25', (settings) => drive.callsWithin(settings, 1_000), 45],
  ['RATE_LIMIT_BURST', '40', (settings) => drive.callsWithin(settings, 0), 40],
  ['RPC_TIMEOUT_DESCRIBE', '5s', sent('ec2', 'describeInstances', instance), 5_000],
  ['RPC_TIMEOUT_MUTATING', '7s', sent('ec2', 'startInstances', instance), 7_000],
  ['RPC_TIMEOUT_VALIDATE', '3s', sent('ec2', 'startInstances', { ...instance, DryRun: true }), 3e3],
  ['RPC_TIMEOUT_TASK_STATUS', '4s', sent('ssm', 'getCommandInvocation', invocation), 4_000],
];
const places: Row[] = [
  ['WORKERS_PER_KIND', '3', drive.turnsAtOnce, 3],
  ['MAX_INFLIGHT_TASKS', '9', drive.effectsAtOnce, 9],
  ['METRICS_RESOURCES_MAX', '2', drive.resourcesWithSeries, ['r0', 'r1', '_other']],
];
const rest: Row[] = [
  ['REST_AFTER', '90s', drive.inMemoryFor, 90_000],
  ['PROFILE', 'production', drive.idsInOneCall, 15],
  ['BATCH_SIZE', '8', drive.idsInOneCall, 8],
  ['BATCH_TIMEOUT', '2m', drive.batchEndsAfter, 120_000],
  ['IDEMPOTENCY_TTL', '30m', drive.madeAgainAfterAnHour, 2],
  ['ADAPTIVE_TIMEOUTS', 'true', drive.cutOffAfterFastCalls, 35_000],
  ['EARLY_PROBES', 'true', drive.stateAfterAnotherAnswer, 'halfOpen'],
  ['ADAPTIVE_INTAKE', 'true', drive.rateAfterSlowAnswers, 185],
];

/** The setting shows in what is driven, and without it something else does. */
async function showsItself(...[id, value, run, seen]: Row): Promise<void> {
  const changed = await run(settingsOf({ [variableName(id)]: value }));
  const unset = await run(settingsOf({}));
  expect(rounded(changed)).toEqual(rounded(seen));
  expect(rounded(changed)).not.toEqual(rounded(unset));
}

describe('every variable', () => {
  it('is in one of these tables, other spellings included [R-26]', () => {
    const rows = [...circuits, ...retries, ...fanOut, ...calls, ...places, ...rest];
    const known = variablesFor(Object.keys(retryPresets)).flatMap(({ id, aliases }) => [
      id,
      ...aliases.map((alias) => alias.id),
    ]);
    expect(rows.map(([id]) => id).sort()).toEqual(known.sort());
  });

  it.each(circuits)(
    'FAIRLEAD_%s=%s changes when circuits open and close [G-41] [V-06]',
    showsItself,
  );
  it.each(retries)('FAIRLEAD_%s=%s changes how operations are tried again [G-42]', showsItself);
  it.each(fanOut)('FAIRLEAD_%s=%s changes what a fan-out does [G-43]', showsItself);
  it.each(calls)('FAIRLEAD_%s=%s changes how calls are made [V-18] [V-32]', showsItself);
  it.each(places)('FAIRLEAD_%s=%s changes how much is under way [V-33]', showsItself);
  it.each(rest)(
    'FAIRLEAD_%s=%s changes batches, what is remembered and what is off by default [P-26]',
    showsItself,
  );
});

describe('unset variables', () => {
  it.each(Object.keys(profiles))('leave what profile %s says', (profile) => {
    const settings = settingsOf({ FAIRLEAD_PROFILE: profile });
    const { concurrency, batchSize, rate } = profiles[profile as keyof typeof profiles];
    expect(settings).toMatchObject({
      ...{ profile, rate, fanOut: { widthMax: concurrency }, batch: { sizeMax: batchSize } },
    });
  });
});

describe('retry policies in production', () => {
  const settings = settingsOf({ FAIRLEAD_PROFILE: 'production' });
  const { nameFor } = retriesBy(() => settings);

  it.each([
    ['node.launch', 'critical'],
    ['node.script', 'critical'],
    ['node.terminate', 'critical'],
    ['network.delete', 'critical'],
    ['cluster.plan', 'production'],
    ['node.stop', 'production'],
  ] as const)('%s, which a cluster leaves to its host, is %s [P-15] [P-24]', (effect, wanted) => {
    expect(nameFor('default', effect)).toBe(wanted);
    expect(nameFor('critical', effect)).toBe(wanted);
    expect(nameFor('aws', effect)).toBe('aws');
  });
});
