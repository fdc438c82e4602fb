/** Each rule of a replication's manifest: which problem, where, and in which words. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { faults } from '../../../actors/faults.ts';
import { checked } from '../../../actors/schema-problems.ts';
import { manifestSchemas } from '../../../machines/specs.ts';
import type { ReplicationSpec } from '../../../machines/specs.ts';
import { packageRoot } from '../../../src/package-root.ts';

type Fields = Record<string, unknown>;

const home = { cluster: 'eu-a', region: 'eu-west-1', zone: 'eu-west-1a' };
const away = { cluster: 'eu-b', region: 'eu-central-1', zone: 'eu-central-1b' };
const first = { volumeId: 'vol-0a1b2c3d', instanceId: 'i-0a1b2c3d', device: '/dev/sdf' };
const place = { instanceId: 'i-0f1e2d3c', device: '/dev/sdf' };
const data = { name: 'data', home: first, away: place };
const claims = {
  name: 'data',
  home: { pvc: 'data-db-0', namespace: 'prod' },
  away: { pvc: 'data-db-0', namespace: 'prod' },
};
const madeLater = { ...claims, away: { volumeHandle: 'auto', namespace: 'prod' } };

const good: Fields = {
  endpoints: { home, away },
  volumes: [data],
  schedule: { rpo: '15m' },
};

const check = (spec: unknown) =>
  checked(manifestSchemas.Replication, {
    ...{ apiVersion: 'fairlead.dev/v1', kind: 'Replication', metadata: { name: 'db-1' } },
    spec,
  });

/** `code message` of every problem. */
function problems(change: Fields): string[] {
  const result = check({ ...good, ...change });
  if (result.ok) return [];
  for (const { code } of result.problems) expect(Object.keys(faults)).toContain(code);
  return result.problems.map(({ code, message }) => `${code.replace('manifest.', '')} ${message}`);
}

function accepted(change: Fields): ReplicationSpec {
  const result = check({ ...good, ...change });
  if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join('\n'));
  // The schema settles what the declared type of its input leaves open.
  return result.value.spec as ReplicationSpec;
}

describe('endpoints', () => {
  it('are in zones of their region', () => {
    expect(problems({ endpoints: { home, away: { ...away, zone: 'eu-central-1z' } } })).toEqual([
      'unknownZone spec.endpoints.away.zone is "eu-central-1z": eu-central-1 has no such zone; use eu-central-1a, -1b or -1c.',
    ]);
    expect(problems({ endpoints: { home: { ...home, zone: 'us-east-1a' }, away } })).toEqual([
      'unknownZone spec.endpoints.home.zone is "us-east-1a": not a zone of eu-west-1; use eu-west-1a, -1b or -1c.',
    ]);
  });

  it('are two places', () => {
    expect(problems({ endpoints: { home, away: home } })).toEqual([
      'sameEndpoint spec.endpoints is eu-a/eu-west-1a twice: nothing would be protected; name two different places.',
    ]);
    const otherZone = { ...home, zone: 'eu-west-1b' };
    expect(problems({ endpoints: { home, away: otherZone } })).toEqual([]);
  });
});

describe('the schedule', () => {
  it.each(['0s', '1w', '15', '-1m', '1.5h', 'soon', ''])('takes %s for no duration', (rpo) => {
    expect(problems({ schedule: { rpo } })).toEqual([
      `notADuration spec.schedule.rpo is ${JSON.stringify(rpo)}: not a duration above zero; write a whole number with s, m, h or d, such as 15m.`,
    ]);
  });

  it('takes days, of 24 hours', () => {
    expect(accepted({ schedule: { rpo: '1d' } }).schedule.every).toBe('720m');
  });

  it('needs to know how old a copy may be', () => {
    expect(problems({ schedule: {} })).toEqual([
      'rpoMissing spec.schedule.rpo is missing: an interval follows from how old a copy may be; write one such as 15m.',
    ]);
    expect(problems({ schedule: { mode: 'continuous' } })).toEqual([]);
  });

  it('cannot copy less often than that', () => {
    expect(problems({ schedule: { every: '20m', rpo: '15m' } })).toEqual([
      'intervalOutOfRange spec.schedule.every is "20m": longer than rpo 15m, which could never hold; write at most 15m.',
    ]);
    expect(problems({ schedule: { every: '15m', rpo: '15m' } })).toEqual([]);
  });

  it('cannot snapshot more often than EC2 does, written or by half of the rpo', () => {
    expect(problems({ schedule: { every: '14s', rpo: '15m' } })).toEqual([
      'intervalOutOfRange spec.schedule.every is "14s": shorter than EC2 takes snapshots of one volume; write at least 15s.',
    ]);
    expect(problems({ schedule: { every: '15s', rpo: '15s' } })).toEqual([]);
    expect(problems({ schedule: { rpo: '29s' } })[0]).toContain('write at least 30s');
    expect(accepted({ schedule: { rpo: '31s' } }).schedule.every).toBe('15s');
  });

  it('copies at half of the rpo when nothing else is said', () => {
    expect(accepted({}).schedule.every).toBe('450s');
    expect(accepted({ schedule: { rpo: '14m' } }).schedule.every).toBe('7m');
  });
});

describe('the back end', () => {
  const kubernetes = { volumes: [claims] };
  const classes = (left: string, right: string) => ({
    endpoints: { home: { ...home, storageClass: left }, away: { ...away, storageClass: right } },
  });

  it('is ebs by the default classes, with the defaults of its extension', () => {
    expect(accepted({})).toMatchObject({
      backend: 'ebs',
      extensions: { ebs: { hydrate: 'lazy', fencing: 'stop' } },
    });
  });

  it('is the only extension before it is the maker of both classes', () => {
    const extensions = { trident: { policy: 'async', schedule: '5min' } };
    expect(accepted({ ...kubernetes, extensions }).backend).toBe('trident');
  });

  it.each([
    ['ebs.csi.aws.com', 'gp2', 'ebs', {}],
    ['csi.trident.netapp.io', 'csi.trident.netapp.io', 'trident', kubernetes],
    ['rook-ceph.rbd.csi.ceph.com', 'rook-ceph.rbd.csi.ceph.com', 'csi-addons', kubernetes],
    ['csi-powerstore.dellemc.com', 'csi-powerstore.dellemc.com', 'powerstore', kubernetes],
  ])('follows from the classes %s and %s: %s', (left, right, backend, more) => {
    const found = problems({ ...classes(left, right), ...more });
    expect(found).toEqual(
      backend === 'ebs' ? [] : [expect.stringContaining(`backend ${backend} cannot do without`)],
    );
  });

  it('is asked for where neither tells, with the candidates', () => {
    expect(problems({ ...classes('gp3', 'csi.trident.netapp.io') })).toEqual([
      'backendUnknown spec.backend is missing: storage classes gp3 and csi.trident.netapp.io do not tell it; write ebs or trident.',
    ]);
    expect(problems({ ...classes('fast', 'my-gp3') })).toEqual([
      'backendUnknown spec.backend is missing: storage classes fast and my-gp3 do not tell it; write ebs, csi-addons, trident or powerstore.',
    ]);
    const extensions = { ebs: {}, trident: { policy: 'a', schedule: 'b' } };
    expect(problems({ ...classes('fast', 'slow'), extensions })).toEqual([
      'backendUnknown spec.backend is missing: extensions ebs, trident leave it open; write ebs or trident.',
    ]);
    // The classes speak before it is asked for, and then the other extension is one too many.
    expect(problems({ extensions })[0]).toContain('wrongExtension spec.extensions.trident');
  });

  it('offers its own modes only', () => {
    expect(problems({ mode: 'synchronous' })).toEqual([
      'modeUnsupported spec.mode is "synchronous": backend ebs copies snapshots; write asynchronous, or use csi-addons, trident or powerstore.',
    ]);
    const extensions = { 'csi-addons': { volumeReplicationClass: 'sync' } };
    expect(problems({ ...kubernetes, extensions, mode: 'synchronous' })).toEqual([]);
  });

  it('takes its own extension only, and no unknown key in it', () => {
    const extensions = { trident: { policy: 'a', schedule: 'b' } };
    expect(problems({ backend: 'ebs', extensions })).toEqual([
      'wrongExtension spec.extensions.trident is set: backend is ebs; remove it or write backend: trident.',
    ]);
    expect(problems({ extensions: { ebs: { fencng: 'stop' } } })).toEqual([
      'unknownKey spec.extensions.ebs.fencng is not a known key; did you mean fencing?',
    ]);
  });
});

describe('volumes', () => {
  it('of one moment lie on one instance', () => {
    const log = {
      name: 'log',
      home: { ...first, volumeId: 'vol-11111111', instanceId: 'i-11111111' },
      away: { ...place, device: '/dev/sdg' },
    };
    expect(problems({ volumes: [data, log] })).toEqual([
      'setSpansInstances spec.volumes is data, log on two instances: EBS snapshots only one instance consistently; write consistency: perVolume or move them.',
    ]);
    expect(problems({ volumes: [data, log], consistency: 'perVolume' })).toEqual([]);
  });

  it('of ebs are volumes of instances, claims are not driven yet', () => {
    expect(problems({ volumes: [madeLater] })).toEqual([
      'volumeSideUnsupported spec.volumes[0].home is a claim: backend ebs drives volumes of instances, claims not yet; write { volumeId, instanceId, device }.',
      'volumeSideUnsupported spec.volumes[0].away is a volume made for a claim: backend ebs drives volumes of instances, claims not yet; write { instanceId, device }.',
    ]);
  });

  it('of the Kubernetes back ends are claims', () => {
    const extensions = { powerstore: { replicationGroup: { home: 'rg', away: 'rg' } } };
    expect(problems({ extensions })[0]).toBe(
      'volumeSideUnsupported spec.volumes[0].home is a volume of an instance: backend powerstore drives claims; write { pvc, namespace }.',
    );
  });

  it.each([
    ['powerstore', { replicationGroup: { home: 'rg', away: 'rg' } }],
    ['csi-addons', { volumeReplicationClass: 'rbd-5m' }],
    ['trident', { policy: 'MirrorAllSnapshots', schedule: '5min' }],
  ])('of %s exist on both sides from the start', (backend, extension) => {
    expect(problems({ extensions: { [backend]: extension }, volumes: [madeLater] })).toEqual([
      `volumeSideUnsupported spec.volumes[0].away is made at promotion: backend ${backend} mirrors claims that exist on both sides from the start; write { pvc, namespace }.`,
    ]);
  });

  it('of csi-addons are never resynced by the storage on its own suspicion', () => {
    const extensions = { 'csi-addons': { volumeReplicationClass: 'rbd-5m', autoResync: true } };
    expect(problems({ extensions, volumes: [claims] })).toEqual([
      expect.stringMatching(/^unknownKey spec\.extensions\.csi-addons\.autoResync /),
    ]);
  });

  it('exist where the first writer is', () => {
    expect(problems({ initialSource: 'away' })).toEqual([
      'required spec.volumes[0].away.volumeId is missing: away writes first; write the id of the volume it has.',
    ]);
  });

  it('are in the set once', () => {
    expect(problems({ volumes: [data, { ...data, name: 'log' }] })).toEqual([
      'volumeRepeated spec.volumes[1].home is /dev/sdf of i-0a1b2c3d, as in spec.volumes[0]; name each once.',
      'volumeRepeated spec.volumes[1].away is /dev/sdf of i-0f1e2d3c, as in spec.volumes[0]; name each once.',
    ]);
  });
});

describe('a manifest with several faults', () => {
  it('is told all of them at once, rules between fields beside wrong fields', () => {
    const found = problems({
      endpoints: { home: { ...home, zone: 'eu-west-1q' }, away: 7 },
      backend: 'ebss',
      consistancy: 'crash',
      mode: 'synchronous',
      schedule: { every: '20m', rpo: '15m', rto: '0s' },
      retention: { keepLast: 1 },
    });
    expect(found.map((text) => text.split(' ').slice(0, 2).join(' ')).sort()).toEqual([
      'intervalOutOfRange spec.schedule.every',
      'notADuration spec.schedule.rto',
      'notAllowed spec.backend',
      'outOfRange spec.retention.keepLast',
      'unknownKey spec.consistancy',
      'unknownZone spec.endpoints.home.zone',
      'wrongType spec.endpoints.away',
    ]);
  });

  it('is refused whatever stands in it', () => {
    for (const spec of [undefined, null, 7, 'x', [], { endpoints: [], volumes: 'x', schedule: 3 }])
      expect(check(spec).ok).toBe(false);
  });

  it('checked twice comes out the same', () => {
    const once = accepted({});
    expect(accepted(once as unknown as Fields)).toEqual(once);
  });
});

describe('examples/replication.yaml', () => {
  it('declares a replication between two regions by snapshots', () => {
    const text = readFileSync(join(packageRoot(), 'examples/replication.yaml'), 'utf8');
    const result = checked(manifestSchemas.Replication, parse(text));
    expect(result).toMatchObject({
      ok: true,
      value: {
        metadata: { namespace: 'default', name: 'db-1' },
        spec: { backend: 'ebs', schedule: { every: '450s', rpo: '15m' }, initialSource: 'home' },
      },
    });
  });
});
