import { expect, it } from 'vitest';
import { AwsError } from '../../../src/simulator/errors.ts';
import type { Table } from '../../../src/simulator/state/journal.ts';
import { createThrottle } from '../../../src/simulator/throttle.ts';
import type { Bucket } from '../../../src/simulator/throttle.ts';
import type { WireCall } from '../../../src/simulator/wire.ts';

function setUp(scale: number, overrides = new Map<string, Bucket>()) {
  let nowMs = 1_000_000;
  const clock = {
    scale,
    nowMs: () => nowMs,
    scaled: (ms: number) => ms / scale,
    at: () => undefined,
    stop: () => undefined,
    isStopped: () => false,
  };
  const throttle = createThrottle(clock, overrides as unknown as Table<Bucket>);
  const accepted = (op: string, times: number, service: WireCall['service'] = 'ec2'): number => {
    const call = { service, op, region: 'eu-central-1', accessKeyId: 'A', body: '' };
    let count = 0;
    for (let turn = 0; turn < times; turn += 1) {
      try {
        throttle.spend({ ...call, parameters: new Map() });
        count += 1;
      } catch (error) {
        expect(error).toBeInstanceOf(AwsError);
      }
    }
    return count;
  };
  return { accepted, pass: (ms: number) => (nowMs += ms) };
}

it('lets a burst of 100 reads pass, then 20 a second', () => {
  const { accepted, pass } = setUp(1);
  expect(accepted('DescribeInstances', 150)).toBe(100);
  pass(1_000);
  expect(accepted('DescribeInstances', 150)).toBe(20);
});

it('refills as fast as simulated time passes', () => {
  const { accepted, pass } = setUp(20);
  expect(accepted('RunInstances', 10)).toBe(5);
  pass(100);
  expect(accepted('RunInstances', 10)).toBe(4);
});

it('keeps one bucket per action', () => {
  const { accepted } = setUp(1);
  accepted('DescribeInstances', 100);
  expect(accepted('DescribeSubnets', 1)).toBe(1);
});

it('prefers a bucket set by hand', () => {
  const { accepted } = setUp(1, new Map([['GetParameter', { burst: 2, refillPerSecond: 0 }]]));
  expect(accepted('GetParameter', 5, 'ssm')).toBe(2);
});
