/** A command as lines to copy: for the CLI, and for any NATS client. */
import { breakerWords } from './breaker-line.ts';
import type { CommandTarget } from './open.ts';
import type { Values } from './schema.ts';

/** Quoted for a POSIX shell where it has to be. */
const quoted = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

/** `fairlead cluster scale prod-1 -n prod --pool=agents --count=5`; a manifest goes in by standard input. */
export function cliLine({ kind, namespace, name, verb }: CommandTarget, values: Values): string {
  const { manifest, ...rest } = values;
  if (manifest !== undefined)
    return `printf %s ${quoted(JSON.stringify(manifest))} | fairlead ${verb} -f -`;
  if (verb === 'create' || verb === 'apply') return `fairlead ${verb} -f manifest.yaml`;
  if (kind === 'guard') {
    const { words, given } = isAboutHost(verb) ? hostWords(verb, rest) : breakerWords(verb, rest);
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

const isAboutHost = (verb: string): boolean => verb === 'drain' || verb === 'undrain';

const hostWords = (verb: string, { host = '<host>', ...given }: Values) => ({
  words: ['drain', textOf(host), ...(verb === 'undrain' ? ['--undo'] : [])],
  given,
});

const flagsOf = (given: Values): string[] =>
  Object.entries(given).flatMap(([key, value]) => flagOf(key, value));

function flagOf(key: string, value: unknown): string[] {
  if (value === false) return [];
  // Planned or forced.
  if (key === 'how') return [`--${String(value)}`];
  if (key === 'ttlSeconds') return [`--ttl=${String(value)}s`];
  // Membership of a group is written by groups alone.
  if (key === 'group' && typeof value === 'object') return [];
  const flag = `--${key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  if (value === true) return [flag];
  return [`${flag}=${quoted(textOf(value))}`];
}

const textOf = (value: unknown): string => {
  if (typeof value === 'string') return value;
  return Array.isArray(value) ? value.join(',') : JSON.stringify(value);
};

/** `nats req fairlead.v1.cmd.prod.cluster.prod-1.scale '{…}'`. */
export function natsLine({ kind, namespace, name, verb }: CommandTarget, values: Values): string {
  const subject = `fairlead.v1.cmd.${namespace}.${kind}.${name}.${verb}`;
  return `nats req ${subject} ${quoted(JSON.stringify(values))}`;
}
