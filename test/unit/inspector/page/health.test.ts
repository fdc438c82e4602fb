import { describe, expect, it } from 'vitest';
import { Heartbeat } from '../../../../actors/heartbeat.ts';
import { metrics } from '../../../../actors/metric-names.ts';
import { systemClock } from '../../../../src/clock.ts';
import { liveChecks, StoreTrouble } from '../../../../src/liveness.ts';
import { readyChecks } from '../../../../src/readiness.ts';
import {
  HOSTS,
  checkGroups,
  hostsOf,
  probesOf,
} from '../../../../src/inspector/page/views/health/facts.ts';

const gauge = (metric: string, value: number, labels = {}) => ({
  ...{ name: `${metric}${JSON.stringify(labels)}`, metric, value, labels },
});

describe('checks', () => {
  it('stand below the address that answers with them', () => {
    const heartbeat = new Heartbeat(systemClock);
    const live = liveChecks({
      ...{ heartbeat, loop: { lagMs: () => 0 }, trouble: new StoreTrouble(systemClock) },
      status: () => ({ mailboxOldestMs: 0 }),
    });
    heartbeat.stop();
    const ready = readyChecks({
      status: {
        ...{ owner: true, partitions: 64, share: 64, isDrained: false, isReplaced: false },
        ...{ connected: true, loaded: true, unloaded: [], draining: false },
        ...{ quarantined: [], mailboxOldestMs: 0, mailboxDepthMax: 0 },
      },
      ...{ isMarked: true, adapters: ['simulator'], isStoreAnswering: true },
    });
    const probe = { name: 'probe:nats', ok: true, detail: 'healthy' };
    expect(checkGroups([...live, ...ready, probe])).toEqual([
      { path: '/livez', checks: live },
      { path: '/readyz', checks: ready },
      { path: 'probes', checks: [probe] },
    ]);
  });
});

describe('hosts', () => {
  it('are asked for metrics that are registered', () => {
    const args = JSON.parse(new URL(HOSTS, 'http://host').searchParams.get('args') ?? '') as {
      readonly names: readonly string[];
    };
    const own = args.names.filter((name) => name !== 'process_start_time_seconds');
    expect(own.length).toBeGreaterThan(5);
    for (const name of own) expect(Object.keys(metrics)).toContain(name);
  });

  it('are told in order of name, sums over labels, times as milliseconds', () => {
    const asOf = '2026-01-02T00:00:00.000Z';
    const [first, second] = hostsOf({
      answers: [
        { host: 'h2', asOf, items: [gauge('fairlead_partitions_owned', 0)] },
        {
          ...{ host: 'h1', asOf },
          items: [
            gauge('fairlead_partitions_owned', 64),
            gauge('fairlead_residents', 3, { kind: 'cluster' }),
            gauge('fairlead_residents', 2, { kind: 'replication' }),
            gauge('fairlead_mailbox_oldest_seconds', 1.5),
            gauge('process_start_time_seconds', 1_700_000_000),
            gauge('fairlead_build_info', 1, { version: '0.1.0' }),
          ],
        },
      ],
    });
    expect(first).toMatchObject({
      ...{ host: 'h1', partitions: 64, version: '0.1.0', actors: 5, oldestMs: 1_500 },
      ...{ startedMs: 1_700_000_000_000, asOfMs: Date.parse(asOf) },
    });
    expect(second).toMatchObject({ host: 'h2', partitions: 0 });
  });

  it('are unknown where they did not tell, never 0', () => {
    expect(hostsOf({ answers: [{ host: 'h1' }] })[0]).toEqual({
      ...{ host: 'h1', partitions: undefined, version: 'unknown', startedMs: undefined },
      ...{ actors: undefined, outbox: undefined, waiting: undefined, oldestMs: undefined },
      ...{ quarantined: undefined, feedLag: undefined, streams: undefined, asOfMs: 0 },
    });
  });
});

describe('probes', () => {
  it('are told with the worst first, and know what never was', () => {
    const items = [
      { name: 'nats', status: 'healthy', lastOk: '2026-01-02T00:00:00Z', successRate: 1 },
      { name: 'main/a', status: 'unhealthy', error: 'denied', lastOk: null, successRate: 0 },
      { name: 'providers', status: 'unknown', successRate: null },
    ];
    const found = probesOf({ answers: [{ host: 'h1', items }] });
    expect(found.map(({ name }) => name)).toEqual(['main/a', 'providers', 'nats']);
    expect(found[0]).toMatchObject({ error: 'denied', lastOkMs: undefined, successRate: 0 });
    expect(found[1]).toMatchObject({ successRate: undefined });
    expect(found[2]).toMatchObject({ lastOkMs: Date.parse('2026-01-02T00:00:00Z') });
  });
});
