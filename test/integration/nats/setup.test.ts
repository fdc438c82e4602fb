// Connecting and setting up, against a real server.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { nkeys } from '@nats-io/transport-node';
import { partitionOf } from '../../../machines/ids.ts';
import { connectNats } from '../../../src/nats/connection.ts';
import type { Connection } from '../../../src/nats/connection.ts';
import { installationOf } from '../../../src/nats/installation.ts';
import { setUpStreams } from '../../../src/nats/setup.ts';
import { commandSubject, storedCommandSubject } from '../../../src/nats/subjects.ts';
import { startNats } from '../../servers/nats.ts';
import type { NatsServer } from '../../servers/nats.ts';
import { startOldNats } from '../../servers/old-nats.ts';

const options = { holder: 'h1', binding: { mode: 'simulator', installation: 'i1' } };

describe('connecting', () => {
  it('says what to do when no server answers', async () => {
    const connecting = connectNats({ url: 'nats://127.0.0.1:1', name: 'test' });
    await expect(connecting).rejects.toThrow(/no nats-server answers at .*npm start/);
  });

  it('says so when the server has no JetStream, and when it refuses the key', async () => {
    const server = await startNats({ jetStream: false });
    const folder = mkdtempSync(path.join(tmpdir(), 'fairlead-key-'));
    try {
      const { url, nkeySeedFile } = server;
      await expect(connectNats({ url, nkeySeedFile, name: 'test' })).rejects.toThrow(
        /runs without JetStream/,
      );
      const strange = path.join(folder, 'strange.nk');
      writeFileSync(strange, nkeys.createUser().getSeed(), { mode: 0o600 });
      const refused = connectNats({ url, nkeySeedFile: strange, name: 'test' });
      await expect(refused).rejects.toThrow(/refuses our key/);
    } finally {
      rmSync(folder, { recursive: true });
      await server.stop();
    }
  });

  it('waits for a server that starts later when told to', async () => {
    const server = await startNats();
    const { url, nkeySeedFile } = server;
    await server.kill('SIGTERM');
    const connecting = connectNats({ url, nkeySeedFile, name: 'test', waitForServer: true });
    await server.restart();
    const connection = await connecting;
    expect(connection.connected()).toBe(true);
    await connection.close();
    await server.stop();
  });
});

describe('a server below the version floor', () => {
  it('is refused at the first connect', async () => {
    const old = await startOldNats('2.9.10');
    const connecting = connectNats({ url: old.url, name: 'test', waitForServer: true });
    await expect(connecting).rejects.toThrow(/nats-server 2\.9\.10 is older than 2\.10\.23/);
    await old.stop();
  });

  it('is refused at a reconnect, which closes the connection for good', async () => {
    const server = await startNats();
    const { url, nkeySeedFile } = server;
    const connection = await connectNats({ url, nkeySeedFile, name: 'test' });
    await server.kill('SIGTERM');
    const old = await startOldNats('2.10.22', Number(new URL(url).port));
    expect(await connection.closed).toMatchObject({ name: 'ServerTooOld' });
    await expect(connection.ask(() => Promise.resolve())).rejects.toThrow(/not connected/);
    await old.stop();
    await server.stop();
  });

  it('is accepted when told to, with a log line that says what may happen', async () => {
    const old = await startOldNats('2.9.10');
    const logged: string[] = [];
    const connecting = connectNats({
      ...{ url: old.url, name: 'test', acceptUnsafeVersion: true },
      log: (level, _fields, message) => logged.push(`${level} ${message}`),
    });
    // This stand-in has no JetStream, so connecting still ends, but only after the version was accepted.
    await expect(connecting).rejects.toThrow(/without JetStream/);
    expect(logged).toEqual(['error unsafe nats-server version accepted: data loss is possible']);
    await old.stop();
  });
});

describe('set-up of streams and buckets', () => {
  let server: NatsServer;
  let connection: Connection;
  beforeAll(async () => {
    server = await startNats();
    const { url, nkeySeedFile } = server;
    connection = await connectNats({ url, nkeySeedFile, name: 'test' });
  });
  afterAll(async () => {
    await connection.close();
    await server.stop();
  });

  it('makes all eight once, by several hosts at a time, and changes nothing the second time', async () => {
    const hosts = ['h1', 'h2', 'h3'].map((holder) =>
      setUpStreams(connection, { ...options, holder }),
    );
    await Promise.all(hosts);
    const names: string[] = [];
    for await (const { config } of connection.jsm.streams.list()) names.push(config.name);
    expect(names.sort()).toEqual([
      ...['FAIRLEAD_CMD', 'FAIRLEAD_DLQ', 'FAIRLEAD_EVT', 'FAIRLEAD_STEP'],
      ...['KV_FAIRLEAD_IDEM', 'KV_FAIRLEAD_LEASE', 'KV_FAIRLEAD_META', 'KV_FAIRLEAD_STATE'],
    ]);
    const update = connection.jsm.streams.update;
    let updates = 0;
    connection.jsm.streams.update = (...args) => {
      updates += 1;
      return update.apply(connection.jsm.streams, args);
    };
    await setUpStreams(connection, options);
    expect(updates).toBe(0);
  });

  it('gives the installation one name, of whichever host was first', async () => {
    const own = ['first', 'second', 'third'];
    const told = await Promise.all(own.map((name) => installationOf(connection, name)));
    expect(own).toContain(told[0]);
    expect(new Set(told).size).toBe(1);
    expect(await installationOf(connection, 'later')).toBe(told[0]);
  });

  it('puts back a setting that was changed by hand', async () => {
    await connection.jsm.streams.update('FAIRLEAD_CMD', { max_msgs_per_subject: 5 });
    await setUpStreams(connection, options);
    const { config } = await connection.jsm.streams.info('FAIRLEAD_CMD');
    expect(config.max_msgs_per_subject).toBe(8);
  });

  it('refuses a server that belongs to another installation', async () => {
    const binding = { ...options.binding, installation: 'i2' };
    await expect(setUpStreams(connection, { ...options, binding })).rejects.toThrow(
      /belongs to another set-up: its installation is i1, ours is i2/,
    );
  });

  it('refuses a stream that cannot become what is wanted', async () => {
    await connection.jsm.streams.delete('FAIRLEAD_DLQ');
    await connection.jsm.streams.add({
      name: 'FAIRLEAD_DLQ',
      subjects: ['fairlead.v1.dlq.>'],
      retention: 'workqueue',
    });
    await expect(setUpStreams(connection, options)).rejects.toThrow(
      /FAIRLEAD_DLQ differs in retention/,
    );
    await connection.jsm.streams.delete('FAIRLEAD_DLQ');
    await setUpStreams(connection, options);
  });

  it('stores a command under the partition that hosts compute', async () => {
    for (let n = 0; n < 200; n += 1) {
      const to = { namespace: `ns${n % 7}`, kind: 'cluster', name: `c-${n * 31}`, verb: 'pause' };
      const { seq } = await connection.js.publish(commandSubject(to), '{}');
      const stored = await connection.jsm.streams.getMessage('FAIRLEAD_CMD', { seq });
      expect(stored?.subject).toBe(storedCommandSubject(to));
      expect(partitionOf(to)).toBeLessThan(64);
    }
  });

  it('lets nobody write to the stored form of a public command', async () => {
    const to = { namespace: 'a', kind: 'cluster', name: 'b', verb: 'delete' };
    await expect(connection.js.publish(storedCommandSubject(to), '{}')).rejects.toThrow();
  });

  it('repeats committed records on the live subject', async () => {
    const seen = new Promise<string>((resolve) => {
      connection.nc.subscribe('fairlead.v1.live.>', {
        callback: (_error, message) => resolve(`${message.subject} ${message.string()}`),
      });
    });
    await connection.js.publish('$KV.FAIRLEAD_STATE.3.shop.cluster.eu', '{"a":1}');
    expect(await seen).toBe('fairlead.v1.live.3.shop.cluster.eu {"a":1}');
  });
});
