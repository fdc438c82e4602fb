/** `fairlead apply -f`: checks all documents here, then sends one command per document. */
import { keyText } from '../../../machines/ids.ts';
import { exits } from '../exit-codes.ts';
import type { Exit } from '../exit-codes.ts';
import { usage } from '../failure.ts';
import { goalOf } from '../goal.ts';
import type { StoredKind } from '../kinds.ts';
import { parseManifests, readManifestTexts } from '../manifests.ts';
import type { Declared } from '../manifests.ts';
import { objectText } from '../output.ts';
import type { Order } from '../session.ts';
import type { Shell, Verb } from '../shell.ts';
import { carryOut } from '../dry-run.ts';

export const apply: Verb = async (shell) => {
  const { filename } = shell.flags;
  if (filename === undefined)
    throw usage('apply needs -f', { tries: ['fairlead apply -f examples/fleet.yaml'] });
  const namespace = { name: shell.namespace, isForced: shell.flags.namespace !== undefined };
  const declared = parseManifests(readManifestTexts(filename, shell.terminal), namespace);
  return submit(shell, 'apply', declared);
};

/** Sends checked manifests under `verb`, or only tells what would happen. */
export async function submit(
  shell: Shell,
  verb: 'apply' | 'create',
  declared: readonly Declared[],
): Promise<Exit> {
  if (shell.flags.commandId !== undefined && declared.length > 1)
    throw usage('--command-id names one command; there are several documents');
  const { wait } = shell.flags;
  const goalFor =
    wait === undefined
      ? undefined
      : ({ kind }: { readonly kind: StoredKind }) => goalOf(kind, wait);
  // A goal that is none is told before anything is sent.
  for (const each of declared) goalFor?.(each);
  if (shell.flags.dryRun === 'client') return showChecked(shell, declared);
  const orders = declared.map((each) => orderOf(verb, each));
  const session = await shell.session();
  return carryOut(shell, session, orders, goalFor);
}

const orderOf = (verb: string, { kind, manifest }: Declared): Order => ({
  kind,
  namespace: manifest.metadata.namespace,
  name: manifest.metadata.name,
  verb,
  arguments: { manifest },
});

/** The manifests as they would be sent, defaults filled in. */
async function showChecked(shell: Shell, declared: readonly Declared[]): Promise<Exit> {
  const { terminal, wish } = shell;
  const manifests = declared.map((each) => each.manifest);
  if (wish.format === 'yaml')
    for (const [index, manifest] of manifests.entries())
      terminal.out((index > 0 ? '---\n' : '') + (await objectText('yaml', manifest)));
  else if (wish.format === 'json' && manifests.length === 1)
    terminal.out(await objectText('json', manifests[0]));
  else if (wish.format === 'json' || wish.format === 'jsonl')
    for (const manifest of manifests) terminal.out(`${JSON.stringify(manifest)}\n`);
  else
    for (const { kind, manifest } of declared) {
      const { namespace, name } = manifest.metadata;
      const actor = keyText({ kind, namespace, name });
      terminal.out(wish.format === 'name' ? `${actor}\n` : `${actor} valid (checked here only)\n`);
    }
  return exits.ok;
}
