/** `fairlead exec cluster <name>`: one shipped script that only looks, on many nodes at once. */
import { ulid } from '../../ulid.ts';
import { exits } from '../exit-codes.ts';
import { usage } from '../failure.ts';
import { targetOf } from '../kinds.ts';
import { printListing } from '../output.ts';
import type { Verb } from '../shell.ts';

interface Row {
  readonly node: string;
  readonly instanceId: string;
  readonly ok: boolean;
  readonly code: string;
  readonly facts?: Readonly<Record<string, unknown>>;
  readonly hint?: string;
  readonly fault?: { readonly type: string; readonly message: string };
}

interface Report {
  readonly verb: string;
  readonly ok: number;
  readonly failed: number;
  readonly total: number;
  readonly durationMs: number;
  readonly concurrency: number;
  readonly results: Readonly<Record<string, Omit<Row, 'node'>>>;
}

const timeoutDefaultMs = 60_000;
/** The service's answer needs its own way back after the last node's. */
const replyMs = 5_000;

export const exec: Verb = async (shell) => {
  const target = targetOf(shell.operands, shell.namespace, { name: 'exec', kinds: ['cluster'] });
  const [named, ...more] = target.names;
  if (named === undefined || more.length > 0)
    throw usage('exec takes one cluster', { tries: ['fairlead exec cluster <name> --verb check'] });
  const { nodes = [], verb = 'check', concurrency, timeout } = shell.flags;
  const timeoutMs = timeout ?? timeoutDefaultMs;
  const session = await shell.session();
  const report = (await session.query(
    {
      ...{ kind: 'cluster', ...named, verb: 'exec' },
      arguments: {
        ...{ id: ulid(), nodes, verb, timeoutMs },
        ...(concurrency !== undefined && { concurrency }),
      },
    },
    { timeoutMs: timeoutMs + replyMs },
  )) as unknown as Report;
  const rows = Object.entries(report.results).map(([node, result]) => ({ node, ...result }));
  if (shell.wish.format === 'json' || shell.wish.format === 'yaml') await printWhole(shell, report);
  else
    await printListing(shell.terminal, shell.wish, {
      columns: [
        { head: 'NODE', cell: (row: Row) => row.node },
        { head: 'OK', cell: ({ ok }) => (ok ? 'yes' : 'no') },
        { head: 'CODE', cell: ({ code }) => code },
        { head: 'ANSWER', cell: answerOf },
        { head: 'INSTANCE', cell: ({ instanceId }) => instanceId, wide: true },
      ],
      rows,
      object: (row) => ({ apiVersion: 'fairlead.dev/v1', kind: 'ExecResult', ...row }),
      name: ({ node }) => node,
    });
  const { ok, failed, total, durationMs } = report;
  shell.note(`${ok} of ${total} nodes answered, ${failed} failed, ${durationMs} ms`);
  return failed > 0 ? exits.failed : exits.ok;
};

const answerOf = ({ facts = {}, hint = '', fault }: Row): string => {
  if (fault !== undefined) return `${fault.type}: ${fault.message}`;
  const told = Object.entries(facts).map(([key, value]) => `${key}=${String(value)}`);
  return [...told, hint].filter((part) => part !== '').join(' ');
};

const printWhole = (shell: Parameters<Verb>[0], report: Report): Promise<void> =>
  printListing(shell.terminal, shell.wish, {
    columns: [],
    rows: [report],
    object: (whole) => ({ apiVersion: 'fairlead.dev/v1', kind: 'ExecReport', ...whole }),
    name: ({ verb }) => verb,
    single: true,
  });
