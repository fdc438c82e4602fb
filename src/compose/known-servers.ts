/** Servers of the clusters whose records this host follows: where a Kubernetes API is asked that nothing else leads to. */
import type { ClusterContext } from '../../machines/cluster-context.ts';
import { execTargets } from '../../machines/cluster-exec.ts';
import type { ResourceKey } from '../../machines/ids.ts';
import type { KindSnapshot } from '../../actors/kind.ts';
import { kubeFault } from '../k3s/kube-faults.ts';
import type { KubeServerNode } from '../k3s/kube-ssm.ts';

export class KnownServers {
  readonly #clusters = new Map<string, ClusterContext>();

  /** Called on every commit of a cluster. */
  note({ namespace, name }: ResourceKey, { context }: KindSnapshot): void {
    const cluster = context as ClusterContext;
    const key = `${namespace}/${name}`;
    if (cluster.phase === 'deleted') this.#clusters.delete(key);
    else this.#clusters.set(key, cluster);
  }

  /** @throws KubeFault when no cluster of that name was made here */
  of(cluster: string): Promise<{ readonly uid: string; readonly nodes: KubeServerNode[] }> {
    const known = this.#clusters.get(cluster);
    if (known === undefined) {
      const text = `${cluster} is no cluster made here, and kubernetes.clusters of the host's config names no way to it`;
      return Promise.reject(kubeFault('Unavailable', 'kube.unreachable', text));
    }
    const nodes = execTargets(known, [], 'observe').targets.map(
      ({ account, region, instanceId, node }) => ({ account, region, instanceId, node }),
    );
    return Promise.resolve({ uid: known.uid, nodes });
  }
}
