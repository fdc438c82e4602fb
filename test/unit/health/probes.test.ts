import { createActor } from 'xstate';
import { describe, expect, it } from 'vitest';
import { NothingLearned, Probes } from '../../../actors/probes.ts';
import { ProviderProbes } from '../../../actors/provider-probes.ts';
import { health } from '../../../machines/limits.ts';
import { probeMachine } from '../../../machines/probe.ts';
import { ManualClock, settle } from '../../fakes/manual-clock.ts';
import { FakeTelemetry } from '../actors/world.ts';

describe('the chart of a probe', () => {
  const probe = () => {
    const actor = createActor(probeMachine, { input: { name: 'p', atMs: 0 } }).start();
    const pass = () => {
      actor.send({ type: 'probe.passed', atMs: 1, durationMs: 1 });
      return actor.getSnapshot().value;
    };
    const fail = () => {
      actor.send({ type: 'probe.failed', atMs: 1, durationMs: 1, error: 'no' });
      return actor.getSnapshot().value;
    };
    return { actor, pass, fail };
  };

  it('begins unknown, not healthy [R-20]', () => {
    expect(probe().actor.getSnapshot().value).toBe('unknown');
  });

  it('goes down on the third failure in a row and comes back on the second pass', () => {
    const { pass, fail } = probe();
    expect([pass(), fail(), fail(), pass()]).toEqual(Array(4).fill('healthy'));
    expect([fail(), fail(), fail()]).toEqual(['healthy', 'healthy', 'unhealthy']);
    expect([pass(), fail(), pass(), pass()]).toEqual([
      ...['unhealthy', 'unhealthy', 'unhealthy', 'healthy'],
    ]);
  });

  it('needs as many failures to go down from unknown', () => {
    const { fail } = probe();
    expect([fail(), fail(), fail()]).toEqual(['unknown', 'unknown', 'unhealthy']);
  });
});

describe('probes', () => {
  const setUp = () => {
    const clock = new ManualClock();
    const telemetry = new FakeTelemetry();
    return { clock, telemetry, probes: new Probes({ clock, telemetry }) };
  };
  const never = () => new Promise<never>(() => undefined);

  it('run side by side: a deaf one is timed out and holds up no other [D-33] [D-16]', async () => {
    const { clock, probes, telemetry } = setUp();
    let asked = 0;
    probes.add({ name: 'deaf', kind: 'ping', ask: never });
    probes.add({
      ...{ name: 'quick', kind: 'ping' },
      ask: () => {
        asked += 1;
        return Promise.resolve();
      },
    });
    await clock.advance(2 * health.probeEveryMs + health.probeTimeoutMs);
    expect(asked).toBe(3);
    expect([probes.status('deaf'), probes.status('quick')]).toEqual(['unhealthy', 'healthy']);
    expect(telemetry.texts()).toContain('[HEALTH] deaf unhealthy: timeout after 5s');
  });

  it('learn nothing from a call that we refused ourselves', async () => {
    const { probes } = setUp();
    const ask = () => Promise.reject(new NothingLearned('no token'));
    probes.add({ name: 'held', kind: 'ping', ask });
    await settle();
    expect(probes.views()[0]).toMatchObject({ status: 'unknown', checks: 0, successRate: null });
  });

  it('judge a number by its limits, and a composite by its members [D-17]', async () => {
    const { clock, probes } = setUp();
    let percent = 12;
    const limits = { min: 0, max: 80, unit: '%' };
    probes.add({ name: 'cpu', kind: 'threshold', read: () => percent, ...limits });
    probes.add({ name: 'process', kind: 'composite', members: () => ['cpu'] });
    await clock.advance(health.probeEveryMs);
    expect(probes.status('process')).toBe('healthy');
    percent = 97;
    await clock.advance(6 * health.probeEveryMs);
    expect([probes.status('cpu'), probes.status('process')]).toEqual(['unhealthy', 'unhealthy']);
    expect(probes.views()[0]?.error).toBe('97 %, expected 0 to 80');
  });

  it('of providers begin with the first use of a region and end with the last [R-22]', async () => {
    const { clock, probes } = setUp();
    const asked: string[] = [];
    const providers = new ProviderProbes(probes, ({ region }, service) => {
      asked.push(`${service} ${region}`);
      return Promise.resolve();
    });
    const key = (name: string) => ({ kind: 'cluster', namespace: 'n', name });
    const scope = { account: 'main', region: 'r' };
    providers.update(key('a'), scope);
    providers.update(key('b'), scope);
    await settle();
    expect(asked).toEqual(['ec2 r', 'ssm r']);
    await clock.advance(health.providerEveryMs - 1);
    expect(asked).toHaveLength(2);
    providers.update(key('a'), undefined);
    expect(probes.readings().map(({ labels }) => labels?.['check'])).toEqual([
      ...['ec2/main/r', 'ssm/main/r'],
    ]);
    providers.update(key('b'), undefined);
    expect(probes.readings()).toEqual([]);
  });
});
