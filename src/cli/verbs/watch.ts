/** `fairlead watch`: the same rows and objects as `get`, printed again whenever one changes, until Ctrl-C. */
import { exits } from '../exit-codes.ts';
import { follow } from '../follow.ts';
import { resourceKinds, storedOf, targetOf } from '../kinds.ts';
import { printListing } from '../output.ts';
import type { OutputWish } from '../output.ts';
import type { EventFilter } from '../session.ts';
import type { Target } from '../kinds.ts';
import type { Shell, Verb } from '../shell.ts';
import { revisionOf } from '../view.ts';
import type { ResourceView } from '../view.ts';
import { listingOf, looksOf, nodeListing, nodeRows, viewsOf } from './get.ts';
import { timeLimit } from '../../time-limit.ts';

export const watch: Verb = async (shell) => {
  const { terminal, operands, namespace } = shell;
  const target = targetOf(operands, namespace, { name: 'watch', kinds: resourceKinds });
  const kind = storedOf(target.kind);
  const session = await shell.session();
  const look = () => viewsOf(shell, session, { ...target, kind });
  // The first look may fail as `get` does: a name that does not exist is an error, not something to wait for.
  await look();
  const printed = new Map<string, string>();
  const limit = timeLimit(shell.flags.timeout ?? Infinity, terminal.interrupted);
  const { signal } = limit;
  const wish = watchWish(shell);
  let isFirst = true;
  let isAway = false;
  for await (const seen of follow(session, filterOf(shell, { ...target, kind }), look, signal)) {
    if (seen.kind === 'away') {
      if (!isAway) shell.note(`${seen.problem.message}; what is shown may be old`);
      isAway = true;
      continue;
    }
    isAway = false;
    await printChanged(shell, target, seen.value, printed, {
      ...wish,
      headers: wish.headers && isFirst,
    });
    isFirst = false;
  }
  limit.end();
  return terminal.interrupted.aborted ? exits.interrupted : exits.timeout;
};

/** Lines of JSON off a terminal: something else reads them. */
function watchWish({ wish, flags, terminal }: Shell): OutputWish {
  if (flags.output === undefined && !terminal.outIsTty) return { ...wish, format: 'jsonl' };
  return flags.output === 'json' ? { ...wish, format: 'jsonl' } : wish;
}

function filterOf(shell: Shell, { kind, names }: Target): EventFilter {
  const [only, ...more] = names;
  if (only !== undefined && more.length === 0) return { kind, ...only };
  if (shell.flags.allNamespaces === true || more.length > 0) return { kind };
  return { kind, namespace: shell.namespace };
}

/** Prints rows whose content is new; a resource that has left the list is named once. */
async function printChanged(
  shell: Shell,
  target: Target,
  views: readonly ResourceView[],
  printed: Map<string, string>,
  wish: OutputWish,
): Promise<void> {
  const looks = looksOf(shell, target);
  if (target.kind === 'node') {
    const listing = nodeListing(looks, nodeRows(views));
    const rows = listing.rows.filter((row) =>
      isNew(printed, listing.name(row), JSON.stringify(row.node)),
    );
    if (rows.length > 0) await printListing(shell.terminal, wish, { ...listing, rows });
    return;
  }
  const kind = storedOf(target.kind);
  const listing = listingOf(kind, looks, views, false);
  const rows = views.filter((view) => isNew(printed, listing.name(view), String(revisionOf(view))));
  if (rows.length > 0) await printListing(shell.terminal, wish, { ...listing, rows });
  const present = new Set(views.map(listing.name));
  for (const name of [...printed.keys()].filter((each) => !present.has(each))) {
    printed.delete(name);
    shell.note(`${name} is gone`);
  }
}

function isNew(printed: Map<string, string>, name: string, content: string): boolean {
  if (printed.get(name) === content) return false;
  printed.set(name, content);
  return true;
}
