/** Etcd: begun once for each cluster, and never brought below its majority by an order. */
import type { NewChecker } from '../ground.ts';
import type { Machine } from '../cloud/machine.ts';
import { isUp } from '../cloud/machine.ts';

/** Orders that halt a server or end it, by the name of the call. */
const taking = ['cloud.terminate', 'cloud.sweep', 'cloud.stop', 'cloud.reboot'];
/** Takes another server out of the members. The real script refuses what is unsafe; here the order itself is judged. */
const leaving = 'script.leave-etcd';

export const databases: NewChecker = (ground, accuse) => {
  const begun = new Map<string, Set<string>>();
  const isMajority = (members: readonly Machine[], without?: Machine): boolean =>
    members.filter((each) => isUp(each) && each !== without).length > members.length / 2;
  return {
    initialised: ({ uid, instanceId }) => {
      const known = begun.get(uid) ?? new Set();
      begun.set(uid, known.add(instanceId));
      if (known.size > 1) accuse(`${uid} was initialised by ${[...known].join()}`);
    },
    called: ({ name, machine, target }) => {
      const hit = name === leaving ? target : taking.includes(name) ? machine : undefined;
      if (hit?.isMember !== true || (name !== leaving && !isUp(hit))) return;
      const cluster = ground.clusterOf(hit.uid);
      const isWanted =
        cluster?.spec?.desiredState === 'stopped' ||
        cluster === undefined ||
        /^(deleting|deleted|stopp|start)/.test(cluster.phase);
      if (isWanted) return;
      const members = ground.parts.park.ofUid(hit.uid).filter(({ isMember }) => isMember);
      if (members.length < 2 || !isMajority(members)) return;
      const rest = members.filter((each) => each !== hit);
      if (!(name === leaving ? isMajority(rest) : isMajority(members, hit)))
        accuse(`${name} of ${hit.name} costs ${cluster.name} (${cluster.phase}) its majority`);
    },
  };
};
