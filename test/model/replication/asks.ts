/** What can happen to a replication in a model: orders, answers of effects, timers. Labels name traces. */
import type { Phase } from '../../../machines/replication-context.ts';
import { publicStateOf } from '../../../machines/replication-context.ts';
import { issueExpired } from '../../../machines/replication-effects.ts';
import { sides } from '../../../machines/replication-table.ts';
import type { Side } from '../../../machines/replication-table.ts';
import { answered, confirm, order, refused } from './chart.ts';
import type { Asked, Graph, Node } from './chart.ts';
import { replicationManifest } from './manifest.ts';

const each = <T>(make: (side: Side) => T): Readonly<Record<Side, T>> => ({
  home: make('home'),
  away: make('away'),
});

export const orders = {
  planned: each((endpoint) =>
    order(`promote ${endpoint} planned`, {
      ...{ type: 'replication.promote', how: 'planned', endpoint },
    }),
  ),
  forced: each((endpoint) =>
    order(`promote ${endpoint} forced`, {
      ...{ type: 'replication.promote', how: 'forced', endpoint },
    }),
  ),
  demote: each((endpoint) =>
    order(`demote ${endpoint}`, { type: 'replication.demote', force: false, endpoint }),
  ),
  demoteForced: each((endpoint) =>
    order(`demote ${endpoint} by force`, { type: 'replication.demote', force: true, endpoint }),
  ),
  resync: each((endpoint) =>
    order(`resync ${endpoint}`, { type: 'replication.resync', force: false, endpoint }),
  ),
  recover: each((endpoint) =>
    order(`recover ${endpoint}`, { type: 'replication.recover', endpoint }),
  ),
  failback: order('failback', { type: 'replication.failback' }),
  cancel: order('cancel', { type: 'replication.cancel' }),
};

export const seen = (endpoint: Side, writable: 'yes' | 'no'): Asked =>
  order(`${endpoint} seen ${writable === 'yes' ? 'writable' : 'at rest'}`, {
    ...{ type: 'endpoint.observed', generation: 1, endpoint, writable },
  });

/** Orders that may do something here; the chart has the last word. */
export function ordersIn({ phases, hasOperation }: Node): Asked[] {
  const found: Asked[] = [];
  for (const side of sides) {
    const state = publicStateOf(phases[side]);
    if (phases[side] === 'promoting.awaitingOverride') found.push(confirm);
    if (hasOperation) continue;
    if (state === 'replica') found.push(orders.planned[side], orders.forced[side]);
    if (state === 'replica' || state === 'failed') found.push(orders.resync[side]);
    if (state === 'source') found.push(orders.demote[side], orders.demoteForced[side]);
    if (state === 'failed') found.push(orders.recover[side]);
  }
  if (!hasOperation && /^(replica|failed)/.test(phases.home)) found.push(orders.failback);
  if (sides.some((side) => isUnderWay(phases[side]))) found.push(orders.cancel);
  return found;
}

const isUnderWay = (phase: Phase): boolean =>
  /^(promoting|demoting|syncing)\.|preflight/.test(phase);

const setting = (initialSource: Side) =>
  order(`apply, ${initialSource} writes`, {
    type: 'replication.apply',
    manifest: replicationManifest({ initialSource }),
  });
export const applied = { home: setting('home'), away: setting('away') };

const establishes = (side: Side, source: Side): Asked =>
  answered(side, 'establish', {
    self: side === source ? 'yes' : 'no',
    peer: side === source ? 'no' : 'yes',
  });
const committed = (endpoint: Side): Asked => ({
  label: `schedule: point at ${endpoint}`,
  event: () => ({
    ...{ type: 'xstate.done.actor.scheduleCall', actorId: 'scheduleCall' },
    output: { result: { ok: true, atMs: 0, roll: 0, value: { seq: 1, pitMs: 0 } } },
  }),
});

/** Home writes, away follows: where every exploration starts. */
export function settled(graph: Graph): Node {
  const walk: Asked[] = [
    applied.home,
    establishes('home', 'home'),
    establishes('away', 'home'),
    order('sync now', { type: 'replication.sync' }),
    committed('away'),
    { ...committed('away'), label: 'schedule: copied' },
    { ...committed('away'), label: 'schedule: committed' },
    { ...committed('away'), label: 'schedule: pruned' },
  ];
  return walk.reduce((node, asked) => graph.step(node, asked), graph.begin());
}

/** Every answer an effect can give, world aside; which of them are true is the world's to say. */
export function answersTo(side: Side, effect: string): Asked[] {
  const ok = (value: object = {}, said = 'ok') => answered(side, effect, value, said);
  const failing = refused(side, effect);
  switch (effect) {
    case 'establish':
      return [
        ok({ self: 'yes', peer: 'no' }, 'writes here'),
        ok({ self: 'no', peer: 'yes' }, 'writes there'),
        failing,
      ];
    case 'preflight':
      return [ok({ ok: true, because: [] }), ok({ ok: false, because: ['x'] }, 'refuses')];
    case 'fence':
      return [ok({ fenced: true, observed: '' }, 'done'), unproven(side)];
    case 'prove':
      return (['no', 'yes', 'unknown'] as const).map((writable) => proves(side, writable));
    case 'verify':
      return sights.flatMap((self) => sights.map((peer) => verifies(side, self, peer)));
    case 'choosePoint':
      return [ok({ seq: 1, pitMs: 0 }), failing];
    case 'finalSync':
    case 'catchUp':
      return [ok({ seq: 1, pitMs: 0 }), failing, goesOn(side, effect)];
    case 'preserve':
    case 'transfer':
      return [ok(), failing, goesOn(side, effect)];
    case 'syncStatus':
      return [ok({ isComplete: true }), ok({ isComplete: false }, 'incomplete')];
    case 'materialize':
      return [ok(), failing, refused(side, effect, issueExpired), goesOn(side, effect)];
    case 'arm':
      return [ok(), failing, refused(side, effect, issueExpired)];
    default:
      return [ok(), failing];
  }
}

/** Told once it has moved, told again it stands still. */
export const goesOn = (side: Side, effect: string): Asked =>
  answered(side, effect, { isDone: false, progress: 50 }, 'goes on');

const sights = ['yes', 'no', 'unknown'] as const;
export const unproven = (side: Side): Asked =>
  answered(side, 'fence', { fenced: false, observed: 'unreachable' }, 'unproven');
export const proves = (side: Side, writable: 'yes' | 'no' | 'unknown'): Asked =>
  answered(side, 'prove', { writable, observed: '' }, writable);
export const verifies = (side: Side, self: string, peer: string): Asked =>
  answered(side, 'verify', { self, peer }, `self ${self} peer ${peer}`);
