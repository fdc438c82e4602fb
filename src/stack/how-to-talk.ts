/** What `npm start` prints at the end: lines a user can copy, for the CLI and for any NATS client. */
import { inspectorLink } from './inspector-link.ts';
import type { Stack } from './stack.ts';

export function howToTalk(stack: Stack): string {
  const { url } = stack.nats.ready;
  const nats = `nats req --server ${url} --nkey ${shellWord(stack.keys.cliSeedFile)}`;
  const link = inspectorLink(stack);
  return `${link === undefined ? '' : `\nInspector: ${link}\n`}
Talk to it from another terminal, in this folder:
  npx fairlead get clusters
  npx fairlead describe cluster web
  npx fairlead watch nodes
  npx fairlead cluster create mine --region eu-central-1 --wait
  npx fairlead delete cluster mine --wait

or with any NATS client, here the nats CLI:
  ${nats} fairlead.v1.qry.default.cluster.web.get '{}'
  ${nats} fairlead.v1.cmd.default.cluster.web.pause '{}'
  ${nats} fairlead.v1.cmd.default.cluster.web.resume '{}'

The link to the inspector once more: npx fairlead inspect
Health and metrics: http://127.0.0.1:${stack.host.ready.httpPort}/healthz and /metrics
Ctrl-C stops it; npm start resumes the same fleet.
`;
}

const shellWord = (text: string): string =>
  /^[\w./:@-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
