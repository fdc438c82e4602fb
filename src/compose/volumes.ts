/** The back ends of this process, each bound to what it drives volumes with; and the registry that tells of them. */
import type { CircuitState } from '../../actors/policies/breaker-counts.ts';
import type { CallGuard, Clock, Random, Telemetry } from '../../actors/ports.ts';
import type { ReadRegistry } from '../../actors/registries.ts';
import type { VolumeBackends } from '../../actors/replication-ports.ts';
import type { Aws } from '../aws/cloud.ts';
import type { HostConfig } from '../config/host-config.ts';
import { createKubeClusters } from '../k3s/kube-clusters.ts';
import { backendRegistry } from '../volumes/backend-views.ts';
import { createCsiAddons } from '../volumes/csi-addons/backend.ts';
import { createDiscovery } from '../volumes/discovery.ts';
import { createEbs } from '../volumes/ebs/backend.ts';
import { createPowerstore } from '../volumes/powerstore/backend.ts';
import { createTrident } from '../volumes/trident/backend.ts';
import type { KnownServers } from './known-servers.ts';

export interface VolumeParts {
  readonly aws: Pick<Aws, 'ec2' | 'remote'>;
  readonly guard: CallGuard;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
  /** Divides polls; 1 with the real AWS. */
  readonly scale: number;
  /** Ways to API servers, by cluster. */
  readonly access: HostConfig['kubernetes']['clusters'];
  readonly servers: KnownServers;
  /** What holds calls back now. */
  readonly circuits: () => readonly CircuitState[];
}

export interface Volumes {
  readonly backends: VolumeBackends;
  readonly registry: ReadRegistry;
}

/** No call is made before the first use. */
export function openVolumes(parts: VolumeParts): Volumes {
  const { aws, guard, clock, random, telemetry, scale, access, servers, circuits } = parts;
  const kube = createKubeClusters({
    ...{ access, remote: aws.remote, guard, clock, random, telemetry },
    servers: (cluster) => servers.of(cluster),
  });
  const discovery = createDiscovery({ kube, clock, random, telemetry, scale });
  const tools = { kube, clock, telemetry, discovery, scale };
  const backends: VolumeBackends = {
    ebs: createEbs({ ec2: aws.ec2, clock, telemetry, scale }),
    'csi-addons': createCsiAddons(tools),
    trident: createTrident(tools),
    powerstore: createPowerstore(tools),
  };
  const clusters = Object.keys(access);
  return {
    backends,
    registry: backendRegistry({ backends, discovery, clusters, clock, circuits }),
  };
}
