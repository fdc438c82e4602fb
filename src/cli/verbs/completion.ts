/** `fairlead completion bash|zsh|fish`: scripts made from the list of commands; names come live from the service. */
import { commands, globalFlags, spellingsOf } from '../commands.ts';
import type { CommandLine, FlagLine } from '../command-line.ts';
import { exits } from '../exit-codes.ts';
import { usage } from '../failure.ts';
import { nearest } from '../../../actors/nearest.ts';
import { kindSpellings } from '../kinds.ts';
import { outputFormats } from '../output.ts';
import type { Verb } from '../shell.ts';

const shells: Readonly<Record<string, () => string>> = { bash, zsh, fish };

export const completion: Verb = ({ operands, terminal }) => {
  const wanted = operands[0] ?? '';
  const script = Object.hasOwn(shells, wanted) ? shells[wanted] : undefined;
  if (script === undefined) {
    const near = nearest(wanted, Object.keys(shells));
    throw usage(
      `no completion for ${wanted}${near === undefined ? '' : `; did you mean ${near}?`}`,
      {
        allowed: Object.keys(shells),
      },
    );
  }
  terminal.out(script());
  return Promise.resolve(exits.ok);
};

const verbs = commands.map((line) => line.name).join(' ');
const flagsOf = (line: CommandLine): readonly FlagLine[] => [...line.flags, ...globalFlags];
const flagWords = (line: CommandLine): string => flagsOf(line).flatMap(spellingsOf).join(' ');
/** Words that may stand after the verb, by verb. */
function operandWords(line: CommandLine): string {
  if (line.kinds.length > 0) return line.kinds.join(' ');
  if (line.name === 'completion') return Object.keys(shells).join(' ');
  return line.name === 'help' ? `${verbs} exit-codes` : '';
}

const kinds = Object.values(kindSpellings);
/** Verbs that take a kind, for when the kind stands first. */
const verbsOf = (kind: string): string =>
  commands
    .filter((line) => (line.kinds as readonly string[]).includes(kind))
    .map((line) => line.name)
    .join(' ');

/** Asks the service for names, for at most two seconds, and says nothing when it cannot. */
const liveNames = 'fairlead get "$kind" -o name --timeout 2s 2>/dev/null | sed "s|.*/||"';

function bash(): string {
  const cases = commands
    .map((line) => `    ${line.name}) flags="${flagWords(line)}"; words="${operandWords(line)}" ;;`)
    .join('\n');
  const kindCases = kinds
    .map((words) => `      ${[...new Set(words)].join('|')}) kind=${words[1]} ;;`)
    .join('\n');
  const verbCases = kinds
    .map(([one, many]) => `        ${many}) words="${verbsOf(one)}" ;;`)
    .join('\n');
  const outputCases = commands
    .filter((line) => line.outputs !== undefined)
    .map((line) => `        ${line.name}) words="${line.outputs?.join(' ') ?? ''}" ;;`)
    .join('\n');
  // Nothing here may be bash alone: zsh runs the same function behind bashcompinit.
  return `# bash completion for fairlead: source <(fairlead completion bash)
_fairlead() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="$3" verb="" kind="" flags="" words="" each
  for each in "\${COMP_WORDS[@]:1:$((COMP_CWORD - 1))}"; do
    case "$each" in
${kindCases}
      -*) ;;
      *) if [ -z "$verb" ]; then verb="$each"; fi ;;
    esac
  done
  case "$before" in
    -o|--output)
      case "$verb" in
${outputCases}
        *) words="${outputFormats.join(' ')}" ;;
      esac
      COMPREPLY=($(compgen -W "$words" -- "$word")); return ;;
    -f|--filename|--nkey|--creds) COMPREPLY=($(compgen -f -- "$word")); return ;;
  esac
  case "$verb" in
    "")
      case "$kind" in
        "") words="${verbs} ${kinds.map(([one]) => one).join(' ')}" ;;
${verbCases}
      esac ;;
${cases}
  esac
  if [ -n "$verb" ] && [ -n "$kind" ]; then
    case "$word" in
      -*) ;;
      *) words="$(${liveNames})" ;;
    esac
  fi
  case "$word" in
    -*) COMPREPLY=($(compgen -W "$flags" -- "$word")) ;;
    *) COMPREPLY=($(compgen -W "$words" -- "$word")) ;;
  esac
}
complete -o default -F _fairlead fairlead
`;
}

function zsh(): string {
  return `#compdef fairlead
# zsh completion for fairlead: source <(fairlead completion zsh)
autoload -U +X bashcompinit && bashcompinit
${bash()}`;
}

const quoted = (text: string): string => `'${text.replace(/\\/g, '\\\\').replace(/'/g, "\\'")}'`;

function fish(): string {
  const isFirst = 'not __fish_seen_subcommand_from ' + verbs;
  const lines = ['# fish completion for fairlead: fairlead completion fish | source'];
  for (const line of commands) {
    const seen = `__fish_seen_subcommand_from ${line.name}`;
    lines.push(
      `complete -c fairlead -f -n ${quoted(isFirst)} -a ${line.name} -d ${quoted(line.help)}`,
    );
    const words = operandWords(line);
    if (words !== '') lines.push(`complete -c fairlead -f -n ${quoted(seen)} -a ${quoted(words)}`);
    for (const flag of line.flags)
      lines.push(`complete -c fairlead -n ${quoted(seen)} ${fishFlag(flag)}`);
  }
  for (const flag of globalFlags) lines.push(`complete -c fairlead ${fishFlag(flag)}`);
  for (const words of kinds)
    lines.push(
      `complete -c fairlead -f -n ${quoted(`__fish_seen_subcommand_from ${words.join(' ')}`)} -a ${quoted(
        `(set kind ${words[1]}; ${liveNames})`,
      )}`,
    );
  return `${lines.join('\n')}\n`;
}

function fishFlag(flag: FlagLine): string {
  const spelled = spellingsOf(flag)
    .map((word) => (word.startsWith('--') ? `-l ${word.slice(2)}` : `-s ${word.slice(1)}`))
    .join(' ');
  const values = flag.choices === undefined ? '' : ` -x -a ${quoted(flag.choices.join(' '))}`;
  return `${spelled} -d ${quoted(flag.help)}${values}`;
}
