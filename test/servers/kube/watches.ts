/** Watches as an API server serves them: one JSON line per change from a version on, bookmarks, and `Expired` for one too old. */
import type { ServerResponse } from 'node:http';
import { kubeKinds } from '../../../actors/kube-port.ts';
import { Refused } from './refused.ts';
import { isSelected } from './requests.ts';
import type { Asked, Route } from './requests.ts';
import type { Happening, KubeStore } from './store.ts';

export interface OpenWatch {
  readonly route: Route;
  readonly selector: string;
  readonly response: ServerResponse;
  at: number;
}

export function openWatch({
  store,
  watches,
  route,
  query,
  response,
}: {
  readonly store: KubeStore;
  readonly watches: Set<OpenWatch>;
  readonly route: Route;
  readonly query: Asked['query'];
  readonly response: ServerResponse;
}): void {
  const at = Number(query['resourceVersion'] ?? store.version);
  response.writeHead(200, { 'content-type': 'application/json' });
  response.flushHeaders();
  if (at < store.oldest) {
    const gone = new Refused(410, 'Expired', `too old resource version: ${String(at)}`, '?');
    response.end(`${JSON.stringify({ type: 'ERROR', object: gone.body() })}\n`);
    return;
  }
  const watch = { route, selector: query['labelSelector'] ?? '', response, at };
  watches.add(watch);
  response.on('close', () => watches.delete(watch));
  catchUp(store, watch);
}

export function catchUp(store: KubeStore, watch: OpenWatch): void {
  const { route, selector, response } = watch;
  const isWanted = ({ version, plural, object }: Happening): boolean =>
    version > watch.at &&
    plural === route.plural &&
    (route.namespace === undefined || object.metadata.namespace === route.namespace) &&
    isSelected(object, selector);
  for (const each of store.happenings.filter(isWanted)) {
    watch.at = each.version;
    response.write(`${JSON.stringify({ type: each.type, object: each.object })}\n`);
  }
}

export function sendBookmark(store: KubeStore, watch: OpenWatch): void {
  watch.at = store.version;
  const { apiVersion } = kubeKinds[watch.route.kind];
  const metadata = { resourceVersion: String(store.version), creationTimestamp: null };
  const object = { apiVersion, kind: watch.route.kind, metadata };
  watch.response.write(`${JSON.stringify({ type: 'BOOKMARK', object })}\n`);
}
