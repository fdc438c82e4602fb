/** `--set name=value`, as often as wanted. */
import { ConfigError } from './config-error.ts';

/** @throws ConfigError for what is no `name=value` */
export function flagSettings(given: readonly string[]): Readonly<Record<string, string>> {
  const wrong = given.filter((each) => !/^[A-Za-z0-9]+=./.test(each));
  if (wrong.length > 0)
    throw new ConfigError(`--set ${wrong.join(', ')}: expected name=value, as breakerOpenTime=45s`);
  return Object.fromEntries(
    given.map((each) => [each.slice(0, each.indexOf('=')), each.slice(each.indexOf('=') + 1)]),
  );
}
