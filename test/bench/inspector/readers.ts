/** Pages that read their streams, in a process of their own: what reading costs is not the server's. Ends with its parent. */
import { get } from 'node:http';
import { z } from 'zod';

const order = z.object({ port: z.int().positive(), clients: z.int().positive() });
export type ReadersOrder = z.infer<typeof order>;

process.once('disconnect', () => process.exit(0));
const { port, clients } = order.parse(JSON.parse(process.argv[2] ?? '{}'));
let open = 0;
for (let client = 0; client < clients; client += 1)
  get({ port, host: '127.0.0.1', path: `/${client}`, agent: false }, (response) => {
    response.resume();
    if ((open += 1) === clients) process.send?.('open');
  });
