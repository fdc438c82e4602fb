/** A record as pages see it: its image and row, and the step that tells how it was found in store. */
import type { HostedKind } from '../household.ts';
import { snapshotOf, stepsOf } from '../record.ts';
import type { ActorRecord } from '../record.ts';
import { imageOf } from './image.ts';
import { redactText } from './redact.ts';
import { rowOf } from './row.ts';
import { rulesOf } from './step-teller.ts';
import type { Image, Row, Step } from './step.ts';

export interface Inspected {
  readonly row: Row;
  readonly image: Image;
  /** Of the chart that wrote it. */
  readonly hash: string;
  readonly seq: number;
}

export function inspected(
  kind: HostedKind['kind'],
  record: ActorRecord,
  revision: number,
): Inspected {
  const { key: actor, uid, host, definitionHash: hash } = record;
  const seq = stepsOf(record);
  const row = rowOf(kind, snapshotOf(record), { actor, uid, revision, seq, host });
  return { row, image: imageOf(kind.name, record.snapshot, rulesOf(kind)), hash, seq };
}

/** What led to it was told by nobody. */
export function restoredStep(
  { kind }: Pick<HostedKind, 'kind'>,
  record: ActorRecord,
  place: { revision: number; atMs: number; hostId: string; fence: number },
): Step {
  const { row, image, hash, seq } = inspected(kind, record, place.revision);
  const { correlationId } = snapshotOf(record).context as { correlationId?: unknown };
  return {
    ...{ seq, revision: place.revision, atMs: place.atMs, actor: row.actor, uid: row.uid, hash },
    ...{ isRestored: true, taken: [], state: row.state, importance: 'change' },
    correlationId: typeof correlationId === 'string' ? redactText(correlationId) : '',
    ...{ host: place.hostId, fence: place.fence, row, image },
  };
}
