/** Looks at the simulator's own books all the time: no slot ever has two live machines, and nothing outlives its cluster. */
import { groundTruth, leftovers } from '../../../../src/stack/ground-truth.ts';
import type { GroundTruth } from '../../../../src/stack/ground-truth.ts';
import type { SimulatorDoor } from '../../../../src/stack/side-path.ts';
import { doubledSlots } from '../../../servers/stack-world.ts';
import type { Complaints } from './books.ts';
import { messageOf } from '../../../../actors/faults.ts';

const LOOK_MS = 200;

/** Looks in a row that may come to nothing: a simulator under load answers late, one that is gone for good never. */
const UNSEEN_MAX = 50;

export interface InstanceWatch {
  readonly looks: () => number;
  readonly stop: () => Promise<void>;
}

export function watchInstances(simulator: SimulatorDoor, complaints: Complaints): InstanceWatch {
  const ending = new AbortController();
  const known = new Set<string>();
  let looks = 0;
  let unseen = 0;
  const look = async (): Promise<void> => {
    const truth = await groundTruth(simulator);
    looks += 1;
    for (const slot of [...doubledSlots(truth), ...doubledPlaces(truth)]) {
      if (known.has(slot)) continue;
      known.add(slot);
      complaints.note('doubledInstances', `${slot} has two machines`);
    }
  };
  const run = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      try {
        await look();
        unseen = 0;
      } catch (thrown) {
        unseen += 1;
        if (unseen === UNSEEN_MAX)
          complaints.note('spec', `nobody could look at the machines: ${messageOf(thrown)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  };
  const running = run();
  return {
    looks: () => looks,
    stop: () => {
      ending.abort();
      return running;
    },
  };
}

/** Launches of one cluster, slot and incarnation beyond the first, ended ones included. */
export function doubledPlaces({ instances }: GroundTruth): string[] {
  const places = instances.map(
    ({ uid, slot, incarnation }) => `${uid ?? 'no uid'}/${slot ?? 'no slot'} i${incarnation ?? ''}`,
  );
  return places.filter((place, index) => places.indexOf(place) !== index);
}

/** Cluster uid → machines that it should have now. */
export type Wanted = ReadonlyMap<string, number>;

const isLive = ({ state }: { readonly state: string }): boolean =>
  state !== 'terminated' && state !== 'shutting-down';

/** Of clusters at rest as they should be: as many machines as their manifest says, none of anybody else. */
export function judgeCounts(truth: GroundTruth, wanted: Wanted, complaints: Complaints): void {
  const live = truth.instances.filter(isLive);
  for (const [uid, count] of wanted) {
    const found = live.filter((each) => each.uid === uid).length;
    if (found !== count)
      complaints.note('spec', `${uid} has ${found} machines, should be ${count}`);
  }
}

/** When every cluster is deleted. */
export function judgeLeaks(truth: GroundTruth, complaints: Complaints): void {
  for (const { instanceId, uid, slot, state } of truth.instances.filter(isLive))
    complaints.note('leaks', `${instanceId} of ${uid ?? '?'}/${slot ?? '?'} is ${state}`);
  for (const name of leftovers(truth)) complaints.note('leaks', `${name} is left`);
}
