/** What of the charts no actor can be led to, each with its argument. `npm run coverage:charts` fails where one is idle. */
import { sides } from '../../../machines/replication-table.ts';
import type { Exception } from './coverage.ts';

const both = (make: (side: string) => readonly string[]): string[] =>
  sides.flatMap((side) => make(`replication.${side}`));
const rests = ['seeding', 'following', 'lagging', 'paused'] as const;

export const exceptions: readonly Exception[] = [
  {
    chart: 'cluster',
    ids: ['cluster.lifecycle.deleting|cluster.delete|0'],
    reason:
      'admission answers a second delete as unchanged; the edge only keeps one that came past it from beginning the deletion anew',
  },
  {
    chart: 'replicationgroup',
    ids: [
      'replicationgroup.gatheringMade.releasing',
      'replicationgroup.gatheringMade.releasing|xstate.done.actor.groupCall|0',
      'replicationgroup.gatheringMade.releasing|xstate.done.actor.groupCall|1',
    ],
    reason:
      'the three gatherings are made by one function; members that are made are released one by one in arming, never together',
  },
  {
    chart: 'replication',
    ids: rests.map((rest) => `replication.home.replica.${rest}|replication.failover|0`),
    reason: 'both sides are made by one function, and a failover means the recovery side alone',
  },
  {
    chart: 'replication',
    ids: [
      ...rests.flatMap((rest) =>
        [0, 1].map((each) => `replication.away.replica.${rest}|replication.failback|${each}`),
      ),
      'replication.away.failed.safe|replication.failback|0',
      'replication.away.syncing.verifying|xstate.done.actor.awayCall|0',
    ],
    reason:
      'both sides are made by one function, and a failback, its resync included, means home alone',
  },
  {
    chart: 'replication',
    ids: ['following', 'lagging', 'paused'].map(
      (rest) => `replication.home.replica.${rest}|replication.failback|1`,
    ),
    reason:
      'a home that has followed holds a point, so that its failback is the promotion before it',
  },
  {
    chart: 'replication',
    ids: both((side) => [`${side}.replica.turningBack||4`, `${side}.source.turningBack||4`]),
    reason:
      'every way there has noted one of the four rests before; the last branch is what TypeScript cannot know',
  },
  {
    chart: 'replication',
    ids: both((side) => [`${side}.source.exposed|point.committed|0`]),
    reason:
      'the committed point is noted before it is told, and the branch that needs no event is taken first',
  },
  {
    chart: 'replication',
    ids: both((side) => [
      `${side}.promoting.choosingPoint.held|replication.barrier|2`,
      `${side}.demoting.quietWindow.held|replication.barrier|2`,
    ]),
    reason:
      'the three waits are made by one function; past a proven fence the word of the group alone decides',
  },
  {
    chart: 'replication',
    ids: both((side) => [`${side}.replica.preflightPromote.held|replication.barrier|2`]),
    reason:
      'while an order is under way no other one moves the peer, and retention keeps the newest point; asked again in case',
  },
  {
    chart: 'replication',
    ids: [
      'replication.schedule.ended|replication.pause|0',
      'replication.lifecycle.deleting.waiting|replication.delete|0',
    ],
    reason:
      'admission refuses a pause and answers a second delete as unchanged once a deletion is ordered',
  },
];
