/** Two replications change over together through the running service: orders between actors go over NATS. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { run } from '../../../src/cli/run.ts';
import { connectNats } from '../../../src/cli/session.ts';
import { dataVolume } from '../../../src/stack/data-volume.ts';
import { sidePath } from '../../../src/stack/side-path.ts';
import { stackWorld } from '../../servers/stack-world.ts';
import type { StackWorld } from '../../servers/stack-world.ts';
import { fakeTerminal } from '../../unit/cli/fake-terminal.ts';
import { twoMachines } from './machines.ts';

const namespace = 'test';
const names = ['db-1', 'db-2'] as const;
let world: StackWorld;

const key = (kind: string, name: string) => ({ namespace, kind, name });
const view = async (kind: string, name: string) =>
  (await world.client.query({ ...key(kind, name), verb: 'get', arguments: {} }))['status'] as {
    readonly writer: string;
    readonly loss?: { readonly seconds: number };
    readonly conditions: readonly { readonly type: string; readonly status: string }[];
  };
async function ordered(kind: string, name: string, verb: string, given: object): Promise<void> {
  const order = { ...key(kind, name), verb, arguments: given };
  const outcome = await world.client.command(order, { timeoutMs: 30_000 });
  expect(outcome.ok, JSON.stringify(outcome)).toBe(true);
}
const fairlead = async (...words: string[]): Promise<{ exit: number; out: string }> => {
  const terminal = fakeTerminal();
  const { url } = world.stack.nats.ready;
  const where = ['--nats', url, '--nkey', world.stack.keys.cliSeedFile, '-n', namespace];
  const exit = await run([...words, ...where], terminal, connectNats);
  return { exit, out: terminal.stdout() };
};

beforeAll(async () => {
  world = await stackWorld({ scale: 100, seed: 43 });
  const simulator = world.stack.simulator.ready;
  const { home, away } = await twoMachines(simulator);
  for (const [index, name] of names.entries()) {
    const device = index === 0 ? '/dev/sdf' : '/dev/sdg';
    const volumeId = await dataVolume(simulator, { ...home, device });
    const spec = {
      endpoints: {
        home: { cluster: 'eu-a', ...placeOf(home) },
        away: { cluster: 'eu-b', ...placeOf(away) },
      },
      volumes: [
        {
          name: 'data',
          home: { volumeId, instanceId: home.instanceId, device },
          away: { instanceId: away.instanceId, device },
        },
      ],
      schedule: { every: '1m', rpo: '5m' },
      backend: 'ebs',
    };
    const manifest = {
      apiVersion: 'fairlead.dev/v1',
      kind: 'Replication',
      metadata: { namespace, name },
      spec,
    };
    await ordered('replication', name, 'apply', { manifest });
  }
  for (const name of names)
    await world.until(`${name} is protected`, async () =>
      (await view('replication', name)).conditions.some(
        ({ type, status }) => type === 'Protected' && status === 'True',
      ),
    );
  const spec = {
    members: [
      { name: 'db-1', order: 2 },
      { name: 'db-2', order: 1 },
    ],
  };
  const manifest = {
    apiVersion: 'fairlead.dev/v1',
    kind: 'ReplicationGroup',
    metadata: { namespace, name: 'shop' },
    spec,
  };
  await ordered('replicationgroup', 'shop', 'apply', { manifest });
}, 90_000);
afterAll(async () => {
  await world.close();
});

const placeOf = ({ region, zone }: { region: string; zone: string }) => ({ region, zone });

it('fails over as one, in the declared order, and loses nothing', async () => {
  const { exit, out } = await fairlead('failover', 'rg', 'shop', '--wait', '--timeout', '80s');
  expect(exit, out).toBe(0);
  expect(await view('replicationgroup', 'shop')).toMatchObject({
    writer: 'away',
    loss: { seconds: 0 },
  });
  const armed = [];
  for (const name of names) {
    const { history } = (await view('replication', name)) as unknown as {
      history: readonly { readonly to: string; readonly endpoint: string; readonly atMs: number }[];
    };
    const at = history.findLast(({ to, endpoint }) => to === 'source' && endpoint === 'away')?.atMs;
    armed.push(at ?? 0);
  }
  expect(armed[1]).toBeLessThan(armed[0] ?? 0);
}, 90_000);

it('writes on one side only, by the simulator’s own books', async () => {
  const { volumes } = (await sidePath(world.stack.simulator.ready, 'GET', 'volumes')) as {
    volumes: readonly { readonly isWritable: boolean; readonly tags: Record<string, string> }[];
  };
  const writable = volumes.filter((each) => each.isWritable && 'repl:rel' in each.tags);
  expect(writable.map(({ tags }) => tags['repl:at'])).toEqual(['away', 'away']);
});

it('is moved with everything between two clusters by one command', async () => {
  const { exit, out } = await fairlead(
    ...['failover', 'cluster', 'eu-b', '--to', 'eu-a', '--timeout', '80s', '-o', 'json'],
  );
  expect(exit, out).toBe(0);
  expect(await view('replicationgroup', 'shop')).toMatchObject({ writer: 'home' });
}, 90_000);
