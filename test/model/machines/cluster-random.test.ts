import fc from 'fast-check';
import { expect, it } from 'vitest';
import { admitCluster } from '../../../machines/cluster-admission.ts';
import type { ClusterEvent } from '../../../machines/cluster-context.ts';
import { clusterEvents } from '../../../machines/messages.ts';
import type { EffectFault, PerformInput } from '../../../machines/messages.ts';
import { CloudDouble, manifest } from '../../unit/machines/cloud-double.ts';
import type { Answer } from '../../unit/machines/cloud-double.ts';

const seed = Number(process.env['FAIRLEAD_SEED'] ?? Date.now() % 1_000_000);
const runs = Number(process.env['FAIRLEAD_RUNS'] ?? 20);

/** Looking for a smaller story takes minutes: only for a seed that somebody asks for. */
const shrinks = process.env['FAIRLEAD_SEED'] !== undefined;

const fault = (type: EffectFault['type'], mayHaveHappened: boolean): EffectFault => ({
  type,
  code: type,
  message: type,
  mayHaveHappened,
});

/** What may befall one call: mostly nothing. */
const trouble: readonly (Answer | undefined)[] = [
  ...Array.from({ length: 10 }, () => undefined),
  { fault: fault('RateLimit', false) },
  { fault: fault('Timeout', true) },
  { lost: fault('Timeout', true) },
  { lost: fault('Retryable', true) },
  { fault: fault('CapacityShortage', false) },
  { fault: fault('Unauthorized', false) },
];

type Order = readonly [string, object?];

const order: fc.Arbitrary<Order> = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Order>(['none']) },
  {
    weight: 3,
    arbitrary: fc.constantFrom<Order>(['cluster.pause'], ['cluster.resume'], ['cluster.retry']),
  },
  {
    weight: 4,
    arbitrary: fc.constantFrom<Order>(
      ['cluster.stop'],
      ['cluster.start'],
      ['cluster.start'],
      ['cluster.restart'],
      ['cluster.cancel'],
    ),
  },
  {
    weight: 4,
    arbitrary: fc
      .integer({ min: 0, max: 4 })
      .map((count): Order => ['cluster.scale', { pool: 'web', count }]),
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom(1, 3, 5)
      .map((count): Order => ['cluster.scale', { pool: 'server', count }]),
  },
);
const story = fc.record({
  servers: fc.constantFrom(1, 3),
  agents: fc.integer({ min: 1, max: 3 }),
  troubles: fc.array(fc.integer({ min: 0, max: trouble.length - 1 }), {
    minLength: 20,
    maxLength: 60,
  }),
  orders: fc.array(order, { minLength: 5, maxLength: 20 }),
  deaths: fc.array(fc.integer({ min: 1, max: 200 }), { maxLength: 3 }),
  /** Trouble only begins once the cluster has run: such stories are about its changes. */
  isBornCalm: fc.boolean(),
  /** Steps between two orders: short ones meet a cluster that is being made, long ones a living one. */
  orderEvery: fc.constantFrom(8, 20, 40),
  deleteAtStep: fc.integer({ min: 1, max: 500 }),
});

/** Deaths are dealt while the cluster is made; of what runs they would cost etcd more than any order may. */
const isYoung = (cloud: CloudDouble): boolean =>
  /^(pending|provisioning|installing|configuring|failed)/.test(cloud.phase);

const isAlive = (state: string): boolean => state !== 'terminated';

const context = (cloud: CloudDouble) => cloud.cluster.getSnapshot().context;

/** Nothing is under way, and nothing that was set aside still waits to take work again. */
const isAtRest = (cloud: CloudDouble): boolean =>
  /^(running\.steady|stopped|failed|pending\.blocked)/.test(cloud.phase) &&
  Object.values(context(cloud).nodes).every(
    ({ phase }) =>
      ['ready', 'stopped', 'failed', 'lost'].includes(phase) || !cloud.phase.startsWith('running'),
  );

/** A cluster at rest is what its spec says, and no node is kept from work. */
function judgeAtRest(cloud: CloudDouble): void {
  const { spec, nodes, isHalted } = context(cloud);
  if (!/^(running|stopped)/.test(cloud.phase) || spec === null || isHalted) return;
  const list = Object.values(nodes);
  // Numbers ordered before a stop are made good after the next start.
  if (spec.desiredState === 'running') {
    expect(list.filter(({ role }) => role === 'server')).toHaveLength(spec.servers.count);
    expect(list.filter(({ role }) => role === 'agent')).toHaveLength(
      spec.agentPools.reduce((sum, { count }) => sum + count, 0),
    );
  }
  const up = [...cloud.instances.values()].filter(({ state }) => state === 'running');
  if (spec.desiredState === 'stopped') expect(up).toEqual([]);
  const serving = up.filter(({ slot }) => nodes[slot]?.phase === 'ready');
  expect(serving.filter(({ isCordoned }) => isCordoned)).toEqual([]);
}

const kinds = new Set<unknown>();
const holds = fc.asyncProperty(story, async (told) => {
  let call = 0;
  let isCalm = told.isBornCalm;
  const cloud: CloudDouble = new CloudDouble(({ effect, token }: PerformInput) => {
    call += 1;
    if (isCalm) return undefined;
    const answer = trouble[told.troubles[call % told.troubles.length] ?? 0];
    // Only launches lack capacity, and a token that launched something answers with that, whatever is scarce.
    const isKnown = [...cloud.instances.values()].some((each) => each.token === token);
    const isCapacity =
      typeof answer === 'object' && 'fault' in answer && answer.fault.type === 'CapacityShortage';
    if (!isCapacity) return answer;
    if (isKnown || !['node.launch', 'node.resolve'].includes(effect)) return undefined;
    // For certain nothing was launched: that is what a look for it finds out.
    return effect === 'node.resolve' ? { value: null } : answer;
  });
  cloud.command('cluster.apply', manifest(told.servers, told.agents));

  const judge = (): void => {
    const places = [...cloud.instances.values()]
      .filter((each) => isAlive(each.state))
      .map((each) => each.slot);
    expect(places.length).toBe(new Set(places).size);
    expect(cloud.cluster.getSnapshot().status).toBe('active');
    const { nodes } = cloud.cluster.getSnapshot().context;
    const servers = Object.values(nodes).filter(({ role }) => role === 'server');
    const moving = servers.filter(({ phase }) => ['joining', 'leaving'].includes(phase));
    expect(moving.length).toBeLessThanOrEqual(1);
  };
  let callsWhenPaused = -1;
  /** A paused cluster begins nothing. */
  const judgePaused = (): void => {
    const isPaused = cloud.cluster.getSnapshot().context.paused;
    if (isPaused && callsWhenPaused >= 0) expect(cloud.calls.length).toBe(callsWhenPaused);
    callsWhenPaused = isPaused ? cloud.calls.length : -1;
  };

  /** Only what admission lets through reaches a chart. */
  const give = ([type, value = {}]: Order): void => {
    const stamp = { atMs: 0, roll: 0, commandId: 'c', correlationId: 'k' };
    const event = { type, ...stamp, ...value } as ClusterEvent;
    const { context } = cloud.cluster.getSnapshot();
    if (admitCluster(context, event).kind === 'accepted')
      cloud.command(type as 'cluster.stop', value);
  };
  for (let step = 0; told.isBornCalm && cloud.phase !== 'running.steady'; step += 1) {
    expect(step).toBeLessThan(500);
    await cloud.step();
  }
  isCalm = false;
  for (let step = 0; step < told.deleteAtStep; step += 1) {
    const next = told.orders[(step / told.orderEvery) % told.orders.length];
    if (step % told.orderEvery === 0 && next !== undefined && next[0] !== 'none') give(next);
    if (told.deaths.includes(step) && isYoung(cloud))
      for (const id of [...cloud.instances.keys()].slice(-1))
        cloud.set(id, { state: 'terminated', stateReason: 'Server.InternalError' });
    await cloud.step();
    judge();
    judgePaused();
  }
  const inits = cloud.calls.filter(
    ({ effect, input }) => effect === 'node.script' && (input as { verb: string }).verb === 'init',
  );
  expect(new Set(inits.map(({ token }) => token)).size).toBeLessThanOrEqual(1);
  expect(cloud.quorumLost).toBe(0);

  // Trouble ends some day: from here on only what is under way may fail.
  isCalm = true;
  cloud.command('cluster.resume');
  for (let step = 0; step < 2_000 && !isAtRest(cloud); step += 1) {
    await cloud.step(step > 50 ? 10_000 : 1_000);
    judge();
  }
  for (const { type, data } of cloud.emitted)
    if (type === 'operationStarted') kinds.add(data['kind']);
  expect(cloud.phase).toMatch(/^(running\.steady|stopped|failed|pending)/);
  judgeAtRest(cloud);

  cloud.command('cluster.delete');
  for (let step = 0; step < 4_000 && cloud.phase !== 'deleted'; step += 1) {
    await cloud.step(step > 50 ? 10_000 : 1_000);
    judge();
  }
  expect(cloud.phase).toBe('deleted');
  const registered: readonly string[] = clusterEvents;
  expect(cloud.emitted.filter(({ type }) => !registered.includes(type))).toEqual([]);
  // Every instance was known to its node: the sweep is a net, not the road.
  expect(cloud.swept).toBe(0);
  expect([...cloud.instances.values()].filter((each) => isAlive(each.state))).toEqual([]);
});

// A launch that may have happened was forgotten; a server that may have joined was terminated without leaving etcd.
it.each([
  [453917, '12'],
  [329798395, '52'],
])('a story that was broken once is sound (seed %i, story %s)', async (kept, path) => {
  await fc.assert(holds, { seed: kept, path, numRuns: 1, endOnFailure: true });
});

it(`no slot has two live instances, one machine initialises, no order costs etcd its majority, and delete leaves nothing (seed ${seed})`, async () => {
  await fc.assert(holds, { seed, numRuns: runs, endOnFailure: !shrinks });
  // Stories that change nothing would prove nothing.
  if (runs >= 20) expect(kinds.size).toBeGreaterThan(2);
}, 60_000);
