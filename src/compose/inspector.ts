/**
 * The inspector beside a host: its server is there before NATS is and stays while it is away. Nothing that goes wrong here
 * ends the host.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MetricReading } from '../../actors/metric-names.ts';
import type { Telemetry } from '../../actors/ports.ts';
import { systemClock, systemRandom } from '../clock.ts';
import type { InspectorConfig } from '../config/inspector-config.ts';
import { wholeHealth } from '../http.ts';
import type { HttpOptions } from '../http.ts';
import { storedCharts } from '../inspector/chart/stored.ts';
import { stepBell } from '../inspector/compat/step-bell.ts';
import type { StepBell } from '../inspector/compat/step-bell.ts';
import { openFleet } from '../inspector/fleet.ts';
import type { FleetView } from '../inspector/fleet.ts';
import { groupingOf } from '../inspector/index/map.ts';
import { QueryProblem } from '../inspector/index/query-problem.ts';
import { commandInfos } from '../inspector/commands.ts';
import { ensureTokenFile, readLogins } from '../inspector/server/logins.ts';
import type { Charts, Fleet, Health } from '../inspector/server/parts.ts';
import { Refusal, refusal } from '../inspector/server/refusal.ts';
import { openInspectorServer } from '../inspector/server/server.ts';
import type { OpenInspector, ServerOptions } from '../inspector/server/server.ts';
import type { Log } from '../log.ts';
import { clientOver } from '../nats/client.ts';
import type { Connection } from '../nats/connection.ts';
import { followSteps } from '../nats/step-feed.ts';
import type { StepFeed } from '../nats/step-feed.ts';
import { packageRoot } from '../package-root.ts';
import { packageVersion } from '../version.ts';
import { stepHearing } from './step-hearing.ts';
import { fillRecent, serviceOver, stepsOver } from './inspector-service.ts';
import type { Line } from './inspector-service.ts';

export interface InspectorParts {
  readonly config: InspectorConfig;
  readonly dataDir: string;
  readonly hostId: string;
  readonly installation: string;
  readonly log: Log;
}

/** What a host has once it is connected. */
export interface Attached {
  readonly installation: string;
  readonly connection: Connection;
  readonly telemetry: Telemetry;
  readonly health: Omit<HttpOptions, 'host' | 'port' | 'metrics'>;
  readonly metrics: HttpOptions['metrics'];
}

export interface Inspector {
  /** 0 while it does not listen. */
  readonly port: number;
  readonly tokenFile: string;
  /** From now on commands can be sent and steps are heard. */
  attach(host: Attached): void;
  readings(): readonly MetricReading[];
  /** `bye` to all streams, then the end. */
  close(): Promise<void>;
}

export async function openInspector(parts: InspectorParts): Promise<Inspector> {
  const { config, dataDir, log } = parts;
  const tokenFile = config.tokenFile ?? join(dataDir, 'inspector-tokens');
  if (!config.enabled) return silent(tokenFile);
  try {
    if (config.tokenFile === undefined) await ensureTokenFile(tokenFile);
    return await serve(parts, tokenFile);
  } catch (error) {
    const { host, port } = config;
    const reason = error instanceof Error ? error.message : String(error);
    const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
    const todo = isTaken
      ? `port ${port} of ${host} is taken; set inspector.port to another one, or to 0 for any`
      : 'correct the section inspector of the config and start again';
    log('error', { reason, todo }, 'the inspector is not served; the host goes on without');
    return silent(tokenFile);
  }
}

const silent = (tokenFile: string): Inspector => ({
  ...{ port: 0, tokenFile },
  attach: () => undefined,
  readings: () => [],
  close: () => Promise.resolve(),
});

async function serve(parts: InspectorParts, tokenFile: string): Promise<Inspector> {
  const { dataDir, hostId, installation, log } = parts;
  const clock = systemClock;
  const startedAtMs = clock.nowMs();
  const now: { host?: Attached; line?: Line; steps?: StepFeed; awaySinceMs: number } = {
    awaySinceMs: startedAtMs,
  };
  const telemetry: Telemetry = {
    log,
    count: (...given) => now.host?.telemetry.count(...given),
    observe: (...given) => now.host?.telemetry.observe(...given),
  };
  const view = await openFleet({ clock, random: systemRandom, telemetry, stateDir: dataDir });
  const state = { line: () => now.line, awaySinceMs: () => now.awaySinceMs };
  const bell = stepBell();
  const options = await serverOptions(parts.config, tokenFile, telemetry, bell);
  const steps = stepsOver(state, view);
  const opening = openInspectorServer(options, {
    ...{ hostId, version: packageVersion() },
    get installation() {
      return now.host?.installation ?? installation;
    },
    ...{ feed: view.feed, fleet: fleetOf(view), charts: chartsOf() },
    service: serviceOver(state),
    steps,
    health: healthOf(() => now.host),
    commands: commandInfos(),
    nowMs: () => clock.nowMs(),
    monotonicMs: () => clock.monotonicMs(),
  });
  const server: OpenInspector = await opening.catch(async (error: unknown) => {
    await view.close();
    throw error;
  });
  log('info', { inspectorPort: server.port, tokenFile }, 'the inspector is served');
  return {
    ...{ port: server.port, tokenFile },
    attach: (host) => {
      now.host = host;
      now.line = {
        connection: host.connection,
        client: clientOver(host.connection, '_INBOX_host'),
      };
      now.steps = followSteps(
        host.connection,
        stepHearing({
          ...{ view, bell },
          onLive: () =>
            void fillRecent(steps, view).catch((error: unknown) =>
              log('warn', { error: String(error) }, 'steps kept for times without NATS have gaps'),
            ),
          onAway: (sinceMs) => (now.awaySinceMs = sinceMs),
        }),
        { log, nowMs: () => clock.nowMs() },
      );
    },
    readings: () => view.feed.readings(),
    close: async () => {
      await now.steps?.stop();
      await view.close();
      await server.close();
    },
  };
}

async function serverOptions(
  config: InspectorConfig,
  tokenFile: string,
  telemetry: Telemetry,
  bell: StepBell,
): Promise<ServerOptions> {
  const { host, port, allowedHosts, trustedProxy, tls, compat } = config;
  const dist = join(packageRoot(), 'dist');
  return {
    ...{ host, port, allowedHosts, logins: await readLogins(tokenFile) },
    ...(trustedProxy !== undefined && { trustedProxy }),
    ...(tls !== undefined && {
      tls: {
        cert: await readFile(tls.certFile, 'utf8'),
        key: await readFile(tls.keyFile, 'utf8'),
      },
    }),
    siteFolder: join(dist, 'inspector'),
    ...((compat.xstateInspect || compat.statelyInspect) && {
      compat: {
        ...compat,
        viewFolder: join(dist, 'inspector-view'),
        onStep: (heard) => bell.onStep(heard),
      },
    }),
    onAnswered: (status) =>
      telemetry.count('fairlead_inspector_requests_total', { code: String(status) }),
    onError: (error) => {
      const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
      telemetry.log('error', { reason }, 'the inspector failed to answer a request');
    },
  };
}

function fleetOf({ index, maps }: FleetView): Fleet {
  return {
    rows: (window) => {
      try {
        return index.page(window);
      } catch (error) {
        if (!(error instanceof QueryProblem)) throw error;
        const { code, message, ...fields } = error.problem;
        throw new Refusal(400, code, message, fields);
      }
    },
    detail: (actor) => {
      const row = index.row(actor);
      return row && { row };
    },
    map: (group) => {
      const grouping = groupingOf(group);
      if (!('code' in grouping)) return maps.read(grouping);
      const { code, message, ...fields } = grouping;
      throw new Refusal(400, code, message, fields);
    },
  };
}

/** Roots are those that no other machine starts. */
function chartsOf(): Charts {
  const charts = Object.values(storedCharts());
  const below = new Set(charts.flatMap(({ chart }) => Object.values(chart.children)));
  const roots = charts.flatMap(({ chart }) =>
    below.has(chart.hash) ? [] : [[chart.id, chart.hash]],
  );
  const list = {
    roots: Object.fromEntries(roots) as Record<string, string>,
    hashes: charts.map(({ chart }) => chart.hash),
  };
  const texts = new Map(charts.map((drawn) => [drawn.chart.hash, JSON.stringify(drawn)]));
  return { list: () => list, text: (hash) => texts.get(hash) };
}

function healthOf(host: () => Attached | undefined): Health {
  const open = (): Attached => {
    const found = host();
    if (found !== undefined) return found;
    throw refusal('unavailable', 'the host has not reached NATS yet; try again');
  };
  return {
    whole: (isVerbose) => wholeHealth(open().health, isVerbose),
    metrics: () => open().metrics(),
  };
}
