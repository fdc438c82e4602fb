/** "Why can't I?" against the real chart of replications: in every state of a small search, what is said is what happens. */
import { expect, it } from 'vitest';
import { createActor, fromPromise } from 'xstate';
import { edgesOf } from '../../../actors/chart-edges.ts';
import { leavesOf } from '../../../actors/explain/guards.ts';
import { headsOf } from '../../../actors/explain/heads.ts';
import type { Order } from '../../../actors/explain/why.ts';
import type { Kind } from '../../../actors/kind.ts';
import { replicationSentences } from '../../../machines/guard-sentences.ts';
import { commandSchemas } from '../../../machines/messages.ts';
import { overrideTokenOf } from '../../../machines/replication-safety.ts';
import type { ReplicationContext } from '../../../machines/replication-context.ts';
import { replicationKind } from '../../../machines/replication-kind.ts';
import {
  publicStates,
  sides,
  transitionTable,
  verbFor,
} from '../../../machines/replication-table.ts';
import { shortest } from '../../../machines/replication-ways.ts';
import { replicationMachine } from '../../../machines/replication.ts';
import { answersTo, ordersIn, settled } from '../../model/replication/asks.ts';
import { Graph, elapsed, order } from '../../model/replication/chart.ts';
import type { Asked, Node } from '../../model/replication/chart.ts';
import { replicationManifest } from '../../model/replication/manifest.ts';
import { asked, disagreement, subjectFrom } from './explained.ts';

/** Calls that nobody answers, as in the graph. */
const idle = fromPromise(() => new Promise(() => undefined));
const chart = replicationMachine.provide({ actors: { operation: idle as never } });
const kind = replicationKind(chart) as unknown as Kind;
const key = { kind: 'replication', namespace: 'prod', name: 'db-1' };
const graph = new Graph(replicationMachine);

const atRest: readonly Asked[] = [
  ...(['pause', 'resume'] as const).map((verb) => order(verb, { type: `replication.${verb}` })),
  order('another interval', { type: 'replication.reconfigure', every: '2m' }),
  order('lag', { type: 'lag.measured', ratio: 4 }),
  order('delete', { type: 'replication.delete', force: false }),
  order('test', { type: 'replication.test-start', ttlSeconds: 60, force: false, endpoint: 'away' }),
];

function* next(node: Node): Generator<Asked> {
  yield* ordersIn(node);
  yield* atRest;
  for (const side of sides) {
    const call = node.calls[side];
    if (call !== undefined) yield* answersTo(side, call.effect).slice(0, 3);
  }
  yield* node.timers.map(elapsed);
}

/** Breadth first, so that the shortest ways come first; the bound keeps it a matter of seconds. */
function reached(statesMax: number): readonly Node[] {
  const queue = [settled(graph)];
  const found = new Set(queue.map(({ id }) => id));
  for (const node of queue) {
    if (queue.length >= statesMax) break;
    for (const step of next(node)) {
      const after = graph.step(node, step);
      if (after.epoch > 2 || found.has(after.id)) continue;
      found.add(after.id);
      queue.push(after);
    }
  }
  return queue.slice(0, statesMax);
}

const statesMax = Number(process.env['FAIRLEAD_EXPLAINED'] ?? 50);
const nodes = reached(statesMax);

const subjectAt = (node: Node) => {
  const snapshot = graph.snapshotOf(node);
  const persisted = createActor(kind.machine, { snapshot } as never).getPersistedSnapshot();
  return subjectFrom(kind, key, commandSchemas, persisted);
};

function ordersOf({ away, ...context }: ReplicationContext): readonly Order[] {
  const aimed = sides.flatMap((endpoint) => [
    ...(['recover', 'test-stop', 'test-start', 'demote', 'resync', 'promote'] as const).map(
      (verb) => ({ verb, arguments: { endpoint } }),
    ),
    ...(['demote', 'resync'] as const).map((verb) => ({
      ...{ verb, arguments: { endpoint, force: true } },
    })),
    { verb: 'promote', arguments: { endpoint, how: 'forced' } },
    { verb: 'promote', arguments: { endpoint, point: 99 } },
  ]);
  const plain = ['failover', 'failback', 'relocate', 'cancel', 'pause', 'resume', 'sync', 'delete'];
  const token = overrideTokenOf({ ...context, away });
  return [
    ...aimed,
    ...plain.map((verb) => ({ verb })),
    { verb: 'failover', arguments: { how: 'forced' } },
    { verb: 'delete', arguments: { force: true, ack: 'db-1' } },
    { verb: 'override', arguments: { token } },
    { verb: 'override', arguments: { token: 'guessed' } },
    { verb: 'reconfigure', arguments: { every: '2m' } },
    { verb: 'barrier', arguments: { phase: 'ready', group: 'g', order: 1 } },
    { verb: 'apply', arguments: { manifest: replicationManifest() } },
    { verb: 'create', arguments: { manifest: replicationManifest() } },
    { verb: 'pause', arguments: { expectEpoch: 77 } },
  ];
}

it(`says yes exactly when the order is then taken, and what it leads to, in ${nodes.length} states`, () => {
  const wrong: string[] = [];
  let questions = 0;
  for (const node of nodes) {
    const subject = subjectAt(node);
    for (const each of ordersOf(graph.snapshotOf(node).context)) {
      questions += 1;
      const told = disagreement(subject, each);
      if (told !== '') wrong.push(told);
    }
  }
  expect([...new Set(wrong)].slice(0, 20)).toEqual([]);
  expect(nodes.length).toBeGreaterThan(40);
  expect(questions).toBeGreaterThan(1_500);
}, 60_000);

it('has a sentence for true and for false of every guard on the edge of a command', () => {
  const named = edgesOf(kind.machine)
    .filter(({ transition }) => transition.eventType.startsWith('replication.'))
    .flatMap(({ transition }) => leavesOf(transition.guard).map(({ type }) => type));
  expect(Object.keys(replicationSentences).sort()).toEqual([...new Set(named)].sort());
});

it('judges every guard without failing, wherever it is asked', () => {
  const unknown = nodes.flatMap((node) => {
    const subject = subjectAt(node);
    return ordersOf(graph.snapshotOf(node).context).flatMap((each) =>
      asked(subject, each).because.flatMap(({ is, text, guard }) =>
        is === 'unknown' || text === guard ? [`${each.verb}: ${text}`] : [],
      ),
    );
  });
  expect([...new Set(unknown)]).toEqual([]);
}, 60_000);

it('leads by commands and waits of the table only, and never to where one stands', () => {
  for (const from of publicStates)
    for (const to of publicStates) {
      const way = shortest(from, to, 'away');
      if (from === to) expect(way).toEqual([]);
      // Nothing becomes absent, and nobody plans to fail.
      if (way === undefined) expect(to === 'absent' || to === 'failed').toBe(true);
      const words: readonly string[] = publicStates.flatMap((at) =>
        transitionTable[at].flatMap((then) => [verbFor(at, then) ?? '', `wait for ${then}`]),
      );
      for (const word of way ?? []) expect(words).toContain(word);
    }
});

it('names the shortest way to a promotion of what writes already', () => {
  const node = nodes[0];
  if (node === undefined) throw new Error('no state');
  const why = asked(subjectAt(node), { verb: 'promote', arguments: { endpoint: 'home' } });
  expect(why).toMatchObject({
    ...{ allowed: 'no', code: 'transition.notAllowed' },
    path: ['demote home', 'wait for replica', 'promote'],
  });
  expect(why.because[0]).toEqual({
    ...{ guard: 'transition.notAllowed', is: 'no' },
    text: 'home is source (phase protected)',
  });
});

it('says what is missing, and no where the state alone refuses', () => {
  const node = nodes[0];
  if (node === undefined) throw new Error('no state');
  const subject = subjectAt(node);
  expect(asked(subject, { verb: 'override' })).toMatchObject({
    ...{ allowed: 'no', code: 'precondition.failed', needs: ['token'] },
  });
  expect(asked(subject, { verb: 'apply' })).toMatchObject({
    allowed: 'unknown',
    needs: ['manifest'],
  });
  expect(asked(subject, { verb: 'promote', arguments: { point: 'x' } })).toMatchObject({
    ...{ allowed: 'no', code: 'command.malformed', because: [{ guard: 'point', is: 'no' }] },
  });
});

// Not within so many milliseconds: times are told, not asserted, since a machine may be busy with other tests.
it('tells of every command in a line', () => {
  const node = nodes[0];
  if (node === undefined) throw new Error('no state');
  const subject = subjectAt(node);
  const heads = headsOf(subject);
  expect(heads.map(({ command }) => command)).toEqual(Object.keys(commandSchemas.replication));
  const failover = heads.find(({ command }) => command === 'failover');
  expect(failover).toMatchObject({ allowed: 'yes', unchanged: false });
  const demote = heads.find(({ command }) => command === 'demote');
  expect(demote).toMatchObject({ allowed: 'yes', arguments: { endpoint: 'home' } });
});
