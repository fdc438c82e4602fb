/** Sending commands: one order, its outcome, and how the outcome is shown. */
import { keyText } from '../../machines/ids.ts';
import type { ResourceKey } from '../../machines/ids.ts';
import { awaitGoal } from './await-goal.ts';
import type { Awaited } from './await-goal.ts';
import { exits } from './exit-codes.ts';
import type { Exit } from './exit-codes.ts';
import { asFailure, failureJson, failureText, hintsFor, refused } from './failure.ts';
import type { Failure, Problem } from './failure.ts';
import { storedKinds } from './kinds.ts';
import type { StoredKind } from './kinds.ts';
import { faceOf } from './faces.ts';
import { objectText, printListing } from './output.ts';
import { withNearName } from './reads.ts';
import type { Accepted, Order, Session } from './session.ts';
import type { Shell } from './shell.ts';
import type { Goal } from './verdict.ts';
import { whoAsks } from './who.ts';

/** How long an answer may take when `--timeout` is not given. */
const answerDefaultMs = 30_000;
/** Pause before a busy actor is asked again when it does not say when. */
const busyDefaultMs = 1_000;

/** What a wait after the command is for, by resource. */
export type GoalFor = (key: ResourceKey & { readonly kind: StoredKind }) => Goal;

export interface Sent {
  readonly key: ResourceKey;
  readonly accepted: Accepted;
}

/**
 * Sends one order and returns its success. A busy actor is asked again until `--timeout` ends, unless the caller chose
 * the command id: a refused id is spent.
 * @throws Failure with the problem of the service
 */
export async function send(shell: Shell, session: Session, order: Order): Promise<Sent> {
  const timeoutMs = shell.flags.timeout ?? answerDefaultMs;
  const untilMs = shell.terminal.nowMs() + timeoutMs;
  const { reason, commandId, ifRevision } = shell.flags;
  const by = whoAsks(shell);
  const whole = {
    ...order,
    ...(by === undefined ? {} : { by }),
    ...(reason === undefined ? {} : { reason }),
    ...(commandId === undefined ? {} : { commandId }),
    ...(ifRevision === undefined ? {} : { ifRevision }),
  };
  const key = { kind: order.kind, namespace: order.namespace, name: order.name };
  for (;;) {
    const leftMs = Math.max(1, untilMs - shell.terminal.nowMs());
    const outcome = await session.command(whole, { timeoutMs: leftMs });
    if (outcome.ok) return { key, accepted: outcome };
    const pauseMs = outcome.problem.retryAfterMs ?? busyDefaultMs;
    const isBusy = outcome.problem.status === 429 && commandId === undefined;
    if (!isBusy || pauseMs >= leftMs || shell.terminal.interrupted.aborted) {
      const problem = {
        actor: keyText(key),
        ...(await withNearName(session, key, outcome.problem)),
      };
      throw refused(problem, triesOf(key, problem, outcome.commandId));
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

/**
 * A command that found no answer may be stored all the same: its id is what finds it again. The outcome of an order to a
 * guard, which is no resource, is what the same order answers under the same id.
 */
function triesOf(key: ResourceKey, problem: Problem, commandId: string): readonly string[] {
  const hints = hintsFor(problem);
  if (problem.status !== 503) return hints;
  if (key.kind === 'guard') return [...hints, `the same again with --command-id ${commandId}`];
  return [...hints, `fairlead outcome ${key.kind} ${key.name} ${commandId} -n ${key.namespace}`];
}

/** One order per resource, one after the other; a refused one does not stop the rest. */
export async function sendAll(
  shell: Shell,
  session: Session,
  orders: readonly Order[],
): Promise<{ readonly sent: readonly Sent[]; readonly failures: readonly Failure[] }> {
  const sent: Sent[] = [];
  const failures: Failure[] = [];
  for (const order of orders) {
    if (shell.terminal.interrupted.aborted) break;
    try {
      sent.push(await send(shell, session, order));
    } catch (thrown) {
      failures.push(asFailure(thrown));
    }
  }
  return { sent, failures };
}

/**
 * Prints outcomes, waits when `--wait` was given, prints what was reached. With a machine format stdout carries one
 * thing only: the outcomes, or after a wait the resources.
 */
export async function finish(
  shell: Shell,
  session: Session,
  { sent, failures }: { readonly sent: readonly Sent[]; readonly failures: readonly Failure[] },
  goalFor: GoalFor | undefined,
): Promise<Exit> {
  const isForPeople = ['table', 'wide'].includes(shell.wish.format);
  if (goalFor === undefined || isForPeople) await printOutcomes(shell, sent);
  reportAll(shell, failures);
  const firstExit = failures[0]?.exit ?? exits.ok;
  if (shell.terminal.interrupted.aborted) return exits.interrupted;
  if (goalFor === undefined || sent.length === 0) return firstExit;
  const awaited = sent.flatMap(({ key, accepted }) => {
    const kind = storedKinds.find((each) => each === key.kind);
    if (kind === undefined) return [];
    const whole = { ...key, kind };
    return [{ key: whole, goal: goalFor(whole), minRevision: accepted.revision ?? 0 }];
  });
  const waited = await waitAndPrint(shell, session, awaited);
  return firstExit === exits.ok ? waited : firstExit;
}

/** Waits for the goal and prints what got there; the exit code is that of the first that did not. */
export async function waitAndPrint(
  shell: Shell,
  session: Session,
  awaited: readonly Awaited[],
): Promise<Exit> {
  const { reached, failures } = await awaitGoal(shell, session, awaited);
  if (['table', 'wide'].includes(shell.wish.format)) {
    for (const { key, view } of reached)
      shell.terminal.out(
        `${keyText(key)} ${view === 'gone' ? 'deleted' : faceOf(view).position(view)}\n`,
      );
  } else {
    const present = reached.flatMap(({ key, view }) => (view === 'gone' ? [] : [{ key, view }]));
    await printListing(shell.terminal, shell.wish, {
      // Machine formats only: people have read a line each.
      columns: [],
      rows: present,
      object: ({ view }) => view,
      name: ({ key }) => keyText(key),
      single: awaited.length === 1,
    });
  }
  reportAll(shell, failures);
  if (shell.terminal.interrupted.aborted) return exits.interrupted;
  return failures[0]?.exit ?? exits.ok;
}

/** Every failure to stderr, in the shape that `-o` asks for. */
export function reportAll(shell: Shell, failures: readonly Failure[]): void {
  const isJson = ['json', 'jsonl'].includes(shell.wish.format);
  for (const failure of failures)
    shell.terminal.err(isJson ? failureJson(failure) : failureText(failure, shell.errStyle));
}

async function printOutcomes(shell: Shell, sent: readonly Sent[]): Promise<void> {
  const { terminal, wish } = shell;
  switch (wish.format) {
    case 'table':
    case 'wide':
      for (const each of sent) terminal.out(outcomeLine(each));
      return;
    case 'name':
      for (const { key } of sent) terminal.out(`${keyText(key)}\n`);
      return;
    case 'jsonl':
      for (const each of sent) terminal.out(`${JSON.stringify(outcomeObject(each))}\n`);
      return;
    case 'json':
    case 'yaml': {
      const objects = sent.map(outcomeObject);
      const list = { apiVersion: 'fairlead.dev/v1', kind: 'List', items: objects };
      if (objects.length > 0)
        terminal.out(await objectText(wish.format, objects.length === 1 ? objects[0] : list));
    }
  }
}

function outcomeLine({ key, accepted }: Sent): string {
  const word =
    accepted.unchanged === true
      ? 'unchanged'
      : accepted.repeated === true
        ? 'repeated'
        : 'accepted';
  const revision = accepted.revision === undefined ? '' : `   revision ${accepted.revision}`;
  return `${keyText(key)} ${word}${revision}   command ${accepted.commandId}\n`;
}

function outcomeObject({ key, accepted }: Sent): unknown {
  const { ok: _ok, ...fields } = accepted;
  return { apiVersion: 'fairlead.dev/v1', kind: 'Outcome', actor: keyText(key), ...fields };
}
