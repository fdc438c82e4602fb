/** Everything that says how this host fares: budgets, level, probes, heartbeat, phases, status lines; fed by the live path. */
import { isoTime } from '../../actors/iso-time.ts';
import { allProviders, healthEntries } from '../../actors/health-views.ts';
import { Heartbeat } from '../../actors/heartbeat.ts';
import type { Host } from '../../actors/host.ts';
import type { WorkWatch } from '../../actors/household.ts';
import type { Kind } from '../../actors/kind.ts';
import type { MetricReading } from '../../actors/metric-names.ts';
import { PhaseWatch } from '../../actors/phase-watch.ts';
import { breakerCounts } from '../../actors/policies/breaker-counts.ts';
import { Budgets } from '../../actors/policies/budgets.ts';
import type { Guard } from '../../actors/policies/call-guard.ts';
import { holdBackMs, levels, standingOf } from '../../actors/policies/degradation.ts';
import type { Standing } from '../../actors/policies/degradation.ts';
import type { BudgetView } from '../../actors/policies/slo.ts';
import type { Bus, RecordStore, Telemetry } from '../../actors/ports.ts';
import { Probes } from '../../actors/probes.ts';
import { ProviderProbes } from '../../actors/provider-probes.ts';
import type { Ping } from '../../actors/provider-probes.ts';
import type { Registries } from '../../actors/registries.ts';
import { budgets as bounds, health as limits } from '../../machines/limits.ts';
import { systemClock, systemRandom } from '../clock.ts';
import type { HttpOptions } from '../http.ts';
import { liveChecks, StoreTrouble, watchEventLoop } from '../liveness.ts';
import type { Measurements } from '../metrics.ts';
import type { Connection } from '../nats/connection.ts';
import { createShelf } from '../nats/shelf.ts';
import { readyChecks } from '../readiness.ts';
import { startStatusLines } from '../status-lines.ts';
import { gitSha, packageVersion } from '../version.ts';
import { cpuMeter, memoryBytes } from '../vitals.ts';

export interface HealthParts {
  readonly connection: Connection;
  readonly hostId: string;
  readonly installation: string;
  readonly telemetry: Telemetry;
  readonly measurements: () => Measurements;
}

/** What is built after the feeds are: only asked once the host runs. */
export interface Watched {
  readonly host: Host;
  readonly guard: Guard;
  readonly kinds: readonly Kind[];
  readonly store: RecordStore;
  readonly bus: Bus;
  /** A key of the store that is cheap to read. */
  readonly probeKey: string;
  readonly ping: Ping;
  /** What was bound behind the ports. */
  readonly adapters: readonly string[];
}

export async function openHealth(parts: HealthParts) {
  const { connection, hostId, telemetry } = parts;
  const clock = systemClock;
  const watched: { now: Watched | undefined } = { now: undefined };
  const marked = { isReady: false };
  const trouble = new StoreTrouble(clock);
  const heartbeat = new Heartbeat(clock);
  const loop = watchEventLoop(() => {
    if (!connection.connected()) trouble.note(false);
  });
  const budgets = await Budgets.open({
    ...{ clock, telemetry, shelf: await createShelf(connection, `budgets.${hostId}`) },
    announce: (event, budget) => announce(parts, watched.now?.bus, event, budget),
  });
  const probes = new Probes({ clock, telemetry });
  const phases = new PhaseWatch({
    telemetry,
    onOperation: (fault) => budgets.operationEnded(true, fault),
  });
  const lines = startStatusLines({
    clock,
    telemetry,
    samples: () => parts.measurements().samples(),
  });
  const standing = (): Standing => standingOf(watched.now?.guard.breakers() ?? [], budgets.views());
  const stopLevel = watchLevel(telemetry, standing, () => void lines.tell());

  const watch: WorkWatch = {
    answered: ({ code, status, ms }) => {
      budgets.answered({ status, ms, isShed: code === 'service.degraded' });
    },
    turned: (ms) => {
      heartbeat.noteTurn();
      budgets.turned(ms);
    },
    holdBackMs: (kind, verb) => holdBackMs(() => standing().level, kind, verb),
  };

  const http: Pick<HttpOptions, 'live' | 'ready' | 'probes' | 'fare'> = {
    live: () =>
      liveChecks({
        ...{ loop, heartbeat, trouble },
        status: () => watched.now?.host.status() ?? { mailboxOldestMs: 0 },
      }),
    ready: () => {
      const status = watched.now?.host.status() ?? notYet;
      const adapters = watched.now?.adapters ?? [];
      const isStoreAnswering = status.connected && !trouble.isNow;
      return readyChecks({ status, adapters, isStoreAnswering, isMarked: marked.isReady });
    },
    probes: () =>
      probes.views().map((view) => ({
        name: `probe:${view.name}`,
        ok: view.status !== 'unhealthy',
        detail: view.error === '' ? view.status : view.error,
        more: { ...view, name: `probe:${view.name}` },
      })),
    fare: () => ({
      last_reconcile: isoTime(heartbeat.lastAtMs()),
      error_rate: budgets.errorRate(),
      level: standing().level,
    }),
  };

  const registries: Pick<Registries, 'budget' | 'health'> = {
    budget: () => {
      const { level, because } = standing();
      return budgets.views().map((each) => ({ ...each, level, because }));
    },
    health: async ({ now, names }) => {
      if (now === true)
        await probes.look(names === undefined || names.length === 0 ? undefined : names);
      return healthEntries(probes.views());
    },
  };

  return {
    watch,
    http,
    registries,
    onSettled: (key: string, fault: Parameters<Budgets['callEnded']>[1]) => {
      budgets.callEnded(key, fault);
    },
    /** Notes whether the store answers; the guard's own counts are apart from this. */
    watchedStore: (store: RecordStore): RecordStore => watchedStore(store, trouble),
    /** The host stands: probing begins, commits are followed. */
    attach: (now: Watched): void => {
      watched.now = now;
      addProbes(probes, now, loop);
      const providers = new ProviderProbes(probes, now.ping);
      probes.add({ name: allProviders, kind: 'composite', members: () => providers.names() });
      follow(now, phases, providers);
    },
    /** Ready from now on; `false` when the host drains. */
    mark: (isReady: boolean): void => {
      marked.isReady = isReady;
    },
    readings: (): MetricReading[] => [
      ...budgets.readings(),
      ...probes.readings(),
      ...(watched.now?.host.status().owner === true ? phases.readings() : []),
      ...breakerCounts(watched.now?.guard.breakers() ?? []),
      { metric: 'fairlead_degradation_level', value: levels.indexOf(standing().level) },
      { metric: 'fairlead_build_info', value: 1, labels: buildLabels },
    ],
    stop: async (): Promise<void> => {
      stopLevel();
      lines.stop();
      probes.stop();
      heartbeat.stop();
      loop.stop();
      await lines.tell();
      await budgets.stop();
    },
  };
}

const buildLabels = {
  version: packageVersion(),
  git_sha: gitSha(),
  node_version: process.version,
  component: 'host',
};

const notYet = {
  ...{ owner: false, partitions: 0, share: 0, isDrained: false, isReplaced: false },
  ...{ connected: false, loaded: false, unloaded: [], draining: false },
  ...{ quarantined: [], mailboxOldestMs: 0, mailboxDepthMax: 0 },
} as const;

function addProbes(probes: Probes, { host, store, probeKey }: Watched, loop: { lagMs(): number }) {
  const threshold = (name: string, unit: string, max: number, read: () => number): void => {
    probes.add({ name, kind: 'threshold', read, min: 0, max, unit });
  };
  probes.add({
    ...{ name: 'nats', kind: 'ping' },
    ask: async () => {
      await store.load(probeKey);
    },
  });
  const mebibyte = 1024 ** 2;
  threshold('cpu', '% of a core', limits.cpuPercentMax, cpuMeter());
  threshold('memory', 'MiB', limits.memoryBytesMax / mebibyte, () => memoryBytes() / mebibyte);
  threshold('event-loop', 'ms late', limits.loopLagMaxMs, () => loop.lagMs());
  threshold('mailboxes', 'messages wait', limits.mailboxDepthMax, () => {
    return host.status().mailboxDepthMax;
  });
  const members = ['cpu', 'memory', 'event-loop', 'mailboxes'];
  probes.add({ name: 'process', kind: 'composite', members: () => members });
}

function follow({ host, kinds }: Watched, phases: PhaseWatch, providers: ProviderProbes): void {
  const byName = new Map(kinds.map((kind) => [kind.name, kind]));
  host.onCommitted((key, kindName, snapshot) => {
    const kind = byName.get(kindName);
    const measures = kind?.measures?.(snapshot);
    if (kind === undefined || measures === undefined) return;
    phases.update(key, measures);
    providers.update(key, kind.watches(snapshot));
  });
  host.onForgotten((key) => {
    phases.forget(key);
    providers.update(key, undefined);
  });
}

function watchedStore(store: RecordStore, trouble: StoreTrouble): RecordStore {
  return {
    load: async (key) => {
      try {
        const found = await store.load(key);
        trouble.note(true);
        return found;
      } catch (thrown) {
        trouble.note(false);
        throw thrown;
      }
    },
    write: async (key, bytes, expectedRevision) => {
      const outcome = await store.write(key, bytes, expectedRevision);
      trouble.note(outcome.kind !== 'unknown');
      return outcome;
    },
    scan: (partitions) => store.scan(partitions),
  };
}

/** Says when the level changes; back to normal is worth a look at all figures. */
function watchLevel(
  telemetry: Telemetry,
  standing: () => Standing,
  onRecovery: () => void,
): () => void {
  let before: Standing['level'] = 'normal';
  const timer = setInterval(() => {
    const { level, because } = standing();
    if (level === before) return;
    const fields = { tag: 'HEALTH', title: 'Level changed', from: before, to: level, because };
    const cause = because.length === 0 ? '' : `: ${because.join('; ')}`;
    const isWorse = levels.indexOf(level) > levels.indexOf(before);
    telemetry.log(isWorse ? 'warn' : 'info', fields, `[HEALTH] level ${level}${cause}`);
    before = level;
    if (level === 'normal') onRecovery();
  }, bounds.lookMs);
  timer.unref();
  return () => {
    clearInterval(timer);
  };
}

/** On the stream of events, under a name that fits a subject. */
async function announce(
  { hostId, installation }: HealthParts,
  bus: Bus | undefined,
  event: 'exhausted' | 'recovered',
  budget: BudgetView,
): Promise<void> {
  const { remaining, consumed, samples, failed, target, windowMs } = budget;
  const name = budget.name.replaceAll(/[^a-z0-9-]/g, '-');
  const id = `budget-${hostId}-${systemRandom.ulid()}`;
  await bus?.publishEvent({
    ...{ id, namespace: 'system', kind: 'budget', name, event },
    body: {
      ...{ specversion: '1.0', id, source: `/fairlead/${installation}/budget/system/${name}` },
      ...{ type: `fairlead.budget.${event}.v1`, time: isoTime(systemClock.nowMs()) },
      ...{ datacontenttype: 'application/json', tenant: 'system', correlationid: id },
      data: {
        ...{ slo: budget.name, host: hostId, remaining, consumed },
        ...{ samples, failed, target, windowMs },
      },
    },
  });
}
