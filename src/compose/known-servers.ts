/** Servers of the clusters made here: where a Kubernetes API is asked that nothing else leads to. */
import type { ClusterContext } from '../../machines/cluster-context.ts';
import { execTargets } from '../../machines/cluster-exec.ts';
import { recordKey } from '../../machines/ids.ts';
import type { RecordStore } from '../../actors/ports.ts';
import { readRecord, snapshotOf } from '../../actors/record.ts';
import { kubeFault } from '../k3s/kube-faults.ts';
import type { KubeServerNode } from '../k3s/kube-ssm.ts';

/** Read from the store at each use: the cluster may be another host's. */
export class KnownServers {
  #store: Pick<RecordStore, 'load'> | undefined;

  /** From now on there is something to read. */
  attach(store: Pick<RecordStore, 'load'>): void {
    this.#store = store;
  }

  /**
   * @param cluster  `<namespace>/<name>`
   * @throws KubeFault when no cluster of that name was made here
   */
  async of(cluster: string): Promise<{ readonly uid: string; readonly nodes: KubeServerNode[] }> {
    const known = await this.#read(cluster);
    if (known === undefined) {
      const text = `${cluster} is no cluster made here, and kubernetes.clusters of the host's config names no way to it`;
      throw kubeFault('Unavailable', 'kube.unreachable', text);
    }
    const nodes = execTargets(known, [], 'observe').targets.map(
      ({ account, region, instanceId, node }) => ({ account, region, instanceId, node }),
    );
    return { uid: known.uid, nodes };
  }

  async #read(cluster: string): Promise<ClusterContext | undefined> {
    const [namespace, name, ...rest] = cluster.split('/');
    if (!namespace || !name || rest.length > 0) return undefined;
    const stored = await this.#store?.load(recordKey({ kind: 'cluster', namespace, name }));
    const read = stored && readRecord(stored.bytes);
    if (read?.ok !== true) return undefined;
    const context = snapshotOf(read.record).context as ClusterContext;
    return context.phase === 'deleted' ? undefined : context;
  }
}
