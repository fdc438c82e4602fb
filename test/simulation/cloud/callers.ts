/** Whose call reaches a port. An attempt does not say so itself; what it asks before it acts is made anew for each call. */
import type { Call } from '../../../actors/effect.ts';
import type { Attempt } from '../../../actors/ports.ts';

const uids = new WeakMap<() => boolean, string>();

/** To be told of every call before it is performed. */
export const noteCaller = ({ mayAct, intent }: Call): void => {
  uids.set(mayAct, intent.uid);
};

/** The uid of the actor that makes it; empty when nobody knows. */
export const callerOf = ({ mayAct }: Attempt): string =>
  mayAct === undefined ? '' : (uids.get(mayAct) ?? '');
