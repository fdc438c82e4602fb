/** Ids of single calls, made from the id of the order: the same after every crash. */
import { replication } from '../../../machines/replication-limits.ts';

/** @throws Error when the id is none of ours, or would get longer than EC2 takes */
export function memberOp(opId: string, index: number): string {
  const id = opId.replace(/-m0$/, `-m${index}`);
  if (!opId.endsWith('-m0') || id.length > replication.opIdCharsMax)
    throw new Error(`operation id ${opId} cannot name member ${index}`);
  return id;
}

/** The order an id belongs to, whatever its member. */
export const orderOf = (op: string): string => op.replace(/-m\d+$/, '-m0');

/** The effect an id was made for, as `materialize`. */
export const effectIn = (op: string): string =>
  /-e\d+-([a-zA-Z]+)[HA]-s\d+-m\d+$/.exec(op)?.[1] ?? '';

/** The id of another effect of the same order: what a compensation takes back. */
export const siblingOp = (opId: string, effect: string): string =>
  opId.replace(/(-e\d+-)[a-zA-Z]+([HA]-s\d+-m0)$/, `$1${effect}$2`);
