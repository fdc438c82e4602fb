/** Orders to breakers as the CLI takes them: the key is the operand, and spans of time are written as spans. */
import type { Values } from './schema.ts';

/** Words behind `fairlead`, and values by flag in camel case. */
export function breakerWords(
  verb: string,
  { key, policy, ...rest }: Values,
): { readonly words: readonly string[]; readonly given: Values } {
  const fields = Object.entries({ ...(policy as Values | undefined), ...rest });
  return {
    words: ['breaker', verb, typeof key === 'string' ? key : '<key>'],
    given: Object.fromEntries(fields.map(([name, value]) => [flagOf(name), spanned(name, value)])),
  };
}

/** `failuresMax` is `--failures`, `openBaseMs` is `--open`. */
const flagOf = (name: string): string =>
  name.replace('Threshold', 'es').replace(/(Base)?Ms$|Max$|PerSecond$/, '');

const spanned = (name: string, value: unknown): unknown =>
  name.endsWith('Ms') && typeof value === 'number'
    ? value % 60_000 === 0
      ? `${value / 60_000}m`
      : `${value / 1000}s`
    : value;
