/** Asks one query of whichever host answers. */
import type { Msg } from '@nats-io/transport-node';
import { dnsLabel } from '../../machines/ids.ts';
import type { Connection } from './connection.ts';
import { NotConnected, describe, isNoResponders } from './faults.ts';
import { ClientProblem, clientProblem, parseProblem } from './problem.ts';
import type { Problem } from './problem.ts';
import { querySubject } from './subjects.ts';
import type { Addressed } from './subjects.ts';

export interface Query extends Addressed {
  /** `_` for queries about no single resource, as `list`. */
  readonly name: string;
  readonly arguments?: unknown;
}

export async function askQuery(
  connection: Connection,
  query: Query,
  timeoutMs: number,
): Promise<Readonly<Record<string, unknown>>> {
  const bad = badAddress(query, '_');
  if (bad) throw new ClientProblem(bad);
  const payload = JSON.stringify(query.arguments ?? {});
  const answer = await askAgain(connection, querySubject(query), payload, timeoutMs).catch(
    (error: unknown) => {
      throw new ClientProblem(unanswered(error, timeoutMs), error);
    },
  );
  const failure = failureOf(answer);
  if (failure) throw new ClientProblem(failure);
  return bodyOf(answer);
}

/** How long a survey listens. Times in milliseconds. */
export interface SurveyWait {
  /** For the first answer. */
  readonly timeoutMs: number;
  /** After each answer, for one more. */
  readonly quietMs: number;
}

/**
 * Asks every host, each of which answers for itself: resolves when all has been quiet for a while, because nobody knows how
 * many there are. A host that refuses is left out while another one answers.
 */
export async function askEveryHost(
  connection: Connection,
  query: Query,
  { timeoutMs, quietMs }: SurveyWait,
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const bad = badAddress(query, '_');
  if (bad) throw new ClientProblem(bad);
  const { nc } = connection;
  const payload = JSON.stringify(query.arguments ?? {});
  const answers: Msg[] = [];
  try {
    const coming = await connection.ask(() =>
      nc.requestMany(querySubject(query), payload, {
        ...{ strategy: 'stall' as const, maxWait: timeoutMs, stall: quietMs },
      }),
    );
    for await (const answer of coming) answers.push(answer);
    if (answers.length === 0) throw new SilentHosts();
  } catch (error) {
    throw new ClientProblem(unanswered(error, timeoutMs), error);
  }
  const refusals = answers.map(failureOf);
  const good = answers.filter((_, index) => refusals[index] === undefined);
  const [refusal] = refusals;
  if (good.length === 0 && refusal !== undefined) throw new ClientProblem(refusal);
  return good.map(bodyOf);
}

class SilentHosts extends Error {
  override readonly name = 'TimeoutError';
}

/** How long one asking may stay silent: a host that has just died may have been handed it. */
const ASK_AGAIN_MS = 1_000;

/** Asks again while there is time, as a query changes nothing. A list of a big fleet may take longer: each asking doubles. */
async function askAgain(
  connection: Connection,
  subject: string,
  payload: string,
  timeoutMs: number,
): Promise<Msg> {
  let leftMs = timeoutMs;
  for (let patienceMs = ASK_AGAIN_MS; ; patienceMs *= 2) {
    const timeout = Math.min(patienceMs, leftMs);
    try {
      return await connection.ask(() => connection.nc.request(subject, payload, { timeout }));
    } catch (error) {
      leftMs -= timeout;
      const isSilence = error instanceof Error && error.name === 'TimeoutError';
      if (!isSilence || leftMs <= 0) throw error;
    }
  }
}

function unanswered(error: unknown, timeoutMs: number): Problem {
  const told = (message: string): Problem => clientProblem(503, 'service.unavailable', message);
  if (isNoResponders(error))
    return told('no Fairlead host is running on this NATS; start one (npm start) and ask again');
  if (error instanceof NotConnected)
    return told('the connection to NATS is down; it is being tried again');
  if (error instanceof Error && error.name === 'TimeoutError')
    return told(`no host answered within ${timeoutMs} ms; ask again`);
  return told(`the query was not answered: ${describe(error)}`);
}

interface Answer {
  readonly headers?: { get(name: string): string };
  string(): string;
}

/** @throws ClientProblem when the answer is no JSON object: whoever sent it was no Fairlead host. */
export function bodyOf(answer: Answer): Readonly<Record<string, unknown>> {
  try {
    const body: unknown = JSON.parse(answer.string());
    if (typeof body === 'object' && body !== null) return body as Record<string, unknown>;
  } catch {
    // Told below, as for any other text that is no object.
  }
  throw new ClientProblem(
    clientProblem(
      500,
      'internal.assertion',
      'the answer is no JSON object; is this a Fairlead host?',
    ),
  );
}

/** A failed answer says so in its headers; the body alone does not decide. */
export function failureOf(answer: Answer): Problem | undefined {
  const code = answer.headers?.get('Nats-Service-Error-Code') ?? '';
  if (code === '') return undefined;
  const text = answer.headers?.get('Nats-Service-Error') ?? '';
  return parseProblem(answer.string(), Number(code) || 500, text);
}

/** Namespace, kind, name and verb become subject tokens: anything but a DNS label would address something else. */
export function badAddress(to: Addressed, ...names: readonly string[]): Problem | undefined {
  for (const part of ['namespace', 'kind', 'name', 'verb'] as const) {
    const value = to[part];
    if (dnsLabel.test(value) || (part === 'name' && names.includes(value))) continue;
    return clientProblem(
      400,
      'command.badName',
      `${part} ${JSON.stringify(value)} is not a DNS label; write lower-case letters, digits and dashes, 63 at most`,
    );
  }
  return undefined;
}
