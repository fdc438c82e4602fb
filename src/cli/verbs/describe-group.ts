/** `fairlead describe replicationgroup`: every member side by side, what is under way, and how the newest order ended. */
import { exits } from '../exit-codes.ts';
import type { Exit } from '../exit-codes.ts';
import {
  groupDetail,
  groupMood,
  groupPosition,
  groupReason,
  memberColumns,
} from '../group-view.ts';
import type { GroupView } from '../group-view.ts';
import type { Target } from '../kinds.ts';
import { printListing } from '../output.ts';
import type { Session } from '../session.ts';
import type { Shell } from '../shell.ts';
import { tableText } from '../table.ts';
import { revisionOf } from '../view.ts';
import { conditionsText, joined, labelled, pairs, row } from './describe.ts';
import { listingOf, looksOf, viewsOf } from './get.ts';

export async function describeGroups(
  shell: Shell,
  session: Session,
  target: Target,
): Promise<Exit> {
  const kind = 'replicationgroup';
  const views = await viewsOf(shell, session, { ...target, kind });
  if (!['table', 'wide'].includes(shell.wish.format)) {
    const listing = listingOf(kind, looksOf(shell, target), views, views.length === 1);
    await printListing(shell.terminal, shell.wish, listing);
    return exits.ok;
  }
  for (const [index, view] of views.entries())
    shell.terminal.out((index > 0 ? '\n' : '') + textOf(shell, view));
  return exits.ok;
}

function textOf({ outStyle: style }: Shell, view: GroupView): string {
  const { status, metadata } = view;
  const last = status?.lastOrder;
  const head = joined(
    style.paint('bold', `replicationgroup/${metadata.namespace}/${metadata.name}`),
    labelled('uid', metadata.uid),
    labelled('revision', revisionOf(view)),
  );
  const lines = [
    head,
    row('State', `${style.symbol(groupMood(view))} ${groupPosition(view)}`),
    row('Under way', groupDetail(view)),
    row('Last order', last && joined(last.verb ?? '', last.ok === true ? 'ended well' : 'failed')),
    row('Because', groupReason(view)),
    row('Conditions', conditionsText(view)),
    row('Can', (view.allowedNext ?? []).join(', ')),
    row('Labels', pairs(metadata.labels ?? {})),
  ];
  const text = lines.filter((line) => line !== undefined).map((line) => `${line}\n`);
  return `${text.join('')}\n${tableText(memberColumns, status?.members ?? [], { headers: true })}`;
}
