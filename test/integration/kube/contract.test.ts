import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KubeDraft, KubeKind, KubePort, KubeRef } from '../../../actors/kube-port.ts';
import type { KubeServer } from '../../servers/kube/api-server.ts';
import { attempt, direct, overSsm } from './ways.ts';
import type { Way } from './ways.ts';

const ways: Record<string, (without: KubeKind[]) => Promise<Way>> = {
  'over a connection of its own': (without) => direct({ without }),
  'over SSM': (without) => overSsm({ without }),
};

const vr = (name: string): KubeRef => ({ kind: 'VolumeReplication', namespace: 'prod', name });
const draft = (name: string, replicationState = 'primary', more: object = {}): KubeDraft => ({
  kind: 'VolumeReplication',
  metadata: { name, namespace: 'prod', labels: { app: 'db' } },
  spec: {
    ...{ volumeReplicationClass: 'fast', replicationState },
    dataSource: { kind: 'PersistentVolumeClaim', name: 'data' },
    ...more,
  },
});
const faultOf = (asked: Promise<unknown>) =>
  asked.then(
    () => expect.unreachable('the call should have been refused'),
    (error: unknown) => (error as { fault: object }).fault,
  );

describe.each(Object.entries(ways))('a cluster asked %s', (_, start) => {
  let way: Way;
  let port: KubePort;
  let server: KubeServer;

  beforeAll(async () => {
    way = await start(['TridentMirrorRelationship']);
    ({ port, server } = way);
  });
  afterAll(async () => {
    await way.stop();
  });

  it('has no object until one is applied, then has it as it stands', async () => {
    expect(await port.get(vr('a'), attempt())).toBeUndefined();
    const made = await port.apply(draft('a'), {}, attempt());
    expect(made).toMatchObject({
      ...{ apiVersion: 'replication.storage.openshift.io/v1alpha1', kind: 'VolumeReplication' },
      metadata: { name: 'a', namespace: 'prod', generation: 1, labels: { app: 'db' } },
      spec: { replicationState: 'primary' },
    });
    server.setStatus(vr('a'), { state: 'Primary', observedGeneration: 1 });
    const seen = await port.get(vr('a'), attempt());
    expect(seen).toMatchObject({ metadata: { generation: 1 }, status: { state: 'Primary' } });
  });

  it('changes nothing when the same is applied twice, and one generation when it differs', async () => {
    const first = await port.apply(draft('b'), {}, attempt());
    const again = await port.apply(draft('b'), {}, attempt());
    expect(again.metadata).toEqual(first.metadata);
    const changed = await port.apply(draft('b', 'secondary', { autoResync: false }), {}, attempt());
    expect(changed.metadata.generation).toBe(2);
    expect(changed.spec).toMatchObject({ replicationState: 'secondary', autoResync: false });
    const less = await port.apply(draft('b', 'secondary'), {}, attempt());
    expect(less.spec).not.toHaveProperty('autoResync');
    expect(server.find(vr('b'))?.metadata['generation']).toBe(3);
  });

  it('refuses to take a field from another manager unless forced', async () => {
    await port.apply(draft('c'), {}, attempt());
    server.edit(vr('c'), ({ spec }) => ({
      spec: { ...(spec as object), replicationState: 'secondary' },
    }));
    expect(await faultOf(port.apply(draft('c'), {}, attempt()))).toMatchObject({
      ...{ type: 'Conflict', code: 'kube.conflict', mayHaveHappened: false },
      message: expect.stringContaining('replicationState') as string,
    });
    const taken = await port.apply(draft('c'), { force: true }, attempt());
    expect(taken.spec).toMatchObject({ replicationState: 'primary' });
  });

  it('replaces only the version that was read', async () => {
    const read = await port.apply(draft('d'), {}, attempt());
    const next = { ...read, spec: { ...read.spec, replicationState: 'secondary' } };
    const written = await port.casReplace(next, {}, attempt());
    expect(written.spec).toMatchObject({ replicationState: 'secondary' });
    expect(await faultOf(port.casReplace(next, {}, attempt()))).toMatchObject({
      ...{ type: 'Conflict', mayHaveHappened: false },
    });
    const { resourceVersion: _unused, ...unversioned } = read.metadata;
    const blind = port.casReplace({ ...read, metadata: unversioned }, {}, attempt());
    expect(await faultOf(blind)).toMatchObject({ type: 'InvalidSpec' });
  });

  it('tells what a server refuses of a spec, and changes nothing then', async () => {
    const wrong = port.apply(draft('e', 'established-replica'), {}, attempt());
    expect(await faultOf(wrong)).toMatchObject({ type: 'InvalidSpec', code: 'kube.invalid' });
    expect(server.find(vr('e'))).toBeUndefined();
    await port.apply(draft('e'), {}, attempt());
    const moved = port.apply(
      draft('e', 'primary', { volumeReplicationClass: 'slow' }),
      {},
      attempt(),
    );
    expect(await faultOf(moved)).toMatchObject({
      ...{ type: 'InvalidSpec' },
      message: expect.stringContaining('immutable') as string,
    });
  });

  it('deletes what is there, says what finalizers hold, and takes what is gone for done', async () => {
    const { metadata } = await port.apply(draft('f'), {}, attempt());
    server.edit(vr('f'), (each) => ({ metadata: { ...each.metadata, finalizers: ['x/y'] } }));
    expect(await port.delete(vr('f'), {}, attempt())).toEqual({ state: 'deleting' });
    expect((await port.get(vr('f'), attempt()))?.metadata.deletionTimestamp).toBeDefined();
    server.edit(vr('f'), (each) => ({ metadata: { ...each.metadata, finalizers: [] } }));
    expect(await port.delete(vr('f'), {}, attempt())).toEqual({ state: 'gone' });
    await port.apply(draft('f'), {}, attempt());
    const former = { ...vr('f'), uid: metadata.uid ?? '' };
    expect(await port.delete(former, {}, attempt())).toEqual({ state: 'gone' });
    expect(server.find(vr('f'))).toBeDefined();
  });

  it('lists everything of a kind, page by page, or what a label selects', async () => {
    const pv = (name: string): KubeRef => ({ kind: 'PersistentVolume', name });
    for (let index = 0; index < 20; index += 1)
      server.seed(pv(`pv-${String(index)}`), {
        metadata: { labels: { half: String(index % 2) } },
        spec: { capacity: { storage: '1Gi' } },
      });
    const all = await port.list({ kind: 'PersistentVolume' }, attempt());
    expect(new Set(all.map(({ metadata }) => metadata.name)).size).toBe(20);
    expect(all[0]).toMatchObject({ apiVersion: 'v1', kind: 'PersistentVolume' });
    const half = await port.list({ kind: 'PersistentVolume', labelSelector: 'half=1' }, attempt());
    expect(half).toHaveLength(10);
    expect(await port.list({ kind: 'Pod', namespace: 'prod' }, attempt())).toEqual([]);
  });

  it('tells a kind that is not served from an object that is not there', async () => {
    const absent: KubeRef = { kind: 'TridentMirrorRelationship', namespace: 'prod', name: 'x' };
    expect(await faultOf(port.get(absent, attempt()))).toMatchObject({
      ...{ type: 'NotSupported', code: 'kube.notServed' },
    });
    const name = 'volumereplications.replication.storage.openshift.io';
    const crd = await port.get({ kind: 'CustomResourceDefinition', name }, attempt());
    expect(crd?.status).toMatchObject({
      conditions: expect.arrayContaining([
        expect.objectContaining({ type: 'Established', status: 'True' }),
      ]) as object[],
    });
  });

  it('never asks for a secret, nor changes what it may only look at', async () => {
    const before = server.seen.length;
    const secret = { kind: 'Secret' as KubeKind, namespace: 'prod', name: 'token' };
    expect(await faultOf(port.get(secret, attempt()))).toMatchObject({ code: 'kube.kindRefused' });
    const pod = { kind: 'Pod' as const, namespace: 'prod', name: 'db-0' };
    expect(await faultOf(port.delete(pod, {}, attempt()))).toMatchObject({
      code: 'kube.kindRefused',
    });
    const odd = { kind: 'PersistentVolume' as const, name: '../../secrets' };
    expect(await faultOf(port.get(odd, attempt()))).toMatchObject({ type: 'InvalidSpec' });
    expect(server.seen).toHaveLength(before);
  });

  it('shows of a pod where it runs and which claims it holds, and none of its settings', async () => {
    const pod: KubeRef = { kind: 'Pod', namespace: 'prod', name: 'db-0' };
    server.seed(pod, {
      spec: {
        nodeName: 'n1',
        containers: [{ env: [{ name: 'PASSWORD', value: 'canary' }] }],
        volumes: [
          { name: 'data', persistentVolumeClaim: { claimName: 'data-db-0' } },
          { name: 'cfg', configMap: { name: 'c' } },
        ],
      },
      status: { phase: 'Running' },
    });
    const seen = await port.get(pod, attempt());
    expect(JSON.stringify(seen)).not.toContain('canary');
    expect(seen).toMatchObject({
      spec: {
        nodeName: 'n1',
        volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data-db-0' } }],
      },
      status: { phase: 'Running' },
    });
  });

  it('does not begin a change after its time', async () => {
    const before = server.seen.length;
    const late = { issueBeforeMs: Date.now() - 1 };
    expect(await faultOf(port.apply(draft('late'), late, attempt()))).toMatchObject({
      ...{ code: 'call.issueExpired', mayHaveHappened: false },
    });
    expect(server.seen).toHaveLength(before);
  });

  it('knows nothing of a cluster whose server is out of order: that is no absence', async () => {
    server.trouble({ status: 503, times: 3 });
    expect(await faultOf(port.get(vr('a'), attempt()))).toMatchObject({ type: 'Unavailable' });
    server.calm();
    server.trouble({ cut: 'after', method: 'PATCH' });
    const cut = await faultOf(port.apply(draft('g'), {}, attempt()));
    expect(cut).toMatchObject({ type: 'Unavailable', mayHaveHappened: true });
    expect(server.find(vr('g'))).toBeDefined();
    server.calm();
  });
});
