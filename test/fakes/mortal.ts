/** Ports of a process that can be killed: from then on its calls neither arrive nor return, and its timers are silent. */
import type { Bus, Clock, CommandDelivery, Leases, RecordStore } from '../../actors/ports.ts';

type Alive = () => boolean;

const never = <T>(): Promise<T> => new Promise<T>(() => undefined);

/** The answer of a call that was made alive is lost when the process died meanwhile. */
const live = async <T>(alive: Alive, call: () => Promise<T>): Promise<T> => {
  if (!alive()) return never();
  try {
    const value = await call();
    return alive() ? value : await never<T>();
  } catch (thrown) {
    if (!alive()) return never();
    throw thrown;
  }
};

export const mortalClock = (clock: Clock, alive: Alive): Clock => ({
  nowMs: () => clock.nowMs(),
  monotonicMs: () => clock.monotonicMs(),
  after: (delayMs, run) =>
    clock.after(delayMs, () => {
      if (alive()) run();
    }),
});

export const mortalStore = (store: RecordStore, alive: Alive): RecordStore => ({
  load: (key) => live(alive, () => store.load(key)),
  write: (key, bytes, revision) => live(alive, () => store.write(key, bytes, revision)),
  scan: (partitions) => store.scan(partitions),
});

export const mortalLeases = (leases: Leases, alive: Alive): Leases => ({
  ttlMs: leases.ttlMs,
  survey: (isFresh) => live(alive, () => leases.survey(isFresh)),
  announce: (presence) => live(alive, () => leases.announce(presence)),
  withdraw: () => live(alive, () => leases.withdraw()),
  acquire: (partition) => live(alive, () => leases.acquire(partition)),
  renew: (partition) => live(alive, () => leases.renew(partition)),
  release: (partition) => live(alive, () => leases.release(partition)),
  onFreed: (tell) =>
    leases.onFreed(() => {
      if (alive()) tell();
    }),
});

const mortalDelivery = (delivery: CommandDelivery, alive: Alive): CommandDelivery => ({
  ...delivery,
  ack: () => {
    if (alive()) delivery.ack();
  },
  ackConfirmed: () => live(alive, () => delivery.ackConfirmed()),
  terminate: (reason) => live(alive, () => delivery.terminate(reason)),
  working: () => {
    if (alive()) delivery.working();
  },
});

export const mortalBus = (bus: Bus, alive: Alive): Bus => ({
  consumeCommands: (partition, epoch, handle) =>
    live(alive, () =>
      bus.consumeCommands(partition, epoch, (delivery) => {
        if (alive()) handle(mortalDelivery(delivery, alive));
      }),
    ),
  publishEvent: (event) => live(alive, () => bus.publishEvent(event)),
  publishDeadLetter: (letter) => live(alive, () => bus.publishDeadLetter(letter)),
  reply: (inbox, body, error) => {
    if (alive()) bus.reply(inbox, body, error);
  },
  serveQueries: (handle) => bus.serveQueries(handle),
  history: (filter) => bus.history(filter),
  findDeadLetter: (filter) => bus.findDeadLetter(filter),
  letterOf: (delivery, commandId) => live(alive, () => bus.letterOf(delivery, commandId)),
  connected: () => alive() && bus.connected(),
});
