/** What a replication asks of the world, by name: every effect's input and answer, and the id that makes it safe to repeat. */
import { replication } from './replication-limits.ts';
import type { SafetyTimes } from './replication-limits.ts';
import type { Side } from './replication-table.ts';
import type { ReplicationSpec } from './specs.ts';

/** Anything that is not certainly detached counts as writable or unknown, never as not writable. */
export type Writable = 'yes' | 'no' | 'unknown';

/** In every input. An effect reads first, adopts what an earlier try has made, and acts last. */
interface Ask {
  readonly endpoint: Side;
  /** Refused when a higher one is stored. */
  readonly epoch: number;
}

/** In the input of everything that changes the world: refused when it would begin later. */
interface Act extends Ask {
  readonly opId: string;
  readonly issueBeforeMs: number;
}

/** Told where calls go, or may go, through SSM: they may be delivered late, so windows get longer. */
interface Via {
  readonly viaSsm?: boolean;
}

interface Proof {
  readonly olderThanEpoch: number;
  readonly reads: number;
  readonly gapMs: number;
}

export interface PointMade {
  readonly seq: number;
  readonly pitMs: number;
}

/** Slow work, answered after `followMs` at the latest: over, or how far it is. Asked again, the same call goes on looking. */
export type Underway<Done> =
  | ({ readonly isDone: true } & Done)
  /** Percent, 0 to 100. */
  | { readonly isDone: false; readonly progress: number };

export interface Sight {
  readonly self: Writable;
  readonly peer: Writable;
}

export interface ReplicationEffects {
  'replication.establish': { in: Act; out: Sight };
  'replication.preflight': {
    in: Ask & { kind: 'promote' | 'demote'; how: 'planned' | 'forced' };
    out: Via & {
      ok: boolean;
      because: readonly string[];
      estimate?: { readonly rtoSeconds: number; readonly lossSeconds: number };
    };
  };
  'replication.claim': { in: Act; out: Via };
  'replication.drain': { in: Act; out: Via };
  /** Makes every volume of an older epoch at this endpoint unable to write. There is no call that takes it back. */
  'replication.fence': { in: Act & { olderThanEpoch: number }; out: FenceAnswer };
  /** Reads twice; `no` only when both reads say so of every volume of an older epoch. */
  'replication.prove': { in: Ask & Proof; out: { writable: Writable; observed: string } };
  'replication.choosePoint': { in: Ask & { seq: number | null }; out: PointMade };
  'replication.materialize': { in: Act & { seq: number }; out: Underway<Via> };
  'replication.arm': { in: Act & { seq: number }; out: Via };
  'replication.verify': { in: Ask; out: Sight };
  /** Disarms this endpoint and deletes what carries this operation's id, nothing else. */
  'replication.compensate': { in: Act; out: Via };
  'replication.finalSync': {
    in: Act & { seq: number; isSuperseded: boolean };
    out: Underway<PointMade>;
  };
  'replication.release': { in: Act; out: Via };
  'replication.preserve': { in: Act; out: Underway<Via> };
  'replication.selectBase': { in: Ask; out: { seq: number | null } };
  'replication.transfer': { in: Act & { seq: number }; out: Underway<Via> };
  'replication.catchUp': { in: Act & { seq: number }; out: Underway<PointMade> };
  'replication.syncStatus': { in: Ask; out: { isComplete: boolean } };
  'replication.startTest': { in: Act & { seq: number | null }; out: Via };
  'replication.endTest': { in: Act; out: Via };
  'replication.reconfigure': { in: Act; out: Via };
  'replication.remove': { in: Act; out: Via };
  'replication.snapshot': { in: Act & { seq: number }; out: Underway<PointMade> };
  'replication.copy': { in: Act & { seq: number }; out: Underway<Via> };
  /** Tells the bytes that were copied for it, where the back end knows them. */
  'replication.commitPoint': {
    in: Act & { seq: number };
    out: PointMade & { readonly bytes?: number };
  };
  /** Told with the numbers of the sets that are gone: the record forgets them too. */
  'replication.prune': { in: Act; out: Via & { pruned?: readonly number[] } };
}

export interface FenceAnswer extends Via {
  readonly fenced: boolean;
  /** What was seen, for the one who has to accept the risk. */
  readonly observed: string;
  /** The last means it took, as `detach` or `stop`; for measurements. */
  readonly rung?: string;
}

/** The relationship as its record has it at the moment of the call; completed from there, so that nothing is stored twice. */
export interface ReplicationFacts {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly spec: ReplicationSpec;
  /** Newest writer generation claimed. */
  readonly epoch: number;
  readonly writer: Side | 'none';
  /** Writer generation in which each side was last armed; 0 when never. */
  readonly armed: Readonly<Record<Side, number>>;
  /** Committed points, oldest first. */
  readonly points: readonly Point[];
  readonly safety: SafetyTimes;
  /** Somebody has accepted that two may write in this epoch. */
  readonly isRiskTaken: boolean;
}

/** A committed set of snapshots, one of each volume. */
export interface Point extends PointMade {
  readonly epoch: number;
  /** Where it can be promoted. */
  readonly at: Side;
  readonly isFinal: boolean;
}

export type ReplicationEffectName = keyof ReplicationEffects;

const named: Readonly<Record<ReplicationEffectName, true>> = {
  'replication.establish': true,
  'replication.preflight': true,
  'replication.claim': true,
  'replication.drain': true,
  'replication.fence': true,
  'replication.prove': true,
  'replication.choosePoint': true,
  'replication.materialize': true,
  'replication.arm': true,
  'replication.verify': true,
  'replication.compensate': true,
  'replication.finalSync': true,
  'replication.release': true,
  'replication.preserve': true,
  'replication.selectBase': true,
  'replication.transfer': true,
  'replication.catchUp': true,
  'replication.syncStatus': true,
  'replication.startTest': true,
  'replication.endTest': true,
  'replication.reconfigure': true,
  'replication.remove': true,
  'replication.snapshot': true,
  'replication.copy': true,
  'replication.commitPoint': true,
  'replication.prune': true,
};
export const replicationEffects = Object.keys(named) as ReplicationEffectName[];

export const isOfReplication = (effect: string): effect is ReplicationEffectName =>
  Object.hasOwn(named, effect);

/** Of an answer that came too late to act: the call has certainly done nothing. */
export const issueExpired = 'call.issueExpired';

/**
 * Names an intent: the same after every crash, another one for every epoch and sequence.
 * @param seq  of the point, or of the operation where no point is concerned
 */
export function opIdOf(
  uid: string,
  effect: ReplicationEffectName,
  { side, epoch, seq }: { side: Side; epoch: number; seq: number },
): string {
  const kind = `${effect.slice('replication.'.length)}${side === 'home' ? 'H' : 'A'}`;
  const opId = `fr-${uid}-e${epoch}-${kind}-s${seq}-m0`;
  if (opId.length > replication.opIdCharsMax)
    throw new Error(`operation id ${opId} has more than ${replication.opIdCharsMax} characters`);
  return opId;
}
