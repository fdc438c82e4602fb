/** Follows a stream from its first message on, past every end of a server, for whoever keeps the books. */
import { DeliverPolicy } from '@nats-io/jetstream';
import type { ConsumerMessages, JsMsg } from '@nats-io/jetstream';
import { messageOf } from '../../../actors/faults.ts';
import { sleep } from '../../../src/sleep.ts';
import type { Connection } from '../../../src/nats/connection.ts';

const PULLED_MAX = 500;
const PULL_MS = 5_000;
const HEARTBEAT_MS = 1_000;
const AGAIN_MS = 100;

export interface Following {
  /** Whether everything that the stream holds now was handed over. Rejects while nobody can tell. */
  readonly isCaughtUp: () => Promise<boolean>;
  readonly stop: () => void;
}

/**
 * Messages come in the order of the stream, each once.
 * @param odd  hears of each message that `note` threw at: the next ones are handed over all the same
 */
export function follow(
  connection: Connection,
  stream: string,
  note: (message: JsMsg) => void,
  odd: (text: string) => void,
): Following {
  const ending = new AbortController();
  const isOver = (): boolean => ending.signal.aborted || connection.nc.isClosed();
  let messages: ConsumerMessages | undefined;
  let last = 0;
  const run = async (): Promise<void> => {
    while (!isOver()) {
      try {
        messages = await consumeAfter(connection, stream, last);
        if (isOver()) messages.stop();
        for await (const message of messages) {
          if (message.seq <= last) continue;
          last = message.seq;
          try {
            note(message);
          } catch (thrown) {
            odd(`${stream}, message ${message.seq}: ${messageOf(thrown)}`);
          }
        }
      } catch {
        // The server is away or has forgotten the consumer: a new one goes on behind the last message.
      }
      messages?.stop();
      await sleep(AGAIN_MS, ending.signal);
    }
  };
  void run();
  return {
    isCaughtUp: async () => {
      const { state } = await connection.ask(() => connection.jsm.streams.info(stream));
      return last >= state.last_seq;
    },
    stop: () => {
      ending.abort();
      messages?.stop();
    },
  };
}

async function consumeAfter(
  connection: Connection,
  stream: string,
  after: number,
): Promise<ConsumerMessages> {
  const consumer = await connection.ask(() =>
    connection.js.consumers.get(stream, {
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: after + 1,
    }),
  );
  return consumer.consume({
    ...{ max_messages: PULLED_MAX, expires: PULL_MS, idle_heartbeat: HEARTBEAT_MS },
    abort_on_missing_resource: true,
  });
}
