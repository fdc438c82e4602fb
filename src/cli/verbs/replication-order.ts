/** Orders to replications: promote, demote, failover and the rest; what cannot be taken back is asked about first. */
import { isConfirmed } from '../confirm.ts';
import { carryOut } from '../dry-run.ts';
import { span } from '../duration.ts';
import { exits } from '../exit-codes.ts';
import type { Exit } from '../exit-codes.ts';
import { usage } from '../failure.ts';
import { targetOf } from '../kinds.ts';
import type { Target } from '../kinds.ts';
import { readResource } from '../reads.ts';
import { goalAfter, replicationArguments, sideOf } from '../replication-arguments.ts';
import { replicationGoal } from '../replication-goal.ts';
import { lagMs } from '../replication-view.ts';
import type { ReplicationView } from '../replication-view.ts';
import type { Session } from '../session.ts';
import type { Shell, Verb } from '../shell.ts';

type Named = Target['names'][number];

export const replicationVerb =
  (verb: string): Verb =>
  (shell) =>
    orderReplications(
      shell,
      verb,
      targetOf(shell.operands, shell.namespace, { name: verb, kinds: ['replication'] }),
    );

export async function orderReplications(shell: Shell, verb: string, target: Target): Promise<Exit> {
  const { names } = target;
  if (names.length === 0)
    throw usage(`${verb} needs a name`, { tries: [`fairlead ${verb} replication <name>`] });
  const given = replicationArguments(verb, shell.flags);
  const goals = new Map<string, string>();
  const orders = [];
  const session = await shell.session();
  for (const named of names) {
    const order = await prepared(shell, session, verb, named, given);
    if (order === undefined) {
      shell.note('nothing was sent');
      return shell.terminal.interrupted.aborted ? exits.interrupted : exits.failed;
    }
    goals.set(`${named.namespace}/${named.name}`, order.goal);
    orders.push({ kind: 'replication', ...named, verb, arguments: order.arguments });
  }
  const { wait } = shell.flags;
  const goalFor =
    wait === undefined
      ? undefined
      : ({ namespace, name }: Named) =>
          replicationGoal(goals.get(`${namespace}/${name}`) ?? wait, true);
  return carryOut(shell, session, orders, goalFor);
}

interface Prepared {
  readonly arguments: Readonly<Record<string, unknown>>;
  /** Empty without a wait. */
  readonly goal: string;
}

/** The order as it is sent; undefined when the person at the terminal says no. */
async function prepared(
  shell: Shell,
  session: Session,
  verb: string,
  named: Named,
  given: Readonly<Record<string, unknown>>,
): Promise<Prepared | undefined> {
  const { flags } = shell;
  const isForced = flags.forced === true && ['promote', 'failover'].includes(verb);
  const needsLook =
    isForced || verb === 'override' || (verb === 'relocate' && flags.wait === 'done');
  const view = needsLook
    ? await readResource(session, { kind: 'replication', ...named })
    : undefined;
  const goal = flags.wait === undefined ? '' : waitedFor(shell, verb, view);
  if (view === undefined) return { arguments: given, goal };
  if (verb === 'override') return overriding(shell, named, view, given, goal);
  if (isForced && !(await isConfirmed(shell, { name: named.name, question: lossy(shell, view) })))
    return undefined;
  return { arguments: given, goal };
}

function waitedFor({ flags }: Shell, verb: string, view: ReplicationView | undefined): string {
  const { wait = '' } = flags;
  if (wait !== 'done') return wait;
  if (verb === 'override') return `writer=${view?.status?.operation?.endpoint ?? 'away'}`;
  const goal = goalAfter(verb, flags, view?.status?.writer ?? 'none');
  if (goal !== undefined) return goal;
  throw usage(`${verb} has nothing to wait for by itself`, {
    reason: 'it is in force when it is accepted; --wait=<goal> waits for a state',
  });
}

/** What a forced promotion costs, as far as it is known before. */
function lossy(shell: Shell, view: ReplicationView): string {
  const { namespace, name } = view.metadata;
  const side = sideOf(shell.flags);
  const ms = lagMs(view, shell.terminal.nowMs());
  const loss = ms === undefined ? '(unknown) span' : span(ms);
  return `Promote ${side} of ${namespace}/${name} by force? The old writer is fenced, and what it wrote in the last ${loss} is lost.`;
}

/** A person sees what is risked and types the name; a script has to carry the token that says it was seen. */
async function overriding(
  shell: Shell,
  { namespace, name }: Named,
  { status }: ReplicationView,
  given: Readonly<Record<string, unknown>>,
  goal: string,
): Promise<Prepared | undefined> {
  const { token } = shell.flags;
  const seen = status?.operation?.observed ?? 'nothing';
  const known = status?.operation?.overrideToken;
  if (token === undefined && !shell.terminal.inIsTty)
    throw usage('override needs --token where nobody can be asked', {
      tries: [`fairlead describe replication ${name} -n ${namespace}`],
    });
  const question = `The old writer of ${namespace}/${name} is not proven unable to write (seen: ${seen}). Accept that two sides may write?`;
  if (!(await isConfirmed(shell, { name, question }))) return undefined;
  // Without a promotion that waits for it there is no token; the service says so better than a guess here.
  return { arguments: { ...given, token: token ?? known ?? 'none' }, goal };
}
