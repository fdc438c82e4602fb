/** Which children of an actor still take messages; sending to an absent one would stop the sender. */
import type { AnyActorRef } from 'xstate';

type Children = Readonly<Record<string, AnyActorRef | undefined>>;

/** XState types the children of a machine's own `self` loosely. */
export const childrenOf = (self: { getSnapshot(): { children: unknown } }): Children =>
  self.getSnapshot().children as Children;

export const isActive = (child: AnyActorRef | undefined): boolean =>
  (child?.getSnapshot() as { status?: string } | undefined)?.status === 'active';
