/** The hosts that answer and those that are drained, and what may be ordered about them. */
import { nearest } from '../../../actors/nearest.ts';
import { exits } from '../exit-codes.ts';
import { Failure } from '../failure.ts';
import type { Session } from '../session.ts';
import { surveyDrained, surveyHosts } from '../surveys.ts';

interface Seats {
  /** Hosts that answer, by name. */
  readonly alive: readonly string[];
  /** Hosts that run nothing by an order, whether they answer or not. */
  readonly drained: readonly string[];
}

async function seatsOf(session: Session): Promise<Seats> {
  const entries = await surveyHosts(session);
  const drained = await surveyDrained(session);
  return { alive: entries.map(({ name }) => name), drained: drained.map(({ host }) => host) };
}

interface Wish {
  readonly isUndone: boolean;
  readonly isForced: boolean;
}

/**
 * A look ends before a slow host has answered: it looks again once before it refuses.
 * @throws Failure `resource.notFound` for a host nobody knows, `precondition.failed` for the last that runs anything
 */
export async function checkDrain(session: Session, host: string, wish: Wish): Promise<void> {
  if (refusalOf(host, await seatsOf(session), wish) === undefined) return;
  const refusal = refusalOf(host, await seatsOf(session), wish);
  if (refusal !== undefined) throw refusal;
}

function refusalOf(host: string, { alive, drained }: Seats, wish: Wish): Failure | undefined {
  const known = [...new Set([...alive, ...drained])].sort();
  if (!known.includes(host)) return unknownHost(host, known, wish);
  if (wish.isUndone || wish.isForced || drained.includes(host)) return undefined;
  const takers = alive.filter((each) => each !== host && !drained.includes(each));
  if (takers.length > 0 || !alive.includes(host)) return undefined;
  const away = alive.filter((each) => each !== host);
  return new Failure(
    {
      code: 'precondition.failed',
      message: `${host} is the only host that may run anything`,
      reason: `drained, it keeps its partitions until another host takes them, and after a restart nobody runs them`,
      retryable: false,
    },
    exits.conflict,
    [
      'start another host, then the same again',
      ...away.map((each) => `fairlead drain ${each} --undo`),
      `fairlead drain ${host} --force`,
    ],
  );
}

function unknownHost(host: string, known: readonly string[], { isUndone }: Wish): Failure {
  const near = nearest(host, known);
  const hint = near === undefined ? '' : `; did you mean ${near}?`;
  const problem = {
    code: 'resource.notFound',
    message: `no host ${host} is known${hint}`,
    reason: isUndone
      ? 'it neither answers nor is drained'
      : 'it does not answer; a host is drained while it runs, and stays drained when it is started again',
    allowedNext: known,
    retryable: false,
  };
  return new Failure(problem, exits.notFound, ['fairlead hosts']);
}
