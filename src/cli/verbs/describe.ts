/** `fairlead describe`: one cluster for reading; scripts use `get -o json`. */
import { eventColumns, nodeColumns } from '../columns.ts';
import type { EventView } from '../columns.ts';
import { span } from '../duration.ts';
import { exits } from '../exit-codes.ts';
import type { Exit } from '../exit-codes.ts';
import { usage } from '../failure.ts';
import { kindOf, storedKinds, targetOf } from '../kinds.ts';
import type { StoredKind, Target } from '../kinds.ts';
import { printListing } from '../output.ts';
import { readHistory } from '../reads.ts';
import type { Session } from '../session.ts';
import type { Shell, Verb } from '../shell.ts';
import type { Style } from '../style.ts';
import { tableText } from '../table.ts';
import { changeText, isObject, moodOf, nodeMood, reasonOf, revisionOf, stateOf } from '../view.ts';
import type { ClusterView, ResourceView } from '../view.ts';
import { listingOf, looksOf, nodeRows, viewsOf } from './get.ts';

/** Newest events shown. */
const eventsShown = 8;

export const describe: Verb = async (shell) => {
  if (kindOf(shell.operands[0]?.split('/')[0] ?? '') === 'breaker')
    return (await import('./describe-breaker.ts')).describeBreaker(shell);
  const target = targetOf(shell.operands, shell.namespace, {
    name: 'describe',
    kinds: [...storedKinds, 'breaker'],
  });
  if (target.names.length === 0)
    throw usage('describe needs a name', { tries: ['fairlead describe cluster <name>'] });
  const session = await shell.session();
  if (target.kind === 'replication')
    return (await import('./describe-replication.ts')).describeReplications(shell, session, target);
  if (target.kind === 'replicationgroup')
    return (await import('./describe-group.ts')).describeGroups(shell, session, target);
  return printDescribed(shell, session, { ...target, kind: 'cluster' }, async (view) => {
    const { namespace, name } = view.metadata;
    const key = { kind: 'cluster', namespace, name };
    const past = (await readHistory(session, key, { limit: eventsShown })).filter(isObject);
    return textOf(shell, view, past);
  });
};

/** One text after the other for reading; for every other format the resources as `get` lists them. */
export async function printDescribed(
  shell: Shell,
  session: Session,
  target: Target & { readonly kind: StoredKind },
  textOf: (view: ResourceView) => string | Promise<string>,
): Promise<Exit> {
  const { terminal, wish } = shell;
  const views = await viewsOf(shell, session, target);
  if (!['table', 'wide'].includes(wish.format)) {
    const listing = listingOf(target.kind, looksOf(shell, target), views, views.length === 1);
    await printListing(terminal, wish, listing);
    return exits.ok;
  }
  for (const [index, view] of views.entries()) {
    const text = await textOf(view);
    terminal.out((index > 0 ? '\n' : '') + text);
  }
  return exits.ok;
}

function textOf(shell: Shell, view: ClusterView, past: readonly EventView[]): string {
  const { outStyle: style, terminal } = shell;
  const nowMs = terminal.nowMs();
  const lines = [
    headLine(style, 'cluster', view),
    stateLine(style, view, nowMs),
    ...placeLines(view),
    ...changeLines(view, nowMs),
    ...errorLines(view),
    ...accessLines(view),
    row('Conditions', conditionsText(view)),
    row('Can', (view.allowedNext ?? []).join(', ')),
    row('Labels', pairs(view.metadata.labels ?? {})),
  ];
  const head = lines.filter((line) => line !== undefined).map((line) => `${line}\n`);
  return head.join('') + nodesText(shell, view, nowMs) + eventsText(past);
}

export const headLine = (style: Style, kind: StoredKind, view: ResourceView): string =>
  joined(
    style.paint('bold', `${kind}/${view.metadata.namespace}/${view.metadata.name}`),
    labelled('uid', view.metadata.uid),
    labelled('revision', revisionOf(view)),
    labelled('generation', view.status?.generation),
  );

function stateLine(style: Style, view: ClusterView, nowMs: number): string | undefined {
  const sinceMs = view.status?.sinceMs;
  const since = sinceMs === undefined ? '' : `since ${span(nowMs - sinceMs)}`;
  // A failure has lines of its own further down.
  const reason = view.status?.lastError === undefined ? reasonOf(view) : '';
  return row('State', joined(`${style.symbol(moodOf(view))} ${stateOf(view)}`, since, reason));
}

function placeLines(view: ClusterView): (string | undefined)[] {
  const { spec, status } = view;
  const steps = status?.progress?.steps ?? [];
  return [
    row('Where', joined(spec?.region ?? '', (status?.resolved?.zones ?? []).join(', '))),
    row('K3s', status?.resolved?.version ?? wishedVersion(view)),
    row('Health', status?.health),
    row('Steps', steps.map((step) => `${step.name} ${step.state}`).join(' · ')),
  ];
}

function wishedVersion({ spec }: ClusterView): string | undefined {
  const { k3s, channel } = spec?.version ?? {};
  return k3s ?? (channel === undefined ? undefined : `channel ${channel}, not resolved yet`);
}

export const pairs = (labels: Readonly<Record<string, string>>): string =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(' ');

export const joined = (...parts: string[]): string =>
  parts.filter((part) => part !== '').join('   ');
export const labelled = (label: string, value: string | number | undefined): string =>
  value === undefined ? '' : `${label} ${value}`;
export const row = (label: string, value: string | undefined): string | undefined =>
  value === undefined || value === '' ? undefined : `${label.padEnd(12)}${value}`;

/** The change under way: who ordered it, what it does to the spec, and by when it has to be done. */
function changeLines(view: ClusterView, nowMs: number): (string | undefined)[] {
  const { operation, lastOperation } = view.status ?? {};
  const ended =
    lastOperation === undefined
      ? undefined
      : row('Last change', joined(lastOperation.opId ?? '', lastOperation.outcome ?? ''));
  if (operation?.kind === undefined) return [ended];
  const { startedAtMs, deadlineAtMs, by } = operation;
  return [
    row(
      'Change',
      joined(
        changeText(view),
        labelled('by', by),
        startedAtMs === undefined ? '' : `since ${span(nowMs - startedAtMs)}`,
        deadlineAtMs === undefined ? '' : `at most ${span(Math.max(0, deadlineAtMs - nowMs))} more`,
      ),
    ),
    ended,
  ];
}

function errorLines(view: ClusterView): (string | undefined)[] {
  const error = view.status?.lastError;
  if (error === undefined) return [];
  const code = [error.type, error.code].filter(Boolean).join(' ');
  return [
    row(
      'Last error',
      joined(code, error.message ?? '', error.step === undefined ? '' : `in ${error.step}`),
    ),
    row('Hint', error.hint),
  ];
}

function accessLines(view: ClusterView): (string | undefined)[] {
  const access = view.status?.access;
  if (access === undefined) return [];
  return [
    row('API', access.endpoint),
    row(
      'Kubeconfig',
      joined(access.kubeconfigParameter ?? '', labelled('expires', access.expiresAt)),
    ),
  ];
}

export const conditionsText = (view: ResourceView): string =>
  (view.status?.conditions ?? [])
    .map(
      ({ type, status, reason }) =>
        `${type}=${status}${status === 'False' && reason !== undefined ? ` (${reason})` : ''}`,
    )
    .join('  ');

function nodesText(shell: Shell, view: ClusterView, nowMs: number): string {
  const rows = nodeRows([view]);
  if (rows.length === 0) return '';
  const looks = { style: shell.outStyle, nowMs, namespaces: false };
  const columns = nodeColumns(looks).filter(
    (column) => column.head !== 'CLUSTER' && column.wide !== true,
  );
  const ready = rows.filter(({ node }) => nodeMood(node) === 'good').length;
  return `\nNodes       ${ready} of ${rows.length} ready\n${tableText(columns, rows, { headers: true })}`;
}

function eventsText(past: readonly EventView[]): string {
  if (past.length === 0) return '';
  const columns = eventColumns.filter(
    (column) => column.head !== 'RESOURCE' && column.wide !== true,
  );
  return `\nLast events\n${tableText(columns, past, { headers: false })}`;
}
