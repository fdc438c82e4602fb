/** Bugs in how the ports are used or kept: each is a wrapper around what lies outside the rings. */
import type { Bus } from '../../../actors/ports.ts';
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

/** The server is told no id to know a repeat by; the body has its own. */
const withoutIds = (bus: Bus): Bus => ({
  ...bus,
  publishEvent: (event) => bus.publishEvent({ ...event, id: '' }),
});

export const portMutants: Readonly<Record<string, PortMutant>> = {
  ackBeforeCommit: { around: (ports) => ({ ...ports, bus: ackAtOnce(ports.bus) }) },
  /** Put instead of compare-and-set: whoever comes last wins, a caller that has given up among them. */
  zombieWrite: {
    world: ({ store }) => {
      store.ignoresRevisions = true;
    },
  },
  noRecreation: {
    world: ({ stream }) => {
      stream.keepsDurables = true;
    },
  },
  publishWithoutId: { around: (ports) => ({ ...ports, bus: withoutIds(ports.bus) }) },
};
