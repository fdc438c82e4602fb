/** What one command comes to: the event for the chart, and the entry that answers it now and when it is repeated. Pure. */
import { admit } from './admission.ts';
import type { Situation } from './admission.ts';
import type { Command } from './envelope.ts';
import type { Kind, KindSnapshot } from './kind.ts';
import { acceptedCode } from './seen.ts';
import type { SeenEntry } from './seen.ts';

export type CommandEvent = Readonly<Record<string, unknown>> & { readonly type: string };

/** The command as the chart sees it: arguments, ids, and one wall time and one random number for the whole turn. */
export function eventOf(
  kind: Kind,
  { verb, arguments: given, commandId, correlationId, claimedBy }: Command,
  stamp: { readonly atMs: number; readonly roll: number },
): CommandEvent {
  const ids = { commandId, correlationId, ...byOf({ claimedBy }) };
  return { ...given, ...stamp, ...ids, type: `${kind.name}.${verb}` };
}

export type Decision =
  { readonly kind: 'apply' } | { readonly kind: 'answer'; readonly entry: SeenEntry };

/** Either the event is to be sent, or the answer is certain without. */
export function decide(
  kind: Kind,
  command: Command,
  event: CommandEvent,
  situation: Situation,
): Decision {
  const admission = admit(kind, command, event, situation);
  if (admission.kind === 'accepted') return { kind: 'apply' };
  const { snapshot } = situation;
  if (admission.kind === 'unchanged')
    return {
      kind: 'answer',
      entry: { ...acceptedEntry(kind, command, snapshot), unchanged: true },
    };
  const { code, message, problems, because, allowedNext } = admission.refusal;
  const { commandId: id, correlationId } = command;
  return {
    kind: 'answer',
    entry: {
      ...{ id, code, correlationId, message, ...byOf(command) },
      ...(snapshot && { state: kind.stateText(snapshot) }),
      allowedNext: allowedNext ?? (snapshot ? kind.allowed(snapshot) : [...kind.creating]),
      ...(problems && { problems }),
      ...(because && { because }),
    },
  };
}

/** The answer of a command that was applied; `snapshot` is the state after it. */
export function acceptedEntry(
  kind: Kind,
  command: Command,
  snapshot: KindSnapshot | undefined,
): SeenEntry {
  const { commandId: id, correlationId } = command;
  return {
    ...{ id, code: acceptedCode, correlationId, ...byOf(command) },
    ...(snapshot && { state: kind.stateText(snapshot), fields: kind.replyFields(snapshot) }),
  };
}

/** Who says to have sent the command; nothing when nobody says. */
const byOf = ({ claimedBy }: { readonly claimedBy?: string | undefined }) =>
  claimedBy === undefined ? {} : { by: claimedBy };
