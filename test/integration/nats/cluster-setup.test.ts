// Setting up and taking over where nats-server runs as a cluster: three real servers.
import { mkdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { hosting } from '../../../machines/limits.ts';
import { consumeCommands } from '../../../src/nats/commands.ts';
import { connectNats } from '../../../src/nats/connection.ts';
import type { Connection } from '../../../src/nats/connection.ts';
import { setUpStreams } from '../../../src/nats/setup.ts';
import { bucketStream, buckets, streams } from '../../../src/nats/subjects.ts';
import type { SupervisedChild } from '../../../src/stack/child.ts';
import { childEnvironment } from '../../../src/stack/environment.ts';
import { ensureNatsKeys } from '../../../src/stack/nats-server.ts';
import type { NatsReady } from '../../../src/stack/nats-server.ts';
import { natsTrio } from '../../chaos/run/nats-trio.ts';
import { natsServerBinary } from '../../servers/nats.ts';

let dir: string;
let servers: SupervisedChild<NatsReady>[] = [];

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'fairlead-cluster-'));
  const run = path.join(dir, 'run');
  mkdirSync(run);
  servers = await natsTrio({
    ...{ dir, keys: ensureNatsKeys(dir), binary: natsServerBinary() },
    files: (name) => ({
      ...{ logFile: path.join(dir, `${name}.log`), noteFile: path.join(run, `${name}.json`) },
      ...{ env: childEnvironment(run), say: () => undefined },
    }),
  });
  await Promise.all(servers.map((server) => server.start()));
});
afterAll(async () => {
  await connection.close();
  await Promise.all(servers.map((server) => server.stop()));
  await rm(dir, { recursive: true });
});

let connection: Connection;

it('keeps every stream on three servers, and leases past an election', async () => {
  const url = servers.map(({ ready }) => ready.url).join(',');
  const { hostSeedFile } = ensureNatsKeys(dir);
  connection = await connectNats({ url, nkeySeedFile: hostSeedFile, name: 'test' });
  // Servers that have just met may still choose who leads: it waits for them.
  await setUpStreams(connection, { holder: 'h1', binding: { mode: 'simulator' }, replicas: 3 });
  const names = [...Object.values(streams), ...Object.values(buckets).map(bucketStream)];
  for (const name of names) {
    const { config } = await connection.jsm.streams.info(name);
    expect([name, config.num_replicas]).toEqual([name, 3]);
  }
  const lease = await connection.jsm.streams.info(bucketStream(buckets.lease));
  expect(lease.config.max_age / 1_000_000).toBe(hosting.leaseTtlClusterMs);
});

it('takes partitions over side by side, while leaders of their consumers are still chosen', async () => {
  const partitions = Array.from({ length: hosting.takenAtOnceMax }, (_, index) => index);
  const takeAll = (epoch: number) =>
    Promise.all(partitions.map((partition) => taken({ partition, epoch })));
  const former = await takeAll(1);
  const now = await takeAll(2);
  const names: string[] = [];
  for await (const { name } of connection.jsm.consumers.list(streams.commands)) names.push(name);
  expect(names.sort()).toEqual(partitions.map((partition) => `p${partition}-e2`));
  await Promise.all([...former, ...now].map((subscription) => subscription.stop()));
});

/** Tried again as hosts do: a server that is asked for much at once may not answer in time. */
async function taken(turf: { readonly partition: number; readonly epoch: number }) {
  const ignore = (): void => undefined;
  for (let tries = 1; ; tries += 1) {
    try {
      return await consumeCommands(connection, ignore, turf, ignore);
    } catch (error) {
      if (tries === 5) throw error;
    }
  }
}
