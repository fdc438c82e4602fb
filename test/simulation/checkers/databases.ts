/** Etcd: begun once for each cluster, and never brought below its majority by an order. */
import type { NewChecker } from '../ground.ts';
import type { Machine } from '../cloud/machine.ts';
import { isUp } from '../cloud/machine.ts';

/** Orders that take a server away or halt it, by the name of the call. */
const taking = ['cloud.terminate', 'cloud.sweep', 'cloud.stop', 'cloud.reboot'];

export const databases: NewChecker = (ground, accuse) => {
  const begun = new Map<string, Set<string>>();
  const quorum = (machines: readonly Machine[], without?: Machine) => {
    const members = machines.filter(({ isMember }) => isMember);
    const up = members.filter((each) => isUp(each) && each !== without);
    return { isWhole: up.length > members.length / 2, members: members.length };
  };
  return {
    initialised: ({ uid, instanceId }) => {
      const known = begun.get(uid) ?? new Set();
      begun.set(uid, known.add(instanceId));
      if (known.size > 1) accuse(`${uid} was initialised by ${[...known].join()}`);
    },
    called: ({ name, uid, machine }) => {
      if (machine?.isMember !== true || !taking.includes(name) || !isUp(machine)) return;
      const cluster = ground.clusterOf(uid);
      const isWanted =
        cluster?.spec?.desiredState === 'stopped' ||
        cluster === undefined ||
        /^(deleting|deleted|stopp|start)/.test(cluster.phase);
      if (isWanted) return;
      const machines = ground.parts.park.ofUid(uid);
      const before = quorum(machines);
      if (before.members > 1 && before.isWhole && !quorum(machines, machine).isWhole)
        accuse(`${name} of ${machine.name} costs ${cluster.name} (${cluster.phase}) its majority`);
    },
  };
};
