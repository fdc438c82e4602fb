/** The ground truth of a world, as checkers see it: what is stored, what is in the cloud, what was said. Never a host's memory. */
import type { ActorRecord } from '../../actors/record.ts';
import { recordKey } from '../../machines/ids.ts';
import type { ResourceKey } from '../../machines/ids.ts';
import type { ClusterContext } from '../../machines/cluster-context.ts';
import type { WorldClock } from './clock.ts';
import type { Estate } from './cloud/estate.ts';
import type { Machine } from './cloud/machine.ts';
import type { MachinePark } from './cloud/machines.ts';
import type { CloudCall } from './cloud/ports.ts';
import type { SimLeases } from './leases.ts';
import type { Outlets } from './outlets.ts';
import type { SimBucket, Stored } from './store.ts';
import type { Left, SimStream } from './stream.ts';
import type { Told } from './telemetry.ts';
import type { Sent } from './users.ts';

/** A write of a record that was stored. */
export interface Written {
  /** `kind/namespace/name`. */
  readonly actor: string;
  readonly before: ActorRecord | undefined;
  readonly after: ActorRecord;
  readonly revision: number;
  readonly bytes: string;
  readonly atMs: number;
  /** Of its key. */
  readonly partition: number;
  /** The process that has sent it, and when. */
  readonly sentBy: string;
  readonly sentMs: number;
}

/** Told of what happens, as it happens; `ended` once all is quiet. */
export interface Checker {
  written?(written: Written): void;
  /** A call goes out. */
  departed?(call: CloudCall): void;
  /** It reaches the cloud: later, more than once, or never. */
  called?(call: CloudCall): void;
  initialised?(machine: Machine): void;
  /** Some machine has changed its state. */
  moved?(): void;
  left?(left: Left): void;
  logged?(told: Told): void;
  ended?(): void;
}

export type Accuse = (text: string) => void;
export type NewChecker = (ground: Ground, accuse: Accuse) => Checker;

export interface GroundParts {
  readonly clock: WorldClock;
  readonly store: SimBucket;
  readonly stream: SimStream;
  readonly outlets: Outlets;
  readonly leases: SimLeases;
  readonly park: MachinePark;
  readonly estate: Estate;
  readonly sent: readonly Sent[];
  /** How far the clock of any host of this story is off at most. */
  readonly clockOffMs: number;
}

export class Ground {
  readonly parts: GroundParts;
  /** As stored last. */
  readonly records = new Map<string, ActorRecord>();
  readonly #bytes = new Map<string, string>();

  constructor(parts: GroundParts) {
    this.parts = parts;
  }

  /** Reads a stored write; @throws Error when it is no JSON */
  read({ key, bytes, revision, sentBy, sentMs }: Stored): Written {
    // Whether it has the shape of a record is for the next owner to say.
    const after = JSON.parse(bytes) as ActorRecord;
    const actor = after.key;
    const before = this.records.get(actor);
    this.records.set(actor, after);
    this.#bytes.set(actor, bytes);
    const atMs = this.parts.clock.monotonicMs();
    const partition = Number(key.split('.', 1)[0]);
    return { actor, before, after, revision, bytes, atMs, partition, sentBy, sentMs };
  }

  bytesOf(actor: string): string {
    return this.#bytes.get(actor) ?? '';
  }

  record(key: ResourceKey): ActorRecord | undefined {
    return this.parts.store.peek(recordKey(key)) && this.records.get(textOf(key));
  }

  clusters(): ClusterContext[] {
    return [...this.records.values()]
      .filter(({ key }) => key.startsWith('cluster/'))
      .map((record) => contextOf(record) as ClusterContext);
  }

  clusterOf(uid: string): ClusterContext | undefined {
    return this.clusters().find((each) => each.uid === uid);
  }
}

const textOf = ({ kind, namespace, name }: ResourceKey): string => `${kind}/${namespace}/${name}`;

/** Of the root; its kind says which one it is. */
export const contextOf = ({ snapshot }: ActorRecord): unknown =>
  (snapshot as { context: unknown }).context;
