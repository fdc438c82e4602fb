// Shelf: the same cases on the fake and on JetStream KV.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Shelf } from '../../../actors/ports.ts';
import { createShelf } from '../../../src/nats/shelf.ts';
import { FakeShelf } from '../../fakes/fake-shelf.ts';
import { startRig } from './nats-rig.ts';

interface Rig {
  readonly shelf: Shelf;
  /** Of the next process of the same host. */
  readonly next: Shelf;
  disconnect(): Promise<void>;
  reconnect(): Promise<void>;
  stop(): Promise<void>;
}

async function fakeRig(): Promise<Rig> {
  const shelf = new FakeShelf();
  return {
    ...{ shelf, next: shelf },
    disconnect: async () => void (shelf.connected = false),
    reconnect: async () => void (shelf.connected = true),
    stop: async () => {},
  };
}

async function natsRig(): Promise<Rig> {
  const rig = await startRig();
  const { connection } = rig;
  const other = await rig.connect();
  return {
    shelf: await createShelf(connection, 'budgets.h1'),
    next: await createShelf(other, 'budgets.h1'),
    ...{ disconnect: rig.disconnect, reconnect: rig.reconnect, stop: rig.stop },
  };
}

describe.each([
  ['fake', fakeRig],
  ['JetStream', natsRig],
])('shelf on %s', (_name, start) => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await start();
  });
  afterAll(() => rig.stop());

  it('is empty at first, then holds what was saved last, for the next process as well', async () => {
    expect(await rig.shelf.load()).toBeUndefined();
    await rig.shelf.save('{"n":1}');
    await rig.shelf.save('{"n":"ä"}');
    expect(await rig.next.load()).toBe('{"n":"ä"}');
  });

  it('rejects while disconnected and keeps what it had', async () => {
    await rig.disconnect();
    await expect(rig.shelf.save('lost')).rejects.toThrow();
    await expect(rig.shelf.load()).rejects.toThrow();
    await rig.reconnect();
    expect(await rig.next.load()).toBe('{"n":"ä"}');
  });
});
