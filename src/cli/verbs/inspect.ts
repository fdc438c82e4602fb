/** `fairlead inspect`: the link to the inspector of the local stack, for a browser of this machine. */
import { readFileSync } from 'node:fs';
import { messageOf } from '../../../actors/faults.ts';
import { linkOf } from '../../inspector/link.ts';
import { exits } from '../exit-codes.ts';
import { Failure } from '../failure.ts';
import { objectText } from '../output.ts';
import type { Verb } from '../shell.ts';

export const inspect: Verb = async ({ terminal, wish, address }) => {
  const { inspector, origin } = address();
  if (inspector === undefined)
    throw unavailable(`${origin} names no inspector; is it switched off?`);
  const { port, tokenFile } = inspector;
  const link = linkOf(port, contentOf(tokenFile));
  if (link === undefined) throw unavailable(`the token file ${tokenFile} holds no login`);
  const found = { link, port, tokenFile };
  if (wish.format === 'json' || wish.format === 'yaml')
    terminal.out(
      await objectText(wish.format, { apiVersion: 'fairlead.dev/v1', kind: 'Inspector', ...found }),
    );
  else if (wish.format === 'jsonl') terminal.out(`${JSON.stringify(found)}\n`);
  else terminal.out(`${link}\n`);
  return exits.ok;
};

function contentOf(tokenFile: string): string {
  try {
    return readFileSync(tokenFile, 'utf8');
  } catch (thrown) {
    throw unavailable(`the token file cannot be read: ${messageOf(thrown)}`);
  }
}

const unavailable = (message: string): Failure =>
  new Failure(
    {
      code: 'cli.noInspector',
      message,
      reason: 'only the endpoint.json of a local stack names its inspector',
      retryable: false,
    },
    exits.unavailable,
    ['npm start', 'fairlead doctor'],
  );
