/** Which request means what, and its answer: reads, lists in pages, server-side apply, replace, delete. */
import { kubeKinds } from '../../../actors/kube-port.ts';
import type { KubeKind } from '../../../actors/kube-port.ts';
import { Refused } from './refused.ts';
import type { KubeStore, Stored } from './store.ts';

export interface Route {
  readonly kind: KubeKind;
  readonly plural: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
}

const byPlural = new Map(
  (Object.keys(kubeKinds) as KubeKind[]).map((kind) => [
    `${kubeKinds[kind].apiVersion}/${kubeKinds[kind].plural}`,
    kind,
  ]),
);

export function routeOf(path: string, without: ReadonlySet<KubeKind>): Route {
  const [, version = '', rest = ''] =
    /^\/api\/(v1)\/(.*)$/.exec(path) ?? /^\/apis\/([^/]+\/[^/]+)\/(.*)$/.exec(path) ?? [];
  const parts = rest.split('/').map(decodeURIComponent);
  const namespace = parts[0] === 'namespaces' ? parts[1] : undefined;
  const [plural = '', name] = namespace === undefined ? parts : parts.slice(2);
  const kind = byPlural.get(`${version}/${plural}`);
  if (kind === undefined || without.has(kind))
    throw new Refused(404, 'NotFound', 'the server could not find the requested resource');
  return { kind, plural, namespace, name };
}

export interface Asked {
  readonly method: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: string;
}

export function perform(store: KubeStore, route: Route, { method, query, body }: Asked): object {
  const { plural, namespace, name } = route;
  if (name === undefined) return listed(store, route, query);
  const place = { plural, namespace, name };
  const manager = query['fieldManager'] ?? 'unknown';
  switch (method) {
    case 'GET': {
      const found = store.find(place);
      if (found === undefined) throw Refused.notFound(place);
      return found;
    }
    case 'PATCH':
      return store.apply(place, parsed(body), manager, query['force'] === 'true');
    case 'PUT':
      return store.replace(place, parsed(body), manager);
    case 'DELETE': {
      const options = (body === '' ? {} : JSON.parse(body)) as { preconditions?: { uid?: string } };
      const held = store.remove(place, options.preconditions?.uid);
      return held ?? { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' };
    }
    default:
      throw new Refused(405, 'MethodNotAllowed', `${method} is not supported here`, name);
  }
}

function parsed(body: string): Stored {
  try {
    return JSON.parse(body) as Stored;
  } catch {
    throw new Refused(400, 'BadRequest', 'the body is not JSON', '?');
  }
}

function listed(store: KubeStore, route: Route, query: Asked['query']): object {
  const selector = query['labelSelector'] ?? '';
  const all = store
    .listed(route.plural, route.namespace)
    .filter((object) => isSelected(object, selector));
  const start = Number(query['continue'] ?? 0);
  const end = start + Number(query['limit'] ?? all.length);
  return {
    ...{ apiVersion: kubeKinds[route.kind].apiVersion, kind: `${route.kind}List` },
    metadata: {
      resourceVersion: String(store.version),
      ...(end < all.length ? { continue: String(end) } : {}),
    },
    // Items of a real list name neither version nor kind.
    items: all.slice(start, end).map(({ apiVersion: _version, kind: _kind, ...object }) => object),
  };
}

export function isSelected(object: Stored, selector: string): boolean {
  const labels = (object.metadata['labels'] ?? {}) as Readonly<Record<string, string>>;
  return selector
    .split(',')
    .filter((each) => each !== '')
    .every((each) => {
      const [key = '', value] = each.split('=');
      return labels[key] === value;
    });
}

/** The CRD of a kind as installed and served. Built-in kinds have none. */
export function seedDefinition(store: KubeStore, kind: KubeKind): void {
  const { apiVersion, plural, isNamespaced } = kubeKinds[kind];
  const [group = '', version = ''] = apiVersion.split('/');
  if (!group.includes('.') || group.endsWith('.k8s.io')) return;
  const name = `${plural}.${group}`;
  const condition = (type: string) => ({ type, status: 'True', reason: 'InitialNamesAccepted' });
  store.seed(
    { plural: 'customresourcedefinitions', namespace: undefined, name },
    {
      ...{ apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' },
      metadata: { name },
      spec: {
        group,
        names: { kind, plural },
        scope: isNamespaced ? 'Namespaced' : 'Cluster',
        versions: [{ name: version, served: true, storage: true }],
      },
      status: { conditions: [condition('NamesAccepted'), condition('Established')] },
    },
  );
}
