/** A simulated cluster as the side path tells it, for whoever judges a run. Holds no secret. */
import { hasQuorum, learners, voters } from './membership.ts';
import type { Member, SimulatedCluster } from './membership.ts';

const namesOf = (members: readonly Member[]) => members.map(({ name }) => name).sort();

export function groundTruth(cluster: SimulatedCluster): object {
  return {
    ...cluster,
    hasQuorum: hasQuorum(cluster, Date.now()),
    voters: namesOf(voters(cluster)),
    learners: namesOf(learners(cluster)),
    cordoned: namesOf(cluster.members.filter(({ listed, cordoned }) => listed && cordoned)),
  };
}
