import { describe, expect, it } from 'vitest';
import { durationText } from '../../../actors/duration-text.ts';
import { PhaseWatch } from '../../../actors/phase-watch.ts';
import { creationTargetMs } from '../../../machines/cluster-measures.ts';
import type { Measures } from '../../../machines/cluster-measures.ts';
import { FakeTelemetry } from '../actors/world.ts';

const key = { kind: 'cluster', namespace: 'test', name: 'cluster-1' };
const minuteMs = 60_000;
const base: Measures = {
  ...{ phase: 'pending', standing: 'underWay', sinceMs: 0, createdAtMs: 0, correlationId: 'c' },
  ...{ isMade: false, size: 5, fault: undefined, creationTargetMs: 15 * minuteMs, nodes: [] },
};

function watched() {
  const telemetry = new FakeTelemetry();
  const ended: (string | undefined)[] = [];
  const phases = new PhaseWatch({ telemetry, onOperation: (fault) => ended.push(fault) });
  const say = (minutes: number, phase: string, more: Partial<Measures> = {}): void => {
    phases.update(key, { ...base, sinceMs: minutes * minuteMs, phase, ...more });
  };
  return { telemetry, ended, phases, say };
}

const nodes = (phase: string, sinceMs: number) =>
  ['s0', 'a0'].map((slot) => ({ slot, phase, sinceMs }));

describe('the way of a cluster', () => {
  it('is told with the texts of old, measured between commits [P-18] [P-20] [C-33]', () => {
    const { telemetry, ended, say } = watched();
    say(0, 'pending');
    say(1, 'provisioning');
    say(3, 'installing', { nodes: nodes('staging', 3 * minuteMs) });
    say(10.5, 'configuring', { nodes: nodes('staged', 10.5 * minuteMs) });
    say(12.25, 'running', { standing: 'rest', isMade: true });
    expect(telemetry.texts()).toEqual([
      '[METRICS] Cluster-1 installing: 7m30s (target: <8m) ✓',
      '[METRICS] Cluster-1 configuring: 1m45s (target: <3m) ✓',
      '[METRICS] Reconciliation completed: cluster-1, duration=12m15s, phase=Running',
      '[PARALLEL] K3s installation: 2 nodes in 7m30s (efficiency: 100%) ✓',
      '[METRICS] Cluster-1 creation: 12m15s (target: <15m) ✓',
    ]);
    expect(ended).toEqual([undefined]);
    expect(telemetry.counts.get('fairlead_phase_outcomes_total cluster installing done')).toBe(1);
  });

  it('ends with the outcome it really had: failed, then made good [R-29] [C-30]', () => {
    const { telemetry, ended, say } = watched();
    say(0, 'pending');
    say(1, 'provisioning');
    say(2, 'failed', { standing: 'trouble', fault: 'Timeout' });
    expect(ended).toEqual(['Timeout']);
    say(20, 'provisioning');
    say(21, 'running', { standing: 'rest', isMade: true });
    expect(ended).toEqual(['Timeout', undefined]);
    expect(telemetry.texts().at(-1)).toBe('[METRICS] Cluster-1 creation: 21m0s (target: <15m) ✗');
    const outcome = (of: string) =>
      telemetry.counts.get(`fairlead_phase_outcomes_total cluster provisioning ${of}`);
    expect([outcome('failed'), outcome('done')]).toEqual([1, 1]);
  });

  it('is abandoned by a deletion, which is an operation of its own', () => {
    const { telemetry, ended, say, phases } = watched();
    say(0, 'pending');
    say(1, 'provisioning');
    say(2, 'deleting');
    expect(phases.readings()).toMatchObject([{ labels: { state: 'deleting' }, value: 1 }]);
    say(5, 'deleted', { standing: 'gone' });
    expect(ended).toEqual([undefined]);
    expect(phases.readings()).toEqual([]);
    expect(telemetry.texts()).toEqual([
      '[METRICS] Reconciliation completed: cluster-1, duration=3m0s, phase=Deleted',
    ]);
    const abandoned = 'fairlead_phase_outcomes_total cluster provisioning abandoned';
    expect(telemetry.counts.get(abandoned)).toBe(1);
  });

  it('counts nothing for what had ended before this process saw it', () => {
    const { telemetry, ended, say } = watched();
    say(50, 'running', { standing: 'rest', isMade: true });
    say(50, 'running', { standing: 'rest', isMade: true });
    expect([ended, telemetry.lines, [...telemetry.counts]]).toEqual([[], [], []]);
  });
});

it('the target of a creation is 15 minutes, or what profile and size allow [C-20]', () => {
  const minutes = (...[profile, size]: Parameters<typeof creationTargetMs>) =>
    creationTargetMs(profile, size) / minuteMs;
  expect([minutes('development', 1), minutes('staging', 10), minutes('production', 50)]).toEqual([
    ...[15, 18, 25],
  ]);
  expect(minutes('high-volume', 100)).toBe(30);
});

it('durations read as people say them', () => {
  const texts = [450, 2_300, 45_000, 59_960, 735_000, 3_900_000].map(durationText);
  expect(texts).toEqual(['450ms', '2.3s', '45s', '1m0s', '12m15s', '1h5m']);
});
