/** The real chart, searched whole: whatever is said to be allowed is what an order is then taken for, in every state. */
import { expect, it } from 'vitest';
import { admit } from '../../../actors/admission.ts';
import type { CommandEvent } from '../../../actors/turn.ts';
import type { Kind } from '../../../actors/kind.ts';
import { commandSchemas } from '../../../machines/messages.ts';
import { replicationKind } from '../../../machines/replication-kind.ts';
import { overrideTokenOf } from '../../../machines/replication-safety.ts';
import { replicationMachine } from '../../../machines/replication.ts';
import { sides } from '../../../machines/replication-table.ts';
import { settled } from './asks.ts';
import { Graph, order } from './chart.ts';
import type { Node } from './chart.ts';
import { replicationManifest } from './manifest.ts';
import { search, whileAtRest } from './search.ts';

const kind = replicationKind(replicationMachine) as unknown as Kind;
const graph = new Graph(replicationMachine);
search(graph, graph.begin(), 0);
search(graph, settled(graph), 2);
search(graph, settled(graph), 1, [
  ...whileAtRest,
  order('delete', { type: 'replication.delete', force: false }),
  order('delete by force', { type: 'replication.delete', force: true, ack: 'db-1' }),
]);

/** Arguments that say no more than the schema's defaults would, and those that ask for the same by force. */
const plain = { how: 'planned', force: false, ttlSeconds: 3_600 };
const forced = { how: 'forced', force: true, ttlSeconds: 3_600 };

type Answer = 'taken' | 'unchanged' | 'refused' | 'admitted, and dropped by the chart';

/** As hosting decides it: admission first, then the chart. */
function answerTo(node: Node, verb: string, given: object): Answer {
  const snapshot = graph.snapshotOf(node);
  const ids = { commandId: 'k', correlationId: 'c' };
  const event = { atMs: 0, roll: 0, ...ids, ...given, type: `replication.${verb}` } as CommandEvent;
  const key = { kind: 'replication', namespace: 'prod', name: 'db-1' };
  const command = { ...ids, key, verb, arguments: { ...given } };
  const asked: boolean[] = [];
  const can = (): boolean => {
    asked.push(snapshot.can(event as never));
    return asked.includes(true);
  };
  const admission = admit(kind, command, event, { snapshot, revision: 1, nowMs: 0, can });
  if (admission.kind === 'accepted') return 'taken';
  if (asked.length > 0) return 'admitted, and dropped by the chart';
  return admission.kind;
}

const argumentsOf: Readonly<Record<string, (node: Node) => object>> = {
  override: (node) => ({ token: overrideTokenOf(graph.snapshotOf(node).context) }),
  apply: (node) => ({ manifest: relabelled(node) }),
};

/** As it stands, but for a label: what else it changes may have to wait. */
function relabelled(node: Node): object {
  const { metadata, spec, ...manifest } = replicationManifest();
  const stands = graph.snapshotOf(node).context.spec ?? spec;
  return { ...manifest, metadata: { ...metadata, labels: { tier: 'gold' } }, spec: stands };
}

/** Not among the verbs it names: what they need is known to a group alone, or not worth a line. */
const unnamed = ['create', 'barrier', 'reconfigure'];
const verbs = Object.keys(commandSchemas.replication).filter((verb) => !unnamed.includes(verb));

const where = ({ phases }: Node): string => `home ${phases.home}, away ${phases.away}`;

it('names a verb as allowed exactly when it is taken with its defaults, on one side at least', () => {
  const wrong = new Set<string>();
  for (const node of graph.nodes) {
    const allowed = new Set(kind.allowed(graph.snapshotOf(node)));
    for (const verb of verbs) {
      const given = { ...plain, ...argumentsOf[verb]?.(node) };
      const isTaken = sides.some(
        (endpoint) => answerTo(node, verb, { ...given, endpoint }) === 'taken',
      );
      if (allowed.has(verb) !== isTaken)
        wrong.add(`${verb} is ${isTaken ? 'taken' : 'not taken'} at ${where(node)}`);
    }
  }
  expect([...wrong].sort().slice(0, 20)).toEqual([]);
  expect(graph.nodes.length).toBeGreaterThan(5_000);
}, 300_000);

it('admits nothing that the chart then drops, by force neither', () => {
  const wrong = new Set<string>();
  for (const node of graph.nodes)
    for (const verb of [
      'promote',
      'demote',
      'resync',
      'recover',
      'failover',
      'test-start',
      'delete',
    ])
      for (const endpoint of sides) {
        const answer = answerTo(node, verb, { ...forced, ack: 'db-1', endpoint });
        if (answer.startsWith('admitted')) wrong.add(`${verb} ${endpoint} at ${where(node)}`);
      }
  expect([...wrong].sort().slice(0, 20)).toEqual([]);
}, 300_000);

it('answers a cancel by whether something can be turned back, is turned back, or is too late', () => {
  const answers = new Map<string, Set<Answer>>();
  for (const node of graph.nodes) {
    const { home, away } = node.phases;
    if (!home.startsWith('failed.')) continue;
    const known = answers.get(away) ?? new Set();
    answers.set(away, known.add(answerTo(node, 'cancel', {})));
  }
  const only = (phase: string) => [...(answers.get(phase) ?? [])];
  expect(only('promoting.fencing')).toEqual(['taken']);
  expect(only('promoting.compensating')).toEqual(['unchanged']);
  expect(only('demoting.compensating')).toEqual(['unchanged']);
  expect(only('demoting.finalSync')).toEqual(['taken']);
  expect(only('demoting.releasing')).toEqual(['refused']);
  expect(only('demoting.verifying')).toEqual(['refused']);
  expect(only('failed.safe')).toEqual(['unchanged']);
});
