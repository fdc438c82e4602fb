/** Columns of replications and of their recovery points. They are API: none is ever renamed or moved. */
import { ageText, marked, oneLine } from './columns.ts';
import type { Looks } from './columns.ts';
import { span } from './duration.ts';
import {
  lagMs,
  lagText,
  lossText,
  msOf,
  operationText,
  phaseOf,
  placeText,
  replicationMood,
  replicationReason,
  replicationState,
  stepOf,
} from './replication-view.ts';
import type { HistoryView, PointView, ReplicationView } from './replication-view.ts';
import type { Column } from './table.ts';
import { revisionOf } from './view.ts';

export function replicationColumns(looks: Looks): readonly Column<ReplicationView>[] {
  const namespace: Column<ReplicationView> = {
    head: 'NAMESPACE',
    cell: (view) => view.metadata.namespace,
  };
  const lastSyncMs = (view: ReplicationView) => msOf(view.status?.lastSync);
  return [
    ...(looks.namespaces ? [namespace] : []),
    { head: 'NAME', cell: (view) => view.metadata.name },
    {
      head: 'STATE',
      cell: (view) => marked(looks, replicationMood(view), replicationState(view)),
    },
    { head: 'PHASE', cell: (view) => stepOf(phaseOf(view, 'away')) },
    { head: 'WRITER', cell: (view) => view.status?.writer ?? 'unknown' },
    { head: 'EPOCH', cell: (view) => String(view.status?.epoch ?? '') },
    { head: 'HEALTH', cell: (view) => view.status?.health ?? 'unknown' },
    {
      head: 'LAG',
      cell: (view) => lagText(view, looks.nowMs),
      order: (view) => lagMs(view, looks.nowMs) ?? -1,
    },
    { head: 'RPO', cell: (view) => view.spec?.schedule?.rpo ?? '' },
    {
      head: 'LAST SYNC',
      cell: (view) => agoText(looks, lastSyncMs(view)),
      order: (view) => looks.nowMs - (lastSyncMs(view) ?? 0),
    },
    { head: 'LOSS', cell: lossText },
    {
      head: 'AGE',
      cell: (view) => ageText(looks, view.status?.createdAtMs),
      order: (view) => looks.nowMs - (view.status?.createdAtMs ?? 0),
    },
    { head: 'HOME', cell: (view) => phaseOf(view, 'home'), wide: true },
    { head: 'AWAY', cell: (view) => phaseOf(view, 'away'), wide: true },
    { head: 'FROM', cell: (view) => placeText(view, 'home'), wide: true },
    { head: 'TO', cell: (view) => placeText(view, 'away'), wide: true },
    {
      head: 'BACKEND',
      cell: (view) => view.status?.backend ?? view.spec?.backend ?? '',
      wide: true,
    },
    { head: 'MODE', cell: (view) => view.status?.mode ?? view.spec?.mode ?? '', wide: true },
    { head: 'EVERY', cell: (view) => view.spec?.schedule?.every ?? '', wide: true },
    { head: 'POINTS', cell: (view) => String(view.status?.points?.length ?? 0), wide: true },
    { head: 'REV', cell: (view) => String(revisionOf(view)), wide: true },
    { head: 'UID', cell: (view) => view.metadata.uid ?? '', wide: true },
    { head: 'REASON', cell: (view) => oneLine(replicationReason(view)) },
    { head: 'OPERATION', cell: operationText, wide: true },
  ];
}

export const pointColumns = (nowMs: number): readonly Column<PointView>[] => [
  { head: 'SEQ', cell: ({ seq }) => String(seq) },
  { head: 'PIT', cell: ({ pitMs }) => isoText(msOf(pitMs)) },
  {
    head: 'AGE',
    cell: ({ pitMs }) => agoText({ nowMs }, msOf(pitMs)),
    order: ({ pitMs }) => nowMs - (msOf(pitMs) ?? 0),
  },
  { head: 'EPOCH', cell: ({ epoch }) => String(epoch ?? '') },
  { head: 'AT', cell: ({ at }) => at ?? '' },
  { head: 'FINAL', cell: ({ isFinal }) => (isFinal === true ? 'yes' : 'no') },
];

export const historyColumns: readonly Column<HistoryView>[] = [
  { head: 'TIME', cell: ({ atMs }) => isoText(msOf(atMs)) },
  { head: 'ENDPOINT', cell: ({ endpoint }) => endpoint ?? '' },
  { head: 'MOVE', cell: ({ from, to }) => `${from ?? ''} → ${to ?? ''}` },
  { head: 'EPOCH', cell: ({ epoch }) => String(epoch ?? '') },
  { head: 'REASON', cell: ({ reason }) => oneLine(reason ?? '') },
];

const isoText = (ms: number | undefined): string =>
  ms === undefined ? '' : new Date(ms).toISOString();
const agoText = ({ nowMs }: Pick<Looks, 'nowMs'>, ms: number | undefined): string =>
  ms === undefined ? '' : `${span(nowMs - ms)} ago`;
