/** Store and bus as seen by the guard: every call is counted, none is ever held up. */
import type { Bus, CallGuard, IdempotencyStore, RecordStore } from '../ports.ts';

export const observedStore = (guard: CallGuard, store: RecordStore): RecordStore => ({
  load: (key) => guard.observed('nats/store', () => store.load(key)),
  write: (key, bytes, expectedRevision) =>
    guard.observed(
      'nats/store',
      () => store.write(key, bytes, expectedRevision),
      ({ kind }) => kind === 'unknown',
    ),
  scan: (partitions) => store.scan(partitions),
});

export const observedIdempotency = (
  guard: CallGuard,
  store: IdempotencyStore,
): IdempotencyStore => ({
  load: (key) => guard.observed('nats/store', () => store.load(key)),
  write: (key, bytes, expectedRevision) =>
    guard.observed(
      'nats/store',
      () => store.write(key, bytes, expectedRevision),
      ({ kind }) => kind === 'unknown',
    ),
  scan: () => store.scan(),
});

export const observedBus = (guard: CallGuard, bus: Bus): Bus => ({
  consumeCommands: (epoch, handle) => bus.consumeCommands(epoch, handle),
  publishEvent: (event) => guard.observed('nats/publish', () => bus.publishEvent(event)),
  publishDeadLetter: (letter) =>
    guard.observed('nats/publish', () => bus.publishDeadLetter(letter)),
  reply: (inbox, body, error) => {
    bus.reply(inbox, body, error);
  },
  serveQueries: (handle) => bus.serveQueries(handle),
  history: (filter) => guard.observed('nats/request', () => bus.history(filter)),
  findDeadLetter: (filter) => guard.observed('nats/request', () => bus.findDeadLetter(filter)),
  connected: () => bus.connected(),
});
