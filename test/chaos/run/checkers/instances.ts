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
    for (const slot of doubledIn(truth)) {
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
          complaints.note('unseen', `nobody could look at the machines: ${messageOf(thrown)}`);
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

/** Slots that two machines live in now, and places that were launched twice. */
export const doubledIn = (truth: GroundTruth): string[] => [
  ...doubledSlots(truth),
  ...doubledPlaces(truth),
];

/** Launches of one cluster, slot and incarnation beyond the first, ended ones included. */
function doubledPlaces({ instances }: GroundTruth): string[] {
  const places = instances.map(
    ({ uid, slot, incarnation }) => `${uid ?? 'no uid'}/${slot ?? 'no slot'} i${incarnation ?? ''}`,
  );
  return places.filter((place, index) => places.indexOf(place) !== index);
}

const isLive = ({ state }: { readonly state: string }): boolean =>
  state !== 'terminated' && state !== 'shutting-down';

/** As a query shows it. */
export interface Rested {
  readonly name: string;
  readonly uid: string;
  readonly state: string;
  /** Machines by its manifest. */
  readonly wanted: number;
  /** What it says of why it is not as ordered. */
  readonly error: string;
}

/** Of clusters at rest: one that runs has as many machines as its manifest says, one that is stopped none that run. */
export function judgeRest(
  truth: GroundTruth,
  clusters: readonly Rested[],
  complaints: Complaints,
): void {
  const live = truth.instances.filter(isLive);
  for (const { name, uid, state, wanted, error } of clusters) {
    const own = live.filter((each) => each.uid === uid);
    const awake = own.filter((each) => each.state !== 'stopped' && each.state !== 'stopping');
    const isRunning = state === 'running.steady';
    const isStopped = state.startsWith('stopped');
    if (isRunning && own.length !== wanted)
      complaints.note('spec', `${name} (${uid}) has ${own.length} machines, should be ${wanted}`);
    if (isStopped && awake.length > 0)
      complaints.note('spec', `${name} (${uid}) is stopped, ${awake.length} of its machines run`);
    if (!isRunning && !isStopped && error === '')
      complaints.note('spec', `${name} (${uid}) is ${state} and does not say why`);
  }
}

/** When every cluster is deleted. */
export function judgeLeaks(truth: GroundTruth, complaints: Complaints): void {
  for (const { instanceId, uid, slot, state } of truth.instances.filter(isLive))
    complaints.note('leaks', `${instanceId} of ${uid ?? '?'}/${slot ?? '?'} is ${state}`);
  for (const name of leftovers(truth)) complaints.note('leaks', `${name} is left`);
}
