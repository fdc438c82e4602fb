/** `fairlead next`: which commands would be taken now, and of a replication what each side may become and by which. */
import type { CommandHead } from '../../../actors/explain/shape.ts';
import { exits } from '../exit-codes.ts';
import type { Exit } from '../exit-codes.ts';
import { usage } from '../failure.ts';
import { storedTargetOf } from '../kinds.ts';
import type { Target } from '../kinds.ts';
import { printListing } from '../output.ts';
import { phaseOf, sides } from '../replication-view.ts';
import type { ReplicationView, Side } from '../replication-view.ts';
import type { Session } from '../session.ts';
import type { Shell, Verb } from '../shell.ts';
import { viewsOf } from './get.ts';
import { ask } from './why.ts';

interface Move {
  readonly endpoint: Side;
  readonly phase: string;
  readonly to: string;
  /** Empty where only evidence brings it about. */
  readonly command: string;
  readonly allowed: boolean;
  readonly because: readonly string[];
}

export const next: Verb = async (shell) => {
  const target = storedTargetOf(shell.operands, shell.namespace, 'next');
  if (target.names.length !== 1)
    throw usage('next needs one name', { tries: ['fairlead next replication <name>'] });
  const session = await shell.session();
  if (target.kind !== 'replication') return listCommands(shell, session, target);
  const kind = 'replication';
  const [view] = await viewsOf(shell, session, { ...target, kind });
  const rows = view === undefined ? [] : await movesOf(session, view);
  await printListing(shell.terminal, shell.wish, {
    columns: [
      { head: 'ENDPOINT', cell: ({ endpoint }) => endpoint },
      { head: 'STATE', cell: ({ phase }) => phase },
      { head: 'NEXT', cell: ({ to }) => to },
      { head: 'ALLOWED', cell: ({ allowed }) => (allowed ? 'yes' : 'no') },
      { head: 'COMMAND', cell: ({ command }) => command || 'by itself' },
      { head: 'BECAUSE', cell: ({ because }) => because.join('; ') },
    ],
    rows,
    object: (move) => ({ apiVersion: 'fairlead.dev/v1', kind: 'Move', ...move }),
    name: ({ endpoint, to }) => `${endpoint}/${to}`,
  });
  return exits.ok;
};

/** Every command of it, as the page lists them. */
async function listCommands(
  shell: Shell,
  session: Session,
  { kind, names }: Target,
): Promise<Exit> {
  const [named] = names;
  if (named === undefined) return exits.ok;
  const { items } = (await session.query({ kind, ...named, verb: 'commands' })) as {
    readonly items?: readonly CommandHead[];
  };
  await printListing(shell.terminal, shell.wish, {
    columns: [
      { head: 'COMMAND', cell: ({ command }) => command },
      { head: 'ALLOWED', cell: ({ allowed, unchanged }) => (unchanged ? 'no change' : allowed) },
      { head: 'BECAUSE', cell: ({ reason }) => reason },
    ],
    rows: items ?? [],
    object: (head) => ({ apiVersion: 'fairlead.dev/v1', kind: 'Admission', ...head }),
    name: ({ command }) => command,
  });
  return exits.ok;
}

async function movesOf(session: Session, view: ReplicationView): Promise<readonly Move[]> {
  const found: Move[] = [];
  for (const endpoint of sides)
    for (const { state: to, verb, because = [] } of view.status?.endpoints?.[endpoint]?.next ??
      []) {
      const move = { endpoint, phase: phaseOf(view, endpoint), to };
      const command = verb === undefined ? '' : commandOf(view, verb, endpoint);
      found.push({ ...move, command, allowed: because.length === 0, because });
      // What planning needs, force may do without: a promotion refused by plan is asked for once more.
      if (verb === 'promote' && because.length > 0)
        found.push(await byForce(session, view, endpoint));
    }
  return found;
}

async function byForce(session: Session, view: ReplicationView, endpoint: Side): Promise<Move> {
  const { namespace, name } = view.metadata;
  const given = { endpoint, how: 'forced' };
  const key = { kind: 'replication', namespace, name };
  const { allowed, because } = await ask(session, { ...key, verb: 'promote', arguments: given });
  return {
    ...{ endpoint, phase: phaseOf(view, endpoint), to: 'promoting' },
    command: `${commandOf(view, 'promote', endpoint)} --forced`,
    allowed: allowed === 'yes',
    because: because.filter(({ is }) => is === 'no').map(({ text }) => text),
  };
}

function commandOf(view: ReplicationView, verb: string, endpoint: Side): string {
  const { namespace, name } = view.metadata;
  const isAimed = !['cancel', 'apply'].includes(verb);
  const what = verb === 'apply' ? '-f <file>' : `replication ${name} -n ${namespace}`;
  return `fairlead ${verb} ${what}${isAimed && endpoint === 'home' ? ' --endpoint home' : ''}`;
}
