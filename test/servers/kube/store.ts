/** The objects of a pretended API server: versions, generations, who manages which field, deletions, and what happened when. */
import { randomUUID } from 'node:crypto';
import { crds, problemsOf } from './crds.ts';
import { leavesOf, mergedApply } from './managers.ts';
import type { Managers } from './managers.ts';
import { Refused } from './refused.ts';

export interface Stored {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Readonly<Record<string, unknown>> & {
    readonly name: string;
    readonly namespace?: string;
  };
  readonly [field: string]: unknown;
}

export interface Happening {
  readonly version: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly plural: string;
  readonly object: Stored;
}

interface Entry {
  readonly object: Stored;
  readonly managers: Managers;
}

/** Where an object lies: plural, namespace or nothing, name. */
export interface Place {
  readonly plural: string;
  readonly namespace: string | undefined;
  readonly name: string;
}

const keyOf = ({ plural, namespace, name }: Place) => `${plural}/${namespace ?? ''}/${name}`;
const happeningsMax = 2_000;

export class KubeStore {
  version = 100;
  /** Watches from before this version are told that it is gone. */
  oldest = 0;
  readonly happenings: Happening[] = [];
  readonly #entries = new Map<string, Entry>();
  readonly #listeners = new Set<() => void>();

  onHappening(hear: () => void): () => void {
    this.#listeners.add(hear);
    return () => this.#listeners.delete(hear);
  }

  find(place: Place): Stored | undefined {
    return this.#entries.get(keyOf(place))?.object;
  }

  listed(plural: string, namespace: string | undefined): Stored[] {
    const start = namespace === undefined ? `${plural}/` : `${plural}/${namespace}/`;
    return [...this.#entries]
      .filter(([key]) => key.startsWith(start))
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([, { object }]) => object);
  }

  /** Server-side apply. @throws Refused 409 for fields of others without force */
  apply(place: Place, draft: Stored, manager: string, force: boolean): Stored {
    const before = this.#entries.get(keyOf(place));
    const { value, managers } = mergedApply(
      before?.object ?? bare(draft),
      before?.managers ?? new Map(),
      { draft, manager, force },
    );
    return this.#put(place, value as Stored, managers, true);
  }

  /** Replaces all but the status. Fields that change are the caller's from then on. */
  replace(place: Place, next: Stored, manager: string): Stored {
    const before = this.#entries.get(keyOf(place));
    if (before === undefined) throw Refused.notFound(place);
    const asked = next.metadata['resourceVersion'];
    if (asked !== undefined && asked !== before.object.metadata['resourceVersion'])
      throw new Refused(
        409,
        'Conflict',
        `Operation cannot be fulfilled on ${place.plural} "${place.name}": the object has been modified; please apply your changes to the latest version and try again`,
        place.name,
      );
    const old = leavesOf(before.object);
    const changed = [...leavesOf(next)].filter(([path, text]) => old.get(path) !== text);
    const managers = new Map(before.managers);
    for (const [path] of changed) managers.set(path, new Set([manager]));
    return this.#put(place, next, managers, true);
  }

  /** What a controller does: any field, the status too, nothing validated. */
  edit(place: Place, change: (object: Stored) => object, manager = 'controller'): Stored {
    const before = this.#entries.get(keyOf(place));
    if (before === undefined) throw Refused.notFound(place);
    const next = { ...before.object, ...change(before.object) };
    const old = leavesOf(before.object);
    const managers = new Map(before.managers);
    for (const [path, text] of leavesOf(next))
      if (old.get(path) !== text) managers.set(path, new Set([manager]));
    return this.#put(place, next, managers, false);
  }

  seed(place: Place, object: Stored, manager = 'seed'): Stored {
    const managers: Managers = new Map(
      [...leavesOf(object).keys()].map((path) => [path, new Set([manager])]),
    );
    return this.#put(place, object, managers, false);
  }

  /** @returns the object while finalizers hold it, undefined when it is gone */
  remove(place: Place, uid?: string): Stored | undefined {
    const entry = this.#entries.get(keyOf(place));
    if (entry === undefined) throw Refused.notFound(place);
    const { object } = entry;
    const own = String(object.metadata['uid']);
    if (uid !== undefined && uid !== own)
      throw new Refused(
        409,
        'Conflict',
        `Operation cannot be fulfilled on ${place.plural} "${place.name}": Precondition failed: UID in precondition: ${uid}, UID in object meta: ${own}`,
        place.name,
      );
    if (finalizersOf(object).length === 0) {
      this.#drop(place, object);
      return undefined;
    }
    const deletionTimestamp = object.metadata['deletionTimestamp'] ?? new Date().toISOString();
    const metadata = { ...object.metadata, deletionTimestamp };
    return this.#put(place, { ...object, metadata }, entry.managers, false);
  }

  #put(place: Place, next: Stored, managers: Managers, isUsers: boolean): Stored {
    const before = this.#entries.get(keyOf(place))?.object;
    const hasStatus = crds[next.kind]?.hasStatus ?? true;
    const { status: given, ...rest } = next;
    const status = isUsers && hasStatus ? before?.['status'] : given;
    if (isUsers) {
      const problems = problemsOf(next.kind, next['spec'] ?? {}, before?.['spec']);
      if (problems.length > 0)
        throw new Refused(
          422,
          'Invalid',
          `${next.kind} "${place.name}" is invalid: ${problems.join(', ')}`,
          place.name,
        );
    }
    const whole = { ...rest, ...(status === undefined ? {} : { status }) } as Stored;
    if (before !== undefined && isSame(before, whole)) {
      this.#entries.set(keyOf(place), { object: before, managers });
      return before;
    }
    this.version += 1;
    const generation = Number(before?.metadata['generation'] ?? 0);
    const isNewSpec =
      before === undefined || JSON.stringify(before['spec']) !== JSON.stringify(whole['spec']);
    const object: Stored = {
      ...whole,
      metadata: {
        ...whole.metadata,
        ...(place.namespace === undefined ? {} : { namespace: place.namespace }),
        name: place.name,
        uid: before?.metadata['uid'] ?? randomUUID(),
        creationTimestamp: before?.metadata['creationTimestamp'] ?? new Date().toISOString(),
        resourceVersion: String(this.version),
        generation: isNewSpec ? generation + 1 : generation,
      },
    };
    if (object.metadata['deletionTimestamp'] !== undefined && finalizersOf(object).length === 0) {
      this.#drop(place, object);
      return object;
    }
    this.#entries.set(keyOf(place), { object, managers });
    this.#tell({ type: before === undefined ? 'ADDED' : 'MODIFIED', place, object });
    return object;
  }

  #drop(place: Place, object: Stored): void {
    this.version += 1;
    this.#entries.delete(keyOf(place));
    const metadata = { ...object.metadata, resourceVersion: String(this.version) };
    this.#tell({ type: 'DELETED', place, object: { ...object, metadata } });
  }

  #tell({ type, place, object }: Pick<Happening, 'type' | 'object'> & { place: Place }): void {
    this.happenings.push({ version: this.version, type, plural: place.plural, object });
    if (this.happenings.length > happeningsMax) this.oldest = this.happenings.shift()?.version ?? 0;
    for (const hear of this.#listeners) hear();
  }
}

const finalizersOf = (object: Stored): readonly unknown[] => {
  const held = object.metadata['finalizers'];
  return Array.isArray(held) ? held : [];
};

/** What a first apply begins from. */
const bare = ({ apiVersion, kind, metadata: { name } }: Stored): Stored => ({
  ...{ apiVersion, kind, metadata: { name } },
});

/** Fields that the server fills in do not make a change. */
function isSame(before: Stored, next: Stored): boolean {
  const { resourceVersion: _version, generation: _generation, ...old } = before.metadata;
  const { resourceVersion: _v, generation: _g, ...now } = next.metadata;
  const sorted = (object: object) =>
    JSON.stringify([...leavesOf(object)].sort(([left], [right]) => (left < right ? -1 : 1)));
  return (
    sorted({ ...before, metadata: old }) ===
    sorted({ ...next, metadata: { ...serverSide(before), ...now } })
  );
}

const serverSide = ({ metadata }: Stored) => {
  const { uid, creationTimestamp, namespace } = metadata;
  return {
    ...{ uid, creationTimestamp },
    ...(namespace === undefined ? {} : { namespace }),
  };
};
