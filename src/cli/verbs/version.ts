/** `fairlead version`: reads package.json and nothing else, so that it answers at once. */
import { packageVersion } from '../../version.ts';
import { exits } from '../exit-codes.ts';
import { objectText } from '../output.ts';
import type { Verb } from '../shell.ts';

export const version: Verb = async ({ terminal, wish }) => {
  const found = { fairlead: packageVersion(), node: process.versions.node };
  if (wish.format === 'json' || wish.format === 'yaml')
    terminal.out(
      await objectText(wish.format, { apiVersion: 'fairlead.dev/v1', kind: 'Version', ...found }),
    );
  else if (wish.format === 'jsonl') terminal.out(`${JSON.stringify(found)}\n`);
  else terminal.out(`fairlead ${found.fairlead} (node ${found.node})\n`);
  return exits.ok;
};
