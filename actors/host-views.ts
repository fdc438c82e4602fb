/** This host and its partitions as entries of registries: what `fairlead hosts` and `fairlead partitions` show. */
import type { HostMark } from '../machines/host-marks.ts';
import type { Host } from './host.ts';
import { isoTime } from './iso-time.ts';
import type { RegistryEntry } from './registries.ts';

export interface HostViewParts {
  readonly host: Host;
  readonly hostId: string;
  readonly version: string;
  /** Wall time of the start of this process. */
  readonly startedAtMs: number;
  /** The order by which it runs nothing. */
  readonly mark?: HostMark | undefined;
}

/** `replaced`: a later process runs under its name. `draining`: ordered to run nothing, and not through. `standby`: other hosts hold everything. `taking`: something that should be its own is not served yet. */
type Standing = 'serving' | 'standby' | 'taking' | 'draining' | 'drained' | 'replaced' | 'stopping';

/** One entry; every host answers for itself. */
export function hostEntries({
  host,
  hostId,
  version,
  startedAtMs,
  mark,
}: HostViewParts): RegistryEntry[] {
  const status = host.status();
  const { partitions, share, isDrained } = status;
  const held = host.holdings().length;
  return [
    {
      name: hostId,
      status: standingOf(status, held, mark !== undefined),
      ...{ partitions, share, held, isDrained, residents: host.residents().length, version },
      since: isoTime(startedAtMs),
      ...(mark && { drain: { by: mark.by, reason: mark.reason, at: isoTime(mark.atMs) } }),
    },
  ];
}

function standingOf(status: ReturnType<Host['status']>, held: number, isMarked: boolean): Standing {
  if (status.draining) return 'stopping';
  if (status.isReplaced) return 'replaced';
  if (isMarked || status.isDrained) return held > 0 ? 'draining' : 'drained';
  if (!status.loaded) return 'taking';
  return status.owner ? 'serving' : 'standby';
}

/** Those in the hands of this host, and those it could not load. */
export function partitionEntries(host: Host): RegistryEntry[] {
  const held = host.holdings().map(({ partition, state, tenure, servingSinceMs }) => ({
    ...{ name: nameOf(partition), status: state },
    ...(tenure?.view() ?? { fence: 0, actors: 0 }),
    ...(servingSinceMs !== undefined && { since: isoTime(servingSinceMs) }),
  }));
  const failed = host
    .status()
    .unloaded.filter(({ partition }) => !held.some(({ name }) => name === nameOf(partition)))
    .map(({ partition, reason }) => ({
      ...{ name: nameOf(partition), status: 'failed', fence: 0, actors: 0, reason },
    }));
  return [...held, ...failed];
}

/** Two digits, so that they sort. */
const nameOf = (partition: number): string => String(partition).padStart(2, '0');
