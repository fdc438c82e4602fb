/** Commands that take a cluster and little else: pause, resume, retry, cancel, stop, start, restart. */
import { carryOut } from '../dry-run.ts';
import { usage } from '../failure.ts';
import { goalOf } from '../goal.ts';
import { targetOf } from '../kinds.ts';
import type { StoredKind } from '../kinds.ts';
import type { Shell, Verb } from '../shell.ts';

/** Arguments of its own that a verb reads from its flags. */
type ArgumentsOf = (shell: Shell) => Readonly<Record<string, unknown>>;

/** Verbs that are in force when they are accepted. */
const waitsForNothing = ['pause', 'cancel'];

export const orderVerb =
  (
    verb: string,
    argumentsOf: ArgumentsOf = () => ({}),
    kinds: readonly StoredKind[] = ['cluster'],
  ): Verb =>
  async (shell) => {
    const target = targetOf(shell.operands, shell.namespace, { name: verb, kinds });
    if (target.kind === 'replication')
      return (await import('./replication-order.ts')).orderReplications(shell, verb, target);
    if (target.kind === 'replicationgroup')
      return (await import('./group-order.ts')).orderGroups(shell, verb, target);
    if (target.names.length === 0)
      throw usage(`${verb} needs a name`, { tries: [`fairlead ${verb} cluster <name>`] });
    const { reason, wait } = shell.flags;
    if (waitsForNothing.includes(verb) && wait === 'done')
      throw usage(`${verb} has nothing to wait for: it is in force when it is accepted`);
    const wish = verb === 'stop' && wait === 'done' ? 'stopped' : wait;
    const goal = wish === undefined ? undefined : goalOf('cluster', wish);
    const own = argumentsOf(shell);
    const session = await shell.session();
    const orders = target.names.map((named) => ({
      kind: 'cluster',
      ...named,
      verb,
      arguments: { ...own, ...(reason !== undefined && { reason }) },
    }));
    return carryOut(shell, session, orders, goal && (() => goal));
  };
