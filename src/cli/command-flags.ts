/** Flags that several commands take, and those that all take. */
import type { FlagLine } from './command-line.ts';
import { chartFormats } from './chart-words.ts';
import { outputFormats } from './output.ts';

/** Flags that every verb takes. */
export const globalFlags: readonly FlagLine[] = [
  {
    flags: '-o, --output <format>',
    help: 'how data is printed; text, svg, mermaid and dot are for charts',
    choices: [...outputFormats, ...chartFormats],
  },
  { flags: '-n, --namespace <name>', help: 'namespace (default: FAIRLEAD_NAMESPACE or "default")' },
  { flags: '--timeout <span>', help: 'longest wait, such as 30s or 20m', value: 'duration' },
  { flags: '--nats <url>', help: 'NATS server, such as nats://127.0.0.1:4222' },
  { flags: '--nkey <file>', help: 'file that holds the nkey seed' },
  { flags: '--creds <file>', help: 'NATS credentials file' },
  { flags: '--context <name>', help: 'context of the nats CLI' },
  { flags: '--color <when>', help: 'colour', choices: ['auto', 'always', 'never'] },
  { flags: '--by <who>', help: 'who asks, for the audit (default: user@host)' },
];

export const allNamespaces: FlagLine = { flags: '-A, --all-namespaces', help: 'every namespace' };
export const noHeaders: FlagLine = { flags: '--no-headers', help: 'tables without the first line' };
export const files: FlagLine = {
  flags: '-f, --filename <file>',
  help: 'manifest file, folder, or - for stdin; may be repeated',
  value: 'repeat',
};
export const dryRun: FlagLine = {
  flags: '--dry-run [=mode]',
  help: 'change nothing: "turn" asks the service what would happen, "client" only checks here',
  choices: ['turn', 'client'],
  alone: 'turn',
};
/** Of orders, which have nothing to check here. */
export const rehearsal: FlagLine = {
  flags: '--dry-run [=mode]',
  help: 'change nothing: the service tells what the turn would do',
  choices: ['turn'],
  alone: 'turn',
};
export const wait: FlagLine = {
  flags: '--wait [=goal]',
  help: 'wait for a state (default: what the command is for)',
  alone: 'done',
};
export const reason: FlagLine = { flags: '--reason <text>', help: 'why, for the audit' };
export const commandId: FlagLine = {
  flags: '--command-id <id>',
  help: 'id that makes a repeat harmless (default: a new one)',
};
export const ifRevision: FlagLine = {
  flags: '--if-revision <n>',
  help: 'only if the resource still has this revision',
  value: 'count',
};
export const sortBy: FlagLine = {
  flags: '--sort-by <column>',
  help: 'order of the rows: a column, or a field such as metadata.name',
};
export const selector: FlagLine = {
  flags: '-l, --selector <labels>',
  help: 'only what carries these labels: key=value, separated by commas',
  value: 'list',
};
export const limit: FlagLine = {
  flags: '--limit <n>',
  help: 'newest entries only',
  value: 'count',
};
