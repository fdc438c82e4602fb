/** The methods of KubePort as single requests: the same for every way there, which only knows how to carry one. */
import type {
  KubeCapabilities,
  KubeDraft,
  KubeIssue,
  KubeListing,
  KubeObject,
  KubePort,
  KubeRef,
} from '../../actors/kube-port.ts';
import type { Attempt } from '../../actors/ports.ts';
import { kubeFault, KubeFault, objectAbsent } from './kube-faults.ts';
import { readObject, readPage } from './kube-object.ts';
import type { ListPage } from './kube-object.ts';
import { appliedBody, listPath, objectPath, refOf } from './kube-paths.ts';

/** One request. The way there adds who makes the change. */
export interface KubeCall {
  readonly action: 'get' | 'apply' | 'applyForce' | 'replace' | 'delete';
  /** Absolute, query included. */
  readonly path: string;
  readonly body?: object;
}

/** Carries a call once. @returns the JSON of the answer @throws KubeFault or a guard's refusal */
export type Carry = (call: KubeCall, issue: KubeIssue, attempt: Attempt) => Promise<unknown>;

export interface ListBounds {
  readonly page: number;
  readonly objectsMax: number;
}

export function kubeCalls(carry: Carry, bounds: ListBounds, capabilities: KubeCapabilities) {
  return {
    capabilities,
    get: async (ref, attempt) => {
      const path = objectPath(ref);
      try {
        return readObject(ref.kind, await carry({ action: 'get', path }, {}, attempt));
      } catch (thrown) {
        if (isAbsence(thrown)) return undefined;
        throw thrown;
      }
    },
    list: async (what, attempt) => (await listAll(carry, what, bounds, attempt)).objects,
    apply: async (draft, { force = false, ...issue }, attempt) => {
      const path = objectPath(refOfDraft(draft), true);
      const action = force ? 'applyForce' : 'apply';
      const body = appliedBody(draft);
      return readObject(draft.kind, await carry({ action, path, body }, issue, attempt));
    },
    casReplace: async (object, issue, attempt) => {
      const ref = refOf(object);
      const path = objectPath(ref, true);
      const body = replacement(object);
      return readObject(ref.kind, await carry({ action: 'replace', path, body }, issue, attempt));
    },
    delete: async ({ uid, ...ref }, issue, attempt) => {
      const path = objectPath(ref, true);
      const body = deletion(uid);
      try {
        return { state: stateAfter(await carry({ action: 'delete', path, body }, issue, attempt)) };
      } catch (thrown) {
        if (isAbsence(thrown) || (uid !== undefined && isAnother(thrown))) return { state: 'gone' };
        throw thrown;
      }
    },
  } satisfies KubePort;
}

/** Every page of a listing, and the version all of it is of. A listing that grew too old half-way begins once more. */
export async function listAll(
  carry: Carry,
  what: KubeListing,
  bounds: ListBounds,
  attempt: Attempt,
): Promise<{ readonly objects: readonly KubeObject[]; readonly resourceVersion: string }> {
  try {
    return await listOnce(carry, what, bounds, attempt);
  } catch (thrown) {
    if (!(thrown instanceof KubeFault) || thrown.fault.code !== 'kube.expired') throw thrown;
    return listOnce(carry, what, bounds, attempt);
  }
}

async function listOnce(
  carry: Carry,
  what: KubeListing,
  { page, objectsMax }: ListBounds,
  attempt: Attempt,
) {
  const objects: KubeObject[] = [];
  let limit = page;
  let token = '';
  for (;;) {
    const got = await pageOf(carry, what, { limit, token }, attempt);
    if (got === 'tooLarge') {
      limit = Math.floor(limit / 2);
      continue;
    }
    objects.push(...got.objects);
    if (objects.length > objectsMax)
      throw kubeFault(
        'InvalidSpec',
        'kube.tooMany',
        `more than ${objectsMax} objects of kind ${what.kind}; narrow the selection`,
      );
    if (got.next === '') return { objects, resourceVersion: got.resourceVersion };
    token = got.next;
  }
}

/** `tooLarge`: ask for fewer. One object that is too large by itself is a fault. */
async function pageOf(
  carry: Carry,
  what: KubeListing,
  page: { readonly limit: number; readonly token: string },
  attempt: Attempt,
): Promise<ListPage | 'tooLarge'> {
  try {
    return readPage(
      what.kind,
      await carry({ action: 'get', path: listPath(what, page) }, {}, attempt),
    );
  } catch (thrown) {
    const isTooLarge = thrown instanceof KubeFault && thrown.fault.code === 'kube.tooLarge';
    if (isTooLarge && page.limit > 1) return 'tooLarge';
    throw thrown;
  }
}

const refOfDraft = ({ kind, metadata: { namespace, name } }: KubeDraft): KubeRef => ({
  ...{ kind, name },
  ...(namespace === undefined ? {} : { namespace }),
});

/** Without a version it would overwrite whatever is there. */
function replacement(object: KubeObject): object {
  if (object.metadata.resourceVersion !== undefined) return object;
  throw kubeFault(
    'InvalidSpec',
    'kube.invalid',
    'metadata.resourceVersion is missing: replace only what was read before',
  );
}

const deletion = (uid: string | undefined): object => ({
  ...{ kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Background' },
  ...(uid === undefined ? {} : { preconditions: { uid } }),
});

/** A Status, or the object as it was when its deletion began. */
function stateAfter(value: unknown): 'gone' | 'deleting' {
  const { metadata } = (value ?? {}) as { metadata?: { finalizers?: unknown } };
  const held = metadata?.finalizers;
  return Array.isArray(held) && held.length > 0 ? 'deleting' : 'gone';
}

const isAbsence = (thrown: unknown): boolean =>
  thrown instanceof KubeFault && thrown.fault.code === objectAbsent;

/** There is one of this name, but not the very object that was to go. */
const isAnother = (thrown: unknown): boolean =>
  thrown instanceof KubeFault &&
  thrown.fault.type === 'Conflict' &&
  /UID in precondition/i.test(thrown.fault.message);
