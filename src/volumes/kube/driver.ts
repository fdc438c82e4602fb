/** What the back ends through Kubernetes resources do differently; everything else of an effect is the same for all. */
import type { Capabilities } from '../../../actors/replication-ports.ts';
import type { PointMade, Underway } from '../../../machines/replication-effects.ts';
import type { Side } from '../../../machines/replication-table.ts';
import type { KubeBackendName } from '../discovery-evidence.ts';
import type { Seen } from './seen.ts';
import type { Work } from './work.ts';

/** Slow work, without its number. */
export type Flow = Underway<{ readonly pitMs: number }>;
export type Point = Underway<PointMade>;

export const inFlow: Flow = { isDone: false, progress: 0 };

export interface Look extends Seen {
  /** Point in time of the newest copy this side tells of. */
  readonly pitMs: number | null;
}

/** Every method may be repeated: it reads first and writes only what is not there yet. */
export interface KubeDriver {
  readonly name: KubeBackendName;
  readonly capabilities: Capabilities;
  /** True when a role observed as fresh proves that a replica cannot write. */
  readonly roleProves: boolean;
  /** @throws when the cluster cannot be asked */
  look(work: Work, side: Side): Promise<Look>;
  /** Makes the resources of that side in its first role, or adopts them. */
  establish(work: Work, side: Side): Promise<void>;
  /** Puts the epoch on that side's resources. */
  stamp(work: Work, side: Side, more?: Readonly<Record<string, string>>): Promise<void>;
  /** Takes the right to write away, where there is a verb for that. Begun at any time. */
  demote(work: Work, side: Side): Promise<void>;
  /** A fence that needs no answer of that side's cluster; undefined where none is declared. */
  isolate?(work: Work, side: Side): Promise<boolean | undefined>;
  isIsolated?(work: Work, side: Side): Promise<boolean | undefined>;
  /** @param isPlanned  everything the peer wrote has been sent, and the peer can be asked */
  promote(work: Work, side: Side, isPlanned: boolean): Promise<void>;
  /** Takes back a promotion of this epoch, where that destroys nothing. */
  disarm(work: Work, side: Side): Promise<void>;
  /** One more copy of what `writer` has written; done with the time it is of. */
  sync(work: Work, writer: Side, seq: number): Promise<Flow>;
  /** The last copy of a side that cannot write any more. */
  finalSync(work: Work, side: Side, seq: number): Promise<Flow>;
  /** Lets `side` be overwritten by the other one. Nothing unsent may be left there. */
  reverse(work: Work, side: Side): Promise<Flow>;
  /** Ends what `reverse` began, once the copy is whole. */
  settle(work: Work, side: Side): Promise<void>;
  /** Everything `side` wrote has been sent to the other one, by the mark it carries. */
  isAllSent(work: Work, side: Side): Promise<boolean>;
  /** Deletes what was finished before this number. */
  prune(work: Work, writer: Side): Promise<void>;
  /** Ends the relation; volumes stay. */
  remove(work: Work, side: Side): Promise<void>;
}
