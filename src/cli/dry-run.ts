/** `--dry-run=turn`: asks the service what a command would do; nothing changes. */
import { keyText } from '../../machines/ids.ts';
import type { RehearsedTurn } from '../../actors/explain/shape.ts';
import { span } from './duration.ts';
import { exits } from './exit-codes.ts';
import type { Exit } from './exit-codes.ts';
import { asFailure, hintsFor, problemIn, refused } from './failure.ts';
import { printAnswer } from './print-answer.ts';
import { finish, reportAll, sendAll } from './send.ts';
import type { GoalFor } from './send.ts';
import type { Order, Session } from './session.ts';
import type { Shell } from './shell.ts';

/** Sends orders and shows what came of them, or with `--dry-run` only tells what would. */
export async function carryOut(
  shell: Shell,
  session: Session,
  orders: readonly Order[],
  goalFor: GoalFor | undefined,
): Promise<Exit> {
  if (shell.flags.dryRun === 'turn') return dryRunOnService(shell, session, orders);
  return finish(shell, session, await sendAll(shell, session, orders), goalFor);
}

/** Prints one answer per order; the exit code is that of the first refusal. */
async function dryRunOnService(
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
      const name = keyText(key);
      await printAnswer(shell, { object: answer, name, lines: told(name, answer) });
    } catch (thrown) {
      const failure = asFailure(thrown);
      reportAll(shell, [failure]);
      if (exit === exits.ok) exit = failure.exit;
    }
  }
  return exit;
}

function told(actor: string, answer: Readonly<Record<string, unknown>>): readonly string[] {
  const { state, unchanged } = answer;
  const now = typeof state === 'string' ? `it is ${state}` : 'it does not exist yet';
  const word = unchanged === true ? 'would stay as it is' : 'would be accepted';
  const turn = turnLines(answer['turn']).map((line) => `  ${line}`);
  return [`${actor} ${word}   ${now}   (dry run, nothing sent)`, ...turn];
}

/** What the turn would do, a line each; hosts of an earlier version tell nothing of it. */
function turnLines(turn: unknown): readonly string[] {
  if (turn === undefined) return [];
  const { stateBefore, stateAfter, changes, starts, timers, events, leftOut } =
    turn as RehearsedTurn;
  return [
    `state   ${stateBefore} -> ${stateAfter}`,
    ...changes.map(
      ({ path, before, after }) => `change  ${path}: ${text(before)} -> ${text(after)}`,
    ),
    ...starts.map(({ id, src }) => `start   ${id}${src === id ? '' : ` (${src})`}`),
    ...timers.map(({ event, delayMs }) => `timer   ${event} in ${span(delayMs)}`),
    ...(events.length > 0 ? [`events  ${events.join(', ')}`] : []),
    ...(leftOut === undefined ? [] : [`and ${leftOut} more; -o json shows what one answer holds`]),
  ];
}

const shownMax = 60;
function text(value: unknown): string {
  const whole = JSON.stringify(value);
  return whole.length > shownMax ? `${whole.slice(0, shownMax - 3)}...` : whole;
}
