/** What the server leaves behind: nothing after a start that failed, and no connection it refused. */
import { once } from 'node:events';
import { createConnection, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import type { CompatOptions } from '../../../../src/inspector/compat/compat.ts';
import { fakeParts, startInspector } from '../../../fakes/inspector-server.ts';

const compat: CompatOptions = {
  ...{ xstateInspect: true, statelyInspect: false, origins: [], viewFolder: '/nowhere' },
  onStep: () => () => undefined,
};

it('a WebSocket that is refused keeps no place, whatever its client does', async () => {
  const server = await startInspector(fakeParts(), { compat });
  const socket = createConnection({ port: server.port, host: '127.0.0.1', allowHalfOpen: true });
  let said = '';
  socket.on('data', (text: Buffer) => (said += text.toString()));
  socket.on('error', () => undefined);
  socket.write(
    'GET /inspect/xstate HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  await once(socket, 'end');
  expect(said).toMatch(/^HTTP\/1.1 403 /);
  // Its own end stays open; the server waits for every connection that it still holds.
  await server.close();
  socket.destroy();
});

it('a start that fails leaves no port behind', async () => {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  const siteFolder = new URL(import.meta.url).pathname; // a file
  await expect(startInspector(fakeParts(), { port, siteFolder })).rejects.toThrow('ENOTDIR');
  const next = await startInspector(fakeParts(), { port });
  await next.close();
});
