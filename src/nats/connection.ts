/** One connection to NATS: settings that survive server restarts, version floor at every (re)connect, JetStream probe. */
import { readFileSync } from 'node:fs';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import {
  TimeoutError,
  connect,
  credsAuthenticator,
  nkeyAuthenticator,
} from '@nats-io/transport-node';
import type { Authenticator, NatsConnection } from '@nats-io/transport-node';
import type { Telemetry } from '../../actors/ports.ts';
import { ConnectionLost, NotConnected, describe, hasCode } from './faults.ts';
import { isNoResponders, isUnauthorized, jetStreamCodes } from './faults.ts';
import { ServerTooOld, isVersionSafe } from './version.ts';
import { sleep } from '../sleep.ts';

export type Log = Telemetry['log'];

export interface ConnectionOptions {
  /** Server address; several separated by commas. */
  readonly url: string;
  /** Shown in the server's connection list. */
  readonly name: string;
  /** File with the nkey seed of our user; read again at every connect. */
  readonly nkeySeedFile?: string;
  /** File with JWT and seed (`.creds`). */
  readonly credsFile?: string;
  /** Own prefix per user, so that no other user can read the answers. Default `_INBOX`. */
  readonly inboxPrefix?: string;
  /** Accepts a server below the floor; it may lose data. Default false. */
  readonly acceptUnsafeVersion?: boolean;
  /** Keeps trying until a server answers; otherwise the first refusal rejects. Default false. */
  readonly waitForServer?: boolean;
  readonly log?: Log;
}

export interface Connection {
  readonly nc: NatsConnection;
  readonly js: JetStreamClient;
  readonly jsm: JetStreamManager;
  connected(): boolean;
  /** Resolves once connected; rejects with NotConnected after `waitMs`. */
  untilConnected(waitMs: number): Promise<void>;
  /** Runs one acknowledged call. Rejects with NotConnected (nothing sent) or ConnectionLost (unknown) without waiting. */
  ask<T>(call: () => Promise<T>): Promise<T>;
  /** Resolves when the connection is closed for good, with the reason unless we closed it. */
  readonly closed: Promise<Error | undefined>;
  /** Sends what is buffered, then closes; after `limitMs` (default 2 s) it closes anyway. */
  close(limitMs?: number): Promise<void>;
}

const LEADER_WAIT_MS = 30_000;
const FIRST_TRY_GAP_MS = 300;
const STILL_WAITING_LOG_MS = 10_000;
const JETSTREAM_CALL_MS = 5_000;

/** Short pings and connect time-out together: with either left at its default a frozen server hangs the client for 20 s. */
const steadfast = {
  maxReconnectAttempts: -1,
  timeout: 3_000,
  pingInterval: 5_000,
  maxPingOut: 2,
  reconnectTimeWait: 250,
  reconnectJitter: 250,
  noAsyncTraces: true,
} as const;

/**
 * Connects and proves that the server is new enough and has JetStream.
 * @throws ServerTooOld, or an Error that says what to do: no server, wrong key, no JetStream.
 */
export async function connectNats(options: ConnectionOptions): Promise<Connection> {
  const nc = await firstConnect(options);
  try {
    assertVersion(nc, options);
    await probeJetStream(nc, options.url);
  } catch (error) {
    await nc.close();
    throw error;
  }
  return watched(nc, options);
}

async function firstConnect(options: ConnectionOptions): Promise<NatsConnection> {
  const authenticator = authenticatorOf(options);
  const settings = {
    ...steadfast,
    servers: options.url.split(',').map((each) => each.trim()),
    name: options.name,
    ...(options.inboxPrefix !== undefined && { inboxPrefix: options.inboxPrefix }),
    ...(authenticator && { authenticator }),
  };
  let loggedAtMs = -STILL_WAITING_LOG_MS;
  for (;;) {
    try {
      return await connect(settings);
    } catch (error) {
      if (isUnauthorized(error))
        throw new Error(
          `nats-server at ${options.url} refuses our key: ${describe(error)}; check the nkey or creds file`,
          { cause: error },
        );
      if (options.waitForServer !== true)
        throw new Error(
          `no nats-server answers at ${options.url} (${describe(error)}); start one (npm start) or give another address`,
          { cause: error },
        );
      if (performance.now() - loggedAtMs >= STILL_WAITING_LOG_MS) {
        loggedAtMs = performance.now();
        options.log?.('warn', { url: options.url, cause: describe(error) }, 'waiting for NATS');
      }
      await sleep(FIRST_TRY_GAP_MS);
    }
  }
}

function authenticatorOf(options: ConnectionOptions): Authenticator | undefined {
  const { nkeySeedFile, credsFile } = options;
  const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
  if (nkeySeedFile !== undefined)
    return nkeyAuthenticator(() => encode(readFileSync(nkeySeedFile, 'utf8').trim()));
  if (credsFile !== undefined)
    return credsAuthenticator(() => encode(readFileSync(credsFile, 'utf8')));
  return undefined;
}

function assertVersion(nc: NatsConnection, options: ConnectionOptions): void {
  const version = nc.info?.version ?? 'unknown';
  if (isVersionSafe(version)) return;
  if (options.acceptUnsafeVersion !== true) throw new ServerTooOld(version);
  options.log?.('error', { version }, 'unsafe nats-server version accepted: data loss is possible');
}

/** Servers of a cluster that have just met answer nothing before they have chosen a leader: that is waited for. */
async function probeJetStream(nc: NatsConnection, url: string): Promise<void> {
  const giveUpAtMs = performance.now() + (nc.info?.cluster === undefined ? 0 : LEADER_WAIT_MS);
  for (;;) {
    try {
      await jetstreamManager(nc, { timeout: JETSTREAM_CALL_MS });
      return;
    } catch (error) {
      if (error instanceof TimeoutError && performance.now() < giveUpAtMs) continue;
      const off = isNoResponders(error) || hasCode(error, jetStreamCodes.notEnabledForAccount);
      if (!off) throw error;
      throw new Error(
        `nats-server at ${url} runs without JetStream for this account: start it with -js or a jetstream {} block ` +
          "(the service of Debian's package has none)",
        { cause: error },
      );
    }
  }
}

/** Follows the status feed; a server that is too old after a reconnect closes the connection. */
async function watched(nc: NatsConnection, options: ConnectionOptions): Promise<Connection> {
  let isConnected = true;
  let refusal: Error | undefined;
  const onConnected = new Set<() => void>();
  const onLost = new Set<() => void>();
  const tell = (listeners: Set<() => void>): void => {
    for (const listener of [...listeners]) listener();
  };
  const lose = (): void => {
    isConnected = false;
    tell(onLost);
  };
  const follow = async (): Promise<void> => {
    for await (const status of nc.status()) {
      if (status.type === 'disconnect' || status.type === 'staleConnection') {
        if (isConnected) options.log?.('warn', { url: options.url }, 'NATS connection lost');
        lose();
      } else if (status.type === 'reconnect') {
        try {
          assertVersion(nc, options);
        } catch (error) {
          refusal = error instanceof Error ? error : new Error(describe(error));
          await nc.close();
          return;
        }
        isConnected = true;
        options.log?.('info', { server: nc.getServer() }, 'NATS connection is back');
        tell(onConnected);
      } else if (status.type === 'error') {
        options.log?.('warn', { cause: describe(status.error) }, 'NATS reports an error');
      }
    }
  };
  void follow();
  const closed = nc.closed().then((reason) => {
    lose();
    return refusal ?? (reason instanceof Error ? reason : undefined);
  });
  const untilConnected = (waitMs: number): Promise<void> => {
    if (isConnected) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const settle = (end: () => void): void => {
        clearTimeout(timer);
        onConnected.delete(arrived);
        end();
      };
      const arrived = (): void => settle(resolve);
      const timer = setTimeout(() => settle(() => reject(new NotConnected())), waitMs);
      onConnected.add(arrived);
    });
  };
  const ask = <T>(call: () => Promise<T>): Promise<T> => {
    if (!isConnected) return Promise.reject(new NotConnected());
    return new Promise<T>((resolve, reject) => {
      const lost = (): void => reject(new ConnectionLost());
      onLost.add(lost);
      call()
        .then(resolve, reject)
        .finally(() => onLost.delete(lost));
    });
  };
  const timeout = { timeout: JETSTREAM_CALL_MS };
  return {
    nc,
    js: jetstream(nc, timeout),
    jsm: await jetstreamManager(nc, { ...timeout, checkAPI: false }),
    connected: () => isConnected,
    untilConnected,
    ask,
    closed,
    close: async (limitMs = 2_000) => {
      if (nc.isClosed()) return;
      const limit = new AbortController();
      const drained = isConnected ? nc.drain() : nc.close();
      await Promise.race([drained, sleep(limitMs, limit.signal)]).finally(() => limit.abort());
      await nc.close();
    },
  };
}
