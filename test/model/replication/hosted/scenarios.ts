/** What is done with a replication in a life, step by step, each with how it has to end. */
import type { Phase } from '../../../../machines/replication-context.ts';
import type { Side } from '../../../../machines/replication-table.ts';
import type { ReplicationWorld } from './world.ts';
import { manifest } from './declared.ts';

export interface Scenario {
  readonly name: string;
  /** Up to where the step begins; nothing dies here. */
  prepare(world: ReplicationWorld): Promise<void>;
  /** The step itself, to its end. */
  act(world: ReplicationWorld): Promise<void>;
}

const isAt = (world: ReplicationWorld, side: Side, ...phases: Phase[]): boolean => {
  const memory = world.memory();
  return memory !== undefined && phases.includes(memory[side].phase);
};

/** The one side writes and its data is on the other side as well. */
const protectedBy = (world: ReplicationWorld, writer: Side) => () =>
  isAt(world, writer, 'source.protected') &&
  isAt(world, writer === 'home' ? 'away' : 'home', 'replica.following') &&
  world.memory()?.operation === null;

const atRest = (world: ReplicationWorld) => () => {
  const schedule = world.scheduleState();
  return schedule === 'idle' || schedule === 'paused';
};

/** Orders it, and again when the order was lost with the process that had taken it up but not noted. */
async function ordered(world: ReplicationWorld, verb: string, given: object = {}): Promise<void> {
  const { body, error } = await world.ask(verb, given);
  if (error !== undefined) throw new Error(`${verb} was refused: ${JSON.stringify(body)}`);
}

async function create(world: ReplicationWorld): Promise<void> {
  await ordered(world, 'apply', { manifest: manifest(world.cloud.places) });
  await world.until('protected', protectedBy(world, 'home'));
  await world.until('at rest', atRest(world));
}

async function tick(world: ReplicationWorld): Promise<void> {
  const before = world.memory()?.pointSeq ?? 0;
  const isMade = (): boolean =>
    (world.memory()?.points ?? []).some(({ seq }) => seq > before) && atRest(world)();
  // A set that a death has made too late to go on with is abandoned; then the next order makes one.
  for (let tries = 0; tries < 4 && !isMade(); tries += 1) {
    await ordered(world, 'sync');
    await world.pass(60_000);
    await world.until('at rest', atRest(world));
  }
  if (!isMade()) throw new Error(`no point was made: ${world.where()}`);
}

const failover = (how: 'planned' | 'forced') => async (world: ReplicationWorld) => {
  await ordered(world, 'failover', { how });
  await world.until('away writes', () => isAt(world, 'away', 'source.exposed', 'source.protected'));
  // What was forced away has to be resynced before anything is protected again.
  if (!isAt(world, 'home', 'replica.seeding', 'replica.following'))
    await world.until('home is fenced', () =>
      isAt(world, 'home', 'replica.seeding', 'replica.following'),
    );
  await tick(world);
  await world.until('protected', protectedBy(world, 'away'));
};

async function failback(world: ReplicationWorld): Promise<void> {
  await ordered(world, 'failback');
  await world.until('home writes', () => isAt(world, 'home', 'source.exposed', 'source.protected'));
  await tick(world);
  await world.until('protected', protectedBy(world, 'home'));
}

async function testFailover(world: ReplicationWorld): Promise<void> {
  await ordered(world, 'test-start', { ttlSeconds: 3_600 });
  await world.until('a test runs', () => world.isTesting());
  await ordered(world, 'test-stop');
  await world.until('no test', () => isAt(world, 'away', 'replica.following'));
}

async function remove(world: ReplicationWorld): Promise<void> {
  await ordered(world, 'delete');
  await world.until('deleted', () => world.memory()?.lifecycle === 'deleted');
}

const nothing = (): Promise<void> => Promise.resolve();
const afterAll =
  (...steps: ((world: ReplicationWorld) => Promise<void>)[]) =>
  async (world: ReplicationWorld): Promise<void> => {
    for (const step of steps) await step(world);
  };

export const scenarios: readonly Scenario[] = [
  { name: 'create', prepare: nothing, act: create },
  { name: 'tick', prepare: create, act: tick },
  { name: 'planned promote', prepare: create, act: failover('planned') },
  { name: 'forced promote', prepare: create, act: failover('forced') },
  { name: 'failback', prepare: afterAll(create, failover('planned')), act: failback },
  { name: 'test failover', prepare: create, act: testFailover },
  { name: 'delete', prepare: create, act: remove },
];
