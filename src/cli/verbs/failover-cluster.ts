/**
 * `fairlead cluster failover <a> --to <b>`: everything whose writer is in one cluster and whose other side is in another,
 * groups first, then what is in no group. Each ends for itself; the exit code tells whether all did.
 */
import { awaitGoal } from '../await-goal.ts';
import type { Awaited, WaitEnd } from '../await-goal.ts';
import { isConfirmed } from '../confirm.ts';
import { exits } from '../exit-codes.ts';
import type { Exit } from '../exit-codes.ts';
import { Failure, usage } from '../failure.ts';
import { groupGoal } from '../group-view.ts';
import type { GroupView } from '../group-view.ts';
import type { Target } from '../kinds.ts';
import { printListing } from '../output.ts';
import { listResources } from '../reads.ts';
import { replicationGoal } from '../replication-goal.ts';
import { sides } from '../replication-view.ts';
import type { ReplicationView, Side } from '../replication-view.ts';
import { reportAll, sendAll } from '../send.ts';
import type { Shell } from '../shell.ts';

interface Move {
  readonly kind: 'replication' | 'replicationgroup';
  readonly namespace: string;
  readonly name: string;
  /** Side that is to write. */
  readonly side: Side;
}

interface Row {
  readonly resource: string;
  readonly side: Side;
  readonly end: 'moved' | 'failed' | 'refused' | 'underWay';
  readonly says: string;
}

export async function failoverCluster(shell: Shell, { names }: Target): Promise<Exit> {
  const { to, planned, forced } = shell.flags;
  const [from, ...more] = names;
  if (from === undefined || more.length > 0 || to === undefined)
    throw usage('failover of a cluster needs its name and --to', {
      tries: ['fairlead cluster failover <a> --to <b>'],
    });
  if (planned === true && forced === true) throw usage('--planned and --forced exclude each other');
  const session = await shell.session();
  const around = { namespace: from.namespace, allNamespaces: false };
  const replications: readonly ReplicationView[] = await listResources(
    session,
    'replication',
    around,
  );
  const groups: readonly GroupView[] = await listResources(session, 'replicationgroup', around);
  const moves = movesOf(replications, groups, from.name, to);
  if (moves.length === 0) throw nothingToMove(from.name, to, from.namespace);
  const list = moves.map(({ kind, name }) => `${kind}/${name}`).join(', ');
  const question = `Move ${list} from ${from.name} to ${to} by force? Old writers are fenced, and what they have not copied yet is lost.`;
  if (forced === true && !(await isConfirmed(shell, { name: from.name, question }))) {
    shell.note('nothing was sent');
    return exits.failed;
  }
  const how = forced === true ? 'forced' : 'planned';
  const rows = await moved(shell, moves, how);
  await printListing(shell.terminal, shell.wish, {
    columns: [
      { head: 'RESOURCE', cell: ({ resource }) => resource },
      { head: 'TO', cell: ({ side }) => side },
      { head: 'END', cell: ({ end }) => end },
      { head: 'SAYS', cell: ({ says }) => says },
    ],
    rows,
    object: (row) => ({ apiVersion: 'fairlead.dev/v1', kind: 'Move', how, ...row }),
    name: ({ resource }) => resource,
  });
  if (shell.terminal.interrupted.aborted) return exits.interrupted;
  return rows.every(({ end }) => end === 'moved') ? exits.ok : exits.failed;
}

/** A group moves when one of its members does; its other members say what stands against that. */
function movesOf(
  replications: readonly ReplicationView[],
  groups: readonly GroupView[],
  from: string,
  to: string,
): readonly Move[] {
  const moving = replications.flatMap((view) => {
    const side = sideIn(view, from, to);
    return side === undefined ? [] : [{ ...view.metadata, side }];
  });
  const grouped = groups.flatMap(({ metadata, spec }): Move[] => {
    const names = (spec?.members ?? []).map(({ name }) => name);
    const first = moving.find(({ name }) => names.includes(name));
    const { namespace, name } = metadata;
    return first === undefined
      ? []
      : [{ kind: 'replicationgroup', namespace, name, side: first.side }];
  });
  const members = new Set(
    groups.flatMap(({ spec }) => (spec?.members ?? []).map(({ name }) => name)),
  );
  const single = moving
    .filter(({ name }) => !members.has(name))
    .map(({ namespace, name, side }): Move => ({ kind: 'replication', namespace, name, side }));
  return [...grouped, ...single];
}

/** The side in `to`, where the writer is in `from`. */
function sideIn({ spec, status }: ReplicationView, from: string, to: string): Side | undefined {
  const writer = sides.find((side) => side === status?.writer);
  const other = sides.find((side) => side !== writer);
  if (writer === undefined || other === undefined) return undefined;
  const { endpoints } = spec ?? {};
  const isBetween = endpoints?.[writer]?.cluster === from && endpoints[other]?.cluster === to;
  return isBetween ? other : undefined;
}

async function moved(
  shell: Shell,
  moves: readonly Move[],
  how: 'planned' | 'forced',
): Promise<readonly Row[]> {
  const session = await shell.session();
  const { reason } = shell.flags;
  const rows: Row[] = [];
  // Groups first, so that what belongs together does not wait for the rest.
  for (const kind of ['replicationgroup', 'replication'] as const) {
    const these = moves.filter((move) => move.kind === kind);
    const orders = these.map(({ side, ...key }) => ({
      ...key,
      ...orderOf(kind, side, how, reason === undefined ? {} : { reason }),
    }));
    const { sent, failures } = await sendAll(shell, session, orders);
    rows.push(...refusedRows(these, failures));
    const awaited = sent.flatMap(({ key, accepted }): Awaited[] => {
      const move = these.find(
        ({ namespace, name }) => namespace === key.namespace && name === key.name,
      );
      if (move === undefined) return [];
      const text = `writer=${move.side}`;
      const goal = kind === 'replication' ? replicationGoal(text, true) : groupGoal(text);
      return [{ key: { ...key, kind }, goal, minRevision: accepted.revision ?? 0 }];
    });
    const ends = await awaitGoal(shell, session, awaited);
    reportAll(shell, [...failures, ...ends.failures]);
    rows.push(...endRows(these, awaited, ends));
  }
  return rows;
}

/** Away and home have verbs of their own for a group; a replication is promoted at a side by name. */
function orderOf(
  kind: Move['kind'],
  side: Side,
  how: 'planned' | 'forced',
  reason: { readonly reason?: string },
) {
  if (kind === 'replication')
    return { verb: 'promote', arguments: { endpoint: side, how, ...reason } };
  if (side === 'away') return { verb: 'failover', arguments: { how, ...reason } };
  return { verb: 'failback', arguments: reason };
}

const textOf = ({ kind, namespace, name }: Move): string => `${kind}/${namespace}/${name}`;

const refusedRows = (moves: readonly Move[], failures: readonly Failure[]): readonly Row[] =>
  moves.flatMap((move) => {
    const failure = failures.find(({ problem }) => problem.actor === textOf(move));
    if (failure === undefined) return [];
    const { message } = failure.problem;
    return [{ resource: textOf(move), side: move.side, end: 'refused' as const, says: message }];
  });

function endRows(
  moves: readonly Move[],
  awaited: readonly Awaited[],
  { reached, failures }: WaitEnd,
): readonly Row[] {
  return moves.flatMap((move): Row[] => {
    const isOf = (key: { readonly namespace: string; readonly name: string }): boolean =>
      key.namespace === move.namespace && key.name === move.name;
    if (!awaited.some(({ key }) => isOf(key))) return [];
    const row = { resource: textOf(move), side: move.side };
    if (reached.some(({ key }) => isOf(key))) return [{ ...row, end: 'moved', says: '' }];
    const failure = failures.find(({ problem }) => problem.actor === row.resource);
    if (failure === undefined) return [{ ...row, end: 'underWay', says: 'detached' }];
    const isLate = failure.exit === exits.timeout;
    const says = failure.problem.reason ?? failure.problem.message;
    return [{ ...row, end: isLate ? 'underWay' : 'failed', says }];
  });
}

const nothingToMove = (from: string, to: string, namespace: string): Failure =>
  new Failure(
    {
      code: 'resource.notFound',
      message: `no replication in namespace ${namespace} writes in ${from} and has its other side in ${to}`,
      retryable: false,
    },
    exits.notFound,
    [`fairlead get replications -o wide -n ${namespace}`],
  );
