/** `fairlead describe replicationgroup`: every member side by side, what is under way, and how the newest order ended. */
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
import type { Session } from '../session.ts';
import type { Shell } from '../shell.ts';
import { tableText } from '../table.ts';
import { revisionOf } from '../view.ts';
import { conditionsText, joined, labelled, pairs, printDescribed, row } from './describe.ts';

export const describeGroups = (shell: Shell, session: Session, target: Target): Promise<Exit> =>
  printDescribed(shell, session, { ...target, kind: 'replicationgroup' }, (view) =>
    textOf(shell, view),
  );

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
