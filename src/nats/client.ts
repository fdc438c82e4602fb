/** What a program outside speaks to Fairlead with: commands and their outcome, queries, events, steps. Needs no host code. */
import { createInbox } from '@nats-io/transport-node';
import type { ResourceKey } from '../../machines/ids.ts';
import { connectNats } from './connection.ts';
import type { Connection, ConnectionOptions, Log } from './connection.ts';
import { openEvents } from './event-feed.ts';
import type { EventFeed, EventStart } from './event-feed.ts';
import { describe } from './faults.ts';
import { ClientProblem, clientProblem } from './problem.ts';
import { askEveryHost, askQuery } from './query.ts';
import type { Query, SurveyWait } from './query.ts';
import { followSteps } from './step-feed.ts';
import type { StepFeed, StepHearing } from './step-feed.ts';
import { createCommander } from './commander.ts';
import type { Command, Outcome } from './commander.ts';

export type { CloudEvent } from './event-feed.ts';
export type { Command, Outcome } from './commander.ts';
export type { Problem } from './problem.ts';
export type { StepFeed, StepHearing } from './step-feed.ts';
export { ClientProblem } from './problem.ts';

export type ClientOptions = Pick<
  ConnectionOptions,
  'url' | 'nkeySeedFile' | 'credsFile' | 'inboxPrefix' | 'acceptUnsafeVersion' | 'log'
> & {
  /** Shown in the server's connection list. Default `fairlead-client`. */
  readonly name?: string;
};

export interface FairleadClient {
  /**
   * Sends a command and waits for its outcome. Sent again with the same id while it is not known to be stored; never
   * rejects for what the service or the server answers.
   * @param timeoutMs  for all of it, default 10 s; past it the outcome is a problem 503 that names the command id
   */
  command(command: Command, options?: { timeoutMs?: number }): Promise<Outcome>;
  /** Asks any host. Rejects with ClientProblem. Default time-out 5 s. */
  query(query: Query, options?: { timeoutMs?: number }): Promise<Readonly<Record<string, unknown>>>;
  /** Asks every host for itself. Rejects with ClientProblem when none answers in `timeoutMs` (default 5 s). */
  survey(
    query: Query,
    options?: Partial<SurveyWait>,
  ): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /**
   * Events as stored, in order, each once; survives server restarts. `since`: `new` (default), `all`, or after a
   * `streamsequence` seen before. Ends with the signal or with `close`.
   */
  events(
    filter: Partial<ResourceKey>,
    options?: { since?: EventStart; signal?: AbortSignal },
  ): EventFeed;
  /**
   * The last step of every actor, then each that comes; survives server restarts. Needs the right to read the stream of
   * steps, and never rejects without it: `log` is told why nothing comes.
   */
  steps(hearing: StepHearing, options: { log: Log }): StepFeed;
  connected(): boolean;
  server(): { readonly name: string; readonly version: string };
  close(): Promise<void>;
}

/** A host answers a survey out of its memory, so those that do answer within moments of each other. */
const QUIET_MS = 250;

/**
 * Connects to NATS; the first refusal rejects, later losses are survived.
 * @throws ClientProblem `service.unavailable` that says what to do
 */
export const connectClient = async (options: ClientOptions): Promise<FairleadClient> =>
  clientOver(await open(options), options.inboxPrefix);

/** The same over a connection that is there already, and that `close` closes too. */
export function clientOver(connection: Connection, inboxPrefix?: string): FairleadClient {
  const inbox = createInbox(inboxPrefix);
  const query = (asked: Query, timeoutMs = 5_000) => askQuery(connection, asked, timeoutMs);
  const commander = createCommander(connection, inbox, query);
  const { info } = connection.nc;
  return {
    command: (command, { timeoutMs = 10_000 } = {}) => commander.send(command, timeoutMs),
    query: (asked, { timeoutMs } = {}) => query(asked, timeoutMs),
    survey: (asked, { timeoutMs = 5_000, quietMs = QUIET_MS } = {}) =>
      askEveryHost(connection, asked, { timeoutMs, quietMs }),
    events: (filter, { since = 'new', signal } = {}) =>
      openEvents(connection, filter, since, signal),
    steps: (hearing, { log }) => followSteps(connection, hearing, { log, nowMs: Date.now }),
    connected: () => connection.connected(),
    server: () => ({ name: info?.server_name ?? '', version: info?.version ?? '' }),
    close: () => connection.close(),
  };
}

async function open(options: ClientOptions): Promise<Connection> {
  try {
    return await connectNats({ ...options, name: options.name ?? 'fairlead-client' });
  } catch (error) {
    throw new ClientProblem(clientProblem(503, 'service.unavailable', describe(error)), error);
  }
}
