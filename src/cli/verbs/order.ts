/** Commands that take a resource and nothing else: pause, resume, retry. */
import { usage } from '../failure.ts';
import { goalOf } from '../goal.ts';
import { targetOf } from '../kinds.ts';
import { finish, sendAll } from '../send.ts';
import type { Verb } from '../shell.ts';

export const orderVerb =
  (verb: string): Verb =>
  async (shell) => {
    const target = targetOf(shell.operands, shell.namespace, { name: verb, kinds: ['cluster'] });
    if (target.names.length === 0)
      throw usage(`${verb} needs a name`, { tries: [`fairlead ${verb} cluster <name>`] });
    const goal = shell.flags.wait === undefined ? undefined : goalOf(shell.flags.wait);
    if (verb === 'pause' && shell.flags.wait === 'done')
      throw usage('pause has nothing to wait for: it is in force when it is accepted');
    const { reason } = shell.flags;
    const session = await shell.session();
    const orders = target.names.map((named) => ({
      kind: 'cluster',
      ...named,
      verb,
      arguments: reason === undefined ? {} : { reason },
    }));
    return finish(shell, session, await sendAll(shell, session, orders), goal);
  };
