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

/** AWS wildcards as an anchored expression. */
export function toPattern(glob: string): RegExp {
  const source = glob
    .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's');
}
