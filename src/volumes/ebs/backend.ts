/** Port VolumeBackend on EBS: points are sets of snapshots, a promotion makes new volumes, a fence is for good. */
import type { Attempt } from '../../../actors/ports.ts';
import type { Capabilities, VolumeBackend } from '../../../actors/replication-ports.ts';
import { ebs } from '../../../machines/limits-ebs.ts';
import type { ReplicationFacts } from '../../../machines/replication-effects.ts';
import { arm, sight } from './arm.ts';
import { choosePoint } from './choosing.ts';
import { claim } from './claim.ts';
import { establish } from './establish.ts';
import { volumeFault } from './faults.ts';
import { fence, markFenced } from './fence.ts';
import { materialize } from './materialize.ts';
import { estimate, observe } from './observe.ts';
import { preflight } from './preflight.ts';
import { prove } from './prove.ts';
import { prune, remove } from './prune.ts';
import { suspectsOf } from './suspects.ts';
import * as syncing from './syncing.ts';
import { startTest } from './trial.ts';
import { compensate, endTest } from './undo.ts';
import { begin } from './work.ts';
import type { Tools, Work } from './work.ts';

const capabilities: Capabilities = {
  modes: ['asynchronous'],
  ...{ pause: true, syncNow: true, groups: true, testFailover: true, crossRegion: true },
  fenceProof: 'strong',
  minIntervalMs: ebs.snapshotEveryMs,
};

/** EC2 comes in by parameter, so that nothing here knows who signs and sends. */
export function createEbs(tools: Tools): VolumeBackend {
  /** What makes something: refused when a later epoch is stored, and begun in its time only. */
  const acting =
    <In extends { epoch: number; opId: string; issueBeforeMs: number }, Out>(
      run: (work: Work, input: In) => Promise<Out>,
    ) =>
    (of: ReplicationFacts, input: In, attempt: Attempt): Promise<Out> => {
      if (of.epoch > input.epoch) return Promise.reject(stale(of.epoch, input.epoch));
      return run(begin(tools, of, attempt, input), input);
    };
  /** What only takes away may begin at any time, for any epoch. */
  const takingAway =
    <In extends { opId: string }, Out>(run: (work: Work, input: In) => Promise<Out>) =>
    (of: ReplicationFacts, input: In, attempt: Attempt): Promise<Out> =>
      run(begin(tools, of, attempt, { opId: input.opId }), input);
  const looking =
    <In, Out>(run: (work: Work, input: In) => Promise<Out>) =>
    (of: ReplicationFacts, input: In, attempt: Attempt): Promise<Out> =>
      run(begin(tools, of, attempt, {}), input);

  return {
    name: 'ebs',
    capabilities,
    effects: {
      'replication.establish': acting((work, { endpoint }) => establish(work, endpoint)),
      'replication.preflight': looking(preflight),
      'replication.claim': acting(claim),
      // Nobody here can tell a workload to let go; the first rung of the fence finds out whether it has.
      'replication.drain': acting(() => Promise.resolve({})),
      'replication.fence': takingAway((work, { endpoint, olderThanEpoch }) =>
        fence(work, endpoint, olderThanEpoch),
      ),
      'replication.prove': looking(prove),
      'replication.choosePoint': looking((work, { endpoint, seq }) =>
        choosePoint(work, endpoint, seq),
      ),
      'replication.materialize': acting((work, { endpoint, epoch, seq }) =>
        materialize(work, { at: endpoint, epoch, seq, role: 'volume' }),
      ),
      'replication.arm': acting(async (work, { endpoint, epoch }) => {
        await arm(work, endpoint, epoch);
        return {};
      }),
      'replication.verify': looking((work, { endpoint, epoch }) => sight(work, endpoint, epoch)),
      'replication.compensate': takingAway(async (work, { endpoint }) => {
        await compensate(work, endpoint);
        return {};
      }),
      'replication.finalSync': acting((work, { endpoint, ...point }) =>
        syncing.finalSync(work, endpoint, point),
      ),
      'replication.release': takingAway(async (work, { endpoint, epoch }) => {
        const { volumes } = await suspectsOf(work, endpoint, epoch + 1);
        await markFenced(work, endpoint, volumes);
        return {};
      }),
      'replication.preserve': acting((work, { endpoint }) => syncing.preserve(work, endpoint)),
      'replication.selectBase': looking(async (work, { endpoint }) => ({
        seq: await syncing.selectBase(work, endpoint),
      })),
      'replication.transfer': acting((work, { endpoint, seq }) =>
        syncing.transfer(work, endpoint, seq),
      ),
      'replication.catchUp': acting((work, { endpoint, seq }) =>
        syncing.catchUp(work, endpoint, seq),
      ),
      'replication.syncStatus': looking(async (work, { endpoint }) => ({
        isComplete: await syncing.isSynced(work, endpoint),
      })),
      'replication.startTest': acting(async (work, { endpoint, epoch, seq }) => {
        await startTest(work, endpoint, epoch, seq);
        return {};
      }),
      'replication.endTest': takingAway(async (work, { endpoint }) => {
        await endTest(work, endpoint);
        return {};
      }),
      // Interval and settings are read anew with every point.
      'replication.reconfigure': acting(() => Promise.resolve({})),
      'replication.remove': takingAway(async (work) => {
        await remove(work);
        return {};
      }),
      'replication.snapshot': acting((work, { endpoint, seq }) =>
        syncing.snapshot(work, endpoint, seq),
      ),
      'replication.copy': acting((work, { endpoint, seq }) => syncing.copy(work, endpoint, seq)),
      'replication.commitPoint': acting((work, { endpoint, seq }) =>
        syncing.commitPoint(work, endpoint, seq),
      ),
      'replication.prune': acting(async (work) => ({ pruned: await prune(work) })),
    },
    observe: (of, endpoint, attempt) => observe(begin(tools, of, attempt, {}), endpoint),
    estimate: (of, what, attempt) => estimate(begin(tools, of, attempt, {}), what),
  };
}

const stale = (stored: number, asked: number) =>
  volumeFault('Conflict', 'epoch.stale', `asked for epoch ${asked}, current ${stored}`);
