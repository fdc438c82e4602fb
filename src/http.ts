/** Health and metrics over HTTP: /livez, /readyz, /healthz (each with ?verbose), /metrics. Loopback unless configured otherwise. */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One named question with its answer now. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** What was seen, for people. */
  readonly detail: string;
  /** Shown with `?verbose`: counts, times, success rate. */
  readonly more?: Readonly<Record<string, unknown>>;
}

/** How the whole host fares. */
export interface Fare {
  /** Wall time of the last turn, ISO 8601. */
  readonly last_reconcile: string;
  /** Share of failed answers, operations and calls in the last five minutes, 0 to 1. */
  readonly error_rate: number;
  readonly level: string;
}

export interface HttpOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Event loop and actor progress; never NATS or a provider. */
  live(): readonly Check[];
  /** Whether commands can be taken now. */
  ready(): readonly Check[];
  /** The components it depends on; they decide over /healthz only. */
  probes(): readonly Check[];
  fare(): Fare;
  metrics(): Promise<{ contentType: string; text: string }>;
}

/** What the checks answer over HTTP. */
export interface HealthAnswer {
  readonly status: 200 | 503;
  readonly body: object;
}

export interface OpenHttp {
  readonly port: number;
  close(): Promise<void>;
}

/** @throws Error when the address is taken or not ours */
export async function openHttp(options: HttpOptions): Promise<OpenHttp> {
  const server = createServer((request, response) => {
    answer(options, request, response).catch((error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      if (!response.headersSent) send(response, 500, { error: message });
      else response.destroy();
    });
  });
  server.requestTimeout = 10_000;
  server.headersTimeout = 5_000;
  await listen(server, options);
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, { host, port }: HttpOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

async function answer(
  options: HttpOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { url = '/' } = request;
  if (!URL.canParse(url, 'http://localhost')) {
    send(response, 400, { error: 'the request line names no path; send one that begins with /' });
    return;
  }
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    send(response, 405, { error: 'only GET is answered here; commands go over NATS' });
    return;
  }
  if (!isAllowedHost(request)) {
    send(response, 421, { error: 'unexpected Host header; use the address this host listens on' });
    return;
  }
  const checks = checksOf(options, pathname);
  if (checks !== undefined) {
    const { status, body } = answerOf(options, checks, searchParams.has('verbose'));
    send(response, status, body);
  } else if (pathname === '/metrics') {
    const { contentType, text } = await options.metrics();
    response.writeHead(200, { 'content-type': contentType, ...fixedHeaders }).end(text);
  } else {
    send(response, 404, { error: 'not here; try /livez /readyz /healthz /metrics' });
  }
}

/** A page on another site must not read this through a name that resolves to us: names of this machine only. */
function isAllowedHost(request: IncomingMessage): boolean {
  const header = request.headers.host ?? '';
  const name = header.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  const own = request.socket.localAddress?.replace(/^::ffff:/, '') ?? '';
  return ['localhost', '127.0.0.1', '::1', own].includes(name);
}

const fixedHeaders = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
} as const;

function checksOf(options: HttpOptions, pathname: string): readonly Check[] | undefined {
  if (pathname === '/livez') return options.live();
  if (pathname === '/readyz') return options.ready();
  if (pathname !== '/healthz') return undefined;
  return [...options.live(), ...options.ready(), ...options.probes()];
}

/** The answer of /healthz. */
export const wholeHealth = (
  options: Omit<HttpOptions, 'host' | 'port' | 'metrics'>,
  isVerbose: boolean,
): HealthAnswer =>
  answerOf(options, [...options.live(), ...options.ready(), ...options.probes()], isVerbose);

function answerOf(
  { fare, ready }: Pick<HttpOptions, 'fare' | 'ready'>,
  checks: readonly Check[],
  isVerbose: boolean,
): HealthAnswer {
  const healthy = checks.every((check) => check.ok);
  const failing = checks.filter((check) => !check.ok).map((check) => check.name);
  const { last_reconcile, error_rate, level } = fare();
  const body = {
    healthy,
    message: healthy ? 'All systems operational' : `not ok: ${failing.join(', ')}`,
    last_reconcile,
    error_rate: Number(error_rate.toFixed(4)),
    ready: ready().every((check) => check.ok),
    level,
    checks: checks.map(({ more, ...check }) => (isVerbose ? { ...check, ...more } : check)),
  };
  return { status: healthy ? 200 : 503, body };
}

function send(response: ServerResponse, status: number, body: object): void {
  response
    .writeHead(status, { 'content-type': 'application/json', ...fixedHeaders })
    .end(`${JSON.stringify(body)}\n`);
}
