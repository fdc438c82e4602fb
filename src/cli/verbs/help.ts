/** `fairlead help [command|exit-codes]`. */
import { commandNamed, commands } from '../commands.ts';
import { exitMeanings, exits } from '../exit-codes.ts';
import { usage } from '../failure.ts';
import { nearest } from '../../../actors/nearest.ts';
import { helpText } from '../program.ts';
import type { Verb } from '../shell.ts';

// Nothing to wait for here; verbs answer with a promise all the same.
export const help: Verb = ({ terminal, operands }) => {
  const topic = operands[0];
  if (topic === 'exit-codes') {
    for (const code of Object.values(exits).sort((left, right) => left - right))
      terminal.out(`${String(code).padStart(3)}  ${exitMeanings[code]}\n`);
    return Promise.resolve(exits.ok);
  }
  if (topic !== undefined && commandNamed(topic) === undefined) {
    const near = nearest(topic, [...commands.map((line) => line.name), 'exit-codes']);
    throw usage(
      `there is no help on ${topic}${near === undefined ? '' : `; did you mean ${near}?`}`,
      {
        tries: ['fairlead --help'],
      },
    );
  }
  terminal.out(helpText(topic));
  return Promise.resolve(exits.ok);
};
