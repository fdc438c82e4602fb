/** Which breakers a word means: a whole key, a service of all classes, or a short form that only one of them has. */
import { nearest } from '../../actors/nearest.ts';
import { exits } from './exit-codes.ts';
import { Failure, usage } from './failure.ts';

/** Fewest parts of a key that may be ordered about unseen: `nats/store`, `main/eu-central-1/ec2`. */
const partsMin = 2;

/**
 * The key or service that `word` means among the keys that hosts know: itself, or the one that ends with it.
 * @throws Failure `resource.notFound` when no host knows it, `cli.usage` when it could mean several
 */
export function resolveKey(
  word: string,
  known: readonly string[],
  options: { readonly isForced: boolean } = { isForced: false },
): string {
  const services = [...new Set(known.map(serviceOf))];
  const all = [...new Set([...services, ...known])];
  if (all.includes(word)) return word;
  const ends = all.filter((key) => key.endsWith(`/${word}`));
  // `ssm` is both a key and the service of its only class.
  const [only, ...more] = ends;
  if (only !== undefined && more.length === 0) return only;
  if (only !== undefined)
    throw usage(`${word} could mean several breakers`, {
      allowed: ends,
      reason: 'write the whole key',
    });
  if (options.isForced && word.split('/').length >= partsMin) return word;
  throw unknownKey(word, known, services);
}

function unknownKey(word: string, known: readonly string[], services: readonly string[]): Failure {
  const near = nearest(word, [...known, ...services]);
  const hint = near === undefined ? '' : `; did you mean ${near}?`;
  const problem = {
    code: 'resource.notFound',
    message: `no host knows a breaker ${word}${hint}`,
    reason:
      known.length === 0
        ? 'a breaker is made by the first call it guards, and none was made yet'
        : 'a breaker is made by the first call it guards',
    allowedNext: known,
    retryable: false,
  };
  return new Failure(problem, exits.notFound, [
    'fairlead breaker list',
    'an order to a whole key that is not known yet: --force',
  ]);
}

/** `main/eu-central-1/ec2:mutate` → `main/eu-central-1/ec2`. */
const serviceOf = (key: string): string => key.replace(/:[a-z]+$/, '');

/** A key, or every class of a service. */
export const isMeant = (ordered: string, key: string): boolean =>
  ordered === key || key.startsWith(`${ordered}:`);

/** `breaker/<key>` as `-o name` prints it, or the key alone. */
export const bareKey = (word: string): string => word.replace(/^(breakers?|br)\//, '');
