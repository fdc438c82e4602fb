/** NATS errors in our words: was it stored, is it certain, what to do. */
import { JetStreamApiCodes, JetStreamApiError } from '@nats-io/jetstream';
import {
  AuthorizationError,
  ClosedConnectionError,
  DrainingConnectionError,
  RequestError,
} from '@nats-io/transport-node';

/** Not connected when the call was made: nothing was sent. */
export class NotConnected extends Error {
  override readonly name = 'NotConnected';
  constructor() {
    super('not connected to NATS');
  }
}

/** The connection broke while an answer was awaited: whether it was stored is unknown. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
  constructor() {
    super('the connection to NATS broke while an answer was awaited');
  }
}

/** Server codes of JetStream that decide something here. */
export const jetStreamCodes = {
  noSuitablePeers: 10005,
  insufficientResources: 10023,
  messageTooLarge: 10054,
  maximumMessages: 10077,
  consumerNotFound: JetStreamApiCodes.ConsumerNotFound,
  streamNotFound: JetStreamApiCodes.StreamNotFound,
  notEnabledForAccount: JetStreamApiCodes.JetStreamNotEnabledForAccount,
  noMessageFound: JetStreamApiCodes.NoMessageFound,
  filterTaken: 10100,
  wrongLastSequence: JetStreamApiCodes.StreamWrongLastSequence,
  wrongLastSequenceUnnamed: JetStreamApiCodes.StreamWrongLastSequenceUnknown,
} as const;

export const hasCode = (error: unknown, ...codes: readonly number[]): boolean =>
  error instanceof JetStreamApiError && codes.includes(error.code);

/** Nobody answers on that subject: JetStream is off, or a leader is being elected. Nothing was stored. */
export const isNoResponders = (error: unknown): boolean =>
  error instanceof Error &&
  (error.name === 'JetStreamNotEnabled' ||
    (error instanceof RequestError && error.isNoResponders()));

/** The connection is closed for good: trying again is useless. */
export const isClosed = (error: unknown): boolean =>
  error instanceof ClosedConnectionError || error instanceof DrainingConnectionError;

export const isUnauthorized = (error: unknown): boolean => error instanceof AuthorizationError;

/**
 * What a failed acknowledged write means. `stale`: the expected revision was not the current one. `notStored`: nothing was
 * written and the same call may be made again. `refused`: nothing was written and repeating is useless. `unknown`: read back.
 */
export function classifyWrite(error: unknown): 'stale' | 'notStored' | 'refused' | 'unknown' {
  const { wrongLastSequence, wrongLastSequenceUnnamed } = jetStreamCodes;
  if (hasCode(error, wrongLastSequence, wrongLastSequenceUnnamed)) return 'stale';
  if (error instanceof NotConnected || isNoResponders(error)) return 'notStored';
  if (error instanceof JetStreamApiError) return error.status === 503 ? 'notStored' : 'refused';
  return 'unknown';
}

/** One line for logs, without stack. */
export function describe(error: unknown): string {
  if (error instanceof JetStreamApiError) return `${error.message} (${error.code})`;
  return error instanceof Error ? error.message : String(error);
}
