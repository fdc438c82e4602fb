/** Orders to breakers as lines of the CLI: the CLI itself reads them back. */
import { expect, it } from 'vitest';
import { parseDuration } from '../../../../src/cli/duration.ts';
import { cliLine } from '../../../../src/inspector/page/commands/lines.ts';

const order = (verb: string, values: object) =>
  cliLine({ kind: 'guard', namespace: 'system', name: 'fleet', verb }, { ...values });

it('names the key as the operand, and an end as a span', () => {
  const values = { key: 'main/eu-west-1/ec2:read', forMs: 1_800_000, reason: 'region drill' };
  expect(order('isolate', values)).toBe(
    "fairlead breaker isolate main/eu-west-1/ec2:read --for=30m --reason='region drill'",
  );
});

it('writes the fields of a policy as the flags of set', () => {
  const policy = {
    failuresMax: 5,
    openBaseMs: 45_000,
    attemptTimeoutMs: 1500,
    successThreshold: 2,
  };
  expect(order('set', { key: 'main/eu/ssm', policy, reason: 'slow' })).toBe(
    'fairlead breaker set main/eu/ssm --failures=5 --open=45s --attempt-timeout=1.5s --successes=2 --reason=slow',
  );
});

it.each([1_000, 1_500, 60_000, 90_000, 5_400_000, 86_400_000])(
  'writes %i ms so that the CLI reads the same',
  (forMs) => {
    const text = /--for=(\S+)/.exec(order('isolate', { key: 'a/b', forMs }))?.[1] ?? '';
    expect(parseDuration(text)).toBe(forMs);
  },
);
