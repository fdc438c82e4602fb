/** Orders to breakers as the CLI takes them: the key is the operand, and spans of time are written as spans. */
import type { Values } from './schema.ts';

/** By the name of the argument. */
const flags: Readonly<Record<string, string>> = {
  forMs: 'for',
  failuresMax: 'failures',
  openBaseMs: 'open',
  successThreshold: 'successes',
  probesMax: 'probes',
  attemptTimeoutMs: 'attempt-timeout',
  concurrentMax: 'concurrent',
  ratePerSecond: 'rate',
  burst: 'burst',
  allowTeardown: 'allow-teardown',
  reason: 'reason',
};

/** Words behind `fairlead breaker`, and values by flag; `true` for a flag without a value. */
export function breakerWords(
  verb: string,
  { key, policy, ...rest }: Values,
): { readonly words: readonly string[]; readonly given: Values } {
  const fields = { ...(policy as Values | undefined), ...rest };
  const given = Object.entries(fields).flatMap(([name, value]) =>
    flags[name] === undefined ? [] : [[flags[name], spanned(name, value)] as const],
  );
  return {
    words: ['breaker', verb, typeof key === 'string' ? key : '<key>'],
    given: Object.fromEntries(given),
  };
}

function spanned(name: string, value: unknown): unknown {
  if (!name.endsWith('Ms') || typeof value !== 'number') return value;
  if (value % 60_000 === 0) return `${value / 60_000}m`;
  return value % 1000 === 0 ? `${value / 1000}s` : `${value}ms`;
}
