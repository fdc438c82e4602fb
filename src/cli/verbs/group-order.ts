/** Orders to groups of replications, and the moves that replications, groups and whole clusters take. */
import { isConfirmed } from '../confirm.ts';
import { carryOut } from '../dry-run.ts';
import { exits } from '../exit-codes.ts';
import type { Exit } from '../exit-codes.ts';
import { usage } from '../failure.ts';
import { groupGoal } from '../group-view.ts';
import { targetOf } from '../kinds.ts';
import type { KindName, Target } from '../kinds.ts';
import { replicationArguments } from '../replication-arguments.ts';
import type { Shell, Verb } from '../shell.ts';

/** By what is named: a replication, a group, or, of a failover, everything between two clusters. */
export const moveVerb =
  (verb: string, kinds: readonly KindName[]): Verb =>
  async (shell) => {
    const target = targetOf(shell.operands, shell.namespace, { name: verb, kinds });
    if (target.kind === 'replicationgroup') return orderGroups(shell, verb, target);
    if (target.kind === 'cluster')
      return (await import('./failover-cluster.ts')).failoverCluster(shell, target);
    return (await import('./replication-order.ts')).orderReplications(shell, verb, target);
  };

export async function orderGroups(shell: Shell, verb: string, { names }: Target): Promise<Exit> {
  if (names.length === 0)
    throw usage(`${verb} needs a name`, { tries: [`fairlead ${verb} replicationgroup <name>`] });
  const { flags } = shell;
  if (flags.point !== undefined)
    throw usage('--point names a point of one replication; a group takes the newest of each');
  const given = verb === 'failover' ? replicationArguments(verb, flags) : reasonOf(shell);
  for (const { name } of flags.forced === true ? names : []) {
    const question = `Promote away of every member of ${name} by force? Old writers are fenced, and what they have not copied yet is lost.`;
    if (!(await isConfirmed(shell, { name, question }))) {
      shell.note('nothing was sent');
      return exits.failed;
    }
  }
  const wish = flags.wait === 'done' ? goalAfter(verb) : flags.wait;
  const goal = wish === undefined ? undefined : groupGoal(wish);
  const session = await shell.session();
  const orders = names.map((named) => ({
    ...{ kind: 'replicationgroup', ...named, verb, arguments: given },
  }));
  return carryOut(shell, session, orders, goal && (() => goal));
}

const reasonOf = ({ flags: { reason } }: Shell) => (reason === undefined ? {} : { reason });

const goalAfter = (verb: string): string =>
  verb === 'failover' ? 'writer=away' : verb === 'failback' ? 'writer=home' : 'done';
