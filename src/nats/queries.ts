/** Serves queries as a NATS micro service (ADR-32): any host answers, and `nats micro ls|info|stats` sees it. */
import { headers } from '@nats-io/transport-node';
import type { Msg, MsgHdrs, Subscription as NatsSubscription } from '@nats-io/transport-node';
import { hosting } from '../../machines/limits.ts';
import type { QueryAnswer, QueryRequest, Subscription } from '../../actors/ports.ts';
import { sleep } from '../sleep.ts';
import type { Connection, Log } from './connection.ts';
import { describe } from './faults.ts';
import { isInbox, parseQuery, patterns } from './subjects.ts';
import { ulid } from '../ulid.ts';

const SERVICE = 'fairlead';
const QUEUE = 'q';
const IN_FLIGHT_MAX = 256;
const NANOS_PER_MS = 1_000_000;

type Handler = (request: QueryRequest) => Promise<QueryAnswer>;

interface Statistics {
  requests: number;
  errors: number;
  lastError: string;
  busyMs: number;
}

export interface ServiceOptions {
  /** Version of the program, semantic versioning. */
  readonly version: string;
}

/** A query that the handler fails on is answered with 500 and logged; beyond 256 at once the answer is 503. */
export async function serveQueries(
  connection: Connection,
  log: Log,
  service: ServiceOptions,
  handle: Handler,
): Promise<Subscription> {
  const { nc } = connection;
  const counted: Statistics = { requests: 0, errors: 0, lastError: '', busyMs: 0 };
  const identity = { name: SERVICE, id: ulid(), version: service.version, metadata: {} };
  const pending = new Set<Promise<void>>();
  const answer = (message: Msg): void => {
    const task = answerOne(message, pending.size, handle, counted, log);
    pending.add(task);
    void task.finally(() => pending.delete(task));
  };
  const take =
    (surveys: boolean) =>
    (error: Error | null, message: Msg): void => {
      if (error) log('error', { cause: describe(error) }, 'query subscription refused');
      // The pattern of queries matches surveys too; those come to every host by their own subscription.
      else if (message.subject.endsWith('.survey') === surveys) answer(message);
    };
  const listen = (): NatsSubscription[] => [
    nc.subscribe(patterns.queries, { queue: QUEUE, callback: take(false) }),
    nc.subscribe(patterns.surveys, { callback: take(true) }),
  ];
  let queries: NatsSubscription[] | undefined = listen();
  const monitoring = serveMonitoring(connection, identity, counted);
  // Known to the server before this resolves; while disconnected the client subscribes again at the reconnect.
  await connection.ask(() => nc.flush()).catch(() => undefined);
  return {
    pause: () => {
      for (const each of queries ?? []) each.unsubscribe();
      queries = undefined;
    },
    resume: () => {
      queries ??= listen();
    },
    stop: async () => {
      const limit = new AbortController();
      const leave = async (): Promise<void> => {
        const open = [...monitoring, ...(queries ?? [])];
        await Promise.all(open.map((each) => end(connection, each)));
        await Promise.all(pending);
      };
      await Promise.race([leave(), sleep(hosting.drainMs, limit.signal)]);
      limit.abort();
    },
  };
}

/** Drained, not dropped: a query the server had sent already is still answered. */
async function end(connection: Connection, subscription: NatsSubscription): Promise<void> {
  // A drain that fails has lost its connection, and the server drops the subscription with it.
  if (connection.connected() && !subscription.isClosed())
    await subscription.drain().catch(() => undefined);
  else subscription.unsubscribe();
}

async function answerOne(
  message: Msg,
  pendingCount: number,
  handle: Handler,
  counted: Statistics,
  log: Log,
): Promise<void> {
  const startedAtMs = performance.now();
  const to = parseQuery(message.subject);
  // Only inboxes are answered: we publish with our own rights (see subjects.ts).
  if (!to || !isInbox(message.reply ?? '')) {
    log(
      'warn',
      { subject: message.subject, reply: message.reply },
      'query without an inbox dropped',
    );
    return;
  }
  counted.requests += 1;
  const result =
    pendingCount >= IN_FLIGHT_MAX
      ? failure(503, 'service.unavailable', 'too many queries at once; ask again in a second', true)
      : await handle({ ...to, payload: message.data }).catch((error: unknown) => {
          log('error', { ...to, cause: describe(error) }, 'query failed');
          return failure(500, 'internal.assertion', describe(error), false);
        });
  if (result.error) {
    counted.errors += 1;
    counted.lastError = `${result.error.status}:${result.error.text}`;
  }
  counted.busyMs += performance.now() - startedAtMs;
  respond(message, result, log);
}

function respond(message: Msg, { body, error }: QueryAnswer, log: Log): void {
  try {
    message.respond(JSON.stringify(body), error ? { headers: errorHeaders(error) } : {});
  } catch (cause) {
    log('warn', { subject: message.subject, cause: describe(cause) }, 'answer not sent');
  }
}

/** The two headers every NATS micro client looks at. */
export function errorHeaders(error: { status: number; text: string }): MsgHdrs {
  const made = headers();
  // A line break would end the header; NATS has no way to escape one.
  made.set('Nats-Service-Error', error.text.replace(/\s+/g, ' '));
  made.set('Nats-Service-Error-Code', String(error.status));
  return made;
}

const failure = (
  status: number,
  code: string,
  message: string,
  retryable: boolean,
): QueryAnswer => ({
  body: { code, message, status, problems: [], allowedNext: [], because: [], retryable },
  error: { status, text: `${code}: ${message}` },
});

/** Answers PING, INFO and STATS: for all services, for ours by name, and for this one by id. */
function serveMonitoring(
  { nc }: Connection,
  identity: { name: string; id: string; version: string; metadata: object },
  counted: Statistics,
): NatsSubscription[] {
  const started = new Date().toISOString();
  const endpoint = { name: 'query', subject: patterns.queries, queue_group: QUEUE };
  const type = (word: string): string => `io.nats.micro.v1.${word}_response`;
  const answers = {
    PING: () => ({ ...identity, type: type('ping') }),
    INFO: () => ({
      ...identity,
      type: type('info'),
      description: 'reads Fairlead resources; changes go through commands',
      endpoints: [{ ...endpoint, metadata: { answers: 'application/json' } }],
    }),
    STATS: () => ({
      ...identity,
      type: type('stats'),
      started,
      endpoints: [{ ...endpoint, ...figures(counted) }],
    }),
  };
  return Object.entries(answers).flatMap(([verb, body]) =>
    [
      `$SRV.${verb}`,
      `$SRV.${verb}.${identity.name}`,
      `$SRV.${verb}.${identity.name}.${identity.id}`,
    ].map((subject) =>
      nc.subscribe(subject, {
        callback: (error, message) => {
          if (!error && isInbox(message.reply ?? '')) message.respond(JSON.stringify(body()));
        },
      }),
    ),
  );
}

const figures = (counted: Statistics): Record<string, unknown> => ({
  num_requests: counted.requests,
  num_errors: counted.errors,
  last_error: counted.lastError,
  processing_time: Math.round(counted.busyMs * NANOS_PER_MS),
  average_processing_time: Math.round(
    (counted.busyMs * NANOS_PER_MS) / Math.max(1, counted.requests),
  ),
});
