/** Parent of a host's breakers: each has a slot of a finite set, since XState remembers every child id for ever. */
import { enqueueActions, setup } from 'xstate';
import { breakerMachine } from './breaker.ts';
import { resilience } from './limits.ts';
import type { CallPolicy } from './limits.ts';

/** `b000`…`b255`. */
export const guardSlots: readonly string[] = Array.from(
  { length: resilience.breakersMax },
  (_, index) => `b${String(index).padStart(3, '0')}`,
);

export interface GuardContext {
  /** Slot → breaker key. */
  readonly slots: Readonly<Record<string, string>>;
}

export type GuardEvent =
  | {
      readonly type: 'breaker.adopt';
      readonly slot: string;
      readonly key: string;
      readonly policy: CallPolicy;
      readonly atMs: number;
    }
  | { readonly type: 'breaker.drop'; readonly slot: string };

export const guardMachine = setup({
  types: { context: {} as GuardContext, events: {} as GuardEvent },
  actors: { breaker: breakerMachine },
  actions: {
    adopt: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== 'breaker.adopt' || context.slots[event.slot] !== undefined) return;
      const { slot, key, policy, atMs } = event;
      enqueue.spawnChild('breaker', { id: slot, input: { key, policy, atMs } });
      enqueue.assign({ slots: { ...context.slots, [slot]: key } });
    }),
    drop: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== 'breaker.drop' || context.slots[event.slot] === undefined) return;
      enqueue.stopChild(event.slot);
      const { [event.slot]: _dropped, ...slots } = context.slots;
      enqueue.assign({ slots });
    }),
  },
}).createMachine({
  id: 'guard',
  context: { slots: {} },
  initial: 'watching',
  states: {
    watching: {
      on: { 'breaker.adopt': { actions: 'adopt' }, 'breaker.drop': { actions: 'drop' } },
    },
  },
  options: { maxIterations: 20 },
});
