/** `fairlead get`: resources as the service lists them, and nodes out of their clusters' views. */
import { keyText } from '../../../machines/ids.ts';
import { clusterColumns, nodeColumns } from '../columns.ts';
import type { Looks, NodeRow } from '../columns.ts';
import { exits } from '../exit-codes.ts';
import { hintsFor, problemIn, refused, usage } from '../failure.ts';
import { isRegistry, kindOf, pluralOf, resourceKinds, storedOf, targetOf } from '../kinds.ts';
import type { StoredKind, Target } from '../kinds.ts';
import { isSelected } from '../selector.ts';
import { printListing } from '../output.ts';
import type { Listing } from '../output.ts';
import { listResources, readResource, withNearName } from '../reads.ts';
import { groupColumns } from '../group-view.ts';
import { replicationColumns } from '../replication-columns.ts';
import type { Column } from '../table.ts';
import type { Session } from '../session.ts';
import type { Shell, Verb } from '../shell.ts';
import type { ClusterView, ResourceView } from '../view.ts';

export const get: Verb = async (shell) => {
  const { terminal, operands, namespace, wish } = shell;
  const kind = kindOf(operands[0]?.split('/')[0] ?? '');
  if (kind !== undefined && isRegistry(kind))
    return (await import('./get-registry.ts')).getRegistry(shell, kind);
  const target = targetOf(operands, namespace, { name: 'get', kinds: resourceKinds });
  for (const flag of ['cluster', 'now', 'host'] as const)
    if (shell.flags[flag] !== undefined)
      throw usage(`--${flag} is not for ${pluralOf(target.kind)}`, {
        tries: ['fairlead get --help'],
      });
  const session = await shell.session();
  const isWanted = isSelected(shell.flags.selector ?? []);
  const looks = looksOf(shell, target);
  const single = target.names.length === 1;
  if (target.kind === 'node') {
    const views = await viewsOf(shell, session, { ...target, kind: 'cluster' });
    const rows = nodeRows(views.filter(isWanted));
    await printListing(terminal, wish, nodeListing(looks, rows));
    if (rows.length === 0) shell.note(emptyText(shell, 'nodes'));
  } else {
    const stored = storedOf(target.kind);
    const found = await viewsOf(shell, session, { ...target, kind: stored });
    const views = found.filter(isWanted);
    await printListing(terminal, wish, listingOf(stored, looks, views, single));
    if (views.length === 0) shell.note(emptyText(shell, pluralOf(stored)));
  }
  return exits.ok;
};

/** The resources a target names, or all of the namespace (all of them with `-A`) when it names none. */
export async function viewsOf(
  shell: Shell,
  session: Session,
  { kind, names }: Target & { readonly kind: StoredKind },
): Promise<readonly ResourceView[]> {
  if (names.length === 0) {
    const around = {
      namespace: shell.namespace,
      allNamespaces: shell.flags.allNamespaces === true,
    };
    return listResources(session, kind, around);
  }
  const views: ResourceView[] = [];
  for (const named of names) {
    const key = { kind, ...named };
    try {
      views.push(await readResource(session, key));
    } catch (thrown) {
      const problem = problemIn(thrown);
      if (problem === undefined) throw thrown;
      const full = await withNearName(session, key, { actor: keyText(key), ...problem });
      throw refused(full, hintsFor(full));
    }
  }
  return views;
}

export const looksOf = (shell: Shell, target: Target): Looks => ({
  style: shell.outStyle,
  nowMs: shell.terminal.nowMs(),
  namespaces:
    shell.flags.allNamespaces === true ||
    target.names.some((named) => named.namespace !== shell.namespace),
});

export const nodeRows = (views: readonly ClusterView[]): readonly NodeRow[] =>
  views.flatMap((cluster) => (cluster.status?.nodes ?? []).map((node) => ({ cluster, node })));

export const listingOf = (
  kind: StoredKind,
  looks: Looks,
  rows: readonly ResourceView[],
  single: boolean,
): Listing<ResourceView> => ({
  columns: columnsOf(kind, looks),
  rows,
  object: (view) => view,
  name: ({ metadata }) => keyText({ kind, ...metadata }),
  single,
});

const columnsOf = (kind: StoredKind, looks: Looks): readonly Column<ResourceView>[] => {
  if (kind === 'replicationgroup') return groupColumns(looks);
  return kind === 'replication' ? replicationColumns(looks) : clusterColumns(looks);
};

export const nodeListing = (looks: Looks, rows: readonly NodeRow[]): Listing<NodeRow> => ({
  columns: nodeColumns(looks),
  rows,
  object: ({ cluster: { metadata }, node: { name, ...status } }) => ({
    apiVersion: 'fairlead.dev/v1',
    kind: 'Node',
    metadata: { namespace: metadata.namespace, cluster: metadata.name, name },
    status,
  }),
  name: ({ cluster: { metadata }, node }) => `node/${metadata.namespace}/${node.name}`,
});

const emptyText = (shell: Shell, what: string): string =>
  shell.flags.allNamespaces === true
    ? `no ${what} in any namespace`
    : `no ${what} in namespace ${shell.namespace} (-A looks in all)`;
