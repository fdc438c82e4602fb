/** `fairlead delete`: asks on a terminal, then sends; `-f` deletes what manifests declare. */
import { carryOut } from '../dry-run.ts';
import { exits } from '../exit-codes.ts';
import { usage } from '../failure.ts';
import { goalOf } from '../goal.ts';
import { isConfirmed } from '../confirm.ts';
import { storedTargetOf } from '../kinds.ts';
import type { StoredKind } from '../kinds.ts';
import { replicationArguments } from '../replication-arguments.ts';
import { finish, sendAll } from '../send.ts';
import type { Shell, Verb } from '../shell.ts';

type Named = { readonly kind: StoredKind; readonly namespace: string; readonly name: string };

export const remove: Verb = async (shell) => {
  const names = await namesOf(shell);
  const wish = shell.flags.wait === 'done' ? 'deleted' : shell.flags.wait;
  const goalFor = wish === undefined ? undefined : ({ kind }: Named) => goalOf(kind, wish);
  for (const each of names) goalFor?.(each);
  if (!(await isAgreed(shell, names))) {
    shell.note('nothing was deleted');
    return shell.terminal.interrupted.aborted ? exits.interrupted : exits.failed;
  }
  const session = await shell.session();
  const orders = names.map(({ kind, namespace, name }) => ({
    ...{ kind, namespace, name, verb: 'delete' },
    arguments: kind === 'replication' ? replicationArguments('delete', shell.flags) : plain(shell),
  }));
  if (shell.flags.dryRun === 'turn') return carryOut(shell, session, orders, undefined);
  const { sent, failures } = await sendAll(shell, session, orders);
  const isMissing = (code: string): boolean =>
    shell.flags.ignoreNotFound === true && ['resource.notFound', 'resource.deleted'].includes(code);
  const kept = failures.filter((failure) => !isMissing(failure.problem.code));
  return finish(shell, session, { sent, failures: kept }, goalFor);
};

const plain = ({ flags: { reason, force } }: Shell): Readonly<Record<string, unknown>> => ({
  ...(force === true ? { force } : {}),
  ...(reason === undefined ? {} : { reason }),
});

async function namesOf(shell: Shell): Promise<readonly Named[]> {
  const { filename } = shell.flags;
  if (filename === undefined) {
    const { kind, names } = storedTargetOf(shell.operands, shell.namespace, 'delete');
    if (names.length > 0) return names.map((named) => ({ kind, ...named }));
    throw usage('delete needs a name, or -f', { tries: ['fairlead delete cluster <name>'] });
  }
  if (shell.operands.length > 0) throw usage('delete takes either -f or names, not both');
  const { parseManifests, readManifestTexts } = await import('../manifests.ts');
  const namespace = { name: shell.namespace, isForced: shell.flags.namespace !== undefined };
  const declared = parseManifests(readManifestTexts(filename, shell.terminal), namespace);
  return declared.map(({ kind, manifest: { metadata } }) => ({ kind, ...metadata }));
}

/** Asks when a person is there to answer; scripts are taken at their word, but for a replication deleted by force. */
async function isAgreed(shell: Shell, names: readonly Named[]): Promise<boolean> {
  const { terminal, flags } = shell;
  const [only] = names;
  if (flags.dryRun !== undefined) return true;
  if (flags.force === true && names.some(({ kind }) => kind === 'replication')) {
    if (only === undefined || names.length > 1)
      throw usage('replications are deleted by force one at a time');
    const { namespace, name } = only;
    const question = `Delete ${namespace}/${name} by force? What is under way is given up; nobody looks after its fences any more.`;
    return isConfirmed(shell, { name, question });
  }
  if (flags.yes === true || !terminal.inIsTty || flags.filename?.includes('-') === true)
    return true;
  const list = names.map(({ namespace, name }) => `${namespace}/${name}`).join(', ');
  const word = names.length === 1 ? (only?.name ?? '') : String(names.length);
  const cost = names.some(({ kind }) => kind === 'cluster')
    ? ' with all nodes'
    : ' (the volumes stay)';
  const answer = await terminal.ask(
    `Delete ${list}${cost}? Type ${names.length === 1 ? 'its name' : 'their number'} (${word}): `,
  );
  return answer.trim() === word;
}
