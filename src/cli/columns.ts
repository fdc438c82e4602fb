/** Columns of what `get` prints. They are API: scripts cut them, so none is ever renamed or moved. */
import { span } from './duration.ts';
import type { Style } from './style.ts';
import type { Column } from './table.ts';
import {
  agentsOf,
  changeText,
  isObject,
  moodOf,
  nodeMood,
  readyCount,
  reasonOf,
  revisionOf,
  serversOf,
  stateOf,
} from './view.ts';
import type { ClusterView, NodeView } from './view.ts';

/** How a table is to be shown. */
export interface Looks {
  readonly style: Style;
  readonly nowMs: number;
  /** Leading NAMESPACE column. */
  readonly namespaces: boolean;
}

export function clusterColumns(looks: Looks): readonly Column<ClusterView>[] {
  const namespace: Column<ClusterView> = {
    head: 'NAMESPACE',
    cell: (view) => view.metadata.namespace,
  };
  return [
    ...(looks.namespaces ? [namespace] : []),
    { head: 'NAME', cell: (view) => view.metadata.name },
    { head: 'STATE', cell: (view) => marked(looks, moodOf(view), stateOf(view)) },
    { head: 'HEALTH', cell: (view) => view.status?.health ?? '', wide: true },
    { head: 'SERVERS', cell: serversText },
    { head: 'AGENTS', cell: agentsText },
    { head: 'K3S', cell: versionText },
    { head: 'REGION', cell: (view) => view.spec?.region ?? '' },
    { head: 'ZONES', cell: (view) => (view.status?.resolved?.zones ?? []).join(','), wide: true },
    {
      head: 'AGE',
      cell: (view) => ageText(looks, view.status?.createdAtMs),
      order: (view) => looks.nowMs - (view.status?.createdAtMs ?? 0),
    },
    { head: 'REV', cell: (view) => String(revisionOf(view)), wide: true },
    { head: 'UID', cell: (view) => view.metadata.uid ?? '', wide: true },
    { head: 'REASON', cell: (view) => oneLine(reasonOf(view)) },
    { head: 'OPERATION', cell: changeText, wide: true },
  ];
}

export interface NodeRow {
  readonly cluster: ClusterView;
  readonly node: NodeView;
}

export function nodeColumns(looks: Looks): readonly Column<NodeRow>[] {
  const namespace: Column<NodeRow> = {
    head: 'NAMESPACE',
    cell: (row) => row.cluster.metadata.namespace,
  };
  return [
    ...(looks.namespaces ? [namespace] : []),
    { head: 'NAME', cell: (row) => row.node.name },
    { head: 'CLUSTER', cell: (row) => row.cluster.metadata.name },
    { head: 'ROLE', cell: (row) => row.node.role ?? '' },
    { head: 'POOL', cell: (row) => row.node.pool ?? '', wide: true },
    {
      head: 'STATE',
      cell: (row) => marked(looks, nodeMood(row.node), row.node.state ?? 'unknown'),
    },
    { head: 'PROGRESS', cell: (row) => percent(row.node.progress), wide: true },
    { head: 'INSTANCE', cell: (row) => row.node.instanceId ?? '' },
    { head: 'TYPE', cell: (row) => row.node.type ?? '' },
    { head: 'ZONE', cell: (row) => row.node.zone ?? '' },
    { head: 'IP', cell: (row) => row.node.privateIp ?? '', wide: true },
    { head: 'SLOT', cell: (row) => row.node.slot ?? '', wide: true },
    {
      head: 'AGE',
      cell: (row) => ageText(looks, row.node.sinceMs),
      order: (row) => looks.nowMs - (row.node.sinceMs ?? 0),
    },
    { head: 'REASON', cell: (row) => oneLine(row.node.reason ?? '') },
  ];
}

/** A committed event as the service publishes it (CloudEvents, structured JSON). */
export interface EventView {
  readonly time?: string;
  readonly type?: string;
  readonly source?: string;
  readonly actorrev?: number | string;
  readonly correlationid?: string;
  readonly data?: unknown;
}

export const eventColumns: readonly Column<EventView>[] = [
  { head: 'TIME', cell: (event) => event.time ?? '' },
  { head: 'RESOURCE', cell: (event) => resourceOf(event) },
  { head: 'EVENT', cell: (event) => eventName(event) },
  { head: 'REV', cell: (event) => String(event.actorrev ?? ''), wide: true },
  { head: 'CORRELATION', cell: (event) => event.correlationid ?? '', wide: true },
  { head: 'DETAIL', cell: (event) => oneLine(detail(event.data)) },
];

/** `/fairlead/<installation>/cluster/shop/dev` → `cluster/shop/dev`. */
const resourceOf = (event: EventView): string =>
  (event.source ?? '').split('/').slice(-3).join('/');

/** `fairlead.cluster.phaseChanged.v1` → `phaseChanged`. */
const eventName = (event: EventView): string =>
  (event.type ?? '').replace(/^fairlead\.[^.]+\./, '').replace(/\.v\d+$/, '');

/** Flat `key=value` pairs; nested values as JSON. */
function detail(data: unknown): string {
  if (!isObject(data)) return data === undefined ? '' : JSON.stringify(data);
  return Object.entries(data)
    .filter(([, value]) => value !== '' && value !== null)
    .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ');
}

export const marked = (looks: Looks, mood: Parameters<Style['symbol']>[0], text: string): string =>
  looks.style.decorated ? `${looks.style.symbol(mood)} ${text}` : text;

function serversText(view: ClusterView): string {
  const servers = serversOf(view);
  return `${readyCount(servers)}/${view.spec?.servers?.count ?? servers.length}`;
}

function agentsText(view: ClusterView): string {
  const agents = agentsOf(view);
  const wanted = view.spec?.agentPools?.reduce((sum, pool) => sum + (pool.count ?? 0), 0);
  return `${readyCount(agents)}/${wanted ?? agents.length}`;
}

function versionText(view: ClusterView): string {
  const wished = view.spec?.version;
  return view.status?.resolved?.version ?? wished?.k3s ?? wished?.channel ?? '';
}

export const ageText = (looks: Looks, sinceMs: number | undefined): string =>
  sinceMs === undefined ? '' : span(looks.nowMs - sinceMs);

const percent = (progress: number | undefined): string =>
  progress === undefined ? '' : `${progress}%`;
export const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();
