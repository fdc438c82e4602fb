/** Planted bugs by name, in the order of the list they come from. */
import type { PortMutant } from '../world.ts';
import { portMutants } from './ports.ts';
import { rewrites } from './rewrites.ts';
import type { Rewrite } from './rewrites.ts';

/** With the checkers that are there to find it: what another one accuses has not found it. */
const findersOf = {
  ackBeforeCommit: ['commands'],
  effectBeforeCommit: ['records'],
  lostTimer: ['deadlines'],
  tokenNotInRecord: ['records'],
  noRecreation: ['commands'],
  zombieWrite: ['records'],
  quietWindowSkipped: ['windows'],
  publishWithoutId: ['events'],
  deleteBeforeResolving: ['instances'],
  dedupeDropped: ['commands'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export const mutantNames = Object.keys(findersOf) as readonly (keyof typeof findersOf)[];

/** The first accusation of a checker that is there to find this bug. */
export function findingOf(mutant: string, problems: readonly string[]): string | undefined {
  const finders: readonly string[] = findersOf[mutant as keyof typeof findersOf];
  return problems.find((each) => finders.includes(each.split(':', 1)[0] ?? ''));
}

export type Planted = { readonly port: PortMutant } | { readonly rewrite: Rewrite };

export function mutantOf(name: string): Planted | undefined {
  const port = portMutants[name];
  if (port !== undefined) return { port };
  const rewrite = rewrites[name];
  return rewrite === undefined ? undefined : { rewrite };
}
