/** Replication by Dell PowerStore: the driver makes the groups, one on each side; we give them orders. */
import type { VolumeBackend } from '../../../actors/replication-ports.ts';
import { backendAbilities } from '../../../machines/replication-capabilities.ts';
import { peerOf } from '../../../machines/replication-table.ts';
import { volumeFault } from '../ebs/faults.ts';
import { createKubeBackend } from '../kube/backend.ts';
import { inFlow } from '../kube/driver.ts';
import type { KubeDriver, Look } from '../kube/driver.ts';
import type { Seen } from '../kube/seen.ts';
import { isAllSent } from '../kube/sent.ts';
import { readAs } from '../kube/translated.ts';
import type { Tools } from '../kube/work.ts';
import { give, groupOf, markGroup, refOf } from './orders.ts';
import { dellPitMsOf, dellStateOf } from './translation.ts';

const name = 'powerstore';

const look: KubeDriver['look'] = async (work, side): Promise<Look> => {
  const group = await groupOf(work, side);
  const found = readAs(work.tools, name, () => dellStateOf(group));
  return { ...found, pitMs: group === undefined ? null : dellPitMsOf(group) };
};

const any = (): boolean => true;
const isMirrored = ({ state, isComplete }: Seen): boolean => state === 'source' && isComplete;
const isFailedOver = ({ why }: Seen): boolean => why.startsWith('FAILEDOVER');

const driver: KubeDriver = {
  name,
  capabilities: {
    ...backendAbilities[name],
    ...{ groups: true, fenceProof: 'weak', crossRegion: true, minIntervalMs: 300_000 },
  },
  roleProves: false,
  look,
  establish: async (work, side) => {
    const { state, isFresh, why } = await look(work, side);
    if (state === 'absent')
      throw volumeFault(
        'NotFound',
        'volume.notFound',
        `${refOf(work.of, side).name}: ${why}; the driver makes it from a StorageClass with replication`,
      );
    const wanted = work.of.spec.initialSource === side ? 'source' : 'replica';
    const other = wanted === 'source' ? 'replica' : 'source';
    // A group that mirrors the other way round is somebody's data.
    if (state === other && isFresh)
      throw volumeFault(
        'Conflict',
        'volume.wrongRole',
        `${side} is ${state} in ${refOf(work.of, side).name}, not ${wanted}; set spec.initialSource`,
      );
    await markGroup(work, side);
  },
  stamp: async (work, side, more) => {
    await markGroup(work, side, more);
  },
  // The verb for it is that of the promotion.
  demote: () => Promise.resolve(),
  promote: async (work, side, isPlanned) => {
    if ((await look(work, side)).state === 'source') return;
    if (isPlanned) await give(work, peerOf(side), 'promotePlanned', any);
    else await give(work, side, 'promoteForced', any);
  },
  // There is no order that takes a failover back without overwriting; nothing is attached, and that is what is read next.
  disarm: () => Promise.resolve(),
  sync: async (work, writer, seq) => {
    // Whoever commits the copy asks for the same order again.
    const key = `e${work.epoch}-s${seq}`;
    const found = await look(work, writer);
    if (isFailedOver(found)) {
      if (!(await driver.isAllSent(work, peerOf(writer))))
        throw volumeFault(
          'Conflict',
          'volume.notReversed',
          `${peerOf(writer)} may hold writes that were never sent: resync it first`,
        );
      await give(work, writer, 'syncing', isMirrored);
      return inFlow;
    }
    if (found.state !== 'source') return inFlow;
    if (work.of.spec.mode === 'synchronous')
      return isMirrored(found) && found.isFresh
        ? { isDone: true, pitMs: work.tools.clock.nowMs() }
        : inFlow;
    if (found.isPaused) {
      await give(work, writer, 'resume', any, key);
      return inFlow;
    }
    const { outcome, atMs } = await give(work, writer, 'finalSync', isMirrored, key);
    return outcome === 'done' ? { isDone: true, pitMs: atMs } : inFlow;
  },
  finalSync: (work, side, seq) => driver.sync(work, side, seq),
  /** The order stands at the new source; at the other side it has destroyed data. */
  reverse: async (work, side) => {
    const found = await look(work, side);
    if (found.state === 'replica' && found.isFresh && found.isComplete)
      return { isDone: true, pitMs: 0 };
    if (found.state === 'syncing') return inFlow;
    const writer = peerOf(side);
    if (isFailedOver(await look(work, writer))) await give(work, writer, 'syncing', isMirrored);
    return inFlow;
  },
  settle: () => Promise.resolve(),
  isAllSent: (work, side) => isAllSent(work, side, [refOf(work.of, side)]),
  prune: () => Promise.resolve(),
  // The group is the driver's: it goes with its volumes.
  remove: () => Promise.resolve(),
};

/** A role proves nothing here: whether a side can write is told by its machines or by what has its volumes attached. */
export const createPowerstore = (tools: Tools): VolumeBackend => createKubeBackend(driver, tools);
