/** What a replication is told: commands as hosting makes them, observations, and words between its own regions. */
import type { EffectFault } from './messages.ts';
import type { Barrier } from './replication-group-mark.ts';
import type { OperationChanged, OperationOutput } from './operation-context.ts';
import type { ReplicationEffectName, ReplicationEffects, Writable } from './replication-effects.ts';
import type { ReplicationSettings } from './replication-settings.ts';
import type { Side } from './replication-table.ts';
import type { ReplicationManifest } from './specs.ts';

/** Filled in by the host. */
interface Stamp {
  readonly atMs: number;
  readonly correlationId: string;
  readonly commandId: string;
  /** A claim, no proof; absent when nobody says. */
  readonly by?: string | undefined;
  /** Only if the writer generation is still this one. */
  readonly expectEpoch?: number | undefined;
  /** The words of whoever gives the order. */
  readonly reason?: string | undefined;
}
interface Aimed {
  readonly endpoint: Side;
}
interface Chosen {
  readonly how: 'planned' | 'forced';
  /** Sequence number of the point; the newest when left out. */
  readonly point?: number | undefined;
}

/** Named as on the subject, with the arguments of `messages-commands.ts`. */
export type ReplicationCommand =
  | ({
      readonly type: 'replication.create' | 'replication.apply';
      readonly manifest: ReplicationManifest;
    } & Stamp)
  | ({
      readonly type: 'replication.promote';
      /** Whose order it is part of: then it waits for the others. */
      readonly group?: { readonly name: string; readonly order: number } | undefined;
    } & Chosen &
      Aimed &
      Stamp)
  | ({
      readonly type: 'replication.barrier';
      readonly phase: Barrier;
      readonly group: string;
      readonly order: number;
      /** Wait on: others are still on their way. */
      readonly hold: boolean;
    } & Stamp)
  | ({ readonly type: 'replication.failover' } & Chosen & Stamp)
  | ({
      readonly type: 'replication.demote' | 'replication.resync';
      readonly force: boolean;
    } & Aimed &
      Stamp)
  | ({ readonly type: 'replication.recover' | 'replication.test-stop' } & Aimed & Stamp)
  | ({ readonly type: 'replication.override'; readonly token: string } & Stamp)
  | ({
      readonly type: 'replication.test-start';
      readonly ttlSeconds: number;
      readonly point?: number | undefined;
      readonly force: boolean;
    } & Aimed &
      Stamp)
  | ({
      readonly type: 'replication.reconfigure';
      readonly mode?: ReplicationSettings['mode'] | undefined;
      readonly every?: string | undefined;
    } & Stamp)
  | ({
      readonly type: 'replication.delete';
      readonly force: boolean;
      readonly ack?: string | undefined;
    } & Stamp)
  | ({
      readonly type:
        | 'replication.failback'
        | 'replication.relocate'
        | 'replication.cancel'
        | 'replication.pause'
        | 'replication.resume'
        | 'replication.sync';
    } & Stamp);

export type ReplicationEvent =
  | ReplicationCommand
  | {
      readonly type: 'endpoint.observed';
      readonly atMs: number;
      readonly endpoint: Side;
      readonly writable: Writable;
      readonly generation: number;
    }
  /** Lag of the newest committed set as a multiple of the interval; see `lagOf`. */
  | { readonly type: 'lag.measured'; readonly atMs: number; readonly ratio: number }
  /** From here on between the regions of one relationship. */
  | { readonly type: 'handOver'; readonly endpoint: Side }
  | { readonly type: 'peer.demoted'; readonly endpoint: Side }
  | { readonly type: 'peer.demotionFailed'; readonly endpoint: Side }
  | { readonly type: 'point.committed'; readonly endpoint: Side }
  | { readonly type: 'epoch.claimed' }
  | { readonly type: 'writer.changed' }
  | { readonly type: 'deletion.begun' }
  | OperationChanged;

/** Done events of invoked operations are no members of the declared events; only their own transitions read them. */
const resultOf = (event: unknown): OperationOutput['result'] =>
  (event as { output: OperationOutput }).output.result;

/** The answer, where the effect has succeeded. */
export function answerOf<Effect extends ReplicationEffectName>(
  event: unknown,
  _effect: Effect,
): ReplicationEffects[Effect]['out'] | undefined {
  const result = resultOf(event);
  // The operation in between carries any effect's answer; whoever reads one knows what was asked.
  return result.ok ? (result.value as unknown as ReplicationEffects[Effect]['out']) : undefined;
}

export const faultOf = (event: unknown): EffectFault | null => {
  const result = resultOf(event);
  return result.ok ? null : result.fault;
};

/** How far slow work is; undefined once it is over, or has failed. */
export function progressOf(event: unknown): number | undefined {
  const answer = answerOf(event, 'replication.copy');
  return answer?.isDone === false ? answer.progress : undefined;
}

/** When an event happened; timers and raised events carry no time, and keep the one before. */
export function stampOf(event: object, otherwiseMs: number): number {
  if ('atMs' in event && typeof event.atMs === 'number') return event.atMs;
  if ('output' in event) return resultOf(event).atMs;
  return otherwiseMs;
}
