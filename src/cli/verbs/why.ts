/** `fairlead why <command> <kind> <name>`: whether a command would be taken now, and everything that stands against it. */
import { keyText } from '../../../machines/ids.ts';
import { exits } from '../exit-codes.ts';
import type { Exit } from '../exit-codes.ts';
import { becauseText, hintsFor, problemIn, refused, usage } from '../failure.ts';
import type { Failure, Problem } from '../failure.ts';
import { kindOf, storedTargetOf } from '../kinds.ts';
import { objectText } from '../output.ts';
import { replicationArguments } from '../replication-arguments.ts';
import type { Order, Session } from '../session.ts';
import type { Shell, Verb } from '../shell.ts';

interface Answer {
  readonly verb: string;
  readonly actor: string;
  readonly allowed: boolean;
  readonly unchanged: boolean;
  readonly refusal?: Problem;
}

export const why: Verb = async (shell) => {
  const { command, words } = split(shell.operands);
  const { kind, names } = storedTargetOf(words, shell.namespace, 'why');
  const [named, ...more] = names;
  if (named === undefined || more.length > 0)
    throw usage('why needs one name', { tries: [`fairlead why ${command} ${kind} <name>`] });
  const given = kind === 'replication' ? replicationArguments(command, shell.flags) : {};
  const order = { kind, ...named, verb: command, arguments: given };
  const answer = await ask(await shell.session(), order);
  await print(shell, answer);
  return answer.allowed ? exits.ok : exitOf(answer);
};

/** `why promote replication db-1`, and `replication why promote db-1` as it comes here: kind first. */
function split(operands: readonly string[]): { command: string; words: readonly string[] } {
  const [first = '', second = '', ...rest] = operands;
  const isKind = kindOf(first.split('/')[0] ?? '') !== undefined;
  const command = isKind ? second : first;
  if (command === '')
    throw usage('why needs a command', { tries: ['fairlead why promote replication <name>'] });
  return { command, words: isKind ? [first, ...rest] : [second, ...rest] };
}

/** Asks the service; a refusal is an answer here. @throws what is no refusal of the command itself */
export async function ask(session: Session, order: Order): Promise<Answer> {
  const { kind, namespace, name, verb } = order;
  const actor = keyText({ kind, namespace, name });
  const told = { verb, actor };
  try {
    const given = { verb, arguments: order.arguments };
    const answer = await session.query({
      kind,
      namespace,
      name,
      verb: 'dry-run',
      arguments: given,
    });
    const refusal = problemIn(answer);
    if (refusal !== undefined) return { ...told, allowed: false, unchanged: false, refusal };
    return { ...told, allowed: true, unchanged: answer['unchanged'] === true };
  } catch (thrown) {
    const refusal = problemIn(thrown);
    const isOfCommand = [403, 409, 422].includes(refusal?.status ?? 500);
    if (refusal === undefined || !isOfCommand) throw thrown;
    return { ...told, allowed: false, unchanged: false, refusal };
  }
}

const failureOf = (answer: Answer, refusal: Problem): Failure => {
  const whole = { actor: answer.actor, ...refusal };
  return refused(whole, hintsFor(whole));
};

const exitOf = (answer: Answer): Exit =>
  answer.refusal === undefined ? exits.failed : failureOf(answer, answer.refusal).exit;

async function print({ terminal, wish, outStyle }: Shell, answer: Answer): Promise<void> {
  const { verb, actor, allowed, unchanged, refusal } = answer;
  if (wish.format === 'json' || wish.format === 'yaml' || wish.format === 'jsonl') {
    const object = { apiVersion: 'fairlead.dev/v1', kind: 'Admission', ...answer };
    const text =
      wish.format === 'jsonl'
        ? `${JSON.stringify(object)}\n`
        : await objectText(wish.format, object);
    terminal.out(text);
    return;
  }
  if (allowed) {
    const what = unchanged ? 'would change nothing' : 'would be accepted';
    terminal.out(`${outStyle.symbol('good')} ${verb} ${what}   ${actor}\n`);
    return;
  }
  terminal.out(
    `${outStyle.symbol('bad')} ${verb} is refused   ${refusal?.code ?? ''}   ${actor}\n`,
  );
  terminal.out(`  ${refusal?.message ?? ''}\n`);
  for (const each of refusal?.because ?? [])
    terminal.out(`  ${outStyle.symbol('bad')} ${becauseText(each)}\n`);
  const next = refusal?.allowedNext ?? [];
  if (next.length > 0) terminal.out(`  allowed next: ${next.join(', ')}\n`);
}
