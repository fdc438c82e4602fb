/** `fairlead why <command> <kind> <name>`: whether a command would be taken now, and everything for and against it. */
import type { Because, Why } from '../../../actors/explain/shape.ts';
import { exitOfStatus, exits } from '../exit-codes.ts';
import type { Exit } from '../exit-codes.ts';
import { usage } from '../failure.ts';
import { kindOf, storedTargetOf } from '../kinds.ts';
import { objectText } from '../output.ts';
import { replicationArguments } from '../replication-arguments.ts';
import type { Order, Session } from '../session.ts';
import type { Shell, Verb } from '../shell.ts';
import type { Mood } from '../style.ts';

export const why: Verb = async (shell) => {
  const { command, words } = split(shell.operands);
  const { kind, names } = storedTargetOf(words, shell.namespace, 'why');
  const [named, ...more] = names;
  if (named === undefined || more.length > 0)
    throw usage('why needs one name', { tries: [`fairlead why ${command} ${kind} <name>`] });
  const order = { kind, ...named, verb: command, arguments: argumentsOf(kind, command, shell) };
  const answer = await ask(await shell.session(), order);
  await print(shell, answer, hintsOf(kind, named, answer));
  return exitOf(answer);
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

/** What is not given is left out: the answer then says what is needed. */
function argumentsOf(kind: string, command: string, { flags }: Shell): Order['arguments'] {
  if (kind === 'replication') return replicationArguments(command, flags);
  if (kind === 'replicationgroup')
    return command === 'failover' ? replicationArguments(command, flags) : {};
  const { pool, count, nodes, force } = flags;
  return {
    ...(pool !== undefined && { pool }),
    ...(count !== undefined && { count }),
    ...(nodes !== undefined && { nodes }),
    ...(force === true && { force }),
  };
}

/** Asks the service. Rejects with what is no answer about the command: no such resource, no such command. */
export async function ask(session: Session, order: Order): Promise<Why> {
  const { kind, namespace, name, verb } = order;
  const key = { kind, namespace, name };
  const given = { verb, arguments: order.arguments };
  return (await session.query({ ...key, verb: 'why', arguments: given })) as unknown as Why;
}

/** The exit code that the command would have. */
const exitOf = ({ allowed, status }: Why): Exit =>
  allowed === 'yes' ? exits.ok : exitOfStatus(status);

function hintsOf(
  kind: string,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  { allowed, path }: Why,
): readonly string[] {
  const [first = ''] = path;
  if (allowed !== 'no' || path.length < 2) return [];
  const [verb = '', side] = first.split(' ');
  if (verb === 'wait' || verb === 'apply')
    return [`fairlead describe ${kind} ${name} -n ${namespace}`];
  const aim = side === 'home' ? ' --endpoint home' : '';
  return [`fairlead ${verb} ${kind} ${name} -n ${namespace}${aim}`];
}

const moods: Readonly<Record<Because['is'], Mood>> = {
  yes: 'good',
  no: 'bad',
  unknown: 'changing',
};

async function print(
  { terminal, wish, outStyle }: Shell,
  answer: Why,
  hints: readonly string[],
): Promise<void> {
  if (wish.format === 'json' || wish.format === 'yaml' || wish.format === 'jsonl') {
    const object = { apiVersion: 'fairlead.dev/v1', kind: 'Admission', ...answer };
    const isLine = wish.format === 'jsonl';
    terminal.out(isLine ? `${JSON.stringify(object)}\n` : await objectText(wish.format, object));
    return;
  }
  const mark = (is: Because['is']): string => outStyle.symbol(moods[is]);
  terminal.out(`${mark(answer.allowed)} ${headOf(answer)}\n`);
  if (answer.allowed !== 'yes') terminal.out(`  ${answer.message}\n`);
  for (const { is, text } of answer.because)
    if (text !== answer.message) terminal.out(`  ${mark(is)} ${text}\n`);
  if (answer.path.length > 0) terminal.out(`  way:          ${answer.path.join(' > ')}\n`);
  if (answer.allowed !== 'yes' && answer.allowedNext.length > 0)
    terminal.out(`  allowed next: ${answer.allowedNext.join(', ')}\n`);
  for (const line of hints) terminal.out(`  try:          ${line}\n`);
}

function headOf({ command, actor, allowed, unchanged, code, state }: Why): string {
  if (allowed === 'unknown') return `${command} cannot be judged yet   ${actor}   in ${state}`;
  if (allowed === 'no') return `${command} is refused   ${code}   ${actor}   in ${state}`;
  return `${command} ${unchanged ? 'would change nothing' : 'would be accepted'}   ${actor}`;
}
