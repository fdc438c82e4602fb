/** A group of replications as the service shows it, and what people are told of it. Parts may be missing. */
import { ageText, marked, oneLine } from './columns.ts';
import type { Looks } from './columns.ts';
import { span } from './duration.ts';
import { usage } from './failure.ts';
import { msOf } from './replication-view.ts';
import type { Mood } from './style.ts';
import type { Column } from './table.ts';
import type { Goal, Verdict } from './verdict.ts';
import { revisionOf } from './view.ts';
import type { ResourceStatus, ResourceView } from './view.ts';

interface Failure {
  readonly name: string;
  readonly says: string;
}

export interface MemberView {
  readonly name: string;
  readonly known?: boolean;
  readonly home?: string;
  readonly away?: string;
  readonly writer?: string;
  /** Barrier it waits at. */
  readonly at?: string | null;
  readonly says?: string;
}

interface GroupStatus extends ResourceStatus {
  readonly writer?: string;
  readonly lastSync?: number | string | null;
  readonly lag?: { readonly ratio?: number };
  readonly loss?: { readonly seconds?: number };
  readonly members?: readonly MemberView[];
  readonly operation?: {
    readonly verb?: string;
    readonly how?: string;
    readonly endpoint?: string | null;
    readonly moving?: readonly string[];
    readonly settled?: readonly string[];
  } | null;
  readonly lastOrder?: {
    readonly verb?: string;
    readonly ok?: boolean;
    readonly cause?: string;
    readonly failures?: readonly Failure[];
  };
}

export interface GroupView extends ResourceView {
  readonly spec?: { readonly members?: readonly { readonly name: string }[] };
  readonly status?: GroupStatus;
}

export const groupMood = ({ status }: GroupView): Mood => {
  if ((status?.operation ?? null) !== null) return 'changing';
  if (status?.lastOrder?.ok === false) return 'bad';
  return status?.writer === 'home' || status?.writer === 'away' ? 'good' : 'bad';
};

export const groupPosition = ({ status }: GroupView): string =>
  `${status?.phase ?? 'unknown'}, writer ${status?.writer ?? 'unknown'}`;

/** Of the newest order, when it came to nothing: each member with what it says. */
export function groupReason({ status }: GroupView): string {
  const { ok = true, cause = '', failures = [] } = status?.lastOrder ?? {};
  if (ok || (status?.operation ?? null) !== null) return '';
  return [cause, ...failures.map(({ name, says }) => `${name}: ${says}`)]
    .filter((part) => part !== '')
    .join('; ');
}

export function groupDetail({ status }: GroupView): string {
  const { operation } = status ?? {};
  if (operation === undefined || operation === null) return '';
  const { verb, how, moving = [], settled = [] } = operation;
  return [how, verb, `${settled.length} of ${moving.length} armed`].filter(Boolean).join(' ');
}

/** They are API: none is ever renamed or moved. */
export function groupColumns(looks: Looks): readonly Column<GroupView>[] {
  const namespace: Column<GroupView> = {
    head: 'NAMESPACE',
    cell: (view) => view.metadata.namespace,
  };
  const synced = ({ status }: GroupView): string => {
    const ms = msOf(status?.lastSync);
    return ms === undefined ? '' : `${span(looks.nowMs - ms)} ago`;
  };
  return [
    ...(looks.namespaces ? [namespace] : []),
    { head: 'NAME', cell: (view) => view.metadata.name },
    {
      head: 'PHASE',
      cell: (view) => marked(looks, groupMood(view), view.status?.phase ?? 'unknown'),
    },
    { head: 'WRITER', cell: (view) => view.status?.writer ?? 'unknown' },
    { head: 'MEMBERS', cell: (view) => String(view.spec?.members?.length ?? 0) },
    { head: 'LAST SYNC', cell: synced },
    { head: 'LOSS', cell: ({ status }) => lossText(status?.loss?.seconds) },
    { head: 'AGE', cell: (view) => ageText(looks, view.status?.createdAtMs) },
    { head: 'REV', cell: (view) => String(revisionOf(view)), wide: true },
    { head: 'UID', cell: (view) => view.metadata.uid ?? '', wide: true },
    { head: 'REASON', cell: (view) => oneLine(groupReason(view)) },
    { head: 'OPERATION', cell: groupDetail, wide: true },
  ];
}

const lossText = (seconds: number | undefined): string =>
  seconds === undefined ? '' : seconds === 0 ? 'none' : `≤${span(seconds * 1_000)}`;

export const memberColumns: readonly Column<MemberView>[] = [
  { head: 'MEMBER', cell: ({ name }) => name },
  { head: 'WRITER', cell: ({ writer }) => writer ?? '' },
  { head: 'HOME', cell: ({ home }) => home ?? '' },
  { head: 'AWAY', cell: ({ away }) => away ?? '' },
  { head: 'WAITS AT', cell: ({ at }) => at ?? '' },
  { head: 'SAYS', cell: ({ says }) => oneLine(says ?? '') },
];

/**
 * `writer=<side>`, `done` (nothing under way, and the newest order came to its end), `deleted`.
 * @throws Failure `cli.usage` when the text is no goal
 */
export function groupGoal(text: string): Goal {
  const writer = /^writer=(home|away)$/.exec(text)?.[1];
  if (writer === undefined && !['done', 'deleted', 'resting'].includes(text))
    throw usage(`${text} is nothing to wait for`, {
      allowed: ['writer=home', 'writer=away', 'done', 'deleted'],
    });
  return {
    text: text === 'done' ? 'the end of the order' : text,
    isAbsence: text === 'deleted',
    judge: (seen) => verdict(seen, writer, text === 'deleted'),
  };
}

function verdict(view: GroupView, writer: string | undefined, forGood: boolean): Verdict {
  const { status } = view;
  if (forGood || (status?.operation ?? null) !== null) return { kind: 'pending' };
  if (status?.lastOrder?.ok !== false && (writer === undefined || status?.writer === writer))
    return { kind: 'reached' };
  if (status?.lastOrder === undefined) return { kind: 'pending' };
  const { name, namespace } = view.metadata;
  return {
    kind: 'unreachable',
    why: groupReason(view) || `${status.writer ?? 'nobody'} writes`,
    tries: [`fairlead describe replicationgroup ${name} -n ${namespace}`],
  };
}
