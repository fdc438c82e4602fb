/** Queries that several verbs ask, with their answers checked. */
import type { ResourceKey } from '../../machines/ids.ts';
import { problemIn } from './failure.ts';
import type { Problem } from './failure.ts';
import { nearest } from '../../actors/nearest.ts';
import { pluralOf, storedKinds } from './kinds.ts';
import type { StoredKind } from './kinds.ts';
import type { Session } from './session.ts';
import { asResource, isObject } from './view.ts';
import type { ClusterView, ResourceView } from './view.ts';

/** Pages of a list read before something must be wrong with the cursor. */
const pagesMax = 1_000;

/** @param minRevision the host waits up to 2 s until the record is at least that new. */
export async function readResource(
  session: Session,
  key: ResourceKey,
  minRevision = 0,
): Promise<ResourceView> {
  const options = minRevision > 0 ? { minRevision } : {};
  return asResource(await session.query({ ...key, verb: 'get', arguments: options }));
}

export const readCluster = (session: Session, key: ResourceKey): Promise<ClusterView> =>
  readResource(session, key);

/** The resource, or `gone` when the service knows that there is none (any more). */
export async function lookForResource(
  session: Session,
  key: ResourceKey,
  minRevision = 0,
): Promise<ResourceView | 'gone'> {
  try {
    return await readResource(session, key, minRevision);
  } catch (thrown) {
    const status = problemIn(thrown)?.status;
    if (status === 404 || status === 410) return 'gone';
    throw thrown;
  }
}

export async function listResources(
  session: Session,
  kind: StoredKind,
  { namespace, allNamespaces }: { readonly namespace: string; readonly allNamespaces: boolean },
): Promise<readonly ResourceView[]> {
  const found: ResourceView[] = [];
  let cursor = '';
  for (let page = 0; page < pagesMax; page += 1) {
    const answer = await session.query({
      ...{ kind, namespace, name: '_', verb: 'list' },
      arguments: { allNamespaces, ...(cursor === '' ? {} : { cursor }) },
    });
    const items = isObject(answer) && Array.isArray(answer['items']) ? answer['items'] : [];
    found.push(...items.map(asResource));
    cursor = isObject(answer) && typeof answer['cursor'] === 'string' ? answer['cursor'] : '';
    if (cursor === '') return found;
  }
  throw new Error(`the list of ${pluralOf(kind)} did not end after ${pagesMax} pages`);
}

export const listClusters = (
  session: Session,
  namespace: string,
  allNamespaces: boolean,
): Promise<readonly ClusterView[]> =>
  listResources(session, 'cluster', { namespace, allNamespaces });

/** Stored events of one resource, oldest first. */
export async function readHistory(
  session: Session,
  key: ResourceKey,
  options: { readonly limit?: number; readonly correlationId?: string },
): Promise<readonly unknown[]> {
  const answer = await session.query({ ...key, verb: 'history', arguments: options });
  return (isObject(answer) && Array.isArray(answer['items']) ? answer['items'] : []) as unknown[];
}

/** Adds `did you mean` to a not-found problem, from the names that do exist. */
export async function withNearName(
  session: Session,
  key: ResourceKey,
  problem: Problem,
): Promise<Problem> {
  if (problem.code !== 'resource.notFound') return problem;
  const kind = storedKinds.find((each) => each === key.kind);
  if (kind === undefined) return problem;
  const around = { namespace: key.namespace, allNamespaces: false };
  const names = await listResources(session, kind, around).then(
    (views) => views.map((view) => view.metadata.name),
    // The list is only a courtesy; the not-found problem itself is reported either way.
    () => [],
  );
  const near = nearest(key.name, names);
  return near === undefined ? problem : { ...problem, reason: `did you mean ${near}?` };
}
