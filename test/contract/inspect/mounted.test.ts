/** The adapters in the inspector's own server: off unless asked for, behind its guard, by its way of commands. */
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { Image, Step } from '../../../actors/steps/step.ts';
import type { CompatOptions } from '../../../src/inspector/compat/compat.ts';
import { fakeParts, row, startInspector, tokens } from '../../fakes/inspector-server.ts';
import type { TestServer } from '../../fakes/inspector-server.ts';
import { CloudDouble } from '../../unit/machines/cloud-double.ts';
import { imageOf } from './viewer-world.ts';

const actor = 'cluster/test/one';
const compat: CompatOptions = {
  ...{ xstateInspect: true, statelyInspect: true, origins: [], onStep: () => () => undefined },
  viewFolder: fileURLToPath(new URL('../../../dist/inspector-view', import.meta.url)),
};

let server: TestServer | undefined;
let sockets: WebSocket[] = [];
afterEach(async () => {
  for (const socket of sockets) socket.terminate();
  sockets = [];
  await server?.close();
  server = undefined;
});

const cluster = (): Image => imageOf('cluster', new CloudDouble().cluster.getPersistedSnapshot());

/** Frames as they come, and a way to say something. */
function viewer(
  port: number,
  role: keyof typeof tokens,
): { told: Told[]; event(type: string): void } {
  const headers = { authorization: `Bearer ${tokens[role]}` };
  const socket = new WebSocket(`ws://127.0.0.1:${port}/inspect/xstate`, { headers });
  sockets.push(socket);
  const told: Told[] = [];
  socket.on('open', () => {
    socket.send('{"type":"xstate.inspecting"}');
  });
  socket.on('message', (data: Buffer) => told.push(JSON.parse(data.toString()) as Told));
  socket.on('error', (error) => told.push({ type: error.message, sessionId: '', event: '' }));
  return {
    told,
    event: (type) => {
      const event = JSON.stringify({ name: type, data: { type }, $$type: 'scxml', origin: actor });
      socket.send(JSON.stringify({ type: 'xstate.event', event, service: actor }));
    },
  };
}

interface Told {
  readonly type: string;
  readonly sessionId: string;
  readonly event: string;
}

it('is not there unless the config asks for it', async () => {
  server = await startInspector();
  const { told } = viewer(server.port, 'admin');
  // The page answers, as for every path that is a view.
  await expect
    .poll(() => told)
    .toEqual([expect.objectContaining({ type: 'Unexpected server response: 200' })]);
  const { headers } = await server.ask('/inspect/view');
  expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
});

it('tells what the fleet and its steps hold, and sends commands as the page does', async () => {
  const sent: string[] = [];
  const image = cluster();
  const parts = fakeParts({
    steps: {
      page: () => Promise.reject(new Error('not asked')),
      at: (_key, _uid, seq) => Promise.resolve({ step: { seq } as Step, image }),
    },
  });
  const { service } = parts;
  const send: typeof service.send = (command) => {
    sent.push(`${command.by} ${command.kind} ${command.name} ${command.verb}`);
    return service.send(command);
  };
  server = await startInspector({ ...parts, service: { ...service, send } }, { compat });
  const { told, event } = viewer(server.port, 'operator');
  await expect.poll(() => told.map(({ type }) => type)).toEqual(['service.register']);
  expect(told[0]?.sessionId).toBe(row(actor).actor);
  event('cluster.pause');
  await expect.poll(() => sent).toEqual(['operator-user cluster one pause']);
  for (const [type, word] of [
    ['cluster.delete', 'cannot be taken back'],
    ['raw', 'operator-user is operator here'],
    ['cluster.fly', 'no command fly'],
  ] as const) {
    event(type);
    await expect.poll(() => told.at(-1)?.event).toContain(word);
  }
  expect(sent).toHaveLength(1);
});

it('serves the viewer to anyone of any site, and gives it nothing', async () => {
  server = await startInspector(fakeParts(), { compat });
  const { status, headers, text } = await server.ask('/inspect/view');
  expect(status).toBe(200);
  const policy = headers['content-security-policy'] ?? '';
  for (const part of ['frame-ancestors *', "connect-src 'none'", 'sandbox allow-scripts'])
    expect(policy).toContain(part);
  expect(headers['set-cookie']).toBeUndefined();
  const file = /src="([^"]+)"/.exec(text)?.[1] ?? '';
  expect((await server.ask(file)).headers['cross-origin-resource-policy']).toBe('cross-origin');
  expect((await server.ask('/inspect/view', { headers: { host: 'rebound.example' } })).status).toBe(
    421,
  );
  expect((await server.ask('/')).headers['content-security-policy']).toContain(
    "frame-ancestors 'none'",
  );
});
