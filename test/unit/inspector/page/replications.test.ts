/** Pair cards: disputes, moods, lag against what is allowed. The real view feeds the same facts. */
import { describe, expect, it } from 'vitest';
import {
  disputesOf,
  durationMs,
  lagOf,
  moodOf,
  placeOf,
  reasonOf,
} from '../../../../src/inspector/page/views/replications/facts.ts';
import type { ReplicationView } from '../../../../src/inspector/page/views/replications/facts.ts';

const pair = (
  home: string,
  away: string,
  status: ReplicationView['status'] = {},
  spec: ReplicationView['spec'] = {},
): ReplicationView => ({
  metadata: { namespace: 'prod', name: 'db' },
  spec,
  status: {
    health: 'healthy',
    ...status,
    endpoints: { home: { phase: home }, away: { phase: away } },
  },
});

describe('disputes', () => {
  it.each([
    ['source.contested', 'replica.paused', /Both sides were seen to write/],
    ['demoting.selfFencing', 'promoting.awaitingOverride', /waits for you/],
    ['failed.safe', 'source.protected', /cannot write/],
    ['failed.writerIntact', 'replica.following', /may still write/],
    ['failed.indeterminate', 'source.protected', /nobody knows whether it writes/],
  ])('are told of %s and %s, each with what to do', (home, away, says) => {
    const disputes = disputesOf(pair(home, away));
    expect(disputes).toHaveLength(1);
    expect(disputes[0]?.says).toMatch(says);
    expect(disputes[0]?.todo).not.toBe('');
    expect(moodOf(pair(home, away))).toBe('bad');
  });

  it('stand as long as an accepted risk is not cleared', () => {
    const risk = { by: 'ana', epoch: 4, clearedAtMs: null };
    const at = (riskAccepted: typeof risk | { clearedAtMs: number }) =>
      disputesOf(pair('source.protected', 'replica.following', { riskAccepted }));
    expect(at(risk)[0]?.says).toMatch(/ana has accepted two writers in epoch 4/);
    expect(at({ clearedAtMs: 12 })).toEqual([]);
  });

  it('are none between a writer and its copy', () => {
    expect(disputesOf(pair('source.protected', 'replica.following'))).toEqual([]);
  });
});

describe('mood', () => {
  it('is good only of what is known to be healthy', () => {
    expect(moodOf(pair('source.protected', 'replica.following'))).toBe('good');
    expect(moodOf(pair('source.protected', 'replica.following', { health: 'unknown' }))).toBe(
      'changing',
    );
    expect(moodOf({ metadata: { namespace: 'a', name: 'b' } })).toBe('changing');
  });

  it('is changing while a side is on its way, and idle while it is paused', () => {
    expect(moodOf(pair('demoting.draining', 'promoting.fencing'))).toBe('changing');
    expect(moodOf(pair('source.paused', 'replica.paused', { paused: true }))).toBe('idle');
  });

  it('of trouble comes with the last fault as the reason', () => {
    const lastFault = { code: 'Timeout', message: 'ec2 does not answer' };
    const view = pair('source.lagging', 'replica.lagging', { health: 'unhealthy', lastFault });
    expect(reasonOf(view)).toBe('Timeout: ec2 does not answer');
    expect(reasonOf(pair('source.protected', 'replica.following', { lastFault }))).toBe('');
  });
});

describe('lag', () => {
  const nowMs = 1_000_000;

  it('is measured against the RPO, else against the interval, and says which', () => {
    const status = { lastSync: nowMs - 450_000, lag: { baseMs: 300_000 } };
    const withRpo = pair('source.protected', 'replica.following', status, {
      schedule: { rpo: '15m' },
    });
    expect(lagOf(withRpo, nowMs)).toEqual({ ms: 450_000, ofMs: 900_000, of: 'RPO', ratio: 0.5 });
    const without = pair('source.protected', 'replica.following', status);
    expect(lagOf(without, nowMs)).toMatchObject({ of: 'interval', ratio: 1.5 });
  });

  it('is unknown without a committed point, and never below zero', () => {
    expect(
      lagOf(pair('source.exposed', 'replica.seeding', { lastSync: null }), nowMs).ms,
    ).toBeUndefined();
    const ahead = pair('source.protected', 'replica.following', { lastSync: nowMs + 5 });
    expect(lagOf(ahead, nowMs)).toMatchObject({ ms: 0, ratio: undefined });
  });

  it.each([
    ['90s', 90_000],
    ['15m', 900_000],
    ['1h30m', 5_400_000],
    ['2d', 172_800_000],
    ['soon', undefined],
    ['', undefined],
  ])('reads the duration %j', (text, ms) => {
    expect(durationMs(text)).toBe(ms);
  });
});

it('says where a side lies by cluster and zone, else by region', () => {
  const spec = {
    endpoints: { home: { cluster: 'a', region: 'eu', zone: 'eu-1a' }, away: { region: 'us' } },
  };
  const view = pair('source.protected', 'replica.following', {}, spec);
  expect([placeOf(view, 'home'), placeOf(view, 'away')]).toEqual(['a / eu-1a', 'us']);
});
