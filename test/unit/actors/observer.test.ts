import { describe, expect, it } from 'vitest';
import { Observer } from '../../../actors/observer.ts';
import type { Clock } from '../../../actors/ports.ts';
import type { InstanceFact } from '../../../machines/messages.ts';

const fact = (instanceId: string, state: InstanceFact['state']): InstanceFact => ({
  ...{ slot: 's0', incarnation: 1, instanceId, state, privateIp: '10.0.0.1' },
  ...{ zone: 'eu-central-1a', agentOnline: false, stateReason: '' },
});

const key = { kind: 'cluster', namespace: 'shop', name: 'eu' };
const watch = (known: string[] = [], changing = true) => ({
  ...{ account: 'main', region: 'eu-central-1', uid: 'U1', changing, known },
  awaitingAgent: known,
});

function setUp() {
  let nowMs = 0;
  let timers: { atMs: number; run: () => void }[] = [];
  const clock: Clock = {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    after(delayMs, run) {
      const timer = { atMs: nowMs + delayMs, run };
      timers.push(timer);
      return () => {
        timers = timers.filter((each) => each !== timer);
      };
    },
  };
  const world = { facts: [] as InstanceFact[], isDown: false, looks: 0 };
  const told: (readonly InstanceFact[])[] = [];
  const observer = new Observer({
    ...{ clock, scale: 1 },
    fleet: {
      look: () => {
        world.looks += 1;
        return world.isDown
          ? Promise.reject(new Error('no answer'))
          : Promise.resolve(new Map([['U1', world.facts]]));
      },
    },
    telemetry: { log: () => undefined, count: () => undefined, observe: () => undefined },
    tell: (_key, event) => told.push(event.instances),
  });
  const advance = async (ms: number): Promise<void> => {
    for (const untilMs = nowMs + ms; nowMs < untilMs; nowMs += 1_000) {
      const due = timers.filter((each) => each.atMs <= nowMs);
      timers = timers.filter((each) => each.atMs > nowMs);
      for (const each of due) each.run();
      for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
    }
  };
  return { world, told, observer, advance, timers: () => timers.length };
}

describe('fleet observer', () => {
  it('knows how long the oldest machine has been without its agent', async () => {
    const { observer, advance } = setUp();
    const value = () => observer.readings().map((reading) => reading.value);
    expect(value()).toEqual([0]);
    observer.update(key, { ...watch(['i-1']), registeringSinceMs: 0 });
    await advance(601_000);
    observer.update({ ...key, name: 'us' }, { ...watch(['i-2']), registeringSinceMs: 600_000 });
    expect(value()).toEqual([601]);
    observer.update(key, watch(['i-1']));
    expect(value()).toEqual([1]);
  });

  it('tells an actor only what changed for it', async () => {
    const { world, told, observer, advance } = setUp();
    observer.update(key, watch(['i-1']));
    world.facts = [fact('i-1', 'pending')];
    await advance(20_000);
    world.facts = [fact('i-1', 'running')];
    await advance(20_000);
    expect(told.map((each) => each[0]?.state)).toEqual(['pending', 'running']);
  });

  it('tells everything again when the actor learns of an instance', async () => {
    const { world, told, observer, advance } = setUp();
    observer.update(key, watch());
    world.facts = [fact('i-1', 'running')];
    await advance(20_000);
    observer.update(key, watch(['i-1']));
    await advance(20_000);
    expect(told).toHaveLength(2);
  });

  it('goes on polling when updates come while a look is under way', async () => {
    const { world, observer, advance } = setUp();
    observer.update(key, watch());
    for (let round = 0; round < 20; round += 1) {
      await advance(3_000);
      observer.update(key, watch([`i-${round}`]));
    }
    const looks = world.looks;
    await advance(30_000);
    expect(world.looks).toBeGreaterThan(looks + 3);
  });

  it('concludes nothing from a failed look and looks again', async () => {
    const { world, told, observer, advance } = setUp();
    observer.update(key, watch(['i-1']));
    world.facts = [fact('i-1', 'running')];
    await advance(10_000);
    world.isDown = true;
    await advance(30_000);
    expect(told).toHaveLength(1);
    world.isDown = false;
    world.facts = [];
    await advance(10_000);
    expect(told).toHaveLength(2);
  });

  it('polls slowly when nobody waits for a change and not at all when nobody watches', async () => {
    const { world, observer, advance, timers } = setUp();
    observer.update(key, watch(['i-1'], false));
    await advance(90_000);
    expect(world.looks).toBeLessThanOrEqual(3);
    observer.update(key, undefined);
    await advance(60_000);
    expect(timers()).toBe(0);
  });
});
