/** One KubePort per cluster, made when first asked for: direct where the host's config gives access, else over SSM where its servers are known. */
import type { KubeClusters, KubePort } from '../../actors/kube-port.ts';
import type { CallGuard, Clock, Random, Remote, Telemetry } from '../../actors/ports.ts';
import { kube } from '../../machines/limits.ts';
import { createAccessSource } from './kube-access.ts';
import type { KubeAccessSettings } from './kube-access.ts';
import { createDirectKube } from './kube-direct.ts';
import { kubeFault } from './kube-faults.ts';
import { createSsmKube } from './kube-ssm.ts';
import type { SsmKubeParts } from './kube-ssm.ts';

export interface KubeClustersParts {
  /** Direct access by `<namespace>/<name>`, from the host's config. */
  readonly access: Readonly<Record<string, KubeAccessSettings>>;
  readonly remote: Remote;
  /** Uid and running servers of a cluster of ours. @throws `CloudFault`-shaped errors when it is not one or is unknown now */
  readonly servers: (cluster: string) => ReturnType<SsmKubeParts['servers']>;
  readonly guard?: CallGuard;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry?: Pick<Telemetry, 'log'>;
}

export function createKubeClusters(parts: KubeClustersParts): KubeClusters {
  const { access, servers, ...shared } = parts;
  const made = new Map<string, KubePort>();
  const make = (cluster: string): KubePort => {
    const settings = Object.hasOwn(access, cluster) ? access[cluster] : undefined;
    if (settings === undefined)
      return createSsmKube({ ...shared, cluster, servers: () => servers(cluster) });
    const source = createAccessSource(cluster, settings, shared.clock);
    return createDirectKube({ ...shared, cluster, access: source });
  };
  return {
    of(cluster) {
      const known = made.get(cluster);
      if (known !== undefined) return known;
      if (made.size >= kube.clustersMax)
        throw kubeFault('Unavailable', 'kube.tooMany', `more than ${kube.clustersMax} clusters`);
      const port = make(cluster);
      made.set(cluster, port);
      return port;
    },
  };
}
