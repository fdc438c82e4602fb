/** `fairlead top`: the fleet as it changes, on a terminal; one table or data elsewhere. */
import { exits } from '../exit-codes.ts';
import type { Exit } from '../exit-codes.ts';
import { refused, usage } from '../failure.ts';
import { printListing } from '../output.ts';
import type { Session } from '../session.ts';
import type { Shell, Verb } from '../shell.ts';
import { speaksUnicode } from '../style.ts';
import { openFleet } from '../top/fleet.ts';
import type { Fleet } from '../top/fleet.ts';
import { frame } from '../top/frame.ts';
import { readLabels } from '../top/labels.ts';
import { listingOf, summaryText } from '../top/listing.ts';
import { runLive } from '../top/live.ts';
import type { Pen } from '../top/pen.ts';
import { openingState, problemOf, queryOf, withBoard } from '../top/state.ts';
import type { Board, Opening, TopState } from '../top/state.ts';
import { timeLimit } from '../../time-limit.ts';
import { topLimits } from '../../../machines/limits-top.ts';

export const top: Verb = async (shell) => {
  const { terminal, flags, outStyle } = shell;
  const scoped = scopeOf(shell);
  const session = await shell.session();
  const around = { namespace: shell.namespace, allNamespaces: flags.allNamespaces === true };
  const labels =
    flags.selector === undefined ? undefined : await readLabels(session, flags.selector, around);
  const fleet = openFleet(session, terminal, labels);
  const state = openingState({ ...scoped, server: serverText(shell, session) });
  try {
    const { takeScreen } = terminal;
    const isData = !['table', 'wide'].includes(shell.wish.format);
    if (isData || !outStyle.live) return await print(shell, fleet, state);
    if (flags.once === true || takeScreen === undefined) return await once(shell, fleet, state);
    const pen = penOf(shell);
    const limit = timeLimit(flags.timeout ?? Infinity, terminal.interrupted);
    const everyMs = Math.max(topLimits.drawEveryMinMs, flags.interval ?? topLimits.drawEveryMs);
    const parts = { terminal, takeScreen, session, fleet, pen, everyMs, signal: limit.signal };
    try {
      return await runLive(parts, state);
    } finally {
      limit.end();
    }
  } finally {
    labels?.stop();
    await fleet.stop();
  }
};

/** @throws Failure `cli.usage` for a query nobody can answer */
function scopeOf({ flags, namespace }: Shell): Omit<Opening, 'server'> {
  const query = (flags.query ?? '').trim();
  const isAll = flags.allNamespaces === true;
  const scopeQuery = isAll ? '' : `ns:${JSON.stringify(namespace)}`;
  const problem = problemOf(scopeQuery, query);
  if (problem !== '')
    throw usage(`query, ${problem}`, { tries: ["fairlead top -q 'kind:cluster since:<20m'"] });
  const labels = flags.selector === undefined ? '' : ` with ${flags.selector.join(', ')}`;
  const scope = `${isAll ? 'all namespaces' : `namespace ${namespace}`}${labels}`;
  return { scope, scopeQuery, query };
}

const serverText = (shell: Shell, session: Session): string => {
  const { name, version } = session.server();
  return [shell.address().url, name, version].filter((part) => part !== '').join(' ');
};

const penOf = ({ terminal, outStyle }: Shell): Pen => ({
  style: outStyle,
  isAscii: !speaksUnicode(terminal.env),
});

async function print(shell: Shell, fleet: Fleet, state: TopState): Promise<Exit> {
  const board = await wholeBoard(shell, fleet, state);
  const { terminal, wish, flags, outStyle } = shell;
  await printListing(terminal, wish, listingOf(board, outStyle, flags.allNamespaces === true));
  if (wish.format === 'table' || wish.format === 'wide') shell.note(summaryText(board));
  return exits.ok;
}

/** The first picture that has everything in it; rows beyond the terminal's height are left out. */
async function once(shell: Shell, fleet: Fleet, state: TopState): Promise<Exit> {
  const { terminal } = shell;
  const seen = withBoard(state, await wholeBoard(shell, fleet, state));
  const size = { columns: terminal.columns(), rows: (terminal.rows?.() ?? 24) - 1 };
  const lines = frame(seen, size, penOf(shell));
  terminal.out(lines.map((line) => `${line}\n`).join(''));
  return exits.ok;
}

/** @throws Failure when the stream is not read to its end in time */
async function wholeBoard(shell: Shell, fleet: Fleet, state: TopState): Promise<Board> {
  const limitMs = shell.flags.timeout ?? topLimits.readMs;
  const limit = timeLimit(limitMs, shell.terminal.interrupted);
  const over = new Promise<'over'>((resolve) => {
    const { signal } = limit;
    signal.addEventListener('abort', () => resolve('over'), { once: true });
    if (signal.aborted) resolve('over');
  });
  const first = await Promise.race([fleet.ready, over]);
  limit.end();
  if (first === 'over') {
    const cause = fleet.trouble();
    throw refused(
      {
        ...{ code: 'service.unavailable', status: 503, retryable: true },
        message: `the stream of steps was not read to its end in ${limitMs / 1_000} s`,
        ...(cause !== '' && { reason: cause }),
      },
      ['fairlead doctor', 'fairlead get clusters'],
    );
  }
  const { scopeQuery, sort } = state;
  return fleet.read({ scopeQuery, q: queryOf(state), sort, focus: '' });
}
