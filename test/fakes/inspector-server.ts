/** The inspector's server on a free port of loopback, over ports that are scripts of the test. */
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import type { Row, Step } from '../../actors/steps/step.ts';
import type { CommandInfo, RowsPage } from '../../src/inspector/api.ts';
import type { Feed, Sink } from '../../src/inspector/feed/feed.ts';
import { digestOf } from '../../src/inspector/server/logins.ts';
import type { Parts } from '../../src/inspector/server/parts.ts';
import { openInspectorServer } from '../../src/inspector/server/server.ts';
import type { ServerOptions } from '../../src/inspector/server/server.ts';

export const tokens = {
  viewer: 'viewer-'.padEnd(40, 'v'),
  operator: 'operator-'.padEnd(40, 'o'),
  admin: 'admin-'.padEnd(40, 'a'),
} as const;

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Parsed, where it is JSON. */
  readonly body: unknown;
}

export interface Sending {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Ends the request once the head has come, as for a stream. */
  readonly isHeadOnly?: boolean;
}

export const row = (actor: string, more: Partial<Row> = {}): Row => ({
  ...{ actor, uid: 'uid-1', state: 'running.steady', severity: 'healthy', sinceMs: 1, reason: '' },
  ...{ revision: 1, seq: 1, host: 'host-1', region: 'eu-central-1', expectedMs: 0, isGone: false },
  ...more,
});

const noFacets = { severity: {}, kind: {}, namespace: {} };

const commandInfo = (verb: string, more: Partial<CommandInfo> = {}): CommandInfo => ({
  ...{ kind: 'cluster', verb, help: verb, schema: {}, destructive: false, creating: false },
  role: 'operator',
  ...more,
});

/** A feed that takes `streamsMax` streams and says hello to each. */
export function fakeFeed(streamsMax = 50): Feed {
  const sinks = new Set<Sink>();
  return {
    open: ({ session }, sink) => {
      if (sinks.size >= streamsMax)
        return {
          status: 429,
          problem: { code: 'inspector.tooManyStreams', message: 'close other tabs' },
        };
      sinks.add(sink);
      sink.write(`event: hello\ndata: ${JSON.stringify({ sid: 's1', epoch: 'e', session })}\n\n`);
      return { sid: 's1', close: () => void sinks.delete(sink) };
    },
    view: (sid) =>
      sid === 's1'
        ? undefined
        : { status: 404, problem: { code: 'inspector.noStream', message: 'open one first' } },
    take: (_step: Step) => undefined,
    setState: () => undefined,
    restart: () => undefined,
    readings: () => [],
    close: () => {
      for (const sink of sinks) sink.end();
    },
  };
}

export function fakeParts(more: Partial<Parts> = {}): Parts {
  const page: RowsPage = {
    ...{ total: 1, offset: 0, rows: [row('cluster/test/one')], facets: noFacets, asOfMs: 1 },
  };
  const image = { src: 'cluster', status: 'active', children: {} };
  const step = { seq: 1, hash: 'h1' } as Step;
  return {
    ...{ hostId: 'host-1', version: '0.1.0', installation: 'inst' },
    feed: fakeFeed(),
    fleet: {
      rows: () => page,
      detail: (actor) =>
        page.rows.filter((each) => each.actor === actor).map((each) => ({ row: each }))[0],
      map: () => ({
        head: { groups: [{ name: 'all', q: '', count: 1 }], total: 1, asOfMs: 1 },
        ...{ cells: Uint8Array.of(2), etag: '"m1"' },
      }),
    },
    steps: {
      page: (_key, uid) => Promise.resolve({ uid, steps: [], first: 1, last: 1 }),
      at: () => Promise.resolve({ step, image }),
    },
    service: {
      readOnlyBecause: () => '',
      send: ({ commandId, by }) => Promise.resolve({ ok: true, commandId, by }),
      ask: () => Promise.resolve({ allowedNext: ['pause'] }),
      askAll: () => Promise.resolve([{ host: 'host-1' }]),
      why: () => Promise.reject(new Error('not scripted')),
      dryRun: () => Promise.reject(new Error('not scripted')),
      newest: () => Promise.resolve([]),
    },
    charts: {
      list: () => ({ roots: { cluster: 'h1' }, hashes: ['h1'] }),
      text: (hash) => (hash === 'h1' ? '{"hash":"h1"}' : undefined),
    },
    health: {
      whole: () => ({ status: 200, body: { healthy: true } }),
      metrics: () => Promise.resolve({ contentType: 'text/plain', text: 'up 1\n' }),
    },
    commands: [
      commandInfo('pause'),
      commandInfo('delete', { destructive: true }),
      commandInfo('raw', { role: 'admin' }),
    ],
    nowMs: () => Date.now(),
    monotonicMs: () => performance.now(),
    ...more,
  };
}

export interface TestServer {
  readonly port: number;
  readonly errors: unknown[];
  /** Sent as written: also hosts and paths that `fetch` would mend. */
  ask(path: string, sending?: Sending): Promise<Reply>;
  /** Cookie of a new session, as a browser sends it back. */
  cookie(role?: keyof typeof tokens): Promise<string>;
  close(): Promise<void>;
}

/** A page of one file with its packed forms, beside a file that is not of it. */
function builtPage(): string {
  const root = mkdtempSync(join(tmpdir(), 'fairlead-page-'));
  const folder = join(root, 'inspector');
  mkdirSync(folder);
  writeFileSync(join(root, 'secret.txt'), 'not for you');
  const files = { 'index.html': '<!doctype html><title>page</title>', 'app-ABCDEF12.js': 'run();' };
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, name), text);
    writeFileSync(join(folder, `${name}.br`), brotliCompressSync(text));
    writeFileSync(join(folder, `${name}.gz`), gzipSync(text));
  }
  return folder;
}

export async function startInspector(
  parts: Parts = fakeParts(),
  options: Partial<ServerOptions> = {},
): Promise<TestServer> {
  const siteFolder = builtPage();
  const errors: unknown[] = [];
  const server = await openInspectorServer(
    {
      ...{ host: '127.0.0.1', port: 0, allowedHosts: [], siteFolder },
      logins: (['viewer', 'operator', 'admin'] as const).map((role) => ({
        ...{ role, user: `${role}-user`, digest: digestOf(tokens[role]) },
      })),
      onAnswered: () => undefined,
      onError: (error) => errors.push(error),
      ...options,
    },
    parts,
  );
  const { port } = server;
  const ask = (path: string, sending: Sending = {}) => send(port, path, sending);
  return {
    ...{ port, errors, ask },
    cookie: async (role = 'operator') => {
      const { headers } = await ask('/api/session', {
        ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
        body: { token: tokens[role] },
      });
      return headers['set-cookie']?.[0]?.split(';')[0] ?? '';
    },
    close: async () => {
      await server.close();
      rmSync(join(siteFolder, '..'), { recursive: true });
    },
  };
}

function send(port: number, path: string, sending: Sending): Promise<Reply> {
  const { method = 'GET', headers = {}, body, isHeadOnly = false } = sending;
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, method, headers, agent: false });
    sent.once('error', reject);
    sent.once('response', (response) => {
      const status = response.statusCode ?? 0;
      if (isHeadOnly) {
        resolve({ status, headers: response.headers, text: '', body: undefined });
        response.destroy();
        return;
      }
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({ status, headers: response.headers, text, body: parsed(text) });
      });
    });
    sent.end(
      body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
    );
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
