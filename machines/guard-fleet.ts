/** Orders to the breakers of all hosts: kept here, so that they outlive any host, and published for every guard to apply. */
import { assign, enqueueActions, setup } from 'xstate';
import { isolationEndMs } from './breaker.ts';
import { covers } from './breaker-rules.ts';
import { bounds, resilience } from './limits.ts';
import type { CallPolicy } from './limits.ts';
import type { CommandStamp, PublishedEvent } from './messages.ts';

export const orderVerbs = ['reset', 'isolate', 'release', 'observe', 'set'] as const;
export type OrderVerb = (typeof orderVerbs)[number];

/** An order as it is kept and published. */
export interface FleetOrder {
  readonly orderId: string;
  readonly verb: OrderVerb;
  readonly key: string;
  readonly reason: string;
  /** Who says to have ordered it. */
  readonly by: string;
  readonly atMs: number;
  readonly untilMs: number;
  readonly allowTeardown: boolean;
  readonly policy: Partial<CallPolicy>;
}

export interface FleetContext {
  /** Those that still mean something: isolations, observations and policies, the newest last. */
  readonly standing: readonly FleetOrder[];
}

export type FleetEvent = CommandStamp & {
  readonly type: `guard.${OrderVerb}`;
  readonly key: string;
  readonly reason: string;
  readonly forMs?: number;
  readonly allowTeardown?: boolean;
  readonly policy?: Partial<CallPolicy>;
};

const orderOf = (event: FleetEvent): FleetOrder => ({
  orderId: event.commandId,
  verb: event.type.slice('guard.'.length) as OrderVerb,
  key: event.key,
  reason: event.reason.slice(0, bounds.faultMessageChars),
  by: event.by ?? 'unknown',
  atMs: event.atMs,
  untilMs: isolationEndMs(event.atMs, event.forMs),
  allowTeardown: event.allowTeardown ?? false,
  policy: event.policy ?? {},
});

/** What stands after this order: it replaces an earlier one of its sort, policies are merged field by field. */
function after(standing: readonly FleetOrder[], order: FleetOrder): FleetOrder[] {
  if (order.verb === 'reset' || order.verb === 'release')
    return standing.filter((each) => each.verb === 'set' || !covers(order.key, each.key));
  const isPolicy = order.verb === 'set';
  const others = standing.filter(
    (each) => each.key !== order.key || (each.verb === 'set') !== isPolicy,
  );
  const earlier = isPolicy ? standing.find((each) => !others.includes(each)) : undefined;
  const merged = { ...order, policy: { ...earlier?.policy, ...order.policy } };
  return [...others, merged].slice(-resilience.ordersMax);
}

export const guardFleetMachine = setup({
  types: {
    context: {} as FleetContext,
    events: {} as FleetEvent,
    emitted: {} as PublishedEvent,
  },
  actions: {
    order: enqueueActions(({ event, enqueue }) => {
      const order = orderOf(event);
      enqueue(assign({ standing: ({ context }) => after(context.standing, order) }));
      enqueue.emit({
        type: 'ordered',
        correlationId: event.correlationId,
        data: { ...order },
      });
    }),
  },
}).createMachine({
  id: 'guardFleet',
  context: { standing: [] },
  initial: 'ordering',
  states: {
    ordering: {
      on: {
        'guard.reset': { actions: 'order' },
        'guard.isolate': { actions: 'order' },
        'guard.release': { actions: 'order' },
        'guard.observe': { actions: 'order' },
        'guard.set': { actions: 'order' },
      },
    },
  },
  options: { maxIterations: 20 },
});
