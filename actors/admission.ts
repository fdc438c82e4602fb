/** May this command be applied now? The rules every kind shares, then the kind's own. Pure. */
import type { Command } from './envelope.ts';
import { isoTime } from './iso-time.ts';
import type { Admission, Kind, KindSnapshot } from './kind.ts';

export interface Situation {
  /** Undefined while the actor does not exist. */
  readonly snapshot: KindSnapshot | undefined;
  readonly revision: number;
  readonly nowMs: number;
  /** Whether the chart has a transition for it: XState drops what it does not know without a word. */
  readonly can: () => boolean;
}

const refused = (code: string, message: string): Admission => ({
  kind: 'refused',
  refusal: { code, message },
});

export function admit(
  kind: Kind,
  command: Command,
  event: { readonly type: string },
  { snapshot, revision, nowMs, can }: Situation,
): Admission {
  const name = `${kind.name} ${command.key.namespace}/${command.key.name}`;
  if (command.deadlineMs !== undefined && command.deadlineMs < nowMs)
    return refused(
      'command.deadlinePassed',
      `${command.verb} was not executed: its deadline ${isoTime(command.deadlineMs)} has passed.`,
    );
  if (command.ifRevision !== undefined && command.ifRevision !== revision)
    return refused(
      'revision.conflict',
      `${name} is at revision ${revision}, not ${command.ifRevision}; read it again, then decide.`,
    );
  if (snapshot && kind.creating.has(command.verb) && kind.isDeleting(snapshot))
    return refused('resource.deleting', `${name} is being deleted; wait until it is gone.`);
  // A live snapshot, or a revived one: both are what the kind expects behind its wider name.
  const admission = kind.admit(snapshot as never, event);
  if (admission.kind !== 'accepted' || can()) return admission;
  const state = snapshot ? ` in state ${kind.stateText(snapshot)}` : '';
  return refused('transition.notAllowed', `${command.verb} is not possible for ${name}${state}.`);
}
