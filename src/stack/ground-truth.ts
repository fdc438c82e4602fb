/** What really is in the simulated cloud, past every read-after-write lag: the simulator's own books. */
import { z } from 'zod';
import { sidePath } from './side-path.ts';
import type { SimulatorDoor } from './side-path.ts';

const truth = z.object({
  instances: z.array(
    z.object({
      instanceId: z.string(),
      state: z.string(),
      uid: z.string().optional(),
      slot: z.string().optional(),
      incarnation: z.string().optional(),
    }),
  ),
  launchedByUid: z.record(z.string(), z.number()),
  parameters: z.array(z.object({ name: z.string() })),
  securityGroups: z.array(
    z.object({ groupId: z.string(), tags: z.record(z.string(), z.string()) }),
  ),
});
export type GroundTruth = z.infer<typeof truth>;

/** Rejects when the simulator does not answer within 5 s. */
export async function groundTruth(simulator: SimulatorDoor): Promise<GroundTruth> {
  const signal = AbortSignal.timeout(5_000);
  return truth.parse(await sidePath(simulator, 'GET', 'state', { signal }));
}

/**
 * Instances beyond the first of the same place: cluster, slot and incarnation. A replaced node has another incarnation.
 * Instances of ours without a place count too: nobody would ever find them.
 */
export function duplicateInstances({ instances }: GroundTruth): number {
  const places = new Set<string>();
  return instances.filter(({ uid, slot, incarnation }) => {
    const place = `${uid ?? ''}/${slot ?? ''}/${incarnation ?? ''}`;
    const isFirst = !places.has(place) && uid !== undefined && slot !== undefined;
    places.add(place);
    return !isFirst;
  }).length;
}

export const livingInstances = ({ instances }: GroundTruth): number =>
  instances.filter(({ state }) => state !== 'terminated').length;

/** Names of parameters and security groups that clusters left behind. */
export function leftovers({ parameters, securityGroups }: GroundTruth): string[] {
  return [
    ...parameters.map(({ name }) => name).filter((name) => name.startsWith('/fairlead/')),
    ...securityGroups.filter(({ tags }) => 'fairlead:uid' in tags).map(({ groupId }) => groupId),
  ];
}
