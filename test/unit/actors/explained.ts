/** Any snapshot of a machine as a stored resource that can be asked, and as a live actor that can be told. */
import { createActor } from 'xstate';
import type { AnyMachineSnapshot } from 'xstate';
import { commandIn, eventIn, whyOf } from '../../../actors/explain/why.ts';
import type { Order } from '../../../actors/explain/why.ts';
import type { Subject } from '../../../actors/explain/subject.ts';
import { turnOf } from '../../../actors/explain/turn.ts';
import type { Why } from '../../../actors/explain/shape.ts';
import type { CommandSchemas } from '../../../actors/envelope.ts';
import type { Kind, KindSnapshot } from '../../../actors/kind.ts';
import type { ActorRecord } from '../../../actors/record.ts';
import { revive } from '../../../actors/tree.ts';

/** Whatever hosting would say of the record: the machine is asked. */
export function subjectFrom(
  kind: Kind,
  key: Subject['key'],
  schemas: CommandSchemas,
  persisted: unknown,
): Subject {
  // As the store hands it out: JSON, and nobody else's object.
  const record = { snapshot: JSON.parse(JSON.stringify(persisted)) } as ActorRecord;
  const stored = { record, revision: 7 };
  const snapshot = revive(kind.machine, record.snapshot);
  return { kind, key, schemas, nowMs: 5_000, stored, snapshot, standing: () => undefined };
}

export function asked(subject: Subject, order: Order): Why {
  const why = whyOf(subject, order);
  if (!('allowed' in why)) throw new Error(why.message);
  return why;
}

export interface Really {
  readonly accepted: boolean;
  readonly unchanged: boolean;
  readonly stateAfter: string;
  readonly edges: number;
}

/** The command given to an actor that really runs, as hosting gives it: admitted first, then sent. */
function really(subject: Subject, order: Order): Really {
  const { kind, stored } = subject;
  const command = commandIn(subject, order);
  if (stored === undefined || 'code' in command) throw new Error('no command for nobody');
  const actor = createActor(kind.machine, {
    snapshot: structuredClone(stored.record.snapshot),
    clock: { setTimeout: () => 0, clearTimeout: () => undefined },
  } as never);
  actor.subscribe({ error: () => undefined });
  actor.start();
  let edges = 0;
  actor.system.inspect((told) => {
    if (told.type === '@xstate.microstep' && (told.actorRef as unknown) === actor)
      edges += told._transitions.length;
  });
  const event = eventIn(subject, command);
  const admission = kind.admit(actor.getSnapshot() as never, event);
  const live = actor.getSnapshot() as AnyMachineSnapshot;
  const isTaken = admission.kind === 'accepted' && live.can(event);
  if (isTaken) actor.send(event);
  const after = actor.getSnapshot() as AnyMachineSnapshot;
  const outcome = {
    accepted: isTaken && edges > 0,
    unchanged: admission.kind === 'unchanged',
    stateAfter: kind.stateText(after as KindSnapshot),
    edges,
  };
  actor.stop();
  return outcome;
}

/** What is said differs from what is done, told in a line; empty where they agree. */
export function disagreement(subject: Subject, order: Order): string {
  const why = asked(subject, order);
  const done = really(subject, order);
  const where = `${order.verb} ${JSON.stringify(order.arguments ?? {})} in ${why.state}`;
  const isTaken = done.accepted || done.unchanged;
  if ((why.allowed === 'yes') !== isTaken) return `${where}: said ${why.allowed}, ${why.message}`;
  if (why.unchanged !== done.unchanged) return `${where}: said unchanged ${why.unchanged}`;
  if (why.allowed === 'no') return refusalFlaw(why, where);
  if (why.unchanged) return '';
  const command = commandIn(subject, order);
  if ('code' in command) return `${where}: no command`;
  const turn = turnOf(subject, command);
  if (turn.stateAfter !== done.stateAfter)
    return `${where}: said ${turn.stateAfter}, came to ${done.stateAfter}`;
  return turn.edges.length === 0 ? `${where}: no edge told` : '';
}

/** A refusal names what is wrong, or the state does not know the command. */
function refusalFlaw({ because, allowedNext, command, code }: Why, where: string): string {
  const isFounded = because.some(({ is }) => is === 'no') || !allowedNext.includes(command);
  return isFounded && code !== '' ? '' : `${where}: refused without a reason`;
}
