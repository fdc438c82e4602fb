/** Checkers of the simulation (not `commands`, `windows`, `writers`), each shown a history that it has to find fault with, and one that is sound. */
import { describe, expect, it } from 'vitest';
import { cloudEvent } from '../../../actors/cloud-event.ts';
import type { OutboxEntry } from '../../../actors/outbox.ts';
import { actors } from '../../simulation/checkers/actors.ts';
import { databases } from '../../simulation/checkers/databases.ts';
import { deadlines } from '../../simulation/checkers/deadlines.ts';
import { events } from '../../simulation/checkers/events.ts';
import { instances } from '../../simulation/checkers/instances.ts';
import { records } from '../../simulation/checkers/records.ts';
import { secrets } from '../../simulation/checkers/secrets.ts';
import { plantedMark } from '../../simulation/cloud/estate.ts';
import { Life } from '../../simulation/life.ts';
import { call, court, machineIn, record } from './court.ts';

const key = { kind: 'cluster', namespace: 'shop', name: 'eu-0' } as const;

describe('actors', () => {
  it('are told of a host that does not start', () => {
    const { checker, accused } = court(actors);
    checker.logged?.({ host: 'h1.1', level: 'info', text: 'effect ended', fields: {} });
    expect(accused).toEqual([]);
    checker.logged?.({ host: 'h1.1', level: 'error', text: 'the host did not start', fields: {} });
    expect(accused).toHaveLength(1);
  });
});

describe('secrets', () => {
  const value = `${plantedMark}1`;

  it.each<[string, (shown: ReturnType<typeof court>) => void]>([
    ['record', ({ write }) => write(record({ snapshot: { context: { message: value } } }))],
    ['parameter', ({ checker }) => checker.called?.(call({ text: `{"FL_TOKEN":"${value}"}` }))],
    [
      'log line',
      ({ checker }) => checker.logged?.({ host: 'h', level: 'info', text: 't', fields: { value } }),
    ],
    [
      'reply',
      ({ world, checker }) => {
        world.outlets.reply({ inbox: '_INBOX.x', body: { message: value } });
        checker.ended?.();
      },
    ],
  ])('are found in a %s', (_where, show) => {
    const shown = court(secrets);
    shown.write(record());
    shown.checker.called?.(call({ text: '{"FL_TOKEN_PARAMETER":"/fairlead/u1/server-token"}' }));
    expect(shown.accused).toEqual([]);
    show(shown);
    expect(shown.accused).toHaveLength(1);
  });
});

describe('instances', () => {
  it('find two live machines of one slot, of whatever incarnation', () => {
    const { world, checker, accused } = court(instances);
    machineIn(world, 's0', 1);
    checker.moved?.();
    expect(accused).toEqual([]);
    machineIn(world, 's0', 2);
    checker.moved?.();
    expect(accused).toHaveLength(1);
  });

  it.each(['cloud.reboot', 'cloud.stop', 'script.drain'])(
    'find %s of a machine that is not its own',
    (name) => {
      const { world, write, checker, accused } = court(instances);
      write(record());
      const machine = machineIn(world, 's0', 1);
      checker.called?.(call({ name, machine }));
      expect(accused).toEqual([]);
      checker.called?.(call({ name, machine, owner: 'u2' }));
      expect(accused).toHaveLength(1);
      checker.called?.(call({ name, machine, uid: '' }));
      expect(accused.length).toBeGreaterThan(1);
    },
  );
});

describe('records', () => {
  it('find a call that goes out before its intent is stored', async () => {
    const { world, write, checker, accused } = court(records);
    await world.leases.client(lifeOf(world)).acquire(0);
    const order = call({ name: 'cloud.launch', token: 'fl-1' });
    checker.departed?.(order);
    expect(accused).toHaveLength(1);
    write(record({ snapshot: { context: {}, input: { token: 'fl-1' } } }));
    checker.departed?.(order);
    expect(accused).toHaveLength(1);
    checker.departed?.({ ...order, uid: 'u2' });
    expect(accused).toHaveLength(2);
  });

  it('find a write that was sent without the lease, and none that only lands after it', async () => {
    const { world, write, accused } = court(records);
    write(record());
    expect(accused).toHaveLength(1);
    const leases = world.leases.client(lifeOf(world));
    await leases.acquire(0);
    const sentMs = world.clock.monotonicMs();
    await world.clock.advance(2 * world.leases.ttlMs);
    write(record({ fence: 2 }), { sentMs });
    expect(accused).toHaveLength(1);
    write(record({ fence: 2 }));
    expect(accused).toHaveLength(2);
  });

  it('find a write of a holder that has given its lease back', async () => {
    const { world, write, accused } = court(records);
    const leases = world.leases.client(lifeOf(world));
    await leases.acquire(0);
    await world.clock.advance(100);
    await leases.release(0);
    await world.clock.advance(100);
    write(record());
    expect(accused).toHaveLength(1);
  });
});

const lifeOf = ({ clock }: ReturnType<typeof court>['world']): Life =>
  new Life({ host: 'h1', number: 1, clock, skewMs: () => 0, onDeath: () => undefined });

describe('deadlines', () => {
  const timerAt = (atMs: number) => ({
    ...{ from: '', to: '', id: 'x.after.1', event: { type: 'x.after.1' }, atMs },
  });

  it.each([
    ['is still to come', 60_000],
    ['is due already', -60_000],
  ])('find a timer that is lost with a change of owner and %s', (_when, inMs) => {
    const { world, write, accused } = court(deadlines);
    const timers = [timerAt(world.clock.nowMs() + inMs)];
    write(record({ timers }));
    write(record({ timers, fence: 2, host: 'h2' }));
    expect(accused).toEqual([]);
    write(record({ fence: 3 }));
    expect(accused).toHaveLength(1);
  });
});

describe('databases', () => {
  it('find an order to leave that costs etcd its majority, and a stop that does', () => {
    const { world, write, checker, accused } = court(databases);
    write(record());
    const [first, second, third] = [0, 1, 2].map((at) => machineIn(world, `s${at}`, 1, true));
    const leave = call({ name: 'script.leave-etcd', machine: first, target: second });
    const stop = call({ name: 'cloud.stop', machine: second });
    checker.called?.(leave);
    checker.called?.(stop);
    expect(accused).toEqual([]);
    third?.states.push({ atMs: 0, state: 'stopped', reason: '' });
    checker.called?.(leave);
    checker.called?.(stop);
    expect(accused).toHaveLength(2);
    // What is down already may leave.
    checker.called?.({ ...leave, target: third });
    expect(accused).toHaveLength(2);
  });
});

describe('events', () => {
  const entry: OutboxEntry = {
    ...{ id: 'u1/1', event: 'phaseChanged', correlationId: 'c', atMs: 1_700_000_000_250 },
    data: { phase: 'running.steady' },
  };
  const published = cloudEvent('simulated', key, entry);
  const told = (...all: readonly (typeof published)[]): readonly string[] => {
    const { world, write, checker, accused } = court(events);
    write(record({ outbox: [entry], outboxNext: 2 }));
    for (const each of all) world.outlets.store(each);
    checker.ended?.();
    return accused;
  };

  it('are fine when each is stored as its record has it, a repeat folded by its id', () => {
    expect(told(published, published)).toEqual([]);
  });

  it.each<[string, readonly (typeof published)[]]>([
    ['missing', []],
    ['stored twice under no id', [published, published].map((each) => ({ ...each, id: '' }))],
    ['of another content', [{ ...published, body: { ...published.body, data: {} } }]],
    ['of another name', [{ ...published, event: 'nodeChanged' }]],
    ['in no record', [published, cloudEvent('simulated', key, { ...entry, id: 'u1/9' })]],
  ])('are found %s', (_what, all) => {
    expect(told(...all)).not.toEqual([]);
  });
});
