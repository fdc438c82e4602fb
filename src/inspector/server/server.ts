/** The inspector's HTTP server: every request passes the guard, then goes to a route, the stream, or the page's files. */
import { createServer as createPlain } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer as createTls } from 'node:https';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { inspectorServer as limits } from '../../../machines/limits-inspector-server.ts';
import { openCompat } from '../compat/compat.ts';
import type { Compat, CompatOptions } from '../compat/compat.ts';
import { auditRoute } from './audit.ts';
import { checked, readJson } from './body.ts';
import { fleetRoutes } from './fleet-routes.ts';
import { hostRoutes, sessionOf } from './host-routes.ts';
import { kpiRoute } from './kpi.ts';
import type { Login } from './logins.ts';
import { openPace } from './pace.ts';
import type { Parts } from './parts.ts';
import { Refusal, refusal } from './refusal.ts';
import { send, sendRefusal, setFixedHeaders } from './replies.ts';
import type { Answer } from './replies.ts';
import { checkLogIn, checkLogin, checkRole, checkWay, isWrite, loginOf } from './request-guard.ts';
import type { GuardOptions } from './request-guard.ts';
import { findRoute } from './router.ts';
import type { Route } from './router.ts';
import { serviceRoutes } from './service-routes.ts';
import { openSessions } from './sessions.ts';
import { openSite } from './site.ts';
import { openStream, streamRoutes } from './stream-routes.ts';

export interface ServerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly logins: readonly Login[];
  readonly allowedHosts: readonly string[];
  readonly trustedProxy?: string;
  /** PEM texts. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Folder of the built page. */
  readonly siteFolder: string;
  /** Viewers of other makers; absent when none is wanted. */
  readonly compat?: CompatOptions;
  /** Every answered request by its status. */
  readonly onAnswered: (status: number) => void;
  /** What no refusal explains. */
  readonly onError: (error: unknown) => void;
}

export interface OpenInspector {
  readonly port: number;
  /** Says `bye` to streams, then ends what is still open. */
  close(): Promise<void>;
}

/** @throws Error when the address is taken or not ours */
export async function openInspectorServer(
  options: ServerOptions,
  parts: Parts,
): Promise<OpenInspector> {
  const handler: { now?: (request: IncomingMessage, response: ServerResponse) => void } = {};
  const take = (request: IncomingMessage, response: ServerResponse): void => {
    if (handler.now !== undefined) handler.now(request, response);
    else refuseEarly(request, response);
  };
  const bounds = { maxHeaderSize: limits.headerBytesMax };
  const server: Server =
    options.tls === undefined
      ? createPlain(bounds, take)
      : createTls({ ...bounds, ...options.tls, minVersion: 'TLSv1.2' }, take);
  server.requestTimeout = limits.requestMs;
  server.headersTimeout = limits.headersMs;
  server.maxConnections = limits.connectionsMax;
  await listen(server, options);
  const { port } = server.address() as AddressInfo;
  let compat: Compat | undefined;
  try {
    const wired = wiringOf(options, parts, port);
    compat = options.compat && (await openCompat(options.compat, parts, wired));
    handler.now = handlerOf(options, parts, { ...wired, ...(compat && { compat }) });
  } catch (error) {
    // Nobody would ever answer there.
    server.close();
    server.closeAllConnections();
    throw error;
  }
  if (compat !== undefined) server.on('upgrade', compat.upgrade);
  return {
    port,
    close: async () => {
      parts.feed.close();
      compat?.close();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeIdleConnections();
      const timer = setTimeout(() => server.closeAllConnections(), limits.drainMs);
      await closed;
      clearTimeout(timer);
    },
  };
}

function refuseEarly(request: IncomingMessage, response: ServerResponse): void {
  setFixedHeaders(response);
  const starting = refusal('unavailable', 'the host is starting; try again');
  sendRefusal(request, response, starting);
}

function listen(server: Server, { host, port }: ServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

const tokenBody = z.strictObject({ token: z.string().min(1).max(512) });

interface Wired {
  readonly guard: GuardOptions;
  readonly routes: readonly Route[];
  readonly compat?: Compat;
}

function wiringOf(options: ServerOptions, parts: Parts, port: number): Wired {
  const isSecure = options.tls !== undefined || options.trustedProxy !== undefined;
  const { logins } = options;
  const sessions = openSessions({ logins, port, isSecure, nowMs: parts.nowMs });
  const commands = openPace(limits.commandsPerSecond, parts.monotonicMs);
  const routes = [
    ...hostRoutes(parts, sessions),
    ...fleetRoutes(parts),
    ...serviceRoutes(parts, commands),
    ...streamRoutes(parts),
    auditRoute(parts),
    kpiRoute(parts),
  ];
  const wrongTokens = openPace(limits.wrongTokensPerSecond, parts.monotonicMs);
  return { guard: { ...options, sessions, isSecure, wrongTokens }, routes };
}

function handlerOf(options: ServerOptions, parts: Parts, { guard, routes, compat }: Wired) {
  const { sessions } = guard;
  const site = openSite(options.siteFolder);

  const logIn = async (request: IncomingMessage): Promise<Answer> => {
    checkLogIn(request, guard);
    const { token } = checked(tokenBody, await readJson(request), 'body');
    const login = loginOf(token, guard);
    return { value: sessionOf(parts, login), headers: { 'set-cookie': sessions.open(login) } };
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    checkWay(request, guard);
    const { pathname, searchParams: query } = urlOf(request);
    const { method = 'GET', headers } = request;
    if (!isRouted(pathname)) {
      if (isWrite(request)) throw refusal('notAllowed', 'files take GET; commands go to /api');
      const accepted = headers['accept-encoding']?.toString() ?? '';
      const known = headers['if-none-match'] ?? '';
      const foreign = compat?.answer(pathname, accepted, known);
      send(request, response, foreign ?? site.answer(pathname, accepted, known));
      return;
    }
    if (method === 'POST' && pathname === '/api/session') {
      send(request, response, await logIn(request));
      return;
    }
    const login = checkLogin(request, guard);
    if (method === 'GET' && pathname === '/api/stream') {
      openStream(parts, login, { request, response, query });
      return;
    }
    const { route, parts: path } = findRoute(routes, method, pathname);
    checkRole(login, route.role);
    const body = isWrite(request) ? await readJson(request) : undefined;
    send(request, response, await route.answer({ login, parts: path, query, body, headers }));
  };

  return (request: IncomingMessage, response: ServerResponse): void => {
    setFixedHeaders(response);
    response.once('close', () => options.onAnswered(response.statusCode));
    answer(request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else sendRefusal(request, response, refusalOf(error, options));
    });
  };
}

/** Everything but the page's own files and views. Probes that belong to the health port must not meet a page here. */
const isRouted = (path: string): boolean =>
  path === '/api' ||
  path.startsWith('/api/') ||
  path === '/healthz' ||
  path === '/metrics' ||
  ['/livez', '/readyz'].includes(path);

/** Whoever names another origin in the request line means a proxy, which this is not. */
function urlOf({ url = '' }: IncomingMessage): URL {
  if (!url.startsWith('/') || url.startsWith('//') || !URL.canParse(url, 'http://host'))
    throw refusal('badRequest', 'the request line names no path; send one that begins with /');
  return new URL(url, 'http://host');
}

/** What nobody foresaw stays in the log: its text may hold what the asker should not see. */
function refusalOf(error: unknown, { onError }: ServerOptions): Refusal {
  if (error instanceof Refusal) return error;
  onError(error);
  return new Refusal(
    500,
    'internal.assertion',
    'the host failed to answer; its log names the cause, try again',
  );
}
