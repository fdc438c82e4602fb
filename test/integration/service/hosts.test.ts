// Two host processes over one nats-server: they share the partitions, and each goes on without the other.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectNats } from '../../../src/nats/connection.ts';
import type { Connection } from '../../../src/nats/connection.ts';
import { createLeases } from '../../../src/nats/leases.ts';
import type { Leases } from '../../../actors/ports.ts';
import { doubledSlots, liveCount, stackWorld } from '../../servers/stack-world.ts';
import type { StackWorld } from '../../servers/stack-world.ts';

describe('two hosts', () => {
  let world: StackWorld;
  let connection: Connection;
  /** Only read: under a name that holds nothing. */
  let leases: Leases;

  beforeAll(async () => {
    world = await stackWorld({ scale: 200, seed: 21, hosts: 2 });
    connection = await connectNats({
      ...{ url: world.stack.nats.ready.url, name: 'hosts.test' },
      nkeySeedFile: world.stack.keys.hostSeedFile,
    });
    leases = await createLeases(connection, 'nobody');
  });
  afterAll(async () => {
    await connection.close(200);
    await world.close();
  });

  /** Partitions held, fewest first. */
  const counts = async (): Promise<number[]> => {
    const held = new Map<string, number>();
    for (const host of (await leases.survey(true)).partitions.values())
      held.set(host, (held.get(host) ?? 0) + 1);
    return [...held.values()].sort((left, right) => left - right);
  };
  const share = (...expected: number[]) =>
    world.until(
      `partitions are held ${expected.join(' and ')}`,
      async () => (await counts()).join() === expected.join(),
      30_000,
    );
  const names = ['one', 'two', 'three', 'four'];
  const allRun = () =>
    world.until('all run', async () =>
      (await Promise.all(names.map((name) => world.state(name)))).every(
        (state) => state === 'running.steady',
      ),
    );

  it('have half of the partitions each', async () => {
    await share(32, 32);
    const { hosts } = await leases.survey(true);
    expect(hosts.map(({ isDraining }) => isDraining)).toEqual([false, false]);
  });

  it('go on with the clusters of one that is killed, and share again when it is back', async () => {
    for (const name of names) await world.apply(name, 1, 1);
    const [, second] = world.stack.hosts;
    if (second === undefined) throw new Error('one host only');
    await second.kill('SIGKILL');
    await share(64);
    await allRun();
    const truth = await world.truth();
    expect(doubledSlots(truth)).toEqual([]);
    expect(liveCount(truth)).toBe(2 * names.length);
    await second.start();
    await share(32, 32);
  });

  it('take over at once from one that is stopped', async () => {
    const [, second] = world.stack.hosts;
    const stopped = performance.now();
    await second?.stop();
    await share(64);
    // Far below the life of a lease: nothing waited for its end.
    expect(performance.now() - stopped).toBeLessThan(4_000);
    for (const name of names) await world.remove(name);
    await world.until('all are deleted', async () =>
      (await Promise.all(names.map((name) => world.state(name)))).every(
        (state) => state === 'resource.deleted',
      ),
    );
    expect(liveCount(await world.truth())).toBe(0);
  });
});
