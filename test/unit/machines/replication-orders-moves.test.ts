/** What an order comes to, by its words alone. */
import { expect, it } from 'vitest';
import type { ReplicationContext } from '../../../machines/replication-context.ts';
import { moveOf } from '../../../machines/replication-orders.ts';
import { rested, standing } from './replication-standing.ts';

const following = standing('replica.following');
const plain = { endpoint: 'away', how: 'planned', wanted: null, then: null };
const move = (verb: string, more: object = {}, context: ReplicationContext = following) =>
  moveOf(context, { type: `replication.${verb}`, ...more });

it.each([
  ['promote', 'promote'],
  ['failover', 'promote'],
  ['demote', 'demote'],
  ['resync', 'resync'],
  ['recover', 'recover'],
])('%s means away, by plan, to the newest point, where nothing else is said', (verb, kind) => {
  expect(move(verb)).toEqual({ ...plain, verb, kind });
});

it('promote and failover go by force, and to a point, where that is said', () => {
  const asked = { how: 'forced', point: 7 };
  const meant = { kind: 'promote', how: 'forced', wanted: 7, then: null };
  expect(move('promote', { ...asked, endpoint: 'home' })).toEqual({
    ...{ ...meant, verb: 'promote', endpoint: 'home' },
  });
  expect(move('failover', { ...asked, endpoint: 'home' })).toEqual({
    ...{ ...meant, verb: 'failover', endpoint: 'away' },
  });
});

it.each(['home', 'away', 'none'] as const)('failover aims at away while %s writes', (writer) => {
  const meant = { ...plain, verb: 'failover', kind: 'promote' };
  expect(move('failover', {}, { ...following, writer })).toEqual(meant);
});

it.each(['demote', 'resync'])('%s goes by its own force, whatever else is said', (verb) => {
  const home = { ...plain, verb, kind: verb, endpoint: 'home' };
  const asked = { endpoint: 'home', how: 'forced' };
  expect(move(verb, { ...asked, force: false })).toEqual({ ...home, how: 'planned' });
  expect(move(verb, { ...asked, how: 'planned', force: true })).toEqual({ ...home, how: 'forced' });
});

it('relocate aims at the side that does not write, and at nothing while none does', () => {
  const verb = { verb: 'relocate', kind: 'promote' };
  expect(move('relocate', {}, { ...following, writer: 'home' })).toEqual({ ...plain, ...verb });
  expect(move('relocate', {}, { ...following, writer: 'away' })).toEqual({
    ...{ ...plain, ...verb, endpoint: 'home' },
  });
  expect(move('relocate', {}, { ...following, writer: 'none' })).toBeUndefined();
});

it('failback promotes home where it follows with data, and overwrites it first elsewhere', () => {
  const meant = { ...plain, verb: 'failback', endpoint: 'home' };
  const away = standing('source.protected', { writer: 'away' });
  const home = (phase: ReplicationContext['home']['phase']) => ({
    ...away,
    home: { ...rested.home, phase },
  });
  const points = [{ seq: 1, pitMs: 1, at: 'home', isFinal: false, epoch: 1 } as const];
  const current = { ...home('replica.following'), points };
  expect(move('failback', {}, current)).toEqual({ ...meant, kind: 'promote' });
  const empty = { ...current, points: [], writerEpoch: 9 };
  const failed = { ...home('failed.safe'), points };
  for (const context of [empty, failed])
    expect(move('failback', {}, context)).toEqual({ ...meant, kind: 'resync', then: 'promote' });
});

it('only a promotion is part of its group’s order, and only where that names it whole', () => {
  const group = { name: 'shop', order: 4 };
  expect(move('promote', { group })).toMatchObject({ group });
  expect(move('promote', { group: 'shop' })).not.toHaveProperty('group');
  for (const verb of ['failover', 'demote', 'resync', 'recover'])
    expect(move(verb, { group })).not.toHaveProperty('group');
});

it.each(['pause', 'delete', 'cancel', 'override', 'barrier', 'sync'])(
  '%s moves nothing',
  (verb) => {
    expect(move(verb)).toBeUndefined();
  },
);
