/** How long resources usually stay in a state, for whoever wonders whether one is stuck. Not a deadline. */

const minuteMs = 60_000;

/** By kind, then by the beginning of the state's path; the longest that fits counts. Other states may last. */
const usualMs: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  cluster: {
    'pending.planning': minuteMs,
    provisioning: 5 * minuteMs,
    installing: 8 * minuteMs,
    configuring: 3 * minuteMs,
    'running.scalingUp': 10 * minuteMs,
    'running.scalingDown': 5 * minuteMs,
    'running.restarting': 10 * minuteMs,
    stopping: 8 * minuteMs,
    starting: 8 * minuteMs,
    deleting: 10 * minuteMs,
  },
  replication: {
    absent: minuteMs,
    'replica.seeding': 30 * minuteMs,
    'replica.reconfiguring': 5 * minuteMs,
    'replica.preflightPromote': minuteMs,
    'source.reconfiguring': 5 * minuteMs,
    'source.preflightDemote': minuteMs,
    promoting: 5 * minuteMs,
    demoting: 10 * minuteMs,
    syncing: 30 * minuteMs,
    deleting: 10 * minuteMs,
  },
  replicationgroup: {
    undeclared: minuteMs,
    preflighting: minuteMs,
    resyncing: 30 * minuteMs,
    ordering: minuteMs,
    gatheringReady: 5 * minuteMs,
    gatheringFenced: 10 * minuteMs,
    gatheringMade: 5 * minuteMs,
    arming: 5 * minuteMs,
    verifying: 2 * minuteMs,
    aborting: 5 * minuteMs,
    relaying: minuteMs,
  },
};

/** Milliseconds; 0 when the state may last. */
export function usualMsOf(kind: string, state: string): number {
  const table = usualMs[kind] ?? {};
  const fitting = Object.keys(table).filter(
    (path) => state === path || state.startsWith(`${path}.`),
  );
  const longest = fitting.sort((one, other) => other.length - one.length)[0];
  return longest === undefined ? 0 : (table[longest] ?? 0);
}
