/** `fairlead inspect`: the link to the inspector of the local stack, for a browser of this machine. */
import { existsSync, readFileSync } from 'node:fs';
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
  if (!existsSync(tokenFile)) throw unavailable(`the token file ${tokenFile} does not exist`);
  const link = linkOf(port, readFileSync(tokenFile, 'utf8'));
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
