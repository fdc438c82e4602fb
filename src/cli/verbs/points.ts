/** `fairlead points`: the committed recovery points of a replication, oldest first. */
import { exits } from '../exit-codes.ts';
import { usage } from '../failure.ts';
import { targetOf } from '../kinds.ts';
import { printListing } from '../output.ts';
import { pointColumns } from '../replication-columns.ts';
import type { ReplicationView } from '../replication-view.ts';
import type { Verb } from '../shell.ts';
import { viewsOf } from './get.ts';

export const points: Verb = async (shell) => {
  const kind = 'replication';
  const target = targetOf(shell.operands, shell.namespace, { name: 'points', kinds: [kind] });
  if (target.names.length !== 1)
    throw usage('points needs one name', { tries: ['fairlead points replication <name>'] });
  const views = await viewsOf(shell, await shell.session(), { ...target, kind });
  const [view]: readonly ReplicationView[] = views;
  const rows = view?.status?.points ?? [];
  await printListing(shell.terminal, shell.wish, {
    columns: pointColumns(shell.terminal.nowMs()),
    rows,
    object: (point) => ({ apiVersion: 'fairlead.dev/v1', kind: 'RecoveryPoint', ...point }),
    name: ({ seq }) => String(seq),
  });
  if (rows.length === 0) shell.note('no recovery point has been committed yet');
  return exits.ok;
};
