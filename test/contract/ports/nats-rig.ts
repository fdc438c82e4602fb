/** A real server with our streams, connections to it, and lost answers on demand. */
import { TimeoutError } from '@nats-io/transport-node';
import type { Bus } from '../../../actors/ports.ts';
import { createBus } from '../../../src/nats/bus.ts';
import { connectNats } from '../../../src/nats/connection.ts';
import type { Connection, Log } from '../../../src/nats/connection.ts';
import { setUpStreams } from '../../../src/nats/setup.ts';
import { startNats } from '../../servers/nats.ts';
import type { NatsServer } from '../../servers/nats.ts';

export interface NatsRig {
  readonly server: NatsServer;
  /** Set up with a short lease. */
  readonly connection: Connection;
  /** Over that connection. */
  readonly bus: Bus;
  /** Another connection, closed with the rig. */
  connect(): Promise<Connection>;
  /** Lines logged through `log`, newest last. */
  readonly logged: string[];
  readonly log: Log;
  /** Kills the server; every connection has noticed by then. */
  disconnect(): Promise<void>;
  reconnect(): Promise<void>;
  stop(): Promise<void>;
}

export const LEASE_TTL_MS = 1_000;
const binding = { mode: 'simulator', installation: 'contract' };

export async function startRig(): Promise<NatsRig> {
  const server = await startNats();
  const open: Connection[] = [];
  const logged: string[] = [];
  const log: Log = (_level, fields, message) =>
    void logged.push(`${message} ${JSON.stringify(fields)}`);
  const connect = async (): Promise<Connection> => {
    const { url, nkeySeedFile } = server;
    const connection = await connectNats({ url, nkeySeedFile, name: 'contract', log });
    open.push(connection);
    return connection;
  };
  const all = (isUp: boolean) => () => open.every((each) => each.connected() === isUp);
  const disconnect = async (): Promise<void> => {
    await server.kill('SIGKILL');
    await until(all(false), 'disconnected');
  };
  const reconnect = async (): Promise<void> => {
    await server.restart();
    await until(all(true), 'connected again');
  };
  const stop = async (): Promise<void> => {
    for (const each of open) await each.close(200);
    await server.stop();
  };
  try {
    const connection = await connect();
    await setUpStreams(connection, { holder: 'contract', binding, leaseTtlMs: LEASE_TTL_MS });
    const bus = createBus(connection, log, { version: '0.1.0' });
    return { server, connection, bus, connect, logged, log, disconnect, reconnect, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The same connection, of which the next acknowledgement gets lost after the server has sent it. */
export function lossy(connection: Connection): { connection: Connection; loseNext(): void } {
  let isLosing = false;
  const js = Object.create(connection.js) as Connection['js'];
  js.publish = async (...args) => {
    const ack = await connection.js.publish(...args);
    if (!isLosing) return ack;
    isLosing = false;
    throw new TimeoutError();
  };
  return { connection: { ...connection, js }, loseNext: () => (isLosing = true) };
}

/** Looks until it holds; fails after `limitMs`. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  what: string,
  limitMs = 15_000,
): Promise<void> {
  const endMs = performance.now() + limitMs;
  while (!(await holds())) {
    if (performance.now() > endMs) throw new Error(`not within ${limitMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
