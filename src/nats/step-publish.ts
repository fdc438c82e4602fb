/** One step into the stream: stored once, behind the step before it, however often it has to be tried. */
import { headers } from '@nats-io/transport-node';
import { stepLimits } from '../../machines/limits.ts';
import { isLater, stepId } from '../../actors/steps/step-port.ts';
import { sleep } from '../sleep.ts';
import type { Connection } from './connection.ts';
import { classifyWrite, describe, hasCode, isClosed, jetStreamCodes } from './faults.ts';
import { stepSubject, streams } from './subjects.ts';

/** On steps that hold the whole image. */
export const wholeHeader = 'Fairlead-Whole';

export interface Outgoing {
  /** `kind/namespace/name`. */
  readonly actor: string;
  readonly uid: string;
  readonly seq: number;
  readonly isWhole: boolean;
  readonly body: string;
}

export type PublishOutcome = {
  /** Stream sequence of the newest step of that name; undefined when not known. */
  readonly last?: number;
} & (
  | { readonly kind: 'stored' }
  /** `overtaken`: another host has told something newer. `refused`: the server will never take it. */
  | { readonly kind: 'overtaken' | 'refused'; readonly cause: string }
);

interface Last {
  readonly seq: number;
  readonly id: string;
}

const subjectOf = (actor: string): string => {
  const [kind = '', namespace = '', name = ''] = actor.split('/');
  return stepSubject({ kind, namespace, name });
};

/**
 * Tries until the server has it or says no. What it expects to be the last step of that name keeps two hosts from mixing
 * theirs, and a repeat after a lost answer from being stored twice.
 * @param known  stream sequence of the last step of that name; undefined when nothing is known
 */
export async function publishStep(
  connection: Connection,
  step: Outgoing,
  known: number | undefined,
  signal: AbortSignal,
): Promise<PublishOutcome> {
  let last = known;
  let isUnclear = false;
  while (!signal.aborted) {
    try {
      await connection.untilConnected(stepLimits.lookAgainMs);
      if (isUnclear) {
        const found = await lastOf(connection, step);
        const outcome = standing(step, found);
        if (outcome !== undefined) return outcome;
        last = found?.seq ?? 0;
      }
      isUnclear = true;
      return { kind: 'stored', last: await send(connection, step, last) };
    } catch (error) {
      const { wrongLastSequence, wrongLastSequenceUnnamed } = jetStreamCodes;
      // Somebody else has told of that name, or its last step has aged out: look, then go on behind it.
      if (hasCode(error, wrongLastSequence, wrongLastSequenceUnnamed)) continue;
      const isFinal = classifyWrite(error) === 'refused' || isClosed(error);
      if (isFinal) return { kind: 'refused', cause: describe(error) };
      await sleep(stepLimits.publishAgainMs, signal);
    }
  }
  return { kind: 'refused', cause: 'the host stops' };
}

async function send(
  connection: Connection,
  step: Outgoing,
  last: number | undefined,
): Promise<number> {
  const head = headers();
  if (step.isWhole) head.set(wholeHeader, '1');
  const ack = await connection.ask(() =>
    connection.js.publish(subjectOf(step.actor), step.body, {
      ...{ msgID: stepId(step), headers: head },
      ...(last !== undefined && { expect: { lastSubjectSequence: last } }),
    }),
  );
  return ack.seq;
}

async function lastOf(connection: Connection, { actor }: Outgoing): Promise<Last | undefined> {
  try {
    const message = await connection.ask(() =>
      connection.jsm.streams.getMessage(streams.steps, { last_by_subj: subjectOf(actor) }),
    );
    return message === null
      ? undefined
      : { seq: message.seq, id: message.header.get('Nats-Msg-Id') };
  } catch (error) {
    if (hasCode(error, jetStreamCodes.noMessageFound)) return undefined;
    throw error;
  }
}

/** What the last stored step of that name means for ours; undefined when ours comes behind it. */
function standing(step: Outgoing, last: Last | undefined): PublishOutcome | undefined {
  if (last === undefined) return undefined;
  if (last.id === stepId(step)) return { kind: 'stored', last: last.seq };
  const [uid = '', number = ''] = last.id.split('/s');
  if (!isLater({ uid, seq: Number(number) }, step)) return undefined;
  return { kind: 'overtaken', last: last.seq, cause: `${last.id} was told before` };
}
