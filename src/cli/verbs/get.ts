/** `fairlead get`: clusters as the service lists them, and nodes out of their clusters' views. */
import { keyText } from '../../../machines/ids.ts';
import { clusterColumns, nodeColumns } from '../columns.ts';
import type { Looks, NodeRow } from '../columns.ts';
import { exits } from '../exit-codes.ts';
import { hintsFor, problemIn, refused, usage } from '../failure.ts';
import { isRegistry, kindOf, pluralOf, resourceKinds, targetOf } from '../kinds.ts';
import type { Target } from '../kinds.ts';
import { isSelected } from '../selector.ts';
import { printListing } from '../output.ts';
import type { Listing } from '../output.ts';
import { listClusters, readCluster, withNearName } from '../reads.ts';
import type { Session } from '../session.ts';
import type { Shell, Verb } from '../shell.ts';
import type { ClusterView } from '../view.ts';

export const get: Verb = async (shell) => {
  const { terminal, operands, namespace, wish } = shell;
  const kind = kindOf(operands[0]?.split('/')[0] ?? '');
  if (kind !== undefined && isRegistry(kind))
    return (await import('./get-registry.ts')).getRegistry(shell, kind);
  const target = targetOf(operands, namespace, { name: 'get', kinds: resourceKinds });
  for (const flag of ['cluster', 'now'] as const)
    if (shell.flags[flag] !== undefined)
      throw usage(`--${flag} is not for ${pluralOf(target.kind)}`, {
        tries: ['fairlead get --help'],
      });
  const session = await shell.session();
  const found = await viewsOf(shell, session, target);
  const views = found.filter(isSelected(shell.flags.selector ?? []));
  const looks = looksOf(shell, target);
  const single = target.names.length === 1;
  if (target.kind === 'node') {
    const rows = nodeRows(views);
    await printListing(terminal, wish, nodeListing(looks, rows));
    if (rows.length === 0) shell.note(emptyText(shell, 'nodes'));
  } else {
    await printListing(terminal, wish, clusterListing(looks, views, single));
    if (views.length === 0) shell.note(emptyText(shell, 'clusters'));
  }
  return exits.ok;
};

/** The clusters a target names, or all of the namespace (all of them with `-A`) when it names none. */
export async function viewsOf(
  shell: Shell,
  session: Session,
  target: Target,
): Promise<readonly ClusterView[]> {
  if (target.names.length === 0)
    return listClusters(session, shell.namespace, shell.flags.allNamespaces === true);
  const views: ClusterView[] = [];
  for (const named of target.names) {
    const key = { kind: 'cluster', ...named };
    try {
      views.push(await readCluster(session, key));
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

export const clusterListing = (
  looks: Looks,
  rows: readonly ClusterView[],
  single: boolean,
): Listing<ClusterView> => ({
  columns: clusterColumns(looks),
  rows,
  object: (view) => view,
  name: ({ metadata }) => `cluster/${metadata.namespace}/${metadata.name}`,
  single,
});

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
