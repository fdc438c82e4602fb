/** `fairlead wait --for`: returns when the goal is reached, or at once when it no longer can be. */
import { usage } from '../failure.ts';
import { goalOf } from '../goal.ts';
import { storedTargetOf } from '../kinds.ts';
import { waitAndPrint } from '../send.ts';
import type { Verb } from '../shell.ts';

export const wait: Verb = async (shell) => {
  const target = storedTargetOf(shell.operands, shell.namespace, 'wait');
  if (target.names.length === 0)
    throw usage('wait needs a name', { tries: ['fairlead wait cluster <name> --for running'] });
  if (shell.flags.for === undefined)
    throw usage('wait needs a goal', { tries: ['fairlead wait cluster <name> --for running'] });
  const goal = goalOf(target.kind, shell.flags.for);
  const awaited = target.names.map((named) => ({
    key: { kind: target.kind, ...named },
    goal,
    minRevision: 0,
  }));
  return waitAndPrint(shell, await shell.session(), awaited);
};
