/** One host: the composition root. Adapters become ports here and nowhere else; then start, serve, drain. */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { fleetKey, guardFleetKind } from '../machines/guard-kinds.ts';
import { clusterKind, machineVersions } from '../machines/kinds.ts';
import { buildClusterMachine } from '../machines/cluster.ts';
import { buildNodeMachine } from '../machines/node.ts';
import { operationMachine } from '../machines/operation.ts';
import { wholeCall } from '../machines/whole-call.ts';
import { assertLimits, hosting } from '../machines/limits.ts';
import { gate } from '../actors/effect.ts';
import { performer } from '../actors/effects/perform.ts';
import { messageOf } from '../actors/faults.ts';
import { GuardHost } from '../actors/guard-host.ts';
import { guardViews } from '../actors/guard-views.ts';
import { pause } from '../actors/heap-clock.ts';
import { createHost } from '../actors/host.ts';
import { Observer } from '../actors/observer.ts';
import { Guard } from '../actors/policies/call-guard.ts';
import { observedBus, observedStore } from '../actors/policies/observed-ports.ts';
import type { Ports, Telemetry } from '../actors/ports.ts';
import { registryViews } from '../actors/registries.ts';
import type { Registries } from '../actors/registries.ts';
import { createAws } from './aws/cloud.ts';
import type { Aws } from './aws/cloud.ts';
import type { SessionsConfig } from './aws/session.ts';
import { systemClock, systemRandom } from './clock.ts';
import { loadConfig } from './config.ts';
import type { HostConfig } from './config.ts';
import { openHttp } from './http.ts';
import { ownIdentity } from './identity.ts';
import { parseResult, renderScript } from './k3s/script.ts';
import type { Verb } from './k3s/script.ts';
import { watchEventLoop } from './liveness.ts';
import { openLog } from './log.ts';
import type { Log } from './log.ts';
import { openMetrics } from './metrics.ts';
import { createBus } from './nats/bus.ts';
import { connectNats } from './nats/connection.ts';
import type { Connection } from './nats/connection.ts';
import { openEvents } from './nats/event-feed.ts';
import { createLease } from './nats/lease.ts';
import { createRecordStore } from './nats/records.ts';
import { setUpStreams } from './nats/setup.ts';
import { progressCheck, readyChecks } from './readiness.ts';
import { packageVersion } from './version.ts';

const usage = `Usage: node dist/src/main.js --config <file>

Runs one Fairlead host against the NATS server and the AWS account named in the config file.
Prints one JSON line when it is ready; logs JSON lines on stderr; SIGTERM drains and exits 0.`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { config: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help === true || values.config === undefined) {
    console.log(usage);
    process.exitCode = values.help === true ? 0 : 2;
    return;
  }
  assertLimits();
  const config = await loadConfig(values.config);
  await runHost(config);
}

async function runHost(config: HostConfig): Promise<void> {
  const { hostId, installation } = await ownIdentity(config.dataDir, config.hostId);
  const { log, flush } = openLog({ ...config.log, base: { host: hostId } });
  const end = async (code: number): Promise<never> => {
    await flush();
    process.exit(code);
  };
  const { nkeySeedFile, credsFile, ...nats } = config.nats;
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
  await setUpStreams(connection, { holder: hostId, binding: { mode: config.aws.mode } });

  const telemetry: Telemetry = {
    log,
    count: (metric, labels, by) => {
      measurements.count(metric, labels, by);
    },
    observe: (metric, value, labels) => {
      measurements.observe(metric, value, labels);
    },
  };
  const measurements = openMetrics(log, () => [...host.readings(), ...guard.readings()]);
  const scale = config.pacing.scale;
  const guard = new Guard({ clock: systemClock, random: systemRandom, telemetry, scale });
  const aws = await openAws(config, telemetry, guard);
  const bare = await makePorts(aws, connection, telemetry);
  const guardHost = new GuardHost({ guard, hostId, installation, ports: bare });
  await guardHost.start();
  const ports = {
    ...bare,
    store: observedStore(guard, bare.store),
    bus: observedBus(guard, bare.bus),
  };
  const perform = gate(performer({ ...ports, guard }), wholeCall);
  const operation = operationMachine.provide({ actors: { perform } });
  const cluster = clusterKind(
    buildClusterMachine({ operation, node: buildNodeMachine(operation, scale), scale }),
  );
  const registries: Registries = {
    limit: () => guard.limits().map((each) => ({ name: each.key, ...each })),
  };
  const live = {
    guard: guardViews({ guard, hostId, store: ports.store, clock: ports.clock }),
    ...registryViews(registries, { hostId, clock: ports.clock }),
  };
  const kinds = [cluster, guardFleetKind];
  const host = createHost({ kinds, ports, hostId, installation, live });
  const observer = new Observer({
    ...{ clock: ports.clock, fleet: ports.fleet, telemetry, scale },
    tell: (key, event) => {
      host.observe(key, event);
    },
  });
  host.onCommitted((key, kind, snapshot) => {
    if (kind === cluster.name) observer.update(key, cluster.watches(snapshot));
  });

  const loop = watchEventLoop();
  const http = await openHttp({
    ...config.http,
    live: () => [loop.check(), progressCheck(host.status())],
    ready: () => readyChecks(host.status()),
    metrics: async () => ({
      contentType: measurements.contentType,
      text: await measurements.text(),
    }),
  });
  const listening = new AbortController();
  void hearGuards(connection, guardHost, log, listening.signal);
  await host.start();
  log('info', { httpPort: http.port, scale, machines: machineVersions }, 'host is ready');
  console.log(JSON.stringify({ ready: true, hostId, httpPort: http.port }));

  const ending = { isUnderWay: false };
  const drain = async (signal: string): Promise<void> => {
    if (ending.isUnderWay) return;
    ending.isUnderWay = true;
    log('info', { signal }, 'draining');
    observer.stop();
    loop.stop();
    listening.abort();
    await host.stop();
    await guardHost.stop();
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
  const reason = await connection.closed;
  if (reason !== undefined && !ending.isUnderWay) die(reason);
}

/**
 * Orders of the fleet and other hosts' trips, as they are published. Standing orders are read again behind the start of
 * the feed, so that none falls between the two; an order applied twice changes nothing.
 */
async function hearGuards(
  connection: Connection,
  guardHost: GuardHost,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      const filter = { namespace: fleetKey.namespace, kind: fleetKey.kind };
      const feed = openEvents(connection, filter, 'new', signal);
      await feed.ready;
      await guardHost.applyStanding();
      for await (const event of feed) guardHost.heard(event);
    } catch (error) {
      log('warn', { reason: messageOf(error) }, 'orders to the guards are not heard; trying again');
      await pause(systemClock, hosting.busyRetryAfterMs);
    }
  }
}

async function openAws(config: HostConfig, telemetry: Telemetry, guard: Guard): Promise<Aws> {
  const artifactsUrl = config.artifacts.url;
  const aws = createAws({
    ...(await awsSettings(config)),
    ...(artifactsUrl === undefined ? {} : { artifactsUrl }),
    pacingScale: config.pacing.scale,
    telemetry,
    guard,
    script: {
      // A manifest's own base wins; then the host's; then the official releases, which need no parameter.
      render: (verb, parameters) =>
        renderScript(verb as Verb, {
          ...parameters,
          ...(verb === 'stage' && parameters['FL_ARTIFACTS'] === '' && artifactsUrl !== undefined
            ? { FL_ARTIFACTS: artifactsUrl }
            : {}),
        }),
      parse: parseResult,
    },
  });
  await aws.load();
  return aws;
}

async function makePorts(
  { machines, surroundings, remote, fleet }: Aws,
  connection: Connection,
  telemetry: Telemetry,
): Promise<Ports> {
  return {
    ...{ machines, surroundings, remote, fleet, telemetry },
    clock: systemClock,
    random: systemRandom,
    store: await createRecordStore(connection),
    bus: createBus(connection, logOf(telemetry), { version: packageVersion() }),
    lease: await createLease(connection),
  };
}

const logOf =
  (telemetry: Telemetry): Telemetry['log'] =>
  (level, fields, message) => {
    telemetry.log(level, fields, message);
  };

/** The simulator is only ever reached by an explicit endpoint and key; the real AWS only by the default chain. */
async function awsSettings(config: HostConfig) {
  if (config.aws.mode === 'real') {
    const named = Object.entries(config.aws.accounts).map(([name, { profile, ownerId }]) => [
      name,
      { ...(profile !== undefined && { profile }), ...(ownerId !== undefined && { ownerId }) },
    ]);
    const accounts = Object.fromEntries([['main', {}], ...named]) as NonNullable<
      SessionsConfig['accounts']
    >;
    return { mode: 'real' as const, accounts };
  }
  const line = (await readFile(config.aws.accessKeyFile, 'utf8')).trim();
  const [accessKeyId = '', secretAccessKey = ''] = line.split(':');
  return {
    mode: 'simulator' as const,
    endpoint: config.aws.endpoint,
    credentials: { accessKeyId, secretAccessKey },
  };
}

main().catch((error: unknown) => {
  // Before the log is open a person or a supervisor reads stderr: the message alone says what to do.
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
