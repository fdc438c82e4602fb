/** A resource as it stands, ready to be asked about any number of commands. */
import type { ResourceKey } from '../../machines/ids.ts';
import { keyText } from '../../machines/ids.ts';
import { doubt } from '../doubt.ts';
import type { CommandSchemas } from '../envelope.ts';
import type { Kind } from '../kind.ts';
import { snapshotOf } from '../record.ts';
import type { ActorRecord } from '../record.ts';
import * as refusals from '../refusals.ts';
import type { Refusal } from '../refusals.ts';
import { revive } from '../tree.ts';

export interface Subject {
  readonly kind: Kind;
  readonly key: ResourceKey;
  readonly schemas: CommandSchemas;
  readonly nowMs: number;
  /** Undefined while there is no such actor, and once it is gone. */
  readonly stored?: { readonly record: ActorRecord; readonly revision: number };
  readonly snapshot?: ReturnType<typeof revive>;
  /** What stays of the last bearer of the name. */
  readonly tombstone?: { readonly record: ActorRecord; readonly revision: number };
  /** Hosting itself holds the command up, whatever the machine would say. */
  readonly standing: (verb: string) => Refusal | undefined;
}

export interface SubjectParts {
  readonly kind: Kind;
  readonly key: ResourceKey;
  readonly schemas: CommandSchemas;
  readonly nowMs: number;
  readonly stored: { readonly record: ActorRecord; readonly revision: number } | undefined;
  /** Hash of the chart that runs here; records of another one are held. */
  readonly definitionHash?: string | undefined;
  /** What only the owner knows: a full mailbox, work that is held back. */
  readonly live?: ((verb: string) => Refusal | undefined) | undefined;
}

export function subjectOf(parts: SubjectParts): Subject {
  const { kind, key, schemas, nowMs, stored, live = () => undefined } = parts;
  const plain = { kind, key, schemas, nowMs };
  if (stored === undefined) return { ...plain, standing: live };
  if (kind.isTombstone(snapshotOf(stored.record)))
    return { ...plain, tombstone: stored, standing: live };
  const reason = doubtOf(parts, stored.record);
  if (reason !== undefined) {
    const held = refusals.quarantined(keyText(key), reason);
    return { ...plain, stored, standing: () => held };
  }
  const snapshot = revive(kind.machine, stored.record.snapshot);
  return { ...plain, stored, snapshot, standing: live };
}

/** The fence is the owner's affair: no host that only answers can judge it. */
function doubtOf(
  { kind, key, definitionHash }: SubjectParts,
  record: ActorRecord,
): string | undefined {
  const hosted = { kind, definitionHash: definitionHash ?? record.definitionHash };
  return doubt(record, key, hosted, record.fence);
}

export function stateOf({ kind, snapshot, stored, tombstone }: Subject): string {
  if (snapshot !== undefined) return kind.stateText(snapshot);
  const { record } = stored ?? tombstone ?? {};
  return record === undefined ? 'absent' : kind.stateText(snapshotOf(record));
}

/** Verbs that would be taken now. */
export function allowedIn({ kind, snapshot, stored }: Subject): readonly string[] {
  if (snapshot !== undefined) return kind.allowed(snapshot);
  return stored === undefined ? [...kind.creating] : [];
}
