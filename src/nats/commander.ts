/** Sends commands and finds their outcome: by reply, and by asking when the reply cannot come or got lost. */
import { headers } from '@nats-io/transport-node';
import type { Msg, MsgHdrs } from '@nats-io/transport-node';
import { hosting } from '../../machines/limits.ts';
import { sleep } from '../sleep.ts';
import type { Connection } from './connection.ts';
import { classifyWrite, describe, hasCode, isNoResponders, jetStreamCodes } from './faults.ts';
import { ClientProblem, clientProblem } from './problem.ts';
import type { Problem } from './problem.ts';
import { badAddress, bodyOf, failureOf } from './query.ts';
import type { Query } from './query.ts';
import { commandSubject } from './subjects.ts';
import type { Addressed } from './subjects.ts';
import { ulid } from '../ulid.ts';

export interface Command extends Addressed {
  readonly arguments?: unknown;
  /** Repeats with one id run once. A new ULID when left out. */
  readonly commandId?: string;
  /** Refused with `revision.conflict` unless the resource has this revision. */
  readonly ifRevision?: number;
  /** RFC 3339; past it the command is not executed. */
  readonly deadline?: string;
  readonly correlationId?: string;
  /** Who asks; a claim, not a proof. */
  readonly by?: string;
  readonly reason?: string;
}

export type Outcome =
  | {
      readonly ok: true;
      readonly commandId: string;
      readonly revision?: number;
      readonly state?: string;
      readonly repeated?: boolean;
      readonly unchanged?: boolean;
      readonly [field: string]: unknown;
    }
  | { readonly ok: false; readonly commandId: string; readonly problem: Problem };

type Ask = (query: Query, timeoutMs: number) => Promise<Readonly<Record<string, unknown>>>;

const REPEAT_GAP_MS = 250;
const STREAM_MISSING_MS = 3_000;
const PUBLISH_MS = 5_000;
/** A reply that takes longer may be lost: ask. */
const ASK_AFTER_MS = 2_000;
const ASK_TIMEOUT_MS = 2_000;

export function createCommander(
  connection: Connection,
  inbox: string,
  ask: Ask,
): { send(command: Command, timeoutMs: number): Promise<Outcome> } {
  const waiting = new Map<string, (message: Msg) => void>();
  let asked = 0;
  connection.nc.subscribe(`${inbox}.*`, {
    callback: (error, message) => {
      if (!error) waiting.get(message.subject)?.(message);
    },
  });

  async function send(command: Command, timeoutMs: number): Promise<Outcome> {
    const commandId = command.commandId ?? ulid();
    const deadlineMs = performance.now() + timeoutMs;
    const left = (): number => deadlineMs - performance.now();
    const refused = (problem: Problem): Outcome => ({ ok: false, commandId, problem });
    const bad = badAddress(command);
    if (bad) return refused(bad);
    const replyTo = `${inbox}.${(asked += 1)}`;
    const replied = new Promise<Msg>((resolve) => waiting.set(replyTo, resolve));
    const settled = new AbortController();
    try {
      const stored = await publish(connection, command, commandId, replyTo, left);
      if ('problem' in stored) return refused(stored.problem);
      const reply = replied.then((message) => outcomeOf(message, commandId));
      const found = findOutcome(ask, command, commandId, stored.duplicate, left, settled.signal);
      const outcome = await Promise.race([reply, found]);
      if (outcome === undefined) return refused(unanswered(commandId, timeoutMs));
      return outcome.ok && stored.wasThere ? { ...outcome, repeated: true } : outcome;
    } finally {
      settled.abort();
      waiting.delete(replyTo);
    }
  }
  return { send };
}

function outcomeOf(message: Msg, commandId: string): Outcome {
  const problem = failureOf(message);
  if (problem) return { ok: false, commandId, problem };
  try {
    return { commandId, ...bodyOf(message), ok: true };
  } catch (error) {
    if (!(error instanceof ClientProblem)) throw error;
    return { ok: false, commandId, problem: error.problem };
  }
}

/** Stores the command in the stream, repeating with the same id while it is not known to be stored. */
async function publish(
  connection: Connection,
  command: Command,
  commandId: string,
  replyTo: string,
  left: () => number,
): Promise<{ duplicate: boolean; wasThere: boolean } | { problem: Problem }> {
  const subject = commandSubject(command);
  const payload = JSON.stringify(command.arguments ?? {});
  const sent = headersOf(command, replyTo);
  const missingUntilMs = performance.now() + STREAM_MISSING_MS;
  for (let isFirst = true; ; isFirst = false) {
    try {
      const ack = await connection.ask(() =>
        connection.js.publish(subject, payload, {
          msgID: commandId,
          headers: sent,
          timeout: Math.max(1, Math.min(left(), PUBLISH_MS)),
        }),
      );
      // A later try may meet what an earlier one of this very call has stored.
      return { duplicate: ack.duplicate, wasThere: ack.duplicate && isFirst };
    } catch (error) {
      const isMissing = isNoResponders(error) && performance.now() >= missingUntilMs;
      const problem = refusalOf(error, payload.length, isMissing, left() <= 0, commandId);
      if (problem) return { problem };
      // Still not connected when the wait ends: the next round says so to the caller.
      if (connection.connected()) await sleep(Math.min(REPEAT_GAP_MS, left()));
      else await connection.untilConnected(Math.max(0, left())).catch(() => undefined);
    }
  }
}

/** The problem to answer with; undefined when the same command should be sent again. */
function refusalOf(
  error: unknown,
  bytes: number,
  isMissing: boolean,
  isLate: boolean,
  commandId: string,
): Problem | undefined {
  if (hasCode(error, jetStreamCodes.maximumMessages))
    return clientProblem(429, 'mailbox.full', 'too many commands wait for this resource', {
      retryAfterMs: hosting.busyRetryAfterMs,
    });
  const isTooLarge =
    hasCode(error, jetStreamCodes.messageTooLarge) || describe(error).includes('max_payload');
  if (isTooLarge)
    return clientProblem(400, 'command.tooLarge', `the payload of ${bytes} bytes is too large`);
  const unavailable = (message: string): Problem =>
    clientProblem(503, 'service.unavailable', message);
  if (isMissing)
    return unavailable('this NATS has no Fairlead streams; start a host (npm start) first');
  if (isLate)
    return unavailable(
      `whether the command was stored is not known (${describe(error)}); send it again with id ${commandId}`,
    );
  if (classifyWrite(error) === 'refused')
    return unavailable(`NATS does not store the command: ${describe(error)}`);
  return undefined;
}

function headersOf(command: Command, replyTo: string): MsgHdrs {
  const sent = headers();
  const optional = {
    'Fairlead-Reply-To': replyTo,
    'Fairlead-If-Revision': command.ifRevision?.toString(),
    'Fairlead-Deadline': command.deadline,
    'Fairlead-Correlation-Id': command.correlationId,
    'Fairlead-By': command.by,
    'Fairlead-Reason': command.reason,
  };
  for (const [name, value] of Object.entries(optional))
    // A line break would end the header.
    if (value !== undefined) sent.set(name, value.replace(/[\r\n]+/g, ' '));
  return sent;
}

/**
 * Asks for the outcome now and then: at once when the stream had the id already (it then stores and answers nothing), else
 * after a reply is overdue. Undefined when time is up.
 */
async function findOutcome(
  ask: Ask,
  command: Command,
  commandId: string,
  isDuplicate: boolean,
  left: () => number,
  settled: AbortSignal,
): Promise<Outcome | undefined> {
  const { namespace, kind, name } = command;
  const query = { namespace, kind, name, verb: 'outcome', arguments: { commandId } };
  let gapMs = isDuplicate ? 0 : ASK_AFTER_MS;
  const isSettled = (): boolean => settled.aborted;
  while (!isSettled()) {
    await sleep(Math.max(0, Math.min(gapMs, left())), settled);
    // The reply ends the sleep; asking then would cost the host a read per command.
    if (isSettled() || left() <= 0) return undefined;
    gapMs = Math.min(Math.max(REPEAT_GAP_MS, gapMs * 2), ASK_AFTER_MS);
    try {
      const body = await ask(query, Math.min(left(), ASK_TIMEOUT_MS));
      return { commandId, ...body, ok: true };
    } catch (error) {
      if (!(error instanceof ClientProblem)) throw error;
      if (!isUndecided(error.problem)) return { ok: false, commandId, problem: error.problem };
    }
  }
  return undefined;
}

/** Nothing is known of the command yet, or nobody could be asked. */
const isUndecided = ({ code }: Problem): boolean =>
  code === 'service.unavailable' || code === 'command.notFound';

const unanswered = (commandId: string, timeoutMs: number): Problem =>
  clientProblem(
    503,
    'service.unavailable',
    `the command is stored as ${commandId}, but no host has answered within ${timeoutMs} ms; ask for its outcome later`,
  );
