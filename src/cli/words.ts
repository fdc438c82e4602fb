/** The order of words: `fairlead cluster delete x` and `fairlead delete cluster x` are the same. */
import { commands, globalFlags, spellingsOf, takesValue } from './commands.ts';
import { usage } from './failure.ts';
import { isRegistry, kindOf, kindWords } from './kinds.ts';
import type { KindName } from './kinds.ts';
import { nearest } from '../../actors/nearest.ts';

const valued = new Set(globalFlags.filter(takesValue).flatMap(spellingsOf));
const alone = new Map(
  commands
    .flatMap((line) => line.flags)
    .flatMap((flag) =>
      flag.alone === undefined ? [] : spellingsOf(flag).map((word) => [word, flag.alone]),
    ),
);
const verbs = commands.map((line) => line.name);
const verbsOf = (kind: KindName): readonly string[] =>
  commands.filter((line) => line.kinds.includes(kind)).map((line) => line.name);

/**
 * Puts the verb first. What hosts show out of their memory needs none: `fairlead limits` is `fairlead get limits`.
 * @throws Failure `cli.usage` when the first word is neither a verb nor a kind followed by one
 */
export function verbFirst(written: readonly string[]): readonly string[] {
  const argv = oneWordVerbs(written);
  const [first, second] = positionsOf(argv);
  if (first === undefined) return argv;
  const word = argv[first] ?? '';
  if (verbs.includes(word)) return argv;
  const kind = kindOf(word);
  if (kind === undefined) throw unknownVerb(word);
  const verb = second === undefined ? undefined : argv[second];
  if (isRegistry(kind) && (verb === undefined || (kind !== 'breaker' && !verbs.includes(verb))))
    return [...argv.slice(0, first), 'get', ...argv.slice(first)];
  if (second === undefined || verb === undefined)
    throw usage(`${word} needs a verb`, {
      allowed: verbsOf(kind),
      tries: [`fairlead get ${word}`],
    });
  if (!verbs.includes(verb)) throw unknownVerb(verb);
  const swapped = [...argv];
  [swapped[first], swapped[second]] = [verb, word];
  return swapped;
}

/** `test start` and `test stop` are one verb each, spelled `test-start`. */
function oneWordVerbs(argv: readonly string[]): readonly string[] {
  const at = argv.findIndex(
    (word, index) => word === 'test' && ['start', 'stop'].includes(argv[index + 1] ?? ''),
  );
  if (at < 0) return argv;
  return [...argv.slice(0, at), `test-${argv[at + 1] ?? ''}`, ...argv.slice(at + 2)];
}

/** Gives flags that may stand alone their value, so that they never swallow the next word. */
export function completed(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf('--');
  return argv.map((word, index) =>
    alone.has(word) && (end < 0 || index < end) ? `${word}=${alone.get(word) ?? ''}` : word,
  );
}

/** Where the first two words stand that are neither flags nor values of global flags. */
function positionsOf(argv: readonly string[]): readonly number[] {
  const found: number[] = [];
  for (let index = 0; index < argv.length && found.length < 2; index += 1) {
    const word = argv[index] ?? '';
    if (word === '--') break;
    if (!word.startsWith('-')) found.push(index);
    else if (valued.has(word)) index += 1;
  }
  return found;
}

function unknownVerb(word: string): Error {
  const near = nearest(word, [...verbs, ...kindWords]);
  return usage(
    `${word} is not a fairlead command${near === undefined ? '' : `; did you mean ${near}?`}`,
    {
      tries: ['fairlead --help'],
    },
  );
}

/** True when errors are to be JSON; read from the bare words, because parsing itself may fail. */
export function wantsJson(argv: readonly string[]): boolean {
  return argv.some((word, index) => {
    const value = /^(?:-o|--output=)(.+)$/.exec(word)?.[1];
    const next = word === '-o' || word === '--output' ? argv[index + 1] : undefined;
    return ['json', 'jsonl'].includes(value ?? next ?? '');
  });
}
