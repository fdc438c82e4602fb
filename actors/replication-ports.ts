/** What hosting asks of whoever drives volumes: one back end per kind of storage, each effect of a replication one method. */
import type {
  ReplicationEffectName,
  ReplicationEffects,
  ReplicationFacts,
  Writable,
} from '../machines/replication-effects.ts';
import type { Side } from '../machines/replication-table.ts';
import type { BackendName } from '../machines/specs.ts';
import type { Attempt } from './attempt.ts';

export interface Capabilities {
  readonly modes: readonly ('synchronous' | 'asynchronous')[];
  readonly pause: boolean;
  readonly syncNow: boolean;
  readonly groups: boolean;
  readonly testFailover: boolean;
  /** How much its word is worth that an endpoint cannot write. */
  readonly fenceProof: 'strong' | 'weak' | 'none';
  readonly crossRegion: boolean;
  readonly minIntervalMs: number;
}

/** One look at an endpoint. Unknown is never "not writable". */
export interface EndpointSight {
  readonly role: 'source' | 'replica' | 'transient' | 'failed' | 'absent' | 'unknown';
  readonly writable: Writable;
  readonly link: 'healthy' | 'degraded' | 'broken' | 'unknown';
  /** Point in time of the newest copy it tells of; null when it tells of none. */
  readonly lastPitMs: number | null;
  /** Percent of what is on its way; null when nothing is. */
  readonly progress: number | null;
  /** False: what was seen is older than what was asked for last, and proves nothing. */
  readonly isFresh: boolean;
  /** For people; never a secret. */
  readonly observed: string;
}

export interface Estimate {
  readonly rtoSeconds: number;
  readonly lossSeconds: number;
}

type Effects = {
  readonly [Name in ReplicationEffectName]: (
    of: ReplicationFacts,
    input: ReplicationEffects[Name]['in'],
    attempt: Attempt,
  ) => Promise<ReplicationEffects[Name]['out']>;
};

/**
 * Each effect may be repeated: it reads first, adopts what an earlier try made, acts last. What changes anything refuses to
 * begin after `issueBeforeMs` (fault code `call.issueExpired`, `mayHaveHappened: false`); fencing alone may begin later, as
 * it only ever takes away. Slow work is followed for `replication.followMs` at most and then answered with its progress.
 * @throws CloudFault-shaped errors (`actors/faults.ts`)
 */
export interface VolumeBackend {
  readonly name: BackendName;
  readonly capabilities: Capabilities;
  readonly effects: Effects;
  observe(of: ReplicationFacts, endpoint: Side, attempt: Attempt): Promise<EndpointSight>;
  estimate(of: ReplicationFacts, what: 'planned' | 'forced', attempt: Attempt): Promise<Estimate>;
}

export type VolumeBackends = Readonly<Partial<Record<BackendName, VolumeBackend>>>;
