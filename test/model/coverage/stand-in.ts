/** Machines that stand in for those around one under test: a child that ends on request, and a parent that hands on. */
import { sendTo, setup } from 'xstate';
import type { AnyActorRef, AnyStateMachine, EventObject } from 'xstate';

const outputOf = ({ event }: { event: object }): unknown =>
  'output' in event ? event.output : undefined;

const anything: unknown = undefined;

/** Keeps what it was started with, takes everything, does nothing, and ends with the output it is told. */
export const standIn = setup({
  types: {
    context: {} as { readonly input: unknown },
    input: anything,
    events: {} as { readonly type: 'standIn.end'; readonly output: unknown },
  },
}).createMachine({
  id: 'standIn',
  context: ({ input }) => ({ input }),
  initial: 'standing',
  states: {
    standing: { on: { 'standIn.end': 'over' } },
    over: { type: 'final', output: outputOf },
  },
  output: outputOf,
});

/** What a stand-in was started with. */
export const inputOf = (child: AnyActorRef | undefined): unknown =>
  (child?.getSnapshot() as { context: { input: unknown } } | undefined)?.context.input;

/** Child id of the machine under test. */
export const childId = 'it';

export interface Handed extends EventObject {
  readonly type: 'hand';
  readonly event: EventObject;
}

/** Its child is the machine under test: what that reports has somebody to go to, and is not answered. */
export const parentOf = (machine: AnyStateMachine, input: unknown): AnyStateMachine =>
  setup({ types: { events: {} as Handed }, actors: { it: machine } }).createMachine({
    id: 'parent',
    invoke: { id: childId, src: 'it', input: () => input as never },
    on: { hand: { actions: sendTo(childId, ({ event }) => event.event) } },
  });
