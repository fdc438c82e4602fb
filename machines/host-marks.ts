/** Hosts that were ordered to run nothing, as the fleet keeps them. Pure. */
import { bounds, hosting } from './limits.ts';
import { accepted, refused, unchanged } from './refusal.ts';
import type { Admission } from './refusal.ts';
import type { CommandStamp } from './messages.ts';

export const drainVerbs = ['drain', 'undrain'] as const;
export type DrainVerb = (typeof drainVerbs)[number];

/** A host that gives its partitions away and takes none, until the mark is taken back. */
export interface HostMark {
  readonly host: string;
  readonly orderId: string;
  readonly reason: string;
  /** Who says to have ordered it. */
  readonly by: string;
  readonly atMs: number;
}

export type DrainOrder = CommandStamp & {
  readonly type: `guard.${DrainVerb}`;
  readonly host: string;
  readonly reason: string;
};

export const isDrainOrder = (event: { readonly type: string }): event is DrainOrder =>
  drainVerbs.some((verb) => event.type === `guard.${verb}`);

export const markOf = (event: DrainOrder): HostMark => ({
  host: event.host,
  orderId: event.commandId,
  reason: event.reason.slice(0, bounds.faultMessageChars),
  by: event.by ?? 'unknown',
  atMs: event.atMs,
});

/** The newest last. */
export const afterDrain = (drained: readonly HostMark[], { type, mark }: Marked): HostMark[] => [
  ...drained.filter(({ host }) => host !== mark.host),
  ...(type === 'guard.drain' ? [mark] : []),
];

interface Marked {
  readonly type: DrainOrder['type'];
  readonly mark: HostMark;
}

/** An order that says what stands already changes nothing; a mark too many is refused, since none is forgotten. */
export function admitDrain(drained: readonly HostMark[], { type, host }: DrainOrder): Admission {
  const isMarked = drained.some((each) => each.host === host);
  if (isMarked === (type === 'guard.drain')) return unchanged;
  if (type === 'guard.undrain' || drained.length < hosting.drainedHostsMax) return accepted;
  return refused({
    code: 'precondition.failed',
    message: `${drained.length} hosts are drained, which is the most`,
    because: ['take back the order for hosts that are gone: fairlead drain <host> --undo'],
  });
}
