/** Liveness over HTTP, with a clock moved by hand: idle hours and outages keep it good, a stuck mailbox does not. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Heartbeat } from '../../../actors/heartbeat.ts';
import { health } from '../../../machines/limits.ts';
import { openHttp } from '../../../src/http.ts';
import type { OpenHttp } from '../../../src/http.ts';
import { liveChecks, StoreTrouble } from '../../../src/liveness.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';

let http: OpenHttp;
let clock: ManualClock;
let heartbeat: Heartbeat;
let trouble: StoreTrouble;
const now = { lagMs: 0, mailboxOldestMs: 0 };

beforeEach(async () => {
  clock = new ManualClock();
  heartbeat = new Heartbeat(clock);
  trouble = new StoreTrouble(clock);
  Object.assign(now, { lagMs: 0, mailboxOldestMs: 0 });
  const parts = { heartbeat, trouble, loop: { lagMs: () => now.lagMs }, status: () => now };
  http = await openHttp({
    ...{ host: '127.0.0.1', port: 0 },
    live: () => liveChecks(parts),
    // Whatever readiness, probes and errors say, liveness does not listen.
    ready: () => [{ name: 'nats', ok: false, detail: 'not connected' }],
    probes: () => [{ name: 'probe:ec2', ok: false, detail: 'timeout after 5s' }],
    fare: () => ({ last_reconcile: '', error_rate: 1, level: 'emergency' }),
    metrics: () => Promise.resolve({ contentType: 'text/plain', text: '' }),
  });
});
afterEach(async () => {
  heartbeat.stop();
  await http.close();
});

const livez = async (): Promise<number> =>
  (await fetch(`http://127.0.0.1:${http.port}/livez`)).status;

describe('/livez', () => {
  it('stays good through an idle hour, an outage of everything else, and a full error rate [R-24] [U-36]', async () => {
    await clock.advance(3_600_000);
    expect(await livez()).toBe(200);
    expect(heartbeat.ageMs()).toBeLessThanOrEqual(health.heartbeatMs);
  });

  it('fails when no turn is taken any more [R-24]', async () => {
    clock.freeze(health.turnAgeMaxMs + 1);
    expect(await livez()).toBe(503);
  });

  it('fails when the event loop or a mailbox is stuck', async () => {
    now.lagMs = health.deadLoopLagMs;
    expect(await livez()).toBe(503);
    now.lagMs = 0;
    await clock.advance(2 * health.mailboxOldestMaxMs);
    now.mailboxOldestMs = health.mailboxOldestMaxMs;
    expect(await livez()).toBe(503);
  });

  it('takes a mailbox that waits for an absent store for patient', async () => {
    await clock.advance(2 * health.mailboxOldestMaxMs);
    now.mailboxOldestMs = 2 * health.mailboxOldestMaxMs;
    trouble.note(false);
    expect(await livez()).toBe(200);
    trouble.note(true);
    await clock.advance(health.mailboxOldestMaxMs - 1);
    expect(await livez()).toBe(200);
    await clock.advance(1);
    expect(await livez()).toBe(503);
  });
});
