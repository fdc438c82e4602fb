// A host process that is told to end before it is ready.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AckPolicy } from '@nats-io/jetstream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Leases } from '../../../actors/ports.ts';
import { hosting } from '../../../machines/limits.ts';
import { connectNats } from '../../../src/nats/connection.ts';
import type { Connection } from '../../../src/nats/connection.ts';
import { createLeases } from '../../../src/nats/leases.ts';
import { partitionFilter, streams } from '../../../src/nats/subjects.ts';
import { readNote } from '../../../src/stack/processes.ts';
import { stackWorld } from '../../servers/stack-world.ts';
import type { StackWorld } from '../../servers/stack-world.ts';

describe('a host that is not ready yet', () => {
  let world: StackWorld;
  let connection: Connection;
  /** Only read: under a name that holds nothing. */
  let leases: Leases;

  beforeAll(async () => {
    world = await stackWorld({ scale: 200, seed: 31 });
    connection = await connectNats({
      ...{ url: world.stack.nats.ready.url, name: 'early-end.test' },
      nkeySeedFile: world.stack.keys.hostSeedFile,
    });
    leases = await createLeases(connection, 'nobody');
  });
  afterAll(async () => {
    await connection.close(200);
    await world.close();
  });

  const held = async (): Promise<number> => (await leases.survey(true)).partitions.size;

  it('gives all leases back at SIGTERM, as one that is ready does', async () => {
    const { stack } = world;
    await stack.host.stop();
    const { consumers } = connection.jsm;
    for await (const { name } of consumers.list(streams.commands))
      await consumers.delete(streams.commands, name);
    // Somebody else's instead: so many partitions do not load that the host does not become ready.
    for (let partition = 0; partition <= hosting.unloadedMax; partition += 1)
      await consumers.add(streams.commands, {
        ...{ durable_name: `stranger-${partition}`, ack_policy: AckPolicy.Explicit },
        filter_subject: partitionFilter(partition),
      });
    const started = stack.host.start().catch(String);
    const served = 64 - hosting.unloadedMax - 1;
    await world.until('the others are held', async () => (await held()) >= served);
    const note = readNote(join(stack.dataDir, 'run', 'host.json'));
    if (note === undefined) throw new Error('no note of the host');
    process.kill(note.pid, 'SIGTERM');
    expect(await started).toContain('host did not get ready: exit code 0');
    expect(await held()).toBe(0);
    expect(readFileSync(join(stack.dataDir, 'logs', 'host.log'), 'utf8')).toContain('draining');
  });
});
