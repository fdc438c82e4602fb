/** Parsing and help: commander over the list of commands; every error comes out as a Failure. */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { commandNamed, commands, globalFlags, spellingsOf } from './commands.ts';
import type { CommandLine, FlagLine } from './command-line.ts';
import { parseDuration } from './duration.ts';
import { usage } from './failure.ts';
import { kindSpellings } from './kinds.ts';
import { outputFormats } from './output.ts';
import { nearest } from '../../actors/nearest.ts';
import type { Flags } from './shell.ts';

/** Timers of Node count milliseconds in 31 bits; beyond that they fire at once. */
const timerMaxMs = 2 ** 31 - 1;

export interface Call {
  readonly line: CommandLine;
  readonly operands: readonly string[];
  readonly flags: Flags;
}

/**
 * The call that `argv` (verb first, without node and script) asks for; undefined when help was asked for and printed.
 * @throws Failure `cli.usage`
 */
export function parseCall(
  argv: readonly string[],
  print: (text: string) => void,
): Call | undefined {
  let call: Call | undefined;
  const program = programWith(print, (line, command) => {
    call = { line, operands: command.args, flags: command.optsWithGlobals<Flags>() };
  });
  try {
    program.parse(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code.startsWith('commander.help')) return undefined;
    throw usageOf(error, argv);
  }
  if (call !== undefined) checkOutput(call);
  return call;
}

function checkOutput({ line, flags }: Call): void {
  const allowed: readonly string[] = line.outputs ?? outputFormats;
  if (flags.output !== undefined && !allowed.includes(flags.output))
    throw usage(`${line.name} has no output ${flags.output}`, { allowed });
}

/** Help text of one command, or of the whole. */
export function helpText(name?: string): string {
  const program = programWith(
    () => undefined,
    () => undefined,
  );
  const command = program.commands.find((each) => each.name() === name) ?? program;
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part) }).outputHelp();
  return text;
}

function programWith(
  print: (text: string) => void,
  take: (line: CommandLine, command: Command) => void,
): Command {
  const program = new Command('fairlead')
    .usage('<command> [flags]')
    .description('Fleets of K3s clusters on EC2, by durable statecharts.')
    .helpCommand(false)
    .exitOverride()
    .showSuggestionAfterError(false)
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ writeOut: print, writeErr: () => undefined });
  for (const flag of globalFlags) program.addOption(optionOf(flag));
  for (const line of commands) {
    const command = program
      .command(`${line.name} ${line.operands}`.trim())
      .description(line.help)
      .allowExcessArguments(line.isKindWelcome === true)
      .action((...parts: unknown[]) => {
        take(line, parts.at(-1) as Command);
      });
    for (const flag of line.flags) command.addOption(optionOf(flag));
    command.addHelpText('before', examplesText(line));
  }
  program.addHelpText(
    'after',
    `\nKinds: ${kindsText}. \`fairlead help exit-codes\` lists the exit codes.`,
  );
  return program;
}

const kindsText = Object.values(kindSpellings)
  .map(([one, , short]) => (short === undefined ? one : `${one} (${short})`))
  .join(', ');

const examplesText = (line: CommandLine): string =>
  `Examples:\n${line.examples.map((example) => `  ${example}\n`).join('')}`;

function optionOf(flag: FlagLine): Option {
  const option = new Option(flag.flags, flag.help);
  if (flag.choices !== undefined) option.choices(flag.choices);
  if (flag.value === 'duration') option.argParser(durationMs);
  if (flag.value === 'count') option.argParser(count);
  if (flag.value === 'number') option.argParser(number);
  if (flag.value === 'list') option.argParser<string[]>(gather((text) => text.split(',')));
  if (flag.value === 'repeat') option.argParser<string[]>(gather((text) => [text]));
  return option;
}

function durationMs(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new InvalidArgumentError('Write one such as 90s, 20m or 1h30m.');
  if (ms > timerMaxMs) throw new InvalidArgumentError('At most 24d.');
  return ms;
}

function count(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('Write a whole number.');
  return Number(text);
}

function number(text: string): number {
  if (!/^\d{1,9}(\.\d{1,6})?$/.test(text)) throw new InvalidArgumentError('Write a number.');
  return Number(text);
}

/** Several times the same flag adds up. */
const gather =
  (parts: (text: string) => string[]) =>
  (text: string, before: string[] | undefined): string[] => [...(before ?? []), ...parts(text)];

function usageOf(error: CommanderError, argv: readonly string[]): Error {
  const verb = argv.find((word) => commandNamed(word) !== undefined);
  const line = verb === undefined ? undefined : commandNamed(verb);
  const message = error.message.replace(/^error: /, '').replace(/\.$/, '');
  const unknown = /^unknown option '(-[^']*)'/.exec(message)?.[1];
  const flags = [...globalFlags, ...(line?.flags ?? [])];
  const near = unknown === undefined ? undefined : nearest(unknown, flags.flatMap(spellingsOf));
  return usage(`${message}${near === undefined ? '' : `; did you mean ${near}?`}`, {
    tries: [line === undefined ? 'fairlead --help' : `fairlead ${line.name} --help`],
  });
}
