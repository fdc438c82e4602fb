/** What callers ask for while everything breaks: by chance, without a look at what is allowed just then. */
import { manifest } from '../../servers/stack-world.ts';
import type { Dice } from './dice.ts';
import type { Order } from './sender.ts';

export const namespace = 'test';
const pool = 'web';
/** Both sides of the replication: nobody stops or deletes them. */
export const sides = ['home', 'away'] as const;
export const replicationName = 'disk';
/** Clusters that are paused before they have machines, and cost nothing: so many that every host has some. */
export const idle = Array.from({ length: 12 }, (_, index) => `idle${index + 1}`);
const idleRegion = 'us-east-1';
/** Nothing may be launched there. */
export const idleQuota = { region: idleRegion, max: 0 };

/** Changes nothing but the record. */
export const touchOrder = (name: string): Order => ({
  ...clusterKey(name),
  verb: idle.includes(name) ? 'pause' : 'resume',
  payload: {},
});

/** What is paused is deleted only with force. */
export const deleteOrder = (name: string): Order => ({
  ...clusterKey(name),
  verb: 'delete',
  payload: { force: idle.includes(name) },
});

export const clusterKey = (name: string) => ({ namespace, kind: 'cluster', name });
export const replicationKey = { namespace, kind: 'replication', name: replicationName };

export const applyOrder = (name: string, agents = 1): Order => ({
  ...clusterKey(name),
  verb: 'apply',
  payload: { manifest: manifest(name, 1, agents) },
});

export function idleOrder(name: string): Order {
  const { spec, ...rest } = manifest(name, 1);
  const elsewhere = { ...rest, spec: { ...spec, region: idleRegion } };
  return { ...clusterKey(name), verb: 'apply', payload: { manifest: elsewhere } };
}

type Made = (name: string, dice: Dice) => Order;

const plain =
  (verb: string): Made =>
  (name) => ({ ...clusterKey(name), verb, payload: {} });
const scale: Made = (name, dice) => ({
  ...clusterKey(name),
  verb: 'scale',
  payload: { pool, count: dice.between(0, 2) },
});
const apply: Made = (name, dice) => applyOrder(name, dice.between(0, 2) === 0 ? 2 : 1);

/** How often each order comes, against the others. */
const ofClusters: readonly (readonly [number, Made])[] = [
  ...([
    [6, plain('resume')],
    [1, plain('pause')],
    [3, apply],
    [4, scale],
  ] as const),
  ...([
    [1, plain('stop')],
    [2, plain('start')],
    [1, plain('restart')],
    [1, plain('delete')],
  ] as const),
  ...([
    [2, plain('retry')],
    [1, plain('cancel')],
  ] as const),
];
const ofReplications: readonly (readonly [number, string])[] = [
  ...([
    [4, 'relocate'],
    [4, 'sync'],
    [5, 'resume'],
  ] as const),
  // What a cancel or a fault has left failed comes back by these.
  ...([
    [4, 'recover'],
    [2, 'promote'],
  ] as const),
  ...([
    [1, 'pause'],
    [1, 'cancel'],
  ] as const),
];
/** One in so many is stored twice under its id, as by a caller who did not hear the answer. */
const twiceIn = 8;
/** One in so many is for the replication, or only touches a cluster that is not torn about. */
const elsewhereIn = 6;

export function nextOrder(dice: Dice, clusters: readonly string[]): Order {
  const isTwice = dice.between(1, twiceIn) === 1;
  const where = dice.between(1, elsewhereIn);
  if (where === 1) return { ...replicationOrder(dice), isTwice };
  const isTouched = where === 2 || where === 3;
  if (isTouched) return { ...touchOrder(dice.pick([...sides, ...idle])), isTwice };
  return { ...weighted(dice, ofClusters)(dice.pick(clusters), dice), isTwice };
}

function replicationOrder(dice: Dice): Order {
  const verb = weighted(dice, ofReplications);
  const isAimed = verb === 'recover' || verb === 'promote';
  return { ...replicationKey, verb, payload: isAimed ? { endpoint: dice.pick(sides) } : {} };
}

function weighted<T>(dice: Dice, from: readonly (readonly [number, T])[]): T {
  return dice.pick(from.flatMap(([weight, each]) => Array<T>(weight).fill(each)));
}

/** More for one resource than stream and mailbox take, all at once. */
export function burst(name: string): Order[] {
  const verbs = ['resume', 'pause', 'retry', 'cancel', 'restart', 'start', 'stop', 'delete'];
  const each = verbs.map((verb) => ({ ...clusterKey(name), verb, payload: {} }));
  const more = [0, 1].map((agents) => applyOrder(name, agents + 1));
  return Array.from({ length: 12 }, () => [...each, ...more]).flat();
}

/** Nothing of this can be read as a command. */
export function poison(name: string, dice: Dice): Order[] {
  const to = clusterKey(name);
  const text = (verb: string, payload: Order['payload'], headers = {}): Order => ({
    ...to,
    ...{ verb, payload, headers, isPoison: true },
  });
  const noise = Uint8Array.from({ length: 64 }, () => dice.between(128, 255));
  return dice.shuffled([
    text('scale', '{"pool":"web","count":'),
    text('scale', '{"pool":"web","count":-1}'),
    text('scale', { pool, count: 1, planet: 'mars' }),
    text('pause', noise),
    text('resume', '[]'),
    text('explode', {}),
    text('resume', {}, { 'Fairlead-Colour': 'red' }),
    text('resume', {}, { 'Fairlead-If-Revision': 'the latest' }),
    text('resume', {}, { 'Content-Type': 'text/xml' }),
    text('apply', { manifest: manifest('somebody-else') }),
    { ...text('resume', {}), kind: 'banana' },
    { ...text('resume', {}), name: 'Not_A_Label' },
  ]);
}
