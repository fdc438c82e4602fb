/** Request rates per region and action, as token buckets; a busy caller is refused as AWS refuses it. */
import type { Clock } from './clock.ts';
import { AwsError } from './errors.ts';
import type { Table } from './state/journal.ts';
import type { WireCall } from './wire.ts';

export interface Bucket {
  /** Calls that may come at once. */
  readonly burst: number;
  /** Tokens that come back per simulated second. */
  readonly refillPerSecond: number;
}

/** Account limits as EC2 documents them, by action; SSM's are estimates of the same order. */
const buckets: Readonly<Record<string, Bucket>> = {
  RunInstances: { burst: 5, refillPerSecond: 2 },
  'RunInstances/instances': { burst: 1_000, refillPerSecond: 2 },
  StartInstances: { burst: 5, refillPerSecond: 2 },
  StopInstances: { burst: 5, refillPerSecond: 2 },
  TerminateInstances: { burst: 100, refillPerSecond: 5 },
  'TerminateInstances/instances': { burst: 1_000, refillPerSecond: 20 },
  CreateTags: { burst: 100, refillPerSecond: 10 },
};
const describeBucket: Bucket = { burst: 100, refillPerSecond: 20 };
const mutateBucket: Bucket = { burst: 50, refillPerSecond: 5 };
const ssmBucket: Bucket = { burst: 100, refillPerSecond: 40 };

export interface Throttle {
  /** @throws AwsError `RequestLimitExceeded` (EC2) or `ThrottlingException` (SSM); an empty bucket keeps what it has */
  spend(call: WireCall): void;
}

/** @param overrides buckets set by hand, by action; they win over the documented ones */
export function createThrottle(clock: Clock, overrides: Table<Bucket>): Throttle {
  const levels = new Map<string, { tokens: number; atMs: number }>();

  const refilled = (key: string, bucket: Bucket): number => {
    const level = levels.get(key);
    if (level === undefined) return bucket.burst;
    // Refill is per simulated second, so that a run at scale 20 is as often throttled as a real one.
    const seconds = ((clock.nowMs() - level.atMs) / 1000) * clock.scale;
    return Math.min(bucket.burst, level.tokens + seconds * bucket.refillPerSecond);
  };

  return {
    spend: (call) => {
      const demands = demandsOf(call).map(({ action, cost }) => {
        const bucket = overrides.get(action) ?? bucketOf(call, action);
        const key = `${call.region}/${action}`;
        return { key, left: refilled(key, bucket) - cost };
      });
      if (demands.some(({ left }) => left < 0)) throw refusal(call);
      for (const { key, left } of demands) levels.set(key, { tokens: left, atMs: clock.nowMs() });
    },
  };
}

/** One token for the call; launching and terminating also spend one per instance. */
function demandsOf(call: WireCall): { action: string; cost: number }[] {
  const calls = [{ action: call.op, cost: 1 }];
  if (call.op === 'RunInstances') {
    const cost = Number(call.parameters.get('MaxCount') ?? 1);
    return [...calls, { action: 'RunInstances/instances', cost }];
  }
  if (call.op === 'TerminateInstances') {
    const cost = [...call.parameters.keys()].filter((key) => key.startsWith('InstanceId.')).length;
    return [...calls, { action: 'TerminateInstances/instances', cost }];
  }
  return calls;
}

function bucketOf(call: WireCall, action: string): Bucket {
  if (call.service === 'ssm') return ssmBucket;
  return buckets[action] ?? (action.startsWith('Describe') ? describeBucket : mutateBucket);
}

function refusal(call: WireCall): AwsError {
  return call.service === 'ec2'
    ? new AwsError('RequestLimitExceeded', 'Request limit exceeded.')
    : new AwsError('ThrottlingException', 'Rate exceeded');
}
