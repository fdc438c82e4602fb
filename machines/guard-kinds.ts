/** How hosting reads the two guard machines: the fleet's orders, and the breakers of one host. */
import { admitFleetOrder, guardFleetMachine, orderVerbs } from './guard-fleet.ts';
import type { FleetContext, FleetEvent } from './guard-fleet.ts';
import { drainVerbs } from './host-marks.ts';
import { fleetKey } from './ids.ts';
import { accepted } from './refusal.ts';
import { summaryOfBreakers, summaryOfFleet } from './guard-summary.ts';
import { guardMachine } from './guard.ts';

interface ReadSnapshot {
  readonly value: unknown;
  readonly context: unknown;
}

const always = {
  isTombstone: () => false,
  isDeleting: () => false,
  replyFields: () => ({}),
  watches: () => undefined,
} as const;

const ordersOf = ({ context }: ReadSnapshot) => {
  const { standing, drained } = context as FleetContext;
  return { standing, drained };
};

const fleetVerbs = [...orderVerbs, ...drainVerbs] as const;

/** The partitioned actor `guard/system/fleet`. Any first order creates it. */
export const guardFleetKind = {
  ...always,
  name: 'guard',
  version: 1,
  machine: guardFleetMachine,
  creating: new Set<string>(fleetVerbs),
  input: () => undefined,
  // The first order of all makes the actor, whatever it says.
  admit: (snapshot: ReadSnapshot | undefined, event: { readonly type: string }) =>
    snapshot === undefined
      ? accepted
      : admitFleetOrder(snapshot.context as FleetContext, event as FleetEvent),
  allowed: () => [...fleetVerbs],
  stateText: () => 'ordering',
  summary: (snapshot: ReadSnapshot) => summaryOfFleet(snapshot.context as FleetContext),
  view: (snapshot: ReadSnapshot) => ({
    kind: 'Guard',
    metadata: { namespace: fleetKey.namespace, name: fleetKey.name },
    status: { state: 'ordering', ...ordersOf(snapshot) },
  }),
};

/** One host's breakers; takes no commands, and its record is not in any partition. */
export const hostGuardKind = {
  ...always,
  name: 'guard',
  version: 1,
  machine: guardMachine,
  creating: new Set<string>(),
  input: () => undefined,
  admit: () => ({ kind: 'accepted' }) as const,
  allowed: () => [],
  stateText: () => 'watching',
  summary: (snapshot: ReadSnapshot) => summaryOfBreakers(snapshot),
  view: () => ({}),
};
