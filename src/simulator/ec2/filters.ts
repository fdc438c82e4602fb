/** EC2's filters: all filters must hold, any value of one suffices, `*` and `?` are wildcards. */
import { AwsError } from '../errors.ts';

interface Filter {
  readonly Name?: string | undefined;
  readonly Values?: readonly string[] | undefined;
}

/** The values a thing has under each filter name it supports; tags are added by `tagFields`. */
export type Fields = ReadonlyMap<string, readonly string[]>;

/**
 * A predicate for the filters.
 * @param known names besides `tag:…` that the operation supports
 * @throws AwsError `InvalidParameterValue` for a name AWS does not know here
 */
export function matcher(
  filters: readonly Filter[] | undefined,
  known: readonly string[],
): (fields: Fields) => boolean {
  const tests = (filters ?? []).map((filter) => {
    const name = filter.Name ?? '';
    if (!known.includes(name) && !name.startsWith('tag:')) {
      throw new AwsError('InvalidParameterValue', `The filter '${name}' is invalid`);
    }
    const patterns = (filter.Values ?? []).map(toPattern);
    return (fields: Fields) =>
      (fields.get(name) ?? []).some((value) => patterns.some((pattern) => pattern.test(value)));
  });
  return (fields) => tests.every((test) => test(fields));
}

export function tagFields(tags: Readonly<Record<string, string>>): [string, string[]][] {
  return [
    ['tag-key', Object.keys(tags)],
    ...Object.entries(tags).map(([key, value]): [string, string[]] => [`tag:${key}`, [value]]),
  ];
}

/**
 * AWS wildcards over a whole value. No regular expression: an engine ends the process over one of some ten thousand
 * characters, and many stars take it for ever.
 */
export function toPattern(glob: string): { test(value: string): boolean } {
  return {
    test: (value) => {
      let [at, place] = [0, 0];
      // Where to go on when what stands behind the last star does not fit.
      let [afterStar, retryAt] = [-1, 0];
      while (place < value.length) {
        if (glob[at] === '*') [afterStar, retryAt] = [(at += 1), place];
        else if (at < glob.length && (glob[at] === '?' || glob[at] === value[place])) {
          at += 1;
          place += 1;
        } else if (afterStar >= 0) [at, place] = [afterStar, (retryAt += 1)];
        else return false;
      }
      while (glob[at] === '*') at += 1;
      return at === glob.length;
    },
  };
}
