/** The registry `backend`: which back ends serve which clusters, as observed, and what each of them can do. */
import { isoTime } from '../../actors/iso-time.ts';
import type { CircuitState } from '../../actors/policies/breaker-counts.ts';
import type { Clock } from '../../actors/ports.ts';
import type { ReadRegistry, RegistryEntry } from '../../actors/registries.ts';
import type { Capabilities, VolumeBackends } from '../../actors/replication-ports.ts';
import { discovery as limits } from '../../machines/limits-kube-volumes.ts';
import type { Availability, Discovery } from './discovery.ts';
import { evidenceOf } from './discovery-evidence.ts';
import type { KubeBackendName } from './discovery-evidence.ts';

export interface BackendViewParts {
  readonly backends: VolumeBackends;
  readonly discovery: Discovery;
  /** Those the host's config names a way to. Others are shown once a replication has led to them. */
  readonly clusters: readonly string[];
  readonly clock: Clock;
  /** What holds calls back; EC2 is judged by it. */
  readonly circuits: () => readonly CircuitState[];
}

interface Judged {
  readonly status: Availability;
  readonly why: string;
  /** When that was seen; empty when nothing was. */
  readonly asked: string;
}

const kubeNames = Object.keys(evidenceOf) as readonly KubeBackendName[];

/** Asks clusters for what is not known, for a moment; with `now` for all of it, for longer. Who is silent is unknown. */
export const backendRegistry =
  (parts: BackendViewParts): ReadRegistry =>
  async ({ now = false }) => {
    const known = parts.discovery.known().map(({ cluster }) => cluster);
    const clusters = [...new Set([...parts.clusters, ...known])].slice(0, limits.viewsMax);
    const asked = clusters.flatMap((cluster) =>
      kubeNames.map((backend) => served(parts, cluster, backend, now)),
    );
    const unasked = clusters.length > 0 ? [] : kubeNames.map((name) => entry(parts, name, nobody));
    return [entry(parts, 'ebs', ofEc2(parts)), ...unasked, ...(await Promise.all(asked))];
  };

const nobody: Judged = {
  ...{ status: 'unknown', asked: '' },
  why: 'no cluster was asked yet: kubernetes.clusters of the host names none, and no replication led to one',
};

function entry(
  { backends }: BackendViewParts,
  backend: keyof VolumeBackends,
  judged: Judged,
  cluster = '',
): RegistryEntry {
  const capabilities: Capabilities | undefined = backends[backend]?.capabilities;
  const name = cluster === '' ? backend : `${cluster}/${backend}`;
  return { name, backend, cluster, ...judged, ...capabilities };
}

async function served(
  parts: BackendViewParts,
  cluster: string,
  backend: KubeBackendName,
  now: boolean,
): Promise<RegistryEntry> {
  const { discovery, clock } = parts;
  if (now) discovery.forget(cluster, backend);
  const limit = new AbortController();
  const cancel = clock.after(now ? limits.viewNowMs : limits.viewMs, () => {
    limit.abort(new Error('has not answered yet; look again, or with --now'));
  });
  try {
    const attempt = { signal: limit.signal, correlationId: `backend/${cluster}` };
    const { availability, why } = await discovery.of(cluster, backend, attempt);
    return entry(parts, backend, { status: availability, why, asked: askedAt() }, cluster);
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : 'has not answered';
    return entry(parts, backend, { status: 'unknown', why, asked: '' }, cluster);
  } finally {
    cancel();
  }

  function askedAt(): string {
    const found = discovery
      .known()
      .find((one) => one.cluster === cluster && one.backend === backend);
    return isoTime(found?.atMs ?? clock.nowMs());
  }
}

/** No look of its own: every call to EC2 passes a circuit, and an open one says that it is not to be had. */
function ofEc2({ circuits, clock }: BackendViewParts): Judged {
  const ec2 = circuits().filter(({ key }) => /\/ec2(:|$)/.test(key));
  const asked = isoTime(clock.nowMs());
  if (ec2.length === 0) return { status: 'unknown', why: 'EC2 was not called yet', asked: '' };
  const held = ec2.filter(({ state }) => state === 'open' || state === 'isolated');
  if (held.length === 0) return { status: 'available', why: '', asked };
  const status = held.length === ec2.length ? 'unavailable' : 'partial';
  return { status, why: `calls are held back: ${held.map(({ key }) => key).join(', ')}`, asked };
}
