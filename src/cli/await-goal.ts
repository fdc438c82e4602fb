/** Waits until resources reach a goal, cannot reach it any more, or time runs out; shows progress meanwhile. */
import { keyText } from '../../machines/ids.ts';
import type { ResourceKey } from '../../machines/ids.ts';
import { span } from './duration.ts';
import { exits } from './exit-codes.ts';
import { Failure } from './failure.ts';
import { follow } from './follow.ts';
import { faceOf } from './faces.ts';
import { judge } from './goal.ts';
import type { StoredKind } from './kinds.ts';
import { openProgress } from './progress.ts';
import type { Progress } from './progress.ts';
import { lookForResource } from './reads.ts';
import type { Session } from './session.ts';
import type { Shell } from './shell.ts';
import type { Goal } from './verdict.ts';
import { revisionOf } from './view.ts';
import type { ResourceView } from './view.ts';
import { timeLimit } from '../time-limit.ts';

/** How long `--wait` and `wait` go on when `--timeout` is not given. */
const waitDefaultMs = 30 * 60_000;

export interface Awaited {
  readonly key: ResourceKey & { readonly kind: StoredKind };
  readonly goal: Goal;
  /** Looks older than this revision do not count; 0 when any will do. */
  readonly minRevision: number;
}

export interface Reached {
  readonly key: ResourceKey;
  readonly view: ResourceView | 'gone';
}

export interface WaitEnd {
  readonly reached: readonly Reached[];
  /** One for each that did not get there, in the order of `awaited`. */
  readonly failures: readonly Failure[];
}

/** Waits for all. Ends early, without failures, on Ctrl-C: the caller looks at `terminal.interrupted`. */
export async function awaitGoal(
  shell: Shell,
  session: Session,
  awaited: readonly Awaited[],
): Promise<WaitEnd> {
  const timeoutMs = shell.flags.timeout ?? waitDefaultMs;
  const limit = timeLimit(timeoutMs, shell.terminal.interrupted);
  const { signal } = limit;
  const progress = openProgress(shell.terminal, shell.errStyle);
  try {
    const ends = await Promise.all(
      awaited.map((each) => awaitOne(session, each, progress, signal)),
    );
    const failures = ends.flatMap((end, index) => {
      if (end.kind === 'failure') return [end.failure];
      if (end.kind === 'reached' || shell.terminal.interrupted.aborted) return [];
      const late = awaited[index];
      return late === undefined ? [] : [outOfTime(late, timeoutMs, end.last)];
    });
    const reached = ends.flatMap((end) => (end.kind === 'reached' ? [end.reached] : []));
    return { reached, failures };
  } finally {
    limit.end();
    progress.end();
    if (shell.terminal.interrupted.aborted) shell.note('detached; the work goes on');
  }
}

type End =
  | { readonly kind: 'reached'; readonly reached: Reached }
  | { readonly kind: 'failure'; readonly failure: Failure }
  | { readonly kind: 'ended'; readonly last: string };

async function awaitOne(
  session: Session,
  { key, goal, minRevision }: Awaited,
  progress: Progress,
  signal: AbortSignal,
): Promise<End> {
  let last = 'never seen';
  let isAway = false;
  const look = (): Promise<ResourceView | 'gone'> => lookForResource(session, key, minRevision);
  for await (const seen of follow(session, key, look, signal)) {
    if (seen.kind === 'away') {
      if (!isAway) progress.note(`${seen.problem.message}; waiting for it to come back`);
      isAway = true;
      continue;
    }
    isAway = false;
    const view = seen.value;
    if (view !== 'gone') {
      if (revisionOf(view) < minRevision) continue;
      progress.show(keyText(key), view);
      last = faceOf(view).position(view);
    }
    const verdict = judge(key.kind, goal, view);
    if (verdict.kind === 'reached') return { kind: 'reached', reached: { key, view } };
    if (verdict.kind === 'unreachable')
      return { kind: 'failure', failure: outOfReach(key, goal, view, verdict) };
  }
  return { kind: 'ended', last };
}

function outOfReach(
  key: ResourceKey,
  goal: Goal,
  view: ResourceView | 'gone',
  verdict: { readonly why: string; readonly tries: readonly string[] },
): Failure {
  const state = view === 'gone' ? {} : { state: faceOf(view).position(view) };
  return new Failure(
    {
      code: view === 'gone' ? 'resource.notFound' : 'cli.goalUnreachable',
      message: `${goal.text} can no longer be reached`,
      reason: verdict.why,
      actor: keyText(key),
      ...state,
      retryable: false,
    },
    view === 'gone' ? exits.notFound : exits.failed,
    verdict.tries,
  );
}

function outOfTime({ key, goal }: Awaited, timeoutMs: number, last: string): Failure {
  return new Failure(
    {
      code: 'cli.waitTimedOut',
      message: `${goal.text} was not reached within ${span(timeoutMs)}`,
      reason: 'the work itself goes on',
      actor: keyText(key),
      state: last,
      retryable: true,
    },
    exits.timeout,
    [`fairlead watch ${key.kind} ${key.name} -n ${key.namespace}`],
  );
}
