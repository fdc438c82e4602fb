/** `fairlead drain <host>`: the host gives its partitions away and takes none, until `--undo`. */
import { fleetKey } from '../../../machines/ids.ts';
import { exits } from '../exit-codes.ts';
import type { Exit } from '../exit-codes.ts';
import { carryOut } from '../dry-run.ts';
import { reportAll, send } from '../send.ts';
import type { Sent } from '../send.ts';
import type { Shell, Verb } from '../shell.ts';
import { awaitDrained } from '../drain/await-drained.ts';
import { hostIn } from '../drain/host-word.ts';
import { printDrain } from '../drain/print.ts';
import { checkDrain } from '../drain/seats.ts';
import { usage } from '../failure.ts';

export const drain: Verb = async (shell) => {
  const { flags } = shell;
  const host = hostIn(shell);
  const isUndone = flags.undo === true;
  if (isUndone && flags.force === true)
    throw usage('--force is for draining the last host, not for --undo');
  const session = await shell.session();
  await checkDrain(session, host, { isUndone, isForced: flags.force === true });
  const verb = isUndone ? 'undrain' : 'drain';
  const reason = flags.reason ?? 'no reason given';
  const order = { ...fleetKey, verb, arguments: { host, reason } };
  if (flags.dryRun !== undefined) return carryOut(shell, session, [order], undefined);
  const sent = await send(shell, session, order);
  const isForPeople = ['table', 'wide'].includes(shell.wish.format);
  if (isForPeople) await printDrain(shell, { host, verb, sent });
  return isUndone || !waits(shell)
    ? finish(shell, { host, verb, sent })
    : waitAndFinish(shell, { host, verb, sent });
};

/** Commander gives true unless `--no-wait` was given. */
const waits = ({ flags }: Shell): boolean => (flags.wait as string | boolean | undefined) !== false;

interface Done {
  readonly host: string;
  readonly verb: 'drain' | 'undrain';
  readonly sent: Sent;
}

async function finish(shell: Shell, done: Done): Promise<Exit> {
  if (!['table', 'wide'].includes(shell.wish.format)) await printDrain(shell, done);
  return exits.ok;
}

/** With a machine format stdout carries one thing: the outcome with what became of it. */
async function waitAndFinish(shell: Shell, done: Done): Promise<Exit> {
  const session = await shell.session();
  const { partitionsLeft, failure } = await awaitDrained(shell, session, done.host);
  if (['table', 'wide'].includes(shell.wish.format)) {
    if (partitionsLeft === 0) shell.terminal.out(`host/${done.host} runs nothing\n`);
  } else await printDrain(shell, { ...done, partitionsLeft });
  if (shell.terminal.interrupted.aborted) return exits.interrupted;
  if (failure === undefined) return exits.ok;
  reportAll(shell, [failure]);
  return failure.exit;
}
