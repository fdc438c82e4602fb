/**
 * A Kubernetes API server as far as Fairlead asks one: on loopback, with versions, field managers, watches, conflicts and
 * refusals in the words of the real one. Tests play the controllers, and break it by rules.
 */
import { createServer as createPlain } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createSecure } from 'node:https';
import type { AddressInfo } from 'node:net';
import { kubeKinds } from '../../../actors/kube-port.ts';
import type { KubeKind, KubeRef } from '../../../actors/kube-port.ts';
import { Refused } from './refused.ts';
import { perform, routeOf, seedDefinition } from './requests.ts';
import { KubeStore } from './store.ts';
import type { Place, Stored } from './store.ts';
import { catchUp, openWatch, sendBookmark } from './watches.ts';
import type { OpenWatch } from './watches.ts';

/** What goes wrong with requests that match, `times` of them. */
export interface KubeTrouble {
  readonly times?: number;
  readonly method?: string;
  /** Part of the path. */
  readonly path?: string;
  /** Answers so instead of doing anything. */
  readonly status?: number;
  readonly retryAfterSeconds?: number;
  /** Closes the connection: before anything is done, or after it was done. */
  readonly cut?: 'before' | 'after';
  /** Says nothing until this resolves. */
  readonly until?: Promise<void>;
}

export interface KubeServerOptions {
  /** Bearer token that every request must carry. Default: none is needed. */
  readonly token?: string;
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Kinds whose CRDs are not installed. */
  readonly without?: readonly KubeKind[];
}

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly userAgent: string;
}

export interface KubeServer {
  readonly url: string;
  readonly port: number;
  readonly seen: SeenRequest[];
  /** The token that is right from now on. */
  expectToken(token: string): void;
  find(ref: KubeRef): Stored | undefined;
  /** Puts an object there as an installer would: no rule is checked. */
  seed(ref: KubeRef, fields?: object, manager?: string): Stored;
  /** A controller writes a status. Without `observedGeneration` it is of the current generation where it has one. */
  setStatus(ref: KubeRef, status: object): Stored;
  /** Somebody else changes the object. */
  edit(ref: KubeRef, change: (object: Stored) => object, manager?: string): Stored;
  remove(ref: KubeRef): void;
  trouble(rule: KubeTrouble): void;
  /** All trouble is over. */
  calm(): void;
  /** Watches from any version before now are told that it is gone. */
  compact(): void;
  /** Every open watch gets a bookmark of now. */
  bookmark(): void;
  cutWatches(): void;
  /** As after their time-out: the answers end. */
  endWatches(): void;
  watches(): number;
  stop(): Promise<void>;
}

export async function startKubeServer(options: KubeServerOptions = {}): Promise<KubeServer> {
  const store = new KubeStore();
  const without = new Set<KubeKind>(options.without);
  const troubles: { left: number; rule: KubeTrouble }[] = [];
  const seen: SeenRequest[] = [];
  const watches = new Set<OpenWatch>();
  let token = options.token;
  for (const kind of Object.keys(kubeKinds) as KubeKind[])
    if (!without.has(kind)) seedDefinition(store, kind);

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const { method = 'GET' } = request;
    const query = Object.fromEntries(url.searchParams);
    const userAgent = request.headers['user-agent'] ?? '';
    seen.push({ method, path: url.pathname, query, userAgent });
    const body = await textOf(request);
    const trouble = takeTrouble(troubles, method, url.pathname);
    await trouble?.until;
    if (trouble?.cut === 'before') return void request.socket.destroy();
    if (trouble?.status !== undefined) {
      broken(response, trouble);
      return;
    }
    if (token !== undefined && request.headers.authorization !== `Bearer ${token}`)
      throw new Refused(401, 'Unauthorized', 'Unauthorized', '?');
    const route = routeOf(url.pathname, without);
    if (query['watch'] === 'true') {
      openWatch({ store, watches, route, query, response });
      return;
    }
    const value = perform(store, route, { method, query, body });
    if (trouble?.cut === 'after') return void request.socket.destroy();
    sendJson(response, 200, value);
  };

  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    answer(request, response).catch((error: unknown) => {
      if (error instanceof Refused && error.object === '' && error.status === 404) {
        response.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found\n');
      } else if (error instanceof Refused) sendJson(response, error.status, error.body());
      else response.writeHead(500).end(String(error));
    });
  };
  const server =
    options.tls === undefined ? createPlain(onRequest) : createSecure(options.tls, onRequest);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const stopHearing = store.onHappening(() => {
    for (const watch of watches) catchUp(store, watch);
  });

  const place = (ref: KubeRef): Place => ({
    ...{ plural: kubeKinds[ref.kind].plural, name: ref.name },
    namespace: ref.namespace,
  });

  return {
    url: `${options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${String(port)}`,
    ...{ port, seen },
    expectToken: (next) => {
      token = next;
    },
    find: (ref) => store.find(place(ref)),
    seed: (ref, fields = {}, manager) =>
      store.seed(
        place(ref),
        {
          ...{ apiVersion: kubeKinds[ref.kind].apiVersion, kind: ref.kind },
          ...fields,
          metadata: { ...(fields as Partial<Stored>).metadata, name: ref.name },
        },
        manager,
      ),
    setStatus: (ref, status) => store.edit(place(ref), () => ({ status })),
    edit: (ref, change, manager) => store.edit(place(ref), change, manager),
    remove: (ref) => {
      store.remove(place(ref));
    },
    trouble: (rule) => {
      troubles.push({ left: rule.times ?? 1, rule });
    },
    calm: () => {
      troubles.length = 0;
    },
    compact: () => {
      store.oldest = store.version;
      store.happenings.length = 0;
    },
    bookmark: () => {
      for (const watch of watches) sendBookmark(store, watch);
    },
    cutWatches: () => {
      for (const { response } of watches) response.destroy();
      watches.clear();
    },
    endWatches: () => {
      for (const { response } of watches) response.end();
      watches.clear();
    },
    watches: () => watches.size,
    stop: async () => {
      stopHearing();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function takeTrouble(
  troubles: { left: number; rule: KubeTrouble }[],
  method: string,
  path: string,
): KubeTrouble | undefined {
  const found = troubles.find(
    ({ left, rule }) =>
      left > 0 &&
      (rule.method ?? method) === method &&
      (rule.path === undefined || path.includes(rule.path)),
  );
  if (found !== undefined) found.left -= 1;
  return found?.rule;
}

/** As a server that is ending, or a proxy before it: no Status, only a number. */
function broken(response: ServerResponse, { status = 503, retryAfterSeconds }: KubeTrouble): void {
  if (retryAfterSeconds !== undefined) response.setHeader('retry-after', retryAfterSeconds);
  response.writeHead(status, { 'content-type': 'text/plain' }).end('out of order\n');
}

function sendJson(response: ServerResponse, status: number, value: object): void {
  const text = JSON.stringify(value);
  response.writeHead(status, { 'content-type': 'application/json' }).end(text);
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const part of request.setEncoding('utf8') as AsyncIterable<string>) text += part;
  return text;
}
