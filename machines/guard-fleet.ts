/** Orders to all hosts, to their breakers and to themselves: kept here, so that they outlive any host, and published. */
import { assign, enqueueActions, setup } from 'xstate';
import { isolationEndMs } from './breaker.ts';
import { covers } from './breaker-rules.ts';
import { admitDrain, afterDrain, isDrainOrder, markOf } from './host-marks.ts';
import type { DrainOrder, HostMark } from './host-marks.ts';
import { bounds, resilience } from './limits.ts';
import type { CallPolicy } from './limits.ts';
import type { CommandStamp, PublishedEvent } from './messages.ts';
import { accepted, refused } from './refusal.ts';
import type { Admission } from './refusal.ts';

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
  /** Hosts that run nothing, the newest last. */
  readonly drained: readonly HostMark[];
}

type BreakerOrder = CommandStamp & {
  readonly type: `guard.${OrderVerb}`;
  readonly key: string;
  readonly reason: string;
  readonly forMs?: number;
  readonly allowTeardown?: boolean;
  readonly policy?: Partial<CallPolicy>;
};

export type FleetEvent = BreakerOrder | DrainOrder;

const orderOf = (event: BreakerOrder): FleetOrder => ({
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
function after(earlier: readonly FleetOrder[], order: FleetOrder): FleetOrder[] {
  // An isolation is over at its end, whether somebody releases it or not.
  const standing = earlier.filter(
    ({ verb, untilMs }) => verb !== 'isolate' || untilMs > order.atMs,
  );
  if (order.verb === 'reset' || order.verb === 'release')
    return standing.filter((each) => each.verb === 'set' || !covers(order.key, each.key));
  const isPolicy = order.verb === 'set';
  const isReplaced = ({ key, verb }: FleetOrder): boolean =>
    key === order.key && (verb === 'set') === isPolicy;
  const before = isPolicy ? standing.find(isReplaced)?.policy : undefined;
  const merged = { ...order, policy: { ...before, ...order.policy } };
  return [...standing.filter((each) => !isReplaced(each)), merged];
}

/** An order too many is refused, since none that stands is forgotten. */
export function admitFleetOrder({ standing, drained }: FleetContext, event: FleetEvent): Admission {
  if (isDrainOrder(event)) return admitDrain(drained, event);
  if (after(standing, orderOf(event)).length <= resilience.ordersMax) return accepted;
  return refused({
    code: 'precondition.failed',
    message: `${resilience.ordersMax} orders to breakers stand, which is the most`,
    because: ['release breakers that need no order any more: fairlead breaker release <key>'],
  });
}

export const guardFleetMachine = setup({
  types: {
    context: {} as FleetContext,
    events: {} as FleetEvent,
    emitted: {} as PublishedEvent,
  },
  actions: {
    order: enqueueActions(({ event, enqueue }) => {
      if (isDrainOrder(event)) return;
      const order = orderOf(event);
      enqueue(assign({ standing: ({ context }) => after(context.standing, order) }));
      enqueue.emit({
        type: 'ordered',
        correlationId: event.correlationId,
        data: { ...order },
      });
    }),
    mark: enqueueActions(({ event, enqueue }) => {
      if (!isDrainOrder(event)) return;
      const { type, correlationId } = event;
      const mark = markOf(event);
      enqueue(assign({ drained: ({ context }) => afterDrain(context.drained, { type, mark }) }));
      enqueue.emit({
        type: type === 'guard.drain' ? 'hostDrained' : 'hostUndrained',
        correlationId,
        data: { ...mark },
      });
    }),
  },
}).createMachine({
  id: 'guardFleet',
  context: { standing: [], drained: [] },
  initial: 'ordering',
  states: {
    ordering: {
      on: {
        'guard.reset': { actions: 'order' },
        'guard.isolate': { actions: 'order' },
        'guard.release': { actions: 'order' },
        'guard.observe': { actions: 'order' },
        'guard.set': { actions: 'order' },
        'guard.drain': { actions: 'mark' },
        'guard.undrain': { actions: 'mark' },
      },
    },
  },
  options: { maxIterations: 20 },
});
