/** What a quiet window counts on: nothing that makes anything leaves this process after its time, wherever it was held up. */
import { expect, it } from 'vitest';
import type { Attempt } from '../../../../actors/ports.ts';
import type { ReplicationFacts } from '../../../../machines/replication-effects.ts';
import { safetyTimes } from '../../../../machines/replication-limits.ts';
import type { Ec2 } from '../../../../src/volumes/ebs/ec2.ts';
import { act, begin } from '../../../../src/volumes/ebs/work.ts';
import { ManualClock } from '../../../fakes/manual-clock.ts';

const windowMs = safetyTimes.issueWindowMs;
const attempt: Attempt = { signal: new AbortController().signal, correlationId: 'c1' };
const endpoint = { account: 'main', region: 'eu-central-1' };
const of = {
  ...{ namespace: 'prod', name: 'db-1', spec: { endpoints: { home: endpoint, away: endpoint } } },
  safety: safetyTimes,
} as unknown as ReplicationFacts;

/** A guard that holds a call up until somebody ends it, and tells when that was. */
function heldUp() {
  const clock = new ManualClock();
  const ended: { atMs?: number; name?: string } = {};
  const ec2 = ((scope: Attempt) =>
    new Promise((_resolve, reject) => {
      scope.signal.addEventListener('abort', () => {
        const reason = scope.signal.reason as Error;
        Object.assign(ended, { atMs: clock.monotonicMs(), name: reason.name });
        reject(reason);
      });
    })) as unknown as Ec2;
  const tools = { ec2, clock, telemetry: { log: () => undefined }, scale: 1 };
  const work = begin(tools, of, attempt, { opId: 'x', issueBeforeMs: clock.nowMs() + windowMs });
  return { clock, work, ended };
}

it('ends a call that waits for its turn one attempt after its time', async () => {
  const { clock, work, ended } = heldUp();
  await clock.advance(20_000);
  const call = act(work, 'away', 'attachVolume', { VolumeId: 'v', InstanceId: 'i', Device: 'd' });
  const refused = expect(call).rejects.toThrow('is over');
  await clock.advance(60_000);
  await refused;
  expect(ended).toEqual({
    atMs: windowMs + safetyTimes.attemptTimeoutMs,
    name: 'TimeoutError',
  });
});

it('begins nothing after its time', async () => {
  const { clock, work } = heldUp();
  await clock.advance(windowMs + 1);
  const call = act(work, 'away', 'createVolume', { AvailabilityZone: 'eu-central-1a' });
  await expect(call).rejects.toMatchObject({
    fault: { code: 'call.issueExpired', mayHaveHappened: false },
  });
});

it('is not talked into it by a wall clock that was set back', async () => {
  const { clock, work } = heldUp();
  await clock.advance(windowMs + 1);
  clock.stepWall(-3_600_000);
  const call = act(work, 'away', 'createVolume', { AvailabilityZone: 'eu-central-1a' });
  await expect(call).rejects.toMatchObject({ fault: { code: 'call.issueExpired' } });
});
