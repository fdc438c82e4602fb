/** Everything that is written down of a world while it lives, by connections of its own past every line of a host. */
import type { JsMsg } from '@nats-io/jetstream';
import { connectClient } from '../../../src/nats/client.ts';
import type { FairleadClient } from '../../../src/nats/client.ts';
import { connectNats } from '../../../src/nats/connection.ts';
import type { Connection } from '../../../src/nats/connection.ts';
import { Complaints } from './checkers/books.ts';
import type { DeadLetter } from './checkers/books.ts';
import { EventBook } from './checkers/events.ts';
import { RecordBook } from './checkers/records.ts';
import type { Committed } from './checkers/records.ts';
import { follow } from './history.ts';
import type { Following } from './history.ts';
import { Recovery } from './recovery.ts';
import { Sender } from './sender.ts';
import type { World } from './world.ts';

export interface Ledger {
  readonly observer: Connection;
  readonly client: FairleadClient;
  readonly sender: Sender;
  readonly complaints: Complaints;
  readonly records: RecordBook;
  readonly events: EventBook;
  readonly deadLetters: DeadLetter[];
  readonly recovery: Recovery;
  /** Whether all that is stored by now is written down. Rejects while nobody can tell. */
  readonly isCaughtUp: () => Promise<boolean>;
  /** Commands that wait in the stream. Rejects while nobody can tell. */
  readonly waiting: () => Promise<number>;
  readonly close: () => Promise<void>;
}

const streams = { records: 'KV_FAIRLEAD_STATE', events: 'FAIRLEAD_EVT', dead: 'FAIRLEAD_DLQ' };

/**
 * @param run  makes ids of commands its own
 * @param committed  hears of every record of an actor, with the server's wall time
 */
export async function openLedger(
  { natsUrls: url, keys }: World,
  run: string,
  committed: (commit: Committed, atMs: number) => void = () => undefined,
): Promise<Ledger> {
  const nkeySeedFile = keys.cliSeedFile;
  const client = await connectClient({ url, nkeySeedFile });
  const observer = await connectNats({
    ...{ url, nkeySeedFile: keys.hostSeedFile, name: 'chaos' },
  });
  const caller = await connectNats({ url, nkeySeedFile, name: 'chaos callers' });
  const complaints = new Complaints();
  const sender = new Sender(caller, run);
  const records = new RecordBook(complaints);
  const events = new EventBook(complaints);
  const deadLetters: DeadLetter[] = [];
  const recovery = new Recovery(records, sender);
  const odd = (text: string): void => complaints.note('unreadable', text);
  const noted = (stream: string, note: (message: JsMsg) => void): Following =>
    follow(observer, stream, note, odd);
  const followings = [
    noted(streams.records, (message) => {
      const commit = isRecord(message) ? records.note(message.string()) : undefined;
      if (commit === undefined) return;
      recovery.noted(commit, performance.now());
      committed(commit, message.info.timestampNanos / 1_000_000);
    }),
    noted(streams.events, (message) => {
      events.note(message.string());
    }),
    noted(streams.dead, ({ headers }) => {
      const commandId = headers?.get('Fairlead-Command-Id') ?? '';
      deadLetters.push({ commandId, code: headers?.get('Fairlead-Fault') ?? '' });
    }),
  ];
  return {
    ...{ observer, client, sender, complaints, records, events, deadLetters, recovery },
    isCaughtUp: async () =>
      (await Promise.all(followings.map((each) => each.isCaughtUp()))).every(Boolean),
    waiting: async () => {
      const info = await observer.ask(() => observer.jsm.streams.info('FAIRLEAD_CMD'));
      return info.state.messages;
    },
    close: async () => {
      for (const following of followings) following.stop();
      await client.close();
      await caller.close();
      await observer.close();
    },
  };
}

/** Not what hosts keep of themselves. */
const isRecord = ({ subject, headers }: JsMsg): boolean =>
  /^\$KV\.FAIRLEAD_STATE\.\d+\./.test(subject) && headers?.has('KV-Operation') !== true;
