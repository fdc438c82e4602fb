/** Three buses to hold to one contract: the fake, the simulated one in its own time, and NATS. */
import { createInbox, headers } from '@nats-io/transport-node';
import type { Bus, QueryAnswer } from '../../../actors/ports.ts';
import { createBus } from '../../../src/nats/bus.ts';
import { connectNats } from '../../../src/nats/connection.ts';
import type { Connection } from '../../../src/nats/connection.ts';
import { commandSubject, querySubject, streams } from '../../../src/nats/subjects.ts';
import { Link } from '../../chaos/run/link.ts';
import { FakeBus } from '../../fakes/fake-bus.ts';
import type { FakeCommand, FakeReply } from '../../fakes/fake-bus.ts';
import { SimBus } from '../../simulation/bus.ts';
import { Outlets } from '../../simulation/outlets.ts';
import { SimStream } from '../../simulation/stream.ts';
import { startRig, until } from './nats-rig.ts';
import { SimulatedWorld } from './simulated.ts';

/** A way to the bus on which deliveries can get lost. */
export interface Line {
  readonly bus: Bus;
  /** What is delivered while `send` runs never arrives. */
  lose(send: () => Promise<void>): Promise<void>;
}

export interface Rig {
  readonly bus: Bus;
  publish(command: FakeCommand): Promise<{ sequence: number; duplicate: boolean }>;
  ask(verb: string, given: unknown): Promise<QueryAnswer>;
  /** An address, and what arrived there. */
  inbox(): { address: string; replies: () => Omit<FakeReply, 'inbox'>[] };
  /** Commands still in the stream. */
  waiting(): Promise<number>;
  line(): Promise<Line>;
  disconnect(): Promise<void>;
  reconnect(): Promise<void>;
  stop(): Promise<void>;
}

/** Whom `ask` asks about. */
export const asked = { namespace: 'shop', kind: 'cluster', name: 'eu' };

export async function fakeRig(): Promise<Rig> {
  const bus = new FakeBus();
  let inboxes = 0;
  return {
    bus,
    publish: async (command) => bus.publishCommand(command),
    ask: (verb, given) => bus.query({ ...asked, verb, arguments: given }),
    inbox: () => {
      const address = `_INBOX.fake.${(inboxes += 1)}`;
      const replies = () => bus.replies.filter(({ inbox }) => inbox === address);
      return { address, replies: () => replies().map(({ inbox: _, ...rest }) => rest) };
    },
    waiting: async () => bus.waiting().length,
    line: async () => ({
      bus,
      lose: async (send) => {
        bus.isConnected = false;
        await send();
        bus.reconnect();
      },
    }),
    disconnect: async () => void (bus.isConnected = false),
    reconnect: async () => bus.reconnect(),
    stop: async () => {},
  };
}

export async function simulatedRig(): Promise<Rig> {
  const world = new SimulatedWorld();
  const { clock, trace, weather, wire } = world;
  const stream = new SimStream(clock, trace, () => undefined);
  const outlets = new Outlets(clock);
  const life = world.life('h1');
  const sim = new SimBus(wire, stream, outlets);
  const bus = sim.client(life);
  const cut = async () => {
    world.cutOff(life.host);
  };
  const numbers = { messages: 0, inboxes: 0 };
  return {
    bus,
    publish: async (command) => {
      const { namespace, kind, name, verb } = command;
      const given = { 'Nats-Msg-Id': `m${(numbers.messages += 1)}`, ...command.headers };
      const stored = stream.publish({
        ...{ id: given['Nats-Msg-Id'], namespace, kind, name, verb, headers: given },
        arguments: (command.arguments ?? {}) as Record<string, unknown>,
      });
      if (stored === undefined) throw new Error('too many of this subject wait');
      return { sequence: stored.sequence, duplicate: stored.isRepeat };
    },
    ask: async (verb, given) => {
      const payload = new TextEncoder().encode(JSON.stringify(given));
      const answer = sim.query({ ...asked, verb, payload });
      if (answer === undefined) throw new Error('nobody answers');
      return answer;
    },
    inbox: () => {
      const address = `_INBOX.sim.${(numbers.inboxes += 1)}`;
      const replies = () => outlets.replies.filter(({ inbox }) => inbox === address);
      return {
        address,
        replies: () => replies().map(({ inbox: _inbox, atMs: _atMs, ...rest }) => rest),
      };
    },
    waiting: async () => stream.waiting().length,
    line: async () => ({
      bus,
      lose: async (send) => {
        await cut();
        const lostBefore = trace.faults.get('cut') ?? 0;
        await send();
        await until(() => (trace.faults.get('cut') ?? 0) > lostBefore, 'a delivery is lost');
        weather.clear();
      },
    }),
    disconnect: cut,
    reconnect: async () => {
      weather.clear();
    },
    stop: () => world.stop(),
  };
}

export async function natsRig(): Promise<Rig> {
  const rig = await startRig();
  const other = await rig.connect();
  const closing: (() => Promise<void>)[] = [];
  return {
    bus: rig.bus,
    publish: async (command) => {
      const sent = headers();
      for (const [name, value] of Object.entries(command.headers ?? {})) sent.set(name, value);
      const payload = command.payload ?? JSON.stringify(command.arguments ?? {});
      const ack = await other.js.publish(commandSubject(command), payload, { headers: sent });
      return { sequence: ack.seq, duplicate: ack.duplicate };
    },
    ask: async (verb, given) => {
      const subject = querySubject({ ...asked, verb });
      const answer = await other.nc.request(subject, JSON.stringify(given), { timeout: 2_000 });
      const status = answer.headers?.get('Nats-Service-Error-Code') ?? '';
      const body = answer.json<Record<string, unknown>>();
      if (status === '') return { body };
      const text = answer.headers?.get('Nats-Service-Error') ?? '';
      return { body, error: { status: Number(status), text } };
    },
    inbox: () => {
      const address = createInbox();
      const found: Omit<FakeReply, 'inbox'>[] = [];
      other.nc.subscribe(address, {
        callback: (_error, message) => {
          const body = message.json<Record<string, unknown>>();
          const status = message.headers?.get('Nats-Service-Error-Code') ?? '';
          const text = message.headers?.get('Nats-Service-Error') ?? '';
          found.push(status === '' ? { body } : { body, error: { status: Number(status), text } });
        },
      });
      return { address, replies: () => found };
    },
    waiting: async () => (await other.jsm.streams.info('FAIRLEAD_CMD')).state.messages,
    line: async () => {
      const link = await Link.open(() => ({ port: Number(new URL(rig.server.url).port) }));
      closing.push(() => link.close());
      const url = `nats://127.0.0.1:${link.port}`;
      const { nkeySeedFile } = rig.server;
      const far = await connectNats({ url, nkeySeedFile, name: 'far', log: rig.log });
      closing.unshift(() => far.close(200));
      const farBus = createBus(far, rig.log, { version: '0.1.0' });
      return { bus: farBus, lose: (send) => lose(link, far, other, send) };
    },
    ...{ disconnect: rig.disconnect, reconnect: rig.reconnect },
    stop: async () => {
      for (const close of closing) await close();
      await rig.stop();
    },
  };
}

/** What is on the line when it breaks is gone with it: the server has sent it, and no host has had it. */
async function lose(
  link: Link,
  far: Connection,
  other: Connection,
  send: () => Promise<void>,
): Promise<void> {
  link.silence();
  await send();
  const isUnderWay = async (): Promise<boolean> => {
    const { state } = await other.jsm.streams.info(streams.commands);
    let pending = 0;
    for await (const { num_ack_pending } of other.jsm.consumers.list(streams.commands))
      pending += num_ack_pending;
    return pending === state.messages;
  };
  await until(isUnderWay, 'everything is under way');
  link.cut();
  await until(() => !far.connected(), 'disconnected');
  link.heal();
  await far.untilConnected(5_000);
}
