/** Waits until a host has no partition left, and tells how many there are meanwhile. */
import { span, stopwatch } from '../duration.ts';
import { exits } from '../exit-codes.ts';
import { Failure, problemIn } from '../failure.ts';
import type { Session } from '../session.ts';
import type { Shell } from '../shell.ts';
import { surveyHosts } from '../surveys.ts';
import type { Entry } from '../surveys.ts';
import { sleep } from '../../sleep.ts';
import { timeLimit } from '../../time-limit.ts';

/** As other waits, when `--timeout` is not given. */
const waitDefaultMs = 30 * 60_000;
const betweenLooksMs = 500;
/** A host that misses this many looks in a row is gone: a single look ends before a slow host has answered. */
const missesMax = 5;

export interface DrainEnd {
  /** As last seen; undefined when it was never seen. */
  readonly partitionsLeft: number | undefined;
  readonly failure?: Failure;
}

/** Ends early on Ctrl-C, when the host is gone (others take what it held), and when there is no host to take anything. */
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
  const leaving = new Leaving(host, shell.flags.force === true, tell);
  try {
    while (!limit.signal.aborted) {
      const end = leaving.see(await look(session));
      if (end !== undefined) return end;
      await sleep(betweenLooksMs, limit.signal);
    }
    if (!shell.terminal.interrupted.aborted) return leaving.outOfTime(timeoutMs);
    shell.note('detached; the work goes on');
    return { partitionsLeft: leaving.partitionsLeft };
  } finally {
    limit.end();
  }
}

/** What successive looks have shown of one host. */
class Leaving {
  partitionsLeft: number | undefined;
  readonly #host: string;
  readonly #isForced: boolean;
  readonly #tell: (text: string) => void;
  #misses = 0;
  /** Looks in a row that showed nobody else who may take anything. */
  #alone = 0;
  #isSilent = false;

  constructor(host: string, isForced: boolean, tell: (text: string) => void) {
    this.#host = host;
    this.#isForced = isForced;
    this.#tell = tell;
  }

  /** The end, when this look brings it. Silence of all hosts tells nothing about any of them. */
  see(hosts: readonly Entry[]): DrainEnd | undefined {
    const wasSilent = this.#isSilent;
    this.#isSilent = hosts.length === 0;
    if (this.#isSilent) {
      if (!wasSilent) this.#tell('nobody answers; waiting');
      return undefined;
    }
    const own = hosts.find(({ name }) => name === this.#host);
    if (own === undefined) return this.#missed();
    this.#misses = 0;
    const isAlone = hosts.every(({ name, isDrained }) => name === this.#host || isDrained === true);
    this.#alone = isAlone ? this.#alone + 1 : 0;
    return this.#seen(leftOf(own), own['isDrained'] === true);
  }

  #missed(): DrainEnd | undefined {
    this.#alone = 0;
    this.#misses += 1;
    if (this.#misses < missesMax) return undefined;
    this.#tell('does not answer; when it is started again it takes nothing');
    return { partitionsLeft: 0 };
  }

  #seen(left: number, isDrained: boolean): DrainEnd | undefined {
    if (left !== this.partitionsLeft) this.#tell(`${left} partitions left`);
    this.partitionsLeft = left;
    const isAlone = this.#alone >= missesMax;
    if (left === 0) return isDrained || isAlone ? { partitionsLeft: left } : undefined;
    if (!isAlone) return undefined;
    if (!this.#isForced) return { partitionsLeft: left, failure: nobodyTakes(this.#host, left) };
    this.#tell('keeps its partitions until another host is there to take them');
    return { partitionsLeft: left };
  }

  outOfTime(timeoutMs: number): DrainEnd {
    const { partitionsLeft } = this;
    const last = { partitionsLeft, isSilent: this.#isSilent };
    return { partitionsLeft, failure: outOfTime(this.#host, timeoutMs, last) };
  }
}

/** None while nobody answers. */
async function look(session: Session): Promise<readonly Entry[]> {
  try {
    return await surveyHosts(session);
  } catch (thrown) {
    if (problemIn(thrown)?.status !== 503) throw thrown;
    return [];
  }
}

/** Those on their way out count. */
const leftOf = ({ held, partitions }: Entry): number =>
  typeof held === 'number' ? held : Number(partitions);

const nobodyTakes = (host: string, left: number): Failure =>
  new Failure(
    {
      code: 'cli.goalUnreachable',
      message: `host/${host} keeps ${left} partitions`,
      reason: 'no other host may take them; the order stands until it is taken back',
      actor: `host/${host}`,
      retryable: true,
    },
    exits.failed,
    ['start another host, then the same again', `fairlead drain ${host} --undo`],
  );

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
