/** Machines: one live one for each place of a cluster, none after its end, none touched that is not ours, one request a token. */
import { isLive, isUp, stateOf } from '../cloud/machine.ts';
import type { Machine } from '../cloud/machine.ts';
import type { NewChecker } from '../ground.ts';

const settledMs = 60_000;

export const instances: NewChecker = (ground, accuse) => {
  const { park, estate, clock } = ground.parts;
  const requests = new Map<string, string>();
  /** Machines that some record has named. */
  const known = new Set<string>();

  const placesOnce = (): void => {
    const seen = new Map<string, Machine>();
    for (const machine of park.all) {
      if (!isLive(machine)) continue;
      const place = `${machine.uid} ${machine.slot}`;
      const other = seen.get(place);
      if (other !== undefined)
        accuse(`${other.instanceId} and ${machine.instanceId} are both ${place}`);
      seen.set(place, machine);
    }
  };

  return {
    moved: placesOnce,
    written: ({ bytes }) => {
      for (const [, id = ''] of bytes.matchAll(/"instanceId":"(i-[^"]+)"/g)) known.add(id);
    },
    called: ({ name, uid, owner, token, machine, text }) => {
      if (owner !== '' && owner !== uid)
        accuse(`${name} by ${uid === '' ? 'nobody' : uid} is about what is of ${owner}: ${text}`);
      if (name === 'cloud.launch') {
        const before = requests.get(token);
        if (before !== undefined && before !== text)
          accuse(`token ${token} goes with two requests: ${before} and ${text}`);
        requests.set(token, text);
        return;
      }
      if (name !== 'cloud.terminate' && name !== 'cloud.sweep' && name !== 'cloud.stop') return;
      const cluster = ground.clusterOf(uid);
      if (machine === undefined) accuse(`${name} of what was never there: ${text}`);
      else if (cluster === undefined) accuse(`${name} of ${machine.instanceId}, of no cluster`);
      else if (
        name === 'cloud.sweep' &&
        !cluster.phase.startsWith('deleting') &&
        cluster.phase !== 'deleted'
      )
        accuse(`${machine.instanceId} is swept while ${cluster.name} is ${cluster.phase}`);
      // What was launched is known to its node: the sweep is a net for what lands when nobody waits any more.
      else if (
        name === 'cloud.sweep' &&
        !machine.isLate &&
        isLive(machine) &&
        !known.has(machine.instanceId)
      )
        accuse(`${machine.instanceId} (${machine.name}) is swept, and no record has ever known it`);
    },
    ended: () => {
      for (const machine of park.all) {
        const cluster = ground.clusterOf(machine.uid);
        const isGone = cluster === undefined || cluster.phase === 'deleted';
        if (isGone && isLive(machine) && isUp(machine))
          accuse(
            `${machine.instanceId} (${machine.name}) is ${stateOf(machine)} and its cluster is gone`,
          );
        else if (isGone && isLive(machine) && clock.monotonicMs() - machine.launchedMs > settledMs)
          accuse(`${machine.instanceId} (${machine.name}) is left as ${stateOf(machine)}`);
      }
      for (const uid of new Set(park.all.map((each) => each.uid))) {
        const left = estate.leftOf(uid);
        const isGone =
          ground.clusterOf(uid) === undefined || ground.clusterOf(uid)?.phase === 'deleted';
        if (isGone && left.length > 0) accuse(`${left.join(' and ')} of ${uid} are left`);
      }
    },
  };
};
