/** Where objects lie in the API, and what may be asked for at all: every path that leaves this process is made here. */
import { kubeKinds } from '../../actors/kube-port.ts';
import type { KubeDraft, KubeKind, KubeListing, KubeRef } from '../../actors/kube-port.ts';
import { kubeFault } from './kube-faults.ts';

const namePattern = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;
const selectorPattern = /^[A-Za-z0-9._/=!,() -]{1,500}$/;

/** @throws KubeFault `kube.kindRefused` for a kind that is none of ours, or one that is only looked at when `change` is set */
function rowOf(kind: KubeKind, change: boolean) {
  const row = Object.hasOwn(kubeKinds, kind) ? kubeKinds[kind] : undefined;
  if (row === undefined)
    throw kubeFault(
      'NotSupported',
      'kube.kindRefused',
      `${kind as string} is no kind that Fairlead asks for`,
    );
  if (change && !row.isWritable)
    throw kubeFault('NotSupported', 'kube.kindRefused', `${kind} is only looked at, never changed`);
  return row;
}

/** The folder of a kind: of one namespace, of the whole cluster, or of all namespaces. */
function folder(kind: KubeKind, namespace: string | undefined, change: boolean): string {
  const { apiVersion, plural, isNamespaced } = rowOf(kind, change);
  const base = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  if (namespace === undefined) return `${base}/${plural}`;
  if (!isNamespaced)
    throw kubeFault(
      'InvalidSpec',
      'kube.invalid',
      `${kind} has no namespace; ${namespace} was given`,
    );
  return `${base}/namespaces/${named('namespace', namespace)}/${plural}`;
}

function named(what: string, name: string): string {
  if (namePattern.test(name) && !name.includes('..')) return name;
  throw kubeFault(
    'InvalidSpec',
    'kube.invalid',
    `${what} is ${JSON.stringify(name.slice(0, 80))}: expected a DNS name of at most 253 characters`,
  );
}

export function objectPath({ kind, namespace, name }: KubeRef, change = false): string {
  if (namespace === undefined && rowOf(kind, change).isNamespaced)
    throw kubeFault('InvalidSpec', 'kube.invalid', `${kind} ${name} needs a namespace`);
  return `${folder(kind, namespace, change)}/${named('name', name)}`;
}

export interface Page {
  readonly limit: number;
  readonly token: string;
}

export function listPath(what: KubeListing, { limit, token }: Page): string {
  return `${listFolder(what)}?${queryOf(what, { limit: String(limit), ...(token === '' ? {} : { continue: token }) })}`;
}

export function watchPath(what: KubeListing, resourceVersion: string, seconds: number): string {
  const query = queryOf(what, {
    ...{ watch: 'true', allowWatchBookmarks: 'true' },
    ...{ resourceVersion, timeoutSeconds: String(seconds) },
  });
  return `${listFolder(what)}?${query}`;
}

const listFolder = ({ kind, namespace }: KubeListing): string => folder(kind, namespace, false);

function queryOf({ labelSelector }: KubeListing, fields: Record<string, string>): string {
  if (labelSelector !== undefined && !selectorPattern.test(labelSelector))
    throw kubeFault('InvalidSpec', 'kube.invalid', 'labelSelector is not one the API would take');
  return new URLSearchParams({
    ...fields,
    ...(labelSelector === undefined ? {} : { labelSelector }),
  }).toString();
}

/** What goes over the wire for an apply: never a version or the fields that servers fill in. */
export function appliedBody(draft: KubeDraft): object {
  const { kind, metadata, ...rest } = draft;
  const { name, namespace, labels, annotations, finalizers } = metadata;
  return {
    ...{ apiVersion: rowOf(kind, true).apiVersion, kind },
    metadata: { name, namespace, labels, annotations, finalizers },
    ...rest,
  };
}

/** The ref of an object read before. @throws KubeFault when its kind is none of ours, or its version that of another */
export function refOf(object: {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}): KubeRef {
  const kind = object.kind as KubeKind; // Checked against the table right below.
  const { apiVersion } = rowOf(kind, true);
  if (object.apiVersion !== apiVersion)
    throw kubeFault(
      'InvalidSpec',
      'kube.invalid',
      `${kind} is ${object.apiVersion}; expected ${apiVersion}`,
    );
  const { name, namespace } = object.metadata;
  return { kind, name, ...(namespace === undefined ? {} : { namespace }) };
}
