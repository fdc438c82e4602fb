/** Waits until a host has no partition left, and tells how many there are meanwhile. */
import { span, stopwatch } from '../duration.ts';
import { exits } from '../exit-codes.ts';
import { Failure, problemIn } from '../failure.ts';
import type { Session } from '../session.ts';
import type { Shell } from '../shell.ts';
import { surveyRegistry } from '../surveys.ts';
import type { Entry } from '../surveys.ts';
import { timeLimit } from '../../time-limit.ts';

/** As other waits, when `--timeout` is not given. */
const waitDefaultMs = 30 * 60_000;
const betweenLooksMs = 500;
/** A host that misses this many looks in a row is gone: others take what it held. */
const missesMax = 5;

export interface DrainEnd {
  /** As last seen; undefined when it was never seen. */
  readonly partitionsLeft: number | undefined;
  readonly failure?: Failure;
}

/** Ends early, without failure, on Ctrl-C, when the host is gone, and when there is no host to take anything. */
export async function awaitDrained(
  shell: Shell,
  session: Session,
  host: string,
): Promise<DrainEnd> {
  const timeoutMs = shell.flags.timeout ?? waitDefaultMs;
  const limit = timeLimit(timeoutMs, shell.terminal.interrupted);
  const startedMs = shell.terminal.nowMs();
  const tell = (text: string): void => {
    shell.note(`${stopwatch(shell.terminal.nowMs() - startedMs)}  host/${host}  ${text}`);
  };
  let partitionsLeft: number | undefined;
  let misses = 0;
  let isSilent = false;
  try {
    while (!limit.signal.aborted) {
      const hosts = await look(session);
      if (hosts.length === 0 && !isSilent) tell('nobody answers; waiting');
      isSilent = hosts.length === 0;
      const own = hosts.find(({ name }) => name === host);
      // Silence of all hosts tells nothing about this one.
      if (!isSilent) misses = own === undefined ? misses + 1 : 0;
      if (misses >= missesMax) {
        tell('does not answer; when it is started again it takes nothing');
        return { partitionsLeft: 0 };
      }
      if (own !== undefined) {
        const left = leftOf(own);
        if (left !== partitionsLeft) tell(`${left} partitions left`);
        partitionsLeft = left;
        if (own['isDrained'] === true && left === 0) return { partitionsLeft };
        if (hosts.every((each) => each.name === host || each['isDrained'] === true)) {
          tell('keeps its partitions until another host is there to take them');
          return { partitionsLeft };
        }
      }
      await pause(limit.signal);
    }
    if (!shell.terminal.interrupted.aborted)
      return { partitionsLeft, failure: outOfTime(host, timeoutMs, { partitionsLeft, isSilent }) };
    shell.note('detached; the work goes on');
    return { partitionsLeft };
  } finally {
    limit.end();
  }
}

/** None while nobody answers. */
async function look(session: Session): Promise<readonly Entry[]> {
  try {
    return await surveyRegistry(session, 'host');
  } catch (thrown) {
    if (problemIn(thrown)?.status !== 503) throw thrown;
    return [];
  }
}

/** Those on their way out count. */
const leftOf = ({ held, partitions }: Entry): number =>
  typeof held === 'number' ? held : Number(partitions);

const pause = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, betweenLooksMs);
    signal.addEventListener('abort', end, { once: true });
  });

interface Last {
  readonly partitionsLeft: number | undefined;
  /** At the last look nobody answered. */
  readonly isSilent: boolean;
}

function outOfTime(host: string, timeoutMs: number, last: Last): Failure {
  const problem = {
    code: 'cli.waitTimedOut',
    message: `host/${host} was not drained within ${span(timeoutMs)}`,
    reason: lastSeen(last),
    actor: `host/${host}`,
    retryable: true,
  };
  const looks = ['fairlead hosts', `fairlead partitions --host ${host}`];
  return new Failure(problem, exits.timeout, last.isSilent ? ['fairlead doctor', ...looks] : looks);
}

function lastSeen({ partitionsLeft: left, isSilent }: Last): string {
  if (left === undefined)
    return isSilent ? 'nobody answers, and it was never seen' : 'it was never seen';
  if (isSilent) return `nobody answers; ${left} partitions were left when it last did`;
  return `${left} partitions are left; the work itself goes on`;
}
