/** Two clusters in this process, on virtual time: objects are checked against the published CRDs, controllers are functions. */
import type { KubeDraft, KubeKind, KubeObject, KubePort } from '../../../actors/kube-port.ts';
import { kubeKinds } from '../../../actors/kube-port.ts';
import type { Attempt, Telemetry } from '../../../actors/ports.ts';
import type { ReplicationFacts } from '../../../machines/replication-effects.ts';
import { safetyTimes } from '../../../machines/replication-limits.ts';
import type { Side } from '../../../machines/replication-table.ts';
import { replicationManifestSchema } from '../../../machines/specs.ts';
import type { BackendName, ReplicationManifest } from '../../../machines/specs.ts';
import { createDiscovery } from '../../../src/volumes/discovery.ts';
import { volumeFault } from '../../../src/volumes/ebs/faults.ts';
import type { HostFence, Tools } from '../../../src/volumes/kube/work.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';
import { Refused } from '../../servers/kube/refused.ts';
import { KubeStore } from '../../servers/kube/store.ts';
import type { Stored } from '../../servers/kube/store.ts';

export const attempt: Attempt = { signal: new AbortController().signal, correlationId: 'c1' };
const uid = '01JD0000000000000000000000';

export class Cluster {
  readonly store = new KubeStore();
  isDown = false;
  /** Kinds asked for, in order. */
  readonly asked: string[] = [];
  readonly port: KubePort;

  constructor(clock: ManualClock) {
    const place = (kind: KubeKind, name: string, namespace?: string) => ({
      ...{ plural: kubeKinds[kind].plural, namespace, name },
    });
    const ask = <T>(kind: string, run: () => T): Promise<T> => {
      this.asked.push(kind);
      if (this.isDown)
        return Promise.reject(volumeFault('Unavailable', 'kube.unavailable', 'no route to host'));
      try {
        return Promise.resolve(run());
      } catch (thrown) {
        if (!(thrown instanceof Refused)) throw thrown;
        const type =
          thrown.status === 409 ? 'Conflict' : thrown.status === 404 ? 'NotFound' : 'InvalidSpec';
        return Promise.reject(volumeFault(type, 'kube.refused', thrown.message));
      }
    };
    const timely = (issueBeforeMs = Infinity) => {
      if (clock.nowMs() > issueBeforeMs)
        throw new Error('a port refuses this itself; nobody should get here');
    };
    const whole = (draft: KubeDraft): Stored => ({
      ...draft,
      ...{ apiVersion: kubeKinds[draft.kind].apiVersion, metadata: { ...draft.metadata } },
    });
    this.port = {
      capabilities: { viaSsm: false, lateMs: 0, canWatch: false },
      get: ({ kind, name, namespace }) =>
        ask(kind, () => this.store.find(place(kind, name, namespace)) as KubeObject | undefined),
      list: ({ kind, namespace }) =>
        ask(kind, () => this.store.listed(kubeKinds[kind].plural, namespace) as KubeObject[]),
      apply: (draft, { issueBeforeMs, force = false }) =>
        ask(draft.kind, () => {
          timely(issueBeforeMs);
          const { name, namespace } = draft.metadata;
          const at = place(draft.kind, name, namespace);
          return this.store.apply(at, whole(draft), 'fairlead', force);
        }),
      casReplace: (object, { issueBeforeMs }) =>
        ask(object.kind, () => {
          timely(issueBeforeMs);
          const { name, namespace } = object.metadata;
          const at = place(object.kind as KubeKind, name, namespace);
          return this.store.replace(at, object as unknown as Stored, 'fairlead');
        }),
      delete: ({ kind, name, namespace }) =>
        ask(kind, () => {
          const at = place(kind, name, namespace);
          if (this.store.find(at) === undefined) return { state: 'gone' as const };
          const left = this.store.remove(at);
          return { state: left === undefined ? ('gone' as const) : ('deleting' as const) };
        }),
    };
  }

  seed(kind: KubeKind, name: string, more: object, namespace?: string): void {
    const { plural, apiVersion } = kubeKinds[kind];
    const metadata = { name, ...(namespace !== undefined && { namespace }) };
    this.store.seed({ plural, namespace, name }, { apiVersion, kind, metadata, ...more });
  }

  all(kind: KubeKind): readonly KubeObject[] {
    return this.store.listed(kubeKinds[kind].plural, undefined);
  }

  /** What a controller writes to the status of every object of a kind. */
  control(kind: KubeKind, status: (object: KubeObject) => object | undefined): void {
    for (const object of this.all(kind)) {
      const written = status(object);
      const { name, namespace } = object.metadata;
      if (written !== undefined)
        this.store.edit({ plural: kubeKinds[kind].plural, namespace, name }, () => ({
          status: written,
        }));
    }
  }

  annotate(kind: KubeKind, name: string, annotations: object, namespace?: string): void {
    const place = { plural: kubeKinds[kind].plural, namespace, name };
    this.store.edit(place, ({ metadata }) => ({
      metadata: {
        ...metadata,
        annotations: { ...(metadata['annotations'] as object | undefined), ...annotations },
      },
    }));
  }

  serve(...names: string[]): void {
    const status = { conditions: [{ type: 'Established', status: 'True' }] };
    for (const name of names) this.seed('CustomResourceDefinition', name, { status });
  }

  /** A claim of namespace prod, bound, and used by a pod when told so. */
  claim(name: string, isUsed: boolean): void {
    this.seed('PersistentVolumeClaim', name, { spec: { volumeName: `pv-${name}` } }, 'prod');
    const volumes = [{ name: 'd', persistentVolumeClaim: { claimName: name } }];
    if (!isUsed) return;
    this.seed('Pod', `user-of-${name}`, { spec: { volumes } }, 'prod');
    const source = { persistentVolumeName: `pv-${name}` };
    this.seed('VolumeAttachment', `attachment-of-${name}`, { spec: { source } });
  }

  free(name: string): void {
    this.store.remove({ plural: 'pods', namespace: 'prod', name: `user-of-${name}` });
    const attachment = `attachment-of-${name}`;
    this.store.remove({ plural: 'volumeattachments', namespace: undefined, name: attachment });
  }
}

export interface Measured {
  readonly counts: string[];
  readonly telemetry: Telemetry;
}

function measured(): Measured {
  const counts: string[] = [];
  return {
    counts,
    telemetry: {
      log: () => undefined,
      count: (name, labels = {}) => counts.push([name, ...Object.values(labels)].join(' ')),
      observe: (name) => counts.push(name),
    },
  };
}

export function twoClusters(backend: BackendName, extensions: object, hostFence?: HostFence) {
  const clock = new ManualClock();
  const clusters = { home: new Cluster(clock), away: new Cluster(clock) };
  const { counts, telemetry } = measured();
  const kube = {
    of: (name: string) => (name === 'prod/eu-a' ? clusters.home.port : clusters.away.port),
  };
  const discovery = createDiscovery({
    ...{ kube, clock, telemetry, scale: 1 },
    random: { roll: () => 0.5 },
  });
  const tools: Tools = {
    ...{ kube, clock, telemetry, discovery, scale: 1 },
    ...(hostFence !== undefined && { hostFence }),
  };
  const place = { region: 'eu-central-1', storageClass: 'fast' };
  const declared = {
    endpoints: {
      home: { ...place, cluster: 'eu-a', zone: 'eu-central-1a' },
      away: { ...place, cluster: 'eu-b', zone: 'eu-central-1b' },
    },
    volumes: [
      {
        name: 'data',
        home: { pvc: 'data-db', namespace: 'prod' },
        away: { pvc: 'data-db', namespace: 'prod' },
      },
    ],
    schedule: { every: '5m', rpo: '15m' },
    backend,
    extensions,
  };
  const { spec } = replicationManifestSchema.parse({
    ...{ apiVersion: 'fairlead.dev/v1', kind: 'Replication', spec: declared },
    metadata: { namespace: 'prod', name: 'db-1' },
  }) as ReplicationManifest;
  const facts = (more: Partial<ReplicationFacts> = {}): ReplicationFacts => ({
    ...{ uid, namespace: 'prod', name: 'db-1', spec, epoch: 1, writer: 'home', points: [] },
    armed: { home: 1, away: 0 },
    ...{ safety: safetyTimes, isRiskTaken: false },
    ...more,
  });
  const act = (endpoint: Side, epoch: number, op: string) => ({
    ...{ endpoint, epoch, opId: `fr-${uid}-e${epoch}-${op}-s1-m0` },
    issueBeforeMs: clock.nowMs() + 30_000,
  });
  /** Lets time pass, with controllers at work, until the call has ended. */
  const run = async <T>(promise: Promise<T>, controllers: () => void = () => undefined) => {
    let isOver = false;
    const over = () => (isOver = true);
    promise.then(over, over);
    const ended = () => isOver;
    for (let round = 0; round < 400 && !ended(); round += 1) {
      controllers();
      await clock.advance(1_000);
    }
    return promise;
  };
  return { clock, clusters, counts, tools, facts, act, run, discovery };
}
