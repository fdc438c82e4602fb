/** One host: the composition root. Adapters become ports here and nowhere else; then start, serve, drain. */
import { parseArgs } from 'node:util';
import { guardFleetKind } from '../machines/guard-kinds.ts';
import { machineVersions } from '../machines/kinds.ts';
import { assertLimits, hosting } from '../machines/limits.ts';
import { listEffects } from '../actors/effects/registry.ts';
import { GuardHost } from '../actors/guard-host.ts';
import { guardViews } from '../actors/guard-views.ts';
import { createHost } from '../actors/host.ts';
import { Observer } from '../actors/observer.ts';
import { Guard } from '../actors/policies/call-guard.ts';
import { observedBus, observedStore } from '../actors/policies/observed-ports.ts';
import type { Telemetry } from '../actors/ports.ts';
import { registryViews } from '../actors/registries.ts';
import type { Registries } from '../actors/registries.ts';
import { systemClock, systemRandom } from './clock.ts';
import { openAws } from './compose/cloud.ts';
import { openIdempotency } from './compose/idempotency.ts';
import { hostedCluster } from './compose/kinds.ts';
import { hearGuards } from './compose/orders.ts';
import { makePorts } from './compose/ports.ts';
import { loadConfig } from './config/host-config.ts';
import type { HostConfig } from './config/host-config.ts';
import { openHttp } from './http.ts';
import { ownIdentity } from './identity.ts';
import { watchEventLoop } from './liveness.ts';
import { openLog } from './log.ts';
import { openMetrics } from './metrics.ts';
import { connectNats } from './nats/connection.ts';
import { setUpStreams } from './nats/setup.ts';
import { progressCheck, readyChecks } from './readiness.ts';

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
  const measurements = openMetrics(log, () => [
    ...host.readings(),
    ...guard.readings(),
    ...idempotency.readings(),
  ]);
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
  const idempotency = await openIdempotency(connection, { guard, telemetry, hostId });
  const cluster = hostedCluster({ ...ports, guard, idempotency }, scale);
  const registries: Registries = {
    effect: listEffects,
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
    idempotency.stop();
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

main().catch((error: unknown) => {
  // Before the log is open a person or a supervisor reads stderr: the message alone says what to do.
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
