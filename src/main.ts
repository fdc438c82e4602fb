/** One host: the composition root. Adapters become ports here and nowhere else; then start, serve, drain. */
import { parseArgs } from 'node:util';
import { machineVersions } from '../machines/kinds.ts';
import { paced } from '../machines/retry.ts';
import { assertLimits, hosting, profiles } from '../machines/limits.ts';
import { clusterExec } from '../actors/cluster-exec.ts';
import { listEffects } from '../actors/effects/registry.ts';
import { EffectsInFlight } from '../actors/effects/in-flight.ts';
import { GuardHost, guardRecordKey } from '../actors/guard-host.ts';
import { guardViews } from '../actors/guard-views.ts';
import { hostEntries, partitionEntries } from '../actors/host-views.ts';
import { createHost } from '../actors/host.ts';
import { Observer } from '../actors/observer.ts';
import { OperationCensus } from '../actors/operation-census.ts';
import { Guard } from '../actors/policies/call-guard.ts';
import { observedBus, observedStore } from '../actors/policies/observed-ports.ts';
import type { Telemetry } from '../actors/ports.ts';
import { registryViews } from '../actors/registries.ts';
import type { Registries } from '../actors/registries.ts';
import { keyText } from '../machines/ids.ts';
import { systemClock, systemRandom } from './clock.ts';
import { openAws } from './compose/cloud.ts';
import { openIdempotency } from './compose/idempotency.ts';
import { hostedKinds } from './compose/kinds.ts';
import { openInspector } from './compose/inspector.ts';
import { KnownServers } from './compose/known-servers.ts';
import { hearGuards } from './compose/orders.ts';
import { makePorts } from './compose/ports.ts';
import { openReplications } from './compose/replications.ts';
import { openSharedCalls } from './compose/shared-calls.ts';
import { openVolumes } from './compose/volumes.ts';
import { flagSettings } from './config/flags.ts';
import { loadConfig } from './config/host-config.ts';
import type { HostConfig } from './config/host-config.ts';
import { LiveSettings } from './config/live-settings.ts';
import { configEntries, policyEntries } from './config/registry.ts';
import { guardNumbers, guardOptions, retriesBy } from './config/settings.ts';
import { openHealth } from './compose/health.ts';
import { openHttp } from './http.ts';
import { keepInstallation, ownIdentity } from './identity.ts';
import { openLog } from './log.ts';
import { openMetrics } from './metrics.ts';
import { connectNats } from './nats/connection.ts';
import { installationOf } from './nats/installation.ts';
import { setUpStreams } from './nats/setup.ts';
import { createStepLog } from './nats/step-log.ts';
import { packageVersion } from './version.ts';

const usage = `Usage: node dist/src/main.js --config <file> [--set <setting>=<value>]…

Runs one Fairlead host against the NATS server and the AWS account named in the config file.
Prints one JSON line when it is ready; logs JSON lines on stderr; SIGTERM drains and exits 0.
Settings come from --set, FAIRLEAD_* variables and the file, in this order; SIGHUP reads the file again.`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      config: { type: 'string' },
      set: { type: 'string', multiple: true, default: [] },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help === true || values.config === undefined) {
    console.log(usage);
    process.exitCode = values.help === true ? 0 : 2;
    return;
  }
  const file = values.config;
  assertLimits();
  const read = () => loadConfig(file);
  const config = await read();
  const flags = flagSettings(values.set);
  await runHost(config, new LiveSettings({ config, flags, environment: process.env, read }));
}

async function runHost(config: HostConfig, settings: LiveSettings): Promise<void> {
  const startedAtMs = systemClock.nowMs();
  const own = await ownIdentity(config.dataDir, config.hostId);
  const { hostId } = own;
  const { log, flush } = openLog({ ...config.log, base: { host: hostId } });
  const end = async (code: number): Promise<never> => {
    await flush();
    process.exit(code);
  };
  process.on('SIGHUP', () => void settings.reload(log));
  // Before NATS: its last copy of the fleet can be read while the server is away.
  const inspector = await openInspector({
    ...{ config: config.inspector, dataDir: config.dataDir, ...own, log },
  });
  const { nkeySeedFile, credsFile, replicas, ...nats } = config.nats;
  const connection = await connectNats({
    ...nats,
    ...(nkeySeedFile === undefined ? {} : { nkeySeedFile }),
    ...(credsFile === undefined ? {} : { credsFile }),
    name: `fairlead ${hostId}`,
    // Its own prefix, so that users who may read `_INBOX.>` do not read the host's answers.
    inboxPrefix: '_INBOX_host',
    waitForServer: true,
    log,
  });
  await setUpStreams(connection, {
    holder: hostId,
    binding: { mode: config.aws.mode },
    replicas,
    idempotencyTtlMs: settings.current.idempotencyTtlMs,
    // An election among several servers takes longer than a lease on one may live.
    leaseTtlMs:
      connection.nc.info?.cluster === undefined ? hosting.leaseTtlMs : hosting.leaseTtlClusterMs,
  });
  const installation = await installationOf(connection, own.installation);
  if (installation !== own.installation) await keepInstallation(config.dataDir, installation);

  const telemetry: Telemetry = {
    log,
    count: (metric, labels, by) => {
      measurements.count(metric, labels, by);
    },
    observe: (metric, value, labels) => {
      measurements.observe(metric, value, labels);
    },
  };
  const steps = createStepLog(connection, telemetry);
  const measurements = openMetrics(log, () => [
    ...host.readings(),
    ...guard.readings(),
    ...idempotency.readings(),
    ...health.readings(),
    ...inFlight.readings(),
    ...operations.readings(),
    ...shared.fanOut.readings(),
    ...observer.readings(),
    ...replications.readings(),
    ...inspector.readings(),
  ]);
  const health = await openHealth({
    ...{ connection, hostId, installation, telemetry },
    measurements: () => measurements,
  });
  const scale = config.pacing.scale;
  const configured = retriesBy(() => settings.current);
  const retries = paced(configured, scale);
  const inFlight = new EffectsInFlight(settings.current.effectsInFlightMax);
  const operations = new OperationCensus();
  const guard = new Guard({
    ...{ clock: systemClock, random: systemRandom, telemetry, scale },
    ...guardNumbers(settings.current),
    ...guardOptions(settings.current),
    onSettled: health.onSettled,
  });
  settings.onChange((now) => {
    guard.lines.configure(guardNumbers(now));
    inFlight.resize(now.effectsInFlightMax);
    host.limitTurns(now.turnsPerKindMax);
    host.restAfter(now.restAfterMs);
  });
  const shared = openSharedCalls(telemetry, settings);
  const aws = await openAws(config, telemetry, guard, settings, shared);
  const servers = new KnownServers();
  const volumes = openVolumes({
    ...{ aws, guard, clock: systemClock, random: systemRandom, telemetry, scale, servers },
    access: config.kubernetes.clusters,
    circuits: () => guard.breakers(),
  });
  const replications = openReplications({
    ...{ telemetry, scale, backends: volumes.backends },
    resourcesMax: () => settings.current.resourcesMax,
    circuits: () => guard.breakers(),
  });
  const bare = await makePorts(aws, connection, hostId, telemetry, replications.volumes);
  const guardHost = new GuardHost({ guard, hostId, installation, ports: bare, steps });
  await guardHost.start();
  const ports = {
    ...bare,
    store: observedStore(guard, health.watchedStore(bare.store)),
    bus: observedBus(guard, bare.bus),
  };
  servers.attach(ports.store);
  const idempotency = await openIdempotency(connection, {
    ...{ guard, telemetry, hostId },
    ttlMs: settings.current.idempotencyTtlMs,
  });
  const hosted = hostedKinds(
    { ...ports, guard, idempotency },
    { retries, inFlight, scale, safety: config.replication.safety },
  );
  const registries: Registries = {
    ...health.registries,
    config: () => configEntries(settings.current),
    policy: () => policyEntries(settings.current, retries),
    effect: () =>
      listEffects((effect) => retries.nameFor(profiles[settings.current.profile].retry, effect)),
    metric: () => measurements.samples(),
    backend: volumes.registry,
    host: () =>
      hostEntries({
        ...{ host, hostId, version: packageVersion(), startedAtMs, mark: guardHost.mark },
      }),
    partition: () => partitionEntries(host),
    limit: () => [
      ...guard.limits().map((each) => ({ name: each.key, ...each })),
      ...shared.limits(),
      ...host.intake.views().map((each) => ({ name: each.key, ...each })),
    ],
  };
  const live = {
    guard: guardViews({ guard, hostId, store: ports.store, clock: ports.clock }),
    ...registryViews(registries, { hostId, clock: ports.clock }),
  };
  const kinds = [hosted.cluster, hosted.replication, hosted.replicationgroup, hosted.guard];
  const host = createHost({
    ...{ kinds, ports, hostId, installation, live, steps },
    watch: { ...health.watch, reported: replications.reported },
    version: packageVersion(),
    turnsPerKindMax: settings.current.turnsPerKindMax,
    restAfterMs: settings.current.restAfterMs,
    isDrained: () => Promise.resolve(guardHost.mark !== undefined),
    intake: { isAdaptive: settings.current.optional.adaptsIntake },
    looks: {
      'cluster.exec': clusterExec({ remote: ports.remote, fanOut: shared.fanOut }),
      ...replications.looks,
    },
  });
  const observer = new Observer({
    ...{ clock: ports.clock, fleet: ports.fleet, telemetry, scale },
    tell: (key, event) => {
      host.observe(key, event);
    },
  });
  host.onCommitted((key, kind, snapshot) => {
    operations.note(key, snapshot);
    if (kind !== hosted.cluster.name) return;
    observer.update(key, hosted.cluster.watches(snapshot));
  });
  host.onForgotten((key) => {
    operations.forget(key);
    observer.update(key, undefined);
    steps.forget(keyText(key));
  });
  replications.follow(host);

  health.attach({
    ...{ host, guard, kinds, store: ports.store, bus: ports.bus },
    probeKey: guardRecordKey(hostId),
    ping: (scope, service, attempt) => aws.ping(scope, service, attempt),
    adapters: ['nats', `aws (${config.aws.mode})`],
  });
  const metrics = async () => ({
    contentType: measurements.contentType,
    text: await measurements.text(),
  });
  const http = await openHttp({ ...config.http, ...health.http, metrics });
  inspector.attach({ connection, installation, telemetry, health: health.http, metrics });
  const listening = new AbortController();
  // Before the start: partitions are served during it, and it may take long.
  const isEnding = (): boolean => listening.signal.aborted;
  const drain = async (signal: string): Promise<void> => {
    if (isEnding()) return;
    listening.abort();
    log('info', { signal }, 'draining');
    health.mark(false);
    observer.stop();
    replications.stop();
    await host.stop();
    await guardHost.stop();
    await steps.stop();
    idempotency.stop();
    shared.stop();
    await health.stop();
    await inspector.close();
    await http.close();
    aws.close();
    await connection.close(hosting.drainMs);
    await end(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => void drain(signal).catch(die));
  const die = (error: unknown): void => {
    log('error', { reason: error instanceof Error ? error.stack : String(error) }, 'host stops');
    void end(1);
  };
  process.on('uncaughtException', die);
  process.on('unhandledRejection', die);
  void hearGuards(connection, guardHost, log, listening.signal);
  await host.start();
  if (isEnding()) return;
  health.mark(true);
  log('info', { httpPort: http.port, scale, machines: machineVersions }, 'host is ready');
  const { port: inspectorPort, tokenFile } = inspector;
  const inspected = inspectorPort === 0 ? {} : { inspectorPort, tokenFile };
  console.log(JSON.stringify({ ready: true, hostId, httpPort: http.port, ...inspected }));
  const reason = await connection.closed;
  if (reason !== undefined && !isEnding()) die(reason);
}

main().catch((error: unknown) => {
  // Before the log is open a person or a supervisor reads stderr: the message alone says what to do.
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
