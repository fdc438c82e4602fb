/** What a host takes in: commands wait for their turn, queries beyond the rate are told when to come again. */
import { describe, expect, it } from 'vitest';
import { AdaptiveRate } from '../../../actors/policies/adaptive-rate.ts';
import { TokenBucket } from '../../../actors/policies/token-bucket.ts';
import { World } from './world.ts';

const query = (world: World) =>
  world.bus.query({ namespace: 'shop', kind: 'job', name: 'a', verb: 'get', arguments: {} });

it('takes a hundred queries at once and refuses the rest as busy, with the time to come again [D-20]', async () => {
  const world = await new World().start();
  await world.ask('create');
  const answers = Array.from({ length: 103 }, () => query(world));
  await world.clock.advance(0);
  const told = await Promise.all(answers);
  expect(told.filter(({ error }) => error === undefined)).toHaveLength(100);
  expect(told.at(-1)).toMatchObject({
    error: { status: 429 },
    body: { code: 'service.busy', retryable: true, retryAfterMs: 1 },
  });
  expect(world.telemetry.counts.get('fairlead_ratelimit_rejected_total intake/queries')).toBe(3);
  await world.clock.advance(10);
  expect((await query(world)).error).toBeUndefined();
  await world.stop();
});

it('lets commands wait in the order of their coming, and loses none of a full stream [D-20]', async () => {
  const world = await new World().start();
  const ids = Array.from({ length: 150 }, (_, each) => world.send('create', {}, {}, `n${each}`));
  await world.clock.advance(20);
  expect(world.bus.replies.length).toBeLessThan(130);
  await world.clock.advance(1_000);
  expect(world.bus.replies.map(({ inbox }) => inbox.split('.').at(-1))).toEqual(ids);
  for (const id of ids) expect(world.reply(id).body).toMatchObject({ accepted: true });
  await world.stop();
});

it('keeps that order when the rate rises while they wait', async () => {
  const world = await new World().start();
  await world.ask('create');
  // What a bucket says whose rate has grown between the second command and the third.
  const waits = [50, 40, 0];
  world.host.intake.enter = () => ({ waitMs: waits.shift() ?? 0 });
  const ids = ['1', '2', '3'].map((text) => world.send('note', { text }));
  await world.clock.advance(45);
  expect(world.bus.replies).toHaveLength(1);
  await world.clock.advance(5);
  const replied = world.bus.replies.slice(1).map(({ inbox }) => inbox.split('.').at(-1));
  expect(replied).toEqual(ids);
  expect(world.record().snapshot).toMatchObject({ context: { notes: ['1', '2', '3'] } });
  await world.stop();
});

it('answers a command busy that would wait too long, and takes the next one [D-20] [V-29]', async () => {
  const intake = { ratePerSecond: 10, burst: 1, waitMaxMs: 100 };
  const world = await new World({ intake }).start();
  await world.ask('create');
  await world.clock.advance(1_000);
  const ids = [1, 2, 3].map((each) => world.send('note', { text: String(each) }));
  await world.clock.advance(150);
  const [first, second, third] = ids.map((id) => world.reply(id));
  expect([first?.body, second?.body]).toMatchObject([{ accepted: true }, { accepted: true }]);
  expect(third?.body).toMatchObject({ code: 'service.busy', status: 429, retryAfterMs: 200 });
  await world.clock.advance(1_000);
  expect((await world.ask('note', { text: 'later' })).body).toMatchObject({ accepted: true });
  const [gate] = world.host.intake.views();
  expect(gate).toMatchObject({ key: 'intake/commands', ratePerSecond: 10, rateMode: 'wait' });
  await world.stop();
});

describe('a rate that follows the time answers take [D-21] [R-16]', () => {
  const limits = { ratePerSecond: 1_000, burst: 100 };
  const rateAfter = (ms: number, seconds: number): number => {
    const bucket = new TokenBucket(limits, 0);
    const adaptive = new AdaptiveRate(bucket, limits.burst);
    for (let nowMs = 0; nowMs < seconds * 1_000; nowMs += 10) adaptive.record(ms, nowMs);
    return Math.round(bucket.rateMax);
  };

  it('falls by a tenth a second while answers are slow, to a hundred at the least', () => {
    expect(rateAfter(130, 2)).toBe(810);
    expect(rateAfter(130, 60)).toBe(100);
  });
  it('grows by a twentieth while they are quick, to five thousand at the most', () => {
    expect(rateAfter(20, 2)).toBe(1_103);
    expect(rateAfter(20, 60)).toBe(5_000);
  });
  it('stays where it is between the two, and with few samples', () => {
    expect(rateAfter(100, 10)).toBe(1_000);
    expect(rateAfter(500, 0.4)).toBe(1_000);
  });
  it('is off unless asked for, and then learns from commands and queries apart', async () => {
    for (const isAdaptive of [false, true]) {
      const world = await new World({ intake: { isAdaptive } }).start();
      await world.ask('create');
      for (let second = 0; second < 3; second += 1) {
        for (let each = 0; each < 60; each += 1) void query(world);
        await world.clock.advance(1_000);
      }
      const [commands, queries] = world.host.intake.views();
      expect(commands?.ratePerSecond).toBe(1_000);
      if (isAdaptive) expect(queries?.ratePerSecond).toBeGreaterThan(1_000);
      else expect(queries?.ratePerSecond).toBe(1_000);
      await world.stop();
    }
  });
});
