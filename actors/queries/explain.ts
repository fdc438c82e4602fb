/** `why`, `commands` and `dry-run`: what a command would be answered and would do, from what is stored. */
import { keyText } from '../../machines/ids.ts';
import { schemaFor } from '../envelope.ts';
import { answerCommands, answerDryRun, answerExplained, answerWhy } from '../explain/answers.ts';
import type { Answered } from '../explain/answers.ts';
import { subjectOf } from '../explain/subject.ts';
import type { Subject } from '../explain/subject.ts';
import { snapshotOf } from '../record.ts';
import { asOf, certain, load, missing, refusal, Refused } from './asked.ts';
import type { Asked, Body } from './asked.ts';

export interface Asking {
  readonly verb: string;
  readonly arguments?: Body;
}

/** What a command would be answered now, and what it would do, without sending it. */
export async function dryRun(asked: Asked, args: Asking & { explain: boolean }): Promise<Body> {
  const subject = await subjectIn(asked, args.verb);
  return told(args.explain ? answerExplained(subject, args) : answerDryRun(subject, args));
}

function told(answer: Answered): Body {
  if ('problem' in answer) throw new Refused(answer.problem);
  return answer.body;
}

/**
 * The resource as it stands. Where there is none, only a creating verb has an answer; of one that is gone `why` and the list
 * of commands still have.
 */
async function subjectIn(asked: Asked, verb: string, mayBeGone = false): Promise<Subject> {
  const { kind, key, parts } = asked;
  const { schemas, clock } = parts;
  certain(schemaFor(schemas, key.kind, verb), key);
  const stored = await load(asked);
  const isGone = stored !== undefined && kind.isTombstone(snapshotOf(stored.record));
  if (!kind.creating.has(verb)) {
    if (stored === undefined) throw missing(key);
    if (isGone && !mayBeGone)
      throw refusal('resource.deleted', key, `${keyText(key)} was deleted; create it again.`);
  }
  const definitionHash = parts.kinds.get(key.kind)?.definitionHash;
  const live = parts.standing && ((each: string) => parts.standing?.(key, each));
  return subjectOf({
    ...{ kind, key, schemas, stored, definitionHash, live },
    nowMs: clock.nowMs(),
  });
}

export const why = async (asked: Asked, args: Asking): Promise<Body> => ({
  ...told(answerWhy(await subjectIn(asked, args.verb, true), args)),
  ...asOf(asked.parts),
});

/** Any creating verb will do: what is not there yet can be made. */
export async function commandHeads(asked: Asked): Promise<Body> {
  const [verb = ''] = asked.kind.creating;
  const subject = await subjectIn(asked, verb);
  return { ...answerCommands(subject), ...asOf(asked.parts) };
}
