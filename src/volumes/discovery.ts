/** Which back ends a cluster can serve, from its CRDs and signs of a living controller; asked seldom, remembered between. */
import type { KubeClusters, KubePort } from '../../actors/kube-port.ts';
import type { Attempt, Clock, Random, Telemetry } from '../../actors/ports.ts';
import { discovery } from '../../machines/limits-kube-volumes.ts';
import { evidenceOf, isEstablished, isRenewed, isSeenTo } from './discovery-evidence.ts';
import type { Evidence, KubeBackendName } from './discovery-evidence.ts';
import { faultIn } from './ebs/faults.ts';

/** `partial`: its kinds are served, but nothing shows that anybody acts on them, or a part is missing. */
export type Availability = 'available' | 'partial' | 'unavailable' | 'unknown';

export interface Discovered {
  readonly availability: Availability;
  /** For people. */
  readonly why: string;
}

/** What was found at some time, for people. */
export interface DiscoveredAt extends Discovered {
  readonly cluster: string;
  readonly backend: KubeBackendName;
  readonly atMs: number;
}

export interface Discovery {
  /**
   * Never rejects but with the attempt's own signal: a cluster that cannot be asked is `unknown`. Several who ask at the same
   * time share one look of at most three tries.
   * @param cluster  `<namespace>/<name>`
   */
  of(cluster: string, backend: KubeBackendName, attempt: Attempt): Promise<Discovered>;
  /** After a fault of that cluster: the next one who asks looks anew. */
  forget(cluster: string, backend: KubeBackendName): void;
  /** Everything asked so far and what came of it, however old; nothing is asked for it. */
  known(): readonly DiscoveredAt[];
}

interface Parts {
  readonly kube: KubeClusters;
  readonly clock: Clock;
  readonly random: Pick<Random, 'roll'>;
  readonly telemetry: Telemetry;
  /** Divides the gap between tries. */
  readonly scale: number;
}

interface Entry {
  readonly found: DiscoveredAt;
  /** Monotonic; over at once when it was forgotten. */
  readonly untilMs: number;
}

const forgotten = 'not asked again since a call to it failed';

export function createDiscovery(parts: Parts): Discovery {
  const { clock, random, telemetry } = parts;
  const entries = new Map<string, Entry>();
  const flights = new Map<string, Promise<Discovered>>();

  const keep = (key: string, of: Pick<DiscoveredAt, 'cluster' | 'backend'>, seen: Discovered) => {
    const found = { ...of, ...seen, atMs: clock.nowMs() };
    const { ttlMs, ttlJitter, negativeTtlMs, entriesMax } = discovery;
    const isGood = found.availability === 'available';
    const spread = 1 + ttlJitter * (2 * random.roll() - 1);
    entries.delete(key);
    entries.set(key, {
      found,
      untilMs: clock.monotonicMs() + (isGood ? ttlMs * spread : negativeTtlMs),
    });
    const [oldest] = entries.keys();
    if (entries.size > entriesMax && oldest !== undefined) entries.delete(oldest);
  };

  const fly = (key: string, cluster: string, backend: KubeBackendName, of: Attempt) => {
    const begunMs = clock.monotonicMs();
    const flight: Promise<Discovered> = ask(parts, cluster, evidenceOf[backend], of).then(
      (found) => {
        const seconds = (clock.monotonicMs() - begunMs) / 1_000;
        telemetry.observe('unified_replication_discovery_duration_seconds', seconds);
        // Forgotten meanwhile: what was seen may be older than the fault.
        if (flights.get(key) === flight) {
          flights.delete(key);
          keep(key, { cluster, backend }, found);
        }
        return found;
      },
    );
    flights.set(key, flight);
    return flight;
  };

  const keyOf = (cluster: string, backend: KubeBackendName) => `${cluster} ${backend}`;
  return {
    of: (cluster, backend, attempt) => {
      const key = keyOf(cluster, backend);
      const entry = entries.get(key);
      if (entry !== undefined && entry.untilMs > clock.monotonicMs()) {
        telemetry.count('unified_replication_discovery_cache_hits_total');
        const { availability, why } = entry.found;
        return Promise.resolve({ availability, why });
      }
      telemetry.count('unified_replication_discovery_cache_misses_total');
      return orCancelled(flights.get(key) ?? fly(key, cluster, backend, attempt), attempt.signal);
    },
    forget: (cluster, backend) => {
      const key = keyOf(cluster, backend);
      flights.delete(key);
      const entry = entries.get(key);
      if (entry === undefined) return;
      const found = { ...entry.found, availability: 'unknown', why: forgotten } as const;
      entries.set(key, { found, untilMs: -Infinity });
    },
    known: () => [...entries.values()].map(({ found }) => found),
  };
}

/** A look goes on for the others when one of those who wait for it is cancelled. */
function orCancelled<T>(flight: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = () => {
      reject(signal.reason instanceof Error ? signal.reason : new Error('the attempt has ended'));
    };
    if (signal.aborted) end();
    signal.addEventListener('abort', end, { once: true });
    void flight.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', end);
    });
  });
}

async function ask(
  parts: Parts,
  cluster: string,
  evidence: Evidence,
  of: Attempt,
): Promise<Discovered> {
  let why = '';
  for (let tries = 1; tries <= discovery.triesMax; tries += 1) {
    try {
      return await limited(parts, of, (attempt) =>
        look(parts.kube.of(cluster), evidence, parts.clock, attempt),
      );
    } catch (thrown) {
      const fault = faultIn(thrown);
      why = thrown instanceof Error ? thrown.message : 'no answer';
      // No access to that cluster: asking again changes nothing.
      if (fault?.type === 'NotSupported' || fault?.type === 'Unauthorized') break;
    }
    if (tries < discovery.triesMax) await elapsed(parts.clock, discovery.gapMs / parts.scale);
  }
  return { availability: 'unknown', why };
}

const elapsed = (clock: Clock, ms: number): Promise<void> =>
  new Promise((resolve) => {
    clock.after(ms, resolve);
  });

/** The time of one try is its own: whoever asked first may be gone before the others have their answer. */
async function limited<T>(
  { clock }: Parts,
  of: Attempt,
  run: (attempt: Attempt) => Promise<T>,
): Promise<T> {
  const abort = new AbortController();
  const late = new Error(`no answer within ${discovery.tryMs / 1_000} s`);
  const cancel = clock.after(discovery.tryMs, () => {
    abort.abort(late);
  });
  try {
    return await orCancelled(run({ ...of, signal: abort.signal }), abort.signal);
  } finally {
    cancel();
  }
}

async function look(
  kube: KubePort,
  evidence: Evidence,
  clock: Clock,
  attempt: Attempt,
): Promise<Discovered> {
  const missingOf = async (names: readonly string[]): Promise<readonly string[]> => {
    const crds = await Promise.all(
      names.map((name) => kube.get({ kind: 'CustomResourceDefinition', name }, attempt)),
    );
    return names.filter((_, index) => !isEstablished(crds[index]));
  };
  const [missing, wanting] = await Promise.all([
    missingOf(evidence.needed),
    missingOf(evidence.wished),
  ]);
  if (missing.length > 0)
    return { availability: 'unavailable', why: `not established: ${missing.join(', ')}` };
  if (wanting.length > 0)
    return { availability: 'partial', why: `not established: ${wanting.join(', ')}` };
  return (await isAlive(kube, evidence, clock, attempt))
    ? { availability: 'available', why: '' }
    : { availability: 'partial', why: 'no sign of a controller that acts on its resources' };
}

/** Any of: a status of the newest generation, a node of the driver, a lease lately renewed. */
async function isAlive(
  kube: KubePort,
  { watched, node, leaseNamespaces }: Evidence,
  clock: Clock,
  attempt: Attempt,
): Promise<boolean> {
  const nowMs = clock.nowMs();
  const signs = [
    kube.list({ kind: watched }, attempt).then((all) => all.some(isSeenTo)),
    ...(node === null ? [] : [kube.list({ kind: node }, attempt).then((all) => all.length > 0)]),
    ...leaseNamespaces.map((namespace) =>
      kube
        .list({ kind: 'Lease', namespace }, attempt)
        .then((all) => all.some((one) => isRenewed(one, nowMs, discovery.leaseAgeMs))),
    ),
  ];
  const answers = await Promise.allSettled(signs);
  if (answers.some((one) => one.status === 'fulfilled' && one.value)) return true;
  const failed = answers.find((one) => one.status === 'rejected');
  // One kind that may not be listed is no sign either way; all of them silent is a cluster nobody reached.
  if (failed !== undefined && answers.every((one) => one.status === 'rejected'))
    throw failed.reason;
  return false;
}
