/** As much of an old nats-server as a client needs to connect: greeting with its version, pongs, and nobody who responds. */
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

export async function startOldNats(
  version: string,
  port = 0,
): Promise<{ url: string; stop(): Promise<void> }> {
  const open = new Set<Socket>();
  const info = { server_id: 'OLD', version, proto: 1, headers: true, max_payload: 1_048_576 };
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => open.delete(socket));
    socket.write(`INFO ${JSON.stringify(info)}\r\n`);
    socket.on('data', (data) => {
      const text = data.toString();
      if (text.includes('PING\r\n')) socket.write('PONG\r\n');
      const reply = /^PUB \S+ (\S+) /m.exec(text)?.[1];
      // The client's only subscription is the one for replies.
      if (reply !== undefined) socket.write(`HMSG ${reply} 1 16 16\r\nNATS/1.0 503\r\n\r\n\r\n`);
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `nats://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
