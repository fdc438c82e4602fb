/** Consumes the commands of a partition in order, hands each command over once, and heals when the durable or the server is gone. */
import { AckPolicy, DeliverPolicy } from '@nats-io/jetstream';
import type { ConsumerMessages, JsMsg } from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import { hosting } from '../../machines/limits.ts';
import { NewerOwner } from '../../actors/newer-owner.ts';
import type { CommandDelivery, Subscription } from '../../actors/ports.ts';
import { sleep } from '../sleep.ts';
import type { Connection, Log } from './connection.ts';
import { deleteLeftovers, durableName } from './durables.ts';
import type { Turf } from './durables.ts';
import { describe, hasCode, isClosed, jetStreamCodes } from './faults.ts';
import { parseStoredCommand, partitionFilter, streams } from './subjects.ts';

const STREAM = streams.commands;
const ACK_WAIT_MS = 10_000;
/** Of one partition, sent to us and not settled: so many wait in the client while its feed is paused. More than one actor's mailbox holds. */
const ACK_PENDING_MAX = 500;
/** Asked for in one pull. */
const PULLED_MAX = 200;
/** Two missed heartbeats make the client look whether its durable still exists. */
const HEARTBEAT_MS = 2_500;
const PULL_MS = 10_000;
const HEAL_GAP_MS = 500;
const TAKE_OVER_TRIES = 10;

interface Feed {
  readonly connection: Connection;
  readonly log: Log;
  readonly turf: Turf;
  readonly handle: (delivery: CommandDelivery) => void;
  /** Handed over and not settled, by stream sequence, with the newest message to acknowledge. */
  readonly inFlight: Map<number, JsMsg>;
  readonly onSettled: Set<() => void>;
  /** Of the durable's own count: what the last message that came was. */
  delivered: number;
  /** Highest stream sequence that was handed over since the durable was made. */
  handedMax: number;
  /** Highest stream sequence that was stored when the durable was made. */
  waitingMax: number;
  messages: ConsumerMessages | undefined;
  paused: (() => void) | undefined;
  resumed: Promise<void>;
  readonly ending: AbortController;
}

/**
 * Deletes what earlier epochs of the partition left and adds the durable of this one: that brings unacknowledged commands back at once and in
 * stream order, and ends the pulls of a host that was thought dead.
 */
export async function consumeCommands(
  connection: Connection,
  log: Log,
  turf: Turf,
  handle: (delivery: CommandDelivery) => void,
): Promise<Subscription> {
  const feed: Feed = {
    ...{ connection, log, turf, handle, inFlight: new Map(), onSettled: new Set() },
    ...{
      delivered: 0,
      handedMax: 0,
      waitingMax: 0,
      messages: undefined,
      paused: undefined,
      resumed: Promise.resolve(),
    },
    ending: new AbortController(),
  };
  await takeOver(feed);
  await startPulling(feed);
  const running = run(feed);
  let stopped: Promise<void> | undefined;
  const end = async (): Promise<void> => {
    feed.ending.abort();
    feed.paused?.();
    feed.messages?.stop();
    await running;
    await allSettled(feed);
  };
  return {
    pause: () => {
      if (feed.paused) return;
      feed.resumed = new Promise((resolve) => (feed.paused = resolve));
    },
    resume: () => {
      feed.paused?.();
      feed.paused = undefined;
    },
    stop: () => (stopped ??= end()),
  };
}

/** Retried while another host's late heal puts a durable of its own back between our delete and our add. */
async function takeOver(feed: Feed): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await deleteLeftovers(feed.connection, feed.turf);
      await addDurable(feed);
      return;
    } catch (error) {
      if (!hasCode(error, jetStreamCodes.filterTaken) || tries >= TAKE_OVER_TRIES) throw error;
      await sleep(HEAL_GAP_MS / 5);
    }
  }
}

async function addDurable(feed: Feed): Promise<void> {
  const { connection, turf } = feed;
  await connection.ask(() =>
    connection.jsm.consumers.add(STREAM, {
      durable_name: durableName(turf),
      ack_policy: AckPolicy.Explicit,
      deliver_policy: DeliverPolicy.All,
      ack_wait: nanos(ACK_WAIT_MS),
      max_ack_pending: ACK_PENDING_MAX,
      filter_subject: partitionFilter(turf.partition),
    }),
  );
  // Behind the deletion of the durables before: nobody can have had what is stored later.
  const { state } = await connection.ask(() => connection.jsm.streams.info(STREAM));
  feed.waitingMax = state.last_seq;
  feed.delivered = 0;
  feed.handedMax = 0;
}

async function startPulling(feed: Feed): Promise<void> {
  const { connection, turf } = feed;
  const consumer = await connection.ask(() =>
    connection.js.consumers.get(STREAM, durableName(turf)),
  );
  feed.messages = await consumer.consume({
    max_messages: PULLED_MAX,
    expires: PULL_MS,
    idle_heartbeat: HEARTBEAT_MS,
    abort_on_missing_resource: true,
  });
  // Stopped while it was being asked for.
  if (isOver(feed)) feed.messages.stop();
}

/**
 * Survives server restarts (the client pulls again by itself), a lost durable, and a lost delivery: the durable is made anew,
 * unless a newer owner is there.
 */
async function run(feed: Feed): Promise<void> {
  while (!feed.ending.signal.aborted) {
    try {
      if (feed.messages) await deliver(feed, feed.messages);
    } catch (error) {
      feed.log('warn', { ...feed.turf, cause: describe(error) }, 'command feed broke off');
    }
    if (isOver(feed)) return;
    feed.messages?.stop();
    feed.messages = undefined;
    await sleep(HEAL_GAP_MS, feed.ending.signal);
    if (isOver(feed)) return;
    try {
      await takeOver(feed);
      await startPulling(feed);
      feed.log('info', { ...feed.turf }, 'command feed is back');
    } catch (error) {
      if (error instanceof NewerOwner) {
        feed.log('warn', { ...feed.turf }, 'a newer owner consumes the commands');
        return;
      }
      feed.log('warn', { ...feed.turf, cause: describe(error) }, 'command feed not back yet');
    }
  }
}

const isOver = (feed: Feed): boolean => feed.ending.signal.aborted || feed.connection.nc.isClosed();

async function deliver(feed: Feed, messages: ConsumerMessages): Promise<void> {
  for await (const message of messages) {
    await feed.resumed;
    if (feed.ending.signal.aborted) return;
    assertNext(feed, message);
    const { seq } = message;
    const isInHand = feed.inFlight.has(seq);
    if (!isInHand && seq <= feed.handedMax) {
      // Settled since this copy was sent, as while the feed was paused, or its acknowledgement was lost.
      message.ack();
      continue;
    }
    feed.handedMax = Math.max(feed.handedMax, seq);
    feed.inFlight.set(seq, message);
    // The acknowledgement wait ran out while the command is still being worked on: settle the newest, hand over once.
    if (!isInHand) handOver(feed, message);
  }
}

/**
 * What a broken connection swallowed would come back behind its successors, when its acknowledgement wait is over.
 * @throws Error when something before this message was delivered and did not come: a durable made anew begins with that
 */
function assertNext(feed: Feed, { info }: JsMsg): void {
  const next = feed.delivered + 1;
  if (info.deliverySequence !== next)
    throw new Error(`delivery ${next} was lost, ${info.deliverySequence} came`);
  feed.delivered = next;
}

function handOver(feed: Feed, message: JsMsg): void {
  const { connection } = feed;
  const { seq } = message;
  const to = parseStoredCommand(message.subject);
  const newest = (): JsMsg => feed.inFlight.get(seq) ?? message;
  const settle = (): void => {
    feed.inFlight.delete(seq);
    for (const listener of [...feed.onSettled]) listener();
  };
  if (!to) {
    feed.log(
      'error',
      { subject: message.subject, sequence: seq },
      'not a command subject: removed',
    );
    message.term('not a command subject');
    settle();
    return;
  }
  const { namespace, kind, name, verb } = to;
  feed.handle({
    ...{ sequence: seq, namespace, kind, name, verb },
    headers: headersOf(message),
    payload: message.data,
    deliveries: message.info.deliveryCount,
    wasWaiting: seq <= feed.waitingMax || message.info.deliveryCount > 1,
    ack: () => {
      newest().ack();
      settle();
    },
    ackConfirmed: async () => {
      await removeForCertain(connection, newest());
      settle();
    },
    terminate: async (reason) => {
      if (!connection.connected()) throw new Error('not connected to NATS');
      newest().term(reason);
      await connection.ask(() => connection.nc.flush());
      settle();
    },
    working: () => newest().working(),
  });
}

/** A double acknowledgement; when its answer is missing, the message is deleted by sequence, which may be repeated. */
async function removeForCertain(connection: Connection, message: JsMsg): Promise<void> {
  const isRemoved = await connection
    .ask(() => message.ackAck())
    .catch((error: unknown) => {
      if (isClosed(error)) throw error;
      return false;
    });
  if (isRemoved) return;
  try {
    await connection.ask(() => connection.jsm.streams.deleteMessage(STREAM, message.seq, false));
  } catch (error) {
    const left = await connection.ask(() =>
      connection.jsm.streams.getMessage(STREAM, { seq: message.seq }),
    );
    if (left !== null) throw error;
  }
}

function headersOf(message: JsMsg): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, values] of message.headers ?? []) found[name] = values.at(-1) ?? '';
  return found;
}

/** Waits for what was handed over; a host that will never settle it (its lease is lost) is not waited for longer. */
async function allSettled(feed: Feed): Promise<void> {
  const limit = new AbortController();
  const look = (): void => {
    if (feed.inFlight.size === 0) limit.abort();
  };
  feed.onSettled.add(look);
  look();
  await sleep(hosting.drainMs, limit.signal);
}
