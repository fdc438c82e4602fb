/** `fairlead delete`: asks on a terminal, then sends; `-f` deletes what manifests declare. */
import { exits } from '../exit-codes.ts';
import { usage } from '../failure.ts';
import { goalOf } from '../goal.ts';
import { targetOf } from '../kinds.ts';
import { finish, sendAll } from '../send.ts';
import type { Shell, Verb } from '../shell.ts';

type Named = { readonly namespace: string; readonly name: string };

export const remove: Verb = async (shell) => {
  const names = await namesOf(shell);
  const wish = shell.flags.wait === 'done' ? 'deleted' : shell.flags.wait;
  const goal = wish === undefined ? undefined : goalOf(wish);
  if (!(await isConfirmed(shell, names))) {
    shell.note('nothing was deleted');
    return shell.terminal.interrupted.aborted ? exits.interrupted : exits.failed;
  }
  const { reason, force } = shell.flags;
  const session = await shell.session();
  const { sent, failures } = await sendAll(
    shell,
    session,
    names.map((named) => ({
      kind: 'cluster',
      ...named,
      verb: 'delete',
      arguments: {
        ...(force === true ? { force } : {}),
        ...(reason === undefined ? {} : { reason }),
      },
    })),
  );
  const isMissing = (code: string): boolean =>
    shell.flags.ignoreNotFound === true && ['resource.notFound', 'resource.deleted'].includes(code);
  const kept = failures.filter((failure) => !isMissing(failure.problem.code));
  return finish(shell, session, { sent, failures: kept }, goal);
};

async function namesOf(shell: Shell): Promise<readonly Named[]> {
  const { filename } = shell.flags;
  if (filename === undefined) {
    const target = targetOf(shell.operands, shell.namespace, {
      name: 'delete',
      kinds: ['cluster'],
    });
    if (target.names.length > 0) return target.names;
    throw usage('delete needs a name, or -f', { tries: ['fairlead delete cluster <name>'] });
  }
  if (shell.operands.length > 0) throw usage('delete takes either -f or names, not both');
  const { parseManifests, readManifestTexts } = await import('../manifests.ts');
  const namespace = { name: shell.namespace, isForced: shell.flags.namespace !== undefined };
  const declared = parseManifests(readManifestTexts(filename, shell.terminal), namespace);
  return declared.map(({ manifest: { metadata } }) => metadata);
}

/** Asks when a person is there to answer; scripts are taken at their word. */
async function isConfirmed(shell: Shell, names: readonly Named[]): Promise<boolean> {
  const { terminal, flags } = shell;
  if (flags.yes === true || !terminal.inIsTty || flags.filename?.includes('-') === true)
    return true;
  const list = names.map(({ namespace, name }) => `${namespace}/${name}`).join(', ');
  const word = names.length === 1 ? (names[0]?.name ?? '') : String(names.length);
  const answer = await terminal.ask(
    `Delete ${list} with all nodes? Type ${names.length === 1 ? 'its name' : 'their number'} (${word}): `,
  );
  return answer.trim() === word;
}
