/** A command as lines to copy: for the CLI, and for any NATS client. */
import { breakerWords } from './breaker-line.ts';
import type { CommandTarget } from './open.ts';
import type { Values } from './schema.ts';

/** Quoted for a POSIX shell where it has to be. */
const quoted = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

/** `fairlead cluster scale prod-1 -n prod --pool=agents --count=5`. */
export function cliLine({ kind, namespace, name, verb }: CommandTarget, values: Values): string {
  const { manifest, ...rest } = values;
  if (manifest !== undefined) return `fairlead apply -f - <<< ${quoted(JSON.stringify(manifest))}`;
  const flagsOf = (given: Values) =>
    Object.entries(given).flatMap(([key, value]) => flagOf(key, value));
  if (kind === 'guard') {
    const { words, given } = breakerWords(verb, rest);
    return ['fairlead', ...words.map(quoted), ...flagsOf(given)].join(' ');
  }
  const noun = kind === 'replicationgroup' ? 'group' : kind;
  return [
    'fairlead',
    noun,
    ...verb.split('-'),
    quoted(name),
    ...(namespace === 'default' ? [] : ['-n', quoted(namespace)]),
    ...flagsOf(rest),
  ].join(' ');
}

function flagOf(key: string, value: unknown): string[] {
  const flag = `--${key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  if (value === false) return [];
  if (value === true) return [flag];
  return [`${flag}=${quoted(typeof value === 'string' ? value : JSON.stringify(value))}`];
}

/** `nats req fairlead.v1.cmd.prod.cluster.prod-1.scale '{…}'`. */
export function natsLine({ kind, namespace, name, verb }: CommandTarget, values: Values): string {
  const subject = `fairlead.v1.cmd.${namespace}.${kind}.${name}.${verb}`;
  return `nats req ${subject} ${quoted(JSON.stringify(values))}`;
}
