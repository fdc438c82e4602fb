/** Store and bus as seen by the guard: every call is counted, none is ever held up. */
import type { Bus, CallGuard, IdempotencyStore, RecordStore } from '../ports.ts';

/** What both stores do with one key. A write whose outcome is unknown counts as a failure of the store. */
const observedAccess = (
  guard: CallGuard,
  store: Pick<RecordStore, 'load' | 'write'>,
): Pick<RecordStore, 'load' | 'write'> => ({
  load: (key) => guard.observed('nats/store', () => store.load(key)),
  write: (key, bytes, expectedRevision) =>
    guard.observed(
      'nats/store',
      () => store.write(key, bytes, expectedRevision),
      ({ kind }) => kind === 'unknown',
    ),
});

export const observedStore = (guard: CallGuard, store: RecordStore): RecordStore => ({
  ...observedAccess(guard, store),
  scan: (partitions) => store.scan(partitions),
});

export const observedIdempotency = (
  guard: CallGuard,
  store: IdempotencyStore,
): IdempotencyStore => ({
  ...observedAccess(guard, store),
  scan: () => store.scan(),
});

export const observedBus = (guard: CallGuard, bus: Bus): Bus => ({
  consumeCommands: (partition, epoch, handle) => bus.consumeCommands(partition, epoch, handle),
  publishEvent: (event) => guard.observed('nats/publish', () => bus.publishEvent(event)),
  publishDeadLetter: (letter) =>
    guard.observed('nats/publish', () => bus.publishDeadLetter(letter)),
  reply: (inbox, body, error) => {
    bus.reply(inbox, body, error);
  },
  serveQueries: (handle) => bus.serveQueries(handle),
  history: (filter) => guard.observed('nats/request', () => bus.history(filter)),
  findDeadLetter: (filter) => guard.observed('nats/request', () => bus.findDeadLetter(filter)),
  letterOf: (delivery, commandId) =>
    guard.observed('nats/request', () => bus.letterOf(delivery, commandId)),
  connected: () => bus.connected(),
});
