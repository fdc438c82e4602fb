/** The numbers a guard works with, from the profile of its host to the breaker and the limits of a key. */
import { describe, expect, it } from 'vitest';
import { guardNumbers, resolveSettings } from '../../../src/config/settings.ts';
import { callPolicySets } from '../../../machines/limits.ts';
import { Fault, guarded } from './guarded.ts';

const guardOf = (profile: string) => {
  const environment = { FAIRLEAD_PROFILE: profile };
  const file = { settings: {}, retryPolicies: {} };
  return guarded(guardNumbers(resolveSettings({ environment, flags: {}, file })));
};

/** Failures in a row until a key's circuit is open, and what its breaker and limits say. */
async function measured(profile: string, service: string) {
  const { call, guard } = guardOf(profile);
  const key = `main/eu-central-1/${service}`;
  const view = () => guard.breakers().find((each) => each.key === key);
  let failures = 0;
  while (view()?.state !== 'open' && failures < 20) {
    failures += 1;
    const failing = call(() => Promise.reject(new Fault('Unavailable')), { key });
    await expect(failing).rejects.toThrow('Unavailable');
  }
  const { openBaseMs, concurrentMax } = view()?.policy ?? {};
  return { failures, openBaseMs, concurrentMax };
}

describe('rows of a profile', () => {
  it('heavy: EC2 opens after 5 for 45 s [P-10]', async () => {
    const found = { failures: 5, openBaseMs: 45_000 };
    expect(await measured('high-volume', 'ec2:mutate')).toMatchObject(found);
    expect(callPolicySets.heavy['ec2:mutate']?.concurrentMax).toBe(8);
  });
  it('heavy: S3 opens after 3 for 10 s [P-11]', async () => {
    const found = { failures: 3, openBaseMs: 10_000 };
    expect(await measured('high-volume', 's3')).toMatchObject(found);
    expect(callPolicySets.heavy['s3']?.concurrentMax).toBe(15);
  });
  it('heavy: SSM opens after 2 for 60 s [P-12]', async () => {
    const found = { failures: 2, openBaseMs: 60_000 };
    expect(await measured('high-volume', 'ssm')).toMatchObject(found);
    expect(callPolicySets.heavy['ssm']?.concurrentMax).toBe(3);
  });
  it('standard: EC2 3 / 30 s / 5, SSM 3 / 45 s / 3, S3 5 / 10 s / 10, DynamoDB 5 / 20 s / 8 [G-05]', async () => {
    const standard = async (service: string) =>
      Object.values(await measured('development', service));
    expect(await standard('ec2:mutate')).toEqual([3, 30_000, 5]);
    expect(await standard('ssm')).toEqual([3, 45_000, 3]);
    expect(await standard('s3')).toEqual([5, 10_000, 10]);
    expect(await standard('dynamodb')).toEqual([5, 20_000, 8]);
  });
  it('production: a key without a row opens after 5 for 60 s [D-06] [U-12]', async () => {
    const found = { failures: 5, openBaseMs: 60_000 };
    expect(await measured('production', 'sts')).toMatchObject(found);
  });
});
