/** Streams over loopback HTTP to pages in another process, and what they cost this one. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { builtFile } from '../../../src/stack/built-file.ts';
import type { ReadersOrder } from './readers.ts';

export interface Cost {
  /** Of body, for each client. */
  readonly bytes: number;
  readonly seconds: number;
  /** Processor time of this process. */
  readonly cpuSeconds: number;
  /** How often the load was applied. */
  readonly made: number;
}

export interface Clients {
  readonly responses: readonly ServerResponse[];
  /** @param work  resolves with how often the load was applied */
  measure(work: () => Promise<number>): Promise<Cost>;
  close(): Promise<void>;
}

export async function openClients(clients: number): Promise<Clients> {
  const responses: ServerResponse[] = [];
  let bytes = 0;
  const server = createServer((_request, response) => {
    const write = response.write.bind(response) as (text: string) => boolean;
    response.write = (text: string): boolean => {
      bytes += Buffer.byteLength(text);
      return write(text);
    };
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.flushHeaders();
    responses.push(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const order: ReadersOrder = { port, clients };
  const readers = fork(builtFile('test/bench/inspector/readers.js'), [JSON.stringify(order)]);
  await once(readers, 'message');
  return {
    responses,
    async measure(work) {
      const startMs = performance.now();
      const [before, cpu] = [bytes, process.cpuUsage()];
      const made = await work();
      const { user, system } = process.cpuUsage(cpu);
      return {
        ...{ bytes: (bytes - before) / clients, made },
        ...{ seconds: (performance.now() - startMs) / 1000, cpuSeconds: (user + system) / 1e6 },
      };
    },
    async close() {
      const gone = once(readers, 'exit');
      readers.disconnect();
      server.closeAllConnections();
      server.close();
      await gone;
    },
  };
}
