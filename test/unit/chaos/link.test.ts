/** The line between a host and a server: what a network may do to it, it does. */
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Link } from '../../chaos/run/link.ts';

let server: Server;
let link: Link;
/** What has arrived at the server. */
let arrived = '';
const open: Socket[] = [];

beforeEach(async () => {
  arrived = '';
  server = createServer((socket) => {
    open.push(socket);
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      arrived += bytes.toString();
      socket.write(bytes);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  link = await Link.open(() => server.address() as AddressInfo);
});
afterEach(async () => {
  for (const socket of open.splice(0)) socket.destroy();
  await link.close();
  await new Promise((resolve) => server.close(resolve));
});

async function join(): Promise<{ socket: Socket; heard: () => string }> {
  const socket = connect({ host: '127.0.0.1', port: link.port });
  open.push(socket);
  let heard = '';
  socket.on('data', (bytes) => (heard += bytes.toString()));
  socket.on('error', () => undefined);
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  return { socket, heard: () => heard };
}

it('passes both ways', async () => {
  const { socket, heard } = await join();
  socket.write('hello');
  await vi.waitUntil(() => heard() === 'hello');
});

it('delays each way, in order', async () => {
  const { socket, heard } = await join();
  link.slow(60);
  const sinceMs = performance.now();
  for (const word of ['a', 'b', 'c']) socket.write(word);
  await vi.waitUntil(() => heard() === 'abc');
  expect(performance.now() - sinceMs).toBeGreaterThanOrEqual(119);
});

it('holds what is sent while it is silent, also of a side that has given up since', async () => {
  const { socket } = await join();
  socket.write('before');
  await vi.waitUntil(() => arrived === 'before');
  link.silence();
  let taken = '';
  link.overhear = (bytes) => (taken += bytes.toString());
  socket.end(', late');
  // It has come to the line, and goes no further.
  await vi.waitUntil(() => taken === ', late');
  expect(arrived).toBe('before');
  link.heal();
  await vi.waitUntil(() => arrived === 'before, late');
});

it('resets what is open and what comes while it is cut', async () => {
  const { socket } = await join();
  const closed = new Promise((resolve) => socket.once('close', resolve));
  link.cut();
  await closed;
  const later = connect({ host: '127.0.0.1', port: link.port });
  later.on('error', () => undefined);
  await new Promise((resolve) => later.once('close', resolve));
  link.heal();
  const { socket: again, heard } = await join();
  again.write('back');
  await vi.waitUntil(() => heard() === 'back');
});
