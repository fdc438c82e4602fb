/** Bugs in how the ports are used or kept: each is a wrapper around what lies outside the rings. */
import type { Bus, RecordStore } from '../../../actors/ports.ts';
import type { PortMutant } from '../world.ts';

/** Every command is taken off the stream as soon as it is there. */
const ackAtOnce = (bus: Bus): Bus => ({
  ...bus,
  consumeCommands: (partition, epoch, handle) =>
    bus.consumeCommands(partition, epoch, (delivery) => {
      delivery.ack();
      handle(delivery);
    }),
});

/** Whoever has written meanwhile: the last one wins. */
const writesAnyway = (store: RecordStore): RecordStore => ({
  ...store,
  write: async (key, bytes, revision) => {
    const outcome = await store.write(key, bytes, revision);
    if (outcome.kind !== 'stale') return outcome;
    const found = await store.load(key);
    return store.write(key, bytes, found?.revision ?? 0);
  },
});

export const portMutants: Readonly<Record<string, PortMutant>> = {
  ackBeforeCommit: { around: (ports) => ({ ...ports, bus: ackAtOnce(ports.bus) }) },
  zombieWrite: { around: (ports) => ({ ...ports, store: writesAnyway(ports.store) }) },
  noRecreation: {
    world: ({ stream }) => {
      stream.keepsDurables = true;
    },
  },
  publishWithoutId: {
    world: ({ outlets }) => {
      outlets.foldsNothing = true;
    },
  },
};
