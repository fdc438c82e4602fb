/** The guard's own record: what survives a restart, what orders do, what never reaches the world before the commit. */
import { expect, it } from 'vitest';
import { GuardHost, guardRecordKey } from '../../../actors/guard-host.ts';
import { Guard } from '../../../actors/policies/call-guard.ts';
import { readRecord } from '../../../actors/record.ts';
import { fleetKey, recordKey } from '../../../machines/ids.ts';
import { guardEvents } from '../../../machines/messages.ts';
import type { EffectFault } from '../../../machines/messages.ts';
import { FakeBus } from '../../fakes/fake-bus.ts';
import { FakeStore } from '../../fakes/fake-store.ts';
import { ManualClock, settle } from '../../fakes/manual-clock.ts';
import { CountingRandom, FakeTelemetry } from './world.ts';

const key = 'main/eu-central-1/ec2:mutate';
const fault: EffectFault = { type: 'Unavailable', code: 'Unavailable', message: '' };
const { signal } = new AbortController();

class Process {
  readonly telemetry = new FakeTelemetry();
  readonly bus: FakeBus;
  readonly store: FakeStore;
  readonly clock: ManualClock;
  readonly guard: Guard;
  readonly host: GuardHost;

  constructor(other?: Process, hostId = 'h1') {
    this.clock = other?.clock ?? new ManualClock();
    this.bus = other?.bus ?? new FakeBus();
    this.store = other?.store.secondClient() ?? new FakeStore();
    const random = new CountingRandom();
    const { clock, telemetry, bus, store } = this;
    this.guard = new Guard({ clock, random, telemetry, scale: 1 });
    const ports = { clock, random, telemetry, bus, store };
    this.host = new GuardHost({ guard: this.guard, hostId, installation: 'test', ports });
  }

  async start(): Promise<this> {
    const started = this.host.start();
    await this.clock.advance(0);
    await started;
    return this;
  }
  call(run: () => Promise<unknown> = () => Promise.resolve('made')): Promise<unknown> {
    const attempt = { signal, correlationId: 'c' };
    return this.guard
      .call({ key, attempt, classify: () => fault }, run)
      .catch((thrown: unknown) => thrown);
  }
  async trip(): Promise<void> {
    for (let failure = 0; failure < 3; failure += 1)
      expect(await this.call(() => Promise.reject(new Error('503')))).toEqual(new Error('503'));
    await this.clock.advance(0);
  }
  state(): string | undefined {
    return this.guard.breakers().find((each) => each.key === key)?.state;
  }
  events(): string[] {
    return this.bus.events.map(({ name, event, body }) => {
      const { from, to } = body['data'] as { from: string; to: string };
      return `${name} ${event} ${from} ${to}`;
    });
  }
}

it('a circuit that was open stays open over a restart, until its time and no longer [R-27]', async () => {
  const first = await new Process().start();
  await first.trip();
  await first.clock.advance(10_000);
  await first.host.stop();
  const second = await new Process(first).start();
  expect(second.state()).toBe('open');
  expect(await second.call()).toMatchObject({ fault: { rejectedBy: 'circuit' } });
  await second.clock.advance(19_999);
  expect(second.state()).toBe('open');
  await second.clock.advance(1);
  expect(second.state()).toBe('halfOpen');
  expect(await second.call()).toBe('made');
});

it('acts before its record is stored, and publishes only after', async () => {
  const process = await new Process().start();
  await process.call();
  await process.clock.advance(0);
  const release = process.store.hold();
  await process.trip();
  expect(process.state()).toBe('open');
  expect(process.events()).toEqual([]);
  release();
  await process.clock.advance(0);
  expect(process.events()).toEqual(['h1 breakerChanged closed open']);
  const registered: readonly string[] = guardEvents;
  expect(process.bus.events.every(({ event }) => registered.includes(event))).toBe(true);
});

it('holds no call up while the store is away', async () => {
  const process = await new Process().start();
  process.store.connected = false;
  expect(await process.call()).toBe('made');
  await process.trip();
  expect(process.state()).toBe('open');
  process.store.connected = true;
  await process.clock.advance(3_000);
  const stored = process.store.peek(guardRecordKey('h1'));
  const read = stored && readRecord(stored.bytes);
  expect(read?.ok === true && JSON.stringify(read.record.snapshot)).toContain('"value":"open"');
});

it('obeys orders of the fleet, and trips of others make it probe for itself', async () => {
  const process = await new Process().start();
  await process.call();
  const heard = (type: string, source: string, data: object) => {
    process.host.heard({ type, source, data });
  };
  const order = { orderId: 'o1', verb: 'isolate', key, reason: 'a test', untilMs: 9e15 };
  heard('fairlead.guard.ordered.v1', '/fairlead/test/guard/system/fleet', order);
  expect(process.state()).toBe('isolated');
  heard('fairlead.guard.ordered.v1', '', { ...order, orderId: 'o2', verb: 'reset' });
  expect(process.state()).toBe('closed');
  const change = { key, to: 'open' };
  heard('fairlead.guard.breakerChanged.v1', '/fairlead/test/guard/system/h1', change);
  expect(process.state()).toBe('closed');
  heard('fairlead.guard.breakerChanged.v1', '/fairlead/test/guard/system/h2', change);
  expect(process.state()).toBe('halfOpen');
});

it('lets calls through again when an isolation was taken back while it was away', async () => {
  const first = await new Process().start();
  await first.call();
  const order = { orderId: 'o1', verb: 'isolate', key, reason: 'a test', untilMs: 9e15 } as const;
  first.guard.lines.apply({ ...order, allowTeardown: false, policy: {} });
  await first.host.stop();
  const second = await new Process(first).start();
  expect(second.state()).toBe('isolated');
  second.guard.lines.applyStanding([]);
  expect(second.state()).toBe('halfOpen');
});

it('goes on from its record after it was cut by a stale write', async () => {
  const process = await new Process().start();
  await process.trip();
  process.store.failNext('stale');
  await process.clock.advance(30_000);
  await process.clock.advance(5_000);
  await settle();
  expect(process.telemetry.texts()).toContain('the guard was cut; it goes on from its record');
  expect(await process.call()).toBe('made');
});

it('begins with closed circuits when the stored record does not fit', async () => {
  const first = await new Process().start();
  await first.trip();
  await first.host.stop();
  const stored = first.store.peek(guardRecordKey('h1'));
  const bytes = stored?.bytes.replace(/"definitionHash":"[0-9a-f]+"/, '"definitionHash":"old"');
  await first.store.write(guardRecordKey('h1'), bytes ?? '', stored?.revision ?? 0);
  const second = await new Process(first).start();
  expect(await second.call()).toBe('made');
  await second.clock.advance(0);
  expect(second.telemetry.texts()).toContain('the stored breakers do not fit; all begin closed');
});

it('names the record of standing orders when it cannot be read, and what to do', async () => {
  const process = new Process();
  const fleet = recordKey(fleetKey);
  await process.store.write(fleet, '{"standing":', 0);
  await process.start();
  expect(process.host.mark).toBeUndefined();
  const told = process.telemetry.lines.filter(({ level }) => level === 'error');
  expect(told).toHaveLength(1);
  expect(told[0]?.fields).toMatchObject({ key: fleet, reason: expect.stringContaining('JSON') });
  expect(told[0]?.text).toContain('give the orders again');
  expect(await process.call()).toBe('made');
});

it('knows the order to this host from events as they come', async () => {
  const process = await new Process().start();
  const heard = (event: 'hostDrained' | 'hostUndrained', host: string) => {
    const data = { host, orderId: 'o1', reason: 'update', by: 'ana', atMs: 1 };
    process.host.heard({ type: `fairlead.guard.${event}.v1`, source: '', data });
  };
  heard('hostDrained', 'h2');
  expect(process.host.mark).toBeUndefined();
  heard('hostDrained', 'h1');
  expect(process.host.mark).toMatchObject({ by: 'ana', reason: 'update' });
  heard('hostUndrained', 'h2');
  expect(process.host.mark).toBeDefined();
  heard('hostUndrained', 'h1');
  expect(process.host.mark).toBeUndefined();
});
