/** Sends what was looked at before. An actor that only got a new revision meanwhile is no reason to ask again. */
import type { CommandRequest, DryRun } from '../../api.ts';
import { ApiFailure } from '../api-client.ts';
import { newId } from '../ids.ts';

/** Answer of `POST /api/commands`: the reply of the service. */
export interface Sent {
  readonly commandId: string;
  readonly correlationId?: string;
  readonly [field: string]: unknown;
}

export interface Sending {
  /** Without revision. */
  readonly request: Omit<CommandRequest, 'commandId' | 'ifRevision'>;
  /** What the reader saw; undefined when nothing was looked at: then any revision will do. */
  readonly seen: DryRun | undefined;
  /** Id for the next try, kept by the caller: after no answer the same id is sent again, and runs once. */
  readonly id: { current: string };
  readonly post: (request: CommandRequest) => Promise<Sent>;
  readonly look: () => Promise<DryRun>;
}

export type Outcome =
  | { readonly name: 'sent'; readonly sent: Sent }
  /** It would now do something else than was shown: nothing was sent. */
  | { readonly name: 'changed'; readonly dryRun: DryRun };

const TRIES_MAX = 3;

/** @throws ApiFailure for every refusal but that of a revision, and for that one after three more tries */
export async function sendSeen({ request, seen, id, post, look }: Sending): Promise<Outcome> {
  let revision = seen?.turn?.revision;
  for (let tries = 1; ; tries += 1) {
    try {
      const ifRevision = revision === undefined ? {} : { ifRevision: revision };
      const sent = await post({ ...request, ...ifRevision, commandId: id.current });
      return { name: 'sent', sent };
    } catch (error) {
      if (!isConflict(error)) throw error;
      // The refusal belongs to the id.
      id.current = newId();
      if (seen === undefined || tries > TRIES_MAX) throw error;
    }
    const dryRun = await look();
    if (!isSame(seen, dryRun)) return { name: 'changed', dryRun };
    revision = dryRun.turn?.revision;
  }
}

const isConflict = (error: unknown): boolean =>
  error instanceof ApiFailure && error.code === 'revision.conflict';

/** The same way from the same state; values in the record may have moved on. */
function isSame({ turn: before }: DryRun, { turn: after }: DryRun): boolean {
  if (before === undefined || after === undefined) return false;
  const told = ({ stateBefore, stateAfter, edges }: NonNullable<DryRun['turn']>) =>
    JSON.stringify([stateBefore, stateAfter, edges]);
  return told(before) === told(after);
}
