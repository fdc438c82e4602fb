/** `fairlead outcome`: what became of a command, by its id. */
import { keyText } from '../../../machines/ids.ts';
import { exits } from '../exit-codes.ts';
import { asFailure, refused, usage } from '../failure.ts';
import type { Problem } from '../failure.ts';
import { storedTargetOf } from '../kinds.ts';
import { objectText } from '../output.ts';
import type { Verb } from '../shell.ts';
import { isObject } from '../view.ts';

export const outcome: Verb = async (shell) => {
  const { operands, namespace, terminal, wish } = shell;
  const isPath = operands[0]?.includes('/') === true;
  const commandId = operands[isPath ? 1 : 2];
  const target = storedTargetOf(operands.slice(0, isPath ? 1 : 2), namespace, 'outcome');
  const [named] = target.names;
  if (named === undefined || commandId === undefined)
    throw usage('outcome needs a name and a command id', {
      tries: ['fairlead outcome cluster <name> <command-id>'],
    });
  const key = { kind: target.kind, ...named };
  const session = await shell.session();
  const answer = await session.query({ ...key, verb: 'outcome', arguments: { commandId } });
  if (!isObject(answer)) throw asFailure(new Error('the service answered without an outcome'));
  // A refused command has an outcome too, but not a good one: the exit code is that of the command itself.
  const problem = isProblem(answer)
    ? answer
    : isProblem(answer['problem'])
      ? answer['problem']
      : undefined;
  if (problem !== undefined) throw refused({ actor: keyText(key), ...problem });
  if (wish.format === 'json' || wish.format === 'yaml')
    terminal.out(await objectText(wish.format, answer));
  else if (wish.format === 'jsonl') terminal.out(`${JSON.stringify(answer)}\n`);
  else terminal.out(`${keyText(key)} ${describe(answer)}\n`);
  return exits.ok;
};

const isProblem = (value: unknown): value is Problem & Readonly<Record<string, unknown>> =>
  isObject(value) && typeof value['code'] === 'string' && typeof value['message'] === 'string';

function describe(answer: Readonly<Record<string, unknown>>): string {
  const parts = ['state', 'revision', 'commandId'].flatMap((field) => {
    const value = answer[field];
    return typeof value === 'string' || typeof value === 'number' ? [`${field} ${value}`] : [];
  });
  return ['accepted', ...parts].join('   ');
}
