import { describe, expect, it } from 'vitest';
import { discovery as limits } from '../../../machines/limits-kube-volumes.ts';
import { attempt, twoClusters } from './clusters.ts';

const csi = ['volumereplications', 'volumereplicationclasses'].map(
  (name) => `${name}.replication.storage.openshift.io`,
);
const hits = 'unified_replication_discovery_cache_hits_total';
const misses = 'unified_replication_discovery_cache_misses_total';

function world() {
  const whole = twoClusters('csi-addons', { 'csi-addons': { volumeReplicationClass: 'rbd-5m' } });
  const { clusters, discovery, counts, run } = whole;
  const of = () => run(discovery.of('prod/eu-a', 'csi-addons', attempt));
  const counted = (name: string) => counts.filter((one) => one === name).length;
  return { ...whole, home: clusters.home, of, counted };
}

describe('discovery', () => {
  it('is unavailable without CRDs, and with one that is not established', async () => {
    const { home, of, discovery } = world();
    home.serve(...csi.slice(1));
    home.seed('CustomResourceDefinition', csi[0] ?? '', { status: { conditions: [] } });
    expect(await of()).toMatchObject({ availability: 'unavailable' });
    discovery.forget('prod/eu-a', 'csi-addons');
    home.serve(...csi);
    expect((await of()).availability).toBe('partial');
  });

  it('a CRD alone shows no controller: partial, available once a node of the driver is there', async () => {
    const { home, of, discovery } = world();
    home.serve(...csi);
    expect(await of()).toMatchObject({ availability: 'partial', why: /controller/ });
    home.seed('CSIAddonsNode', 'node-1', {}, 'csi-addons-system');
    discovery.forget('prod/eu-a', 'csi-addons');
    expect((await of()).availability).toBe('available');
  });

  it('takes a lease renewed lately as a sign of life, an old one not', async () => {
    const { home, of, discovery, clock } = world();
    home.serve(...csi);
    const lease = (ageMs: number) => {
      const renewTime = new Date(clock.nowMs() - ageMs).toISOString();
      home.seed('Lease', 'leader', { spec: { renewTime } }, 'csi-addons-system');
    };
    lease(limits.leaseAgeMs + 60_000);
    expect((await of()).availability).toBe('partial');
    lease(1_000);
    discovery.forget('prod/eu-a', 'csi-addons');
    expect((await of()).availability).toBe('available');
  });

  it('a silent cluster is unknown after three tries', async () => {
    const { home, of } = world();
    home.isDown = true;
    expect(await of()).toEqual({ availability: 'unknown', why: 'no route to host' });
    expect(home.asked.length).toBe(3 * csi.length);
  });

  it('answers from its memory for its time, asks again after it or after a fault [U-23]', async () => {
    const { home, of, counted, clock, discovery } = world();
    home.serve(...csi);
    home.seed('CSIAddonsNode', 'node-1', {}, 'x');
    await of();
    const asked = home.asked.length;
    await of();
    expect([home.asked.length, counted(hits), counted(misses)]).toEqual([asked, 1, 1]);
    await clock.advance(limits.ttlMs + 1_000);
    await of();
    expect([counted(hits), counted(misses)]).toEqual([1, 2]);
    discovery.forget('prod/eu-a', 'csi-addons');
    await of();
    expect(counted(misses)).toBe(3);
    expect(counted('unified_replication_discovery_duration_seconds')).toBe(3);
  });

  it('remembers bad news for half a minute only', async () => {
    const { of, counted, clock } = world();
    await of();
    await clock.advance(limits.negativeTtlMs - 5_000);
    await of();
    await clock.advance(10_000);
    await of();
    expect([counted(hits), counted(misses)]).toEqual([1, 2]);
  });

  it('several who ask at once share one look', async () => {
    const { home, of } = world();
    home.serve(...csi);
    await Promise.all([of(), of(), of()]);
    expect(home.asked.filter((kind) => kind === 'CustomResourceDefinition').length).toBe(2);
  });
});
