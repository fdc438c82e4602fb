/** Which children of an actor still take messages; sending to an absent one would stop the sender. */
import type { AnyActorRef } from 'xstate';

type Children = Readonly<Record<string, AnyActorRef | undefined>>;

/** XState types the children of a machine's own `self` loosely. */
export const childrenOf = (self: { getSnapshot(): { children: unknown } }): Children =>
  self.getSnapshot().children as Children;

export const isActive = (child: AnyActorRef | undefined): boolean =>
  (child?.getSnapshot() as { status?: string } | undefined)?.status === 'active';

/**
 * As they are before the event in hand. To be addressed themselves, not by id: an id that this very event has made free
 * would stop the sender.
 */
export const activeChildren = (self: Parameters<typeof childrenOf>[0]): AnyActorRef[] =>
  Object.values(childrenOf(self)).filter(
    (child): child is AnyActorRef => child !== undefined && isActive(child),
  );
