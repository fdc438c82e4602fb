/** Planted bugs by name, in the order of the list they come from. */
import type { PortMutant } from '../world.ts';
import { portMutants } from './ports.ts';
import { rewrites } from './rewrites.ts';
import type { Rewrite } from './rewrites.ts';

export const mutantNames = [
  ...(['ackBeforeCommit', 'effectBeforeCommit', 'lostTimer', 'tokenNotInRecord'] as const),
  ...(['noRecreation', 'zombieWrite', 'quietWindowSkipped', 'publishWithoutId'] as const),
  ...(['deleteBeforeResolving', 'dedupeDropped'] as const),
] as const;

export type Planted = { readonly port: PortMutant } | { readonly rewrite: Rewrite };

export function mutantOf(name: string): Planted | undefined {
  const port = portMutants[name];
  if (port !== undefined) return { port };
  const rewrite = rewrites[name];
  return rewrite === undefined ? undefined : { rewrite };
}
