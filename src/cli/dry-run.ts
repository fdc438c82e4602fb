/** `--dry-run=turn`: asks the service what a command would do; nothing changes. */
import { keyText } from '../../machines/ids.ts';
import { exits } from './exit-codes.ts';
import type { Exit } from './exit-codes.ts';
import { asFailure, hintsFor, problemIn, refused } from './failure.ts';
import { objectText } from './output.ts';
import { reportAll } from './send.ts';
import type { Order, Session } from './session.ts';
import type { Shell } from './shell.ts';

/** Prints one answer per order; the exit code is that of the first refusal. */
export async function dryRunOnService(
  shell: Shell,
  session: Session,
  orders: readonly Order[],
): Promise<Exit> {
  let exit: Exit = exits.ok;
  for (const order of orders) {
    const { kind, namespace, name, verb } = order;
    const key = { kind, namespace, name };
    try {
      const asked = { verb, arguments: order.arguments };
      const answer = await session.query({ ...key, verb: 'dry-run', arguments: asked });
      const refusal = problemIn(answer);
      if (refusal !== undefined)
        throw refused({ actor: keyText(key), ...refusal }, hintsFor(refusal));
      await print(shell, keyText(key), answer);
    } catch (thrown) {
      const failure = asFailure(thrown);
      reportAll(shell, [failure]);
      if (exit === exits.ok) exit = failure.exit;
    }
  }
  return exit;
}

async function print(
  { terminal, wish }: Shell,
  actor: string,
  answer: Readonly<Record<string, unknown>>,
): Promise<void> {
  switch (wish.format) {
    case 'json':
    case 'yaml':
      terminal.out(await objectText(wish.format, answer));
      return;
    case 'jsonl':
      terminal.out(`${JSON.stringify(answer)}\n`);
      return;
    case 'name':
      terminal.out(`${actor}\n`);
      return;
    case 'table':
    case 'wide': {
      const { state, unchanged } = answer;
      const now = typeof state === 'string' ? `   it is ${state}` : '   it does not exist yet';
      const word = unchanged === true ? 'would stay as it is' : 'would be accepted';
      terminal.out(`${actor} ${word}${now}   (dry run, nothing sent)\n`);
    }
  }
}
