/** Replication by csi-addons: VolumeReplication or VolumeGroupReplication on both sides, each told its role. */
import type { KubeObject } from '../../../actors/kube-port.ts';
import type { VolumeBackend } from '../../../actors/replication-ports.ts';
import { backendAbilities } from '../../../machines/replication-capabilities.ts';
import { peerOf } from '../../../machines/replication-table.ts';
import type { Side } from '../../../machines/replication-table.ts';
import { hasCode, volumeFault } from '../ebs/faults.ts';
import { createKubeBackend } from '../kube/backend.ts';
import { inFlow } from '../kube/driver.ts';
import type { KubeDriver } from '../kube/driver.ts';
import { together } from '../kube/seen.ts';
import { isAllSent } from '../kube/sent.ts';
import { readAs, writeAs } from '../kube/translated.ts';
import { claimsOf, portOf, untimed } from '../kube/work.ts';
import type { Tools, Work } from '../kube/work.ts';
import { change, ensure, epochOf, hasAll, stamp } from '../kube/write.ts';
import { draftsOf, groupLabel, networkFenceOf, refOf } from './resources.ts';
import { csiDemotedMsOf, csiPatchOf, csiPitMsOf, csiStateOf } from './translation.ts';
import type { CsiDesired } from './translation.ts';

const name = 'csi-addons';

const objectsOf = (work: Work, side: Side): Promise<readonly (KubeObject | undefined)[]> =>
  Promise.all(
    draftsOf(work.of, side).map((draft) => portOf(work, side).get(refOf(draft), work.attempt)),
  );

/** The oldest of all volumes; null while one has none. */
function oldest(times: readonly (number | null)[]): number | null {
  const known = times.filter((one) => one !== null);
  return known.length < times.length || known.length === 0 ? null : Math.min(...known);
}

const pitMsOf = (objects: readonly (KubeObject | undefined)[]): number | null =>
  oldest(objects.map((one) => (one === undefined ? null : csiPitMsOf(one))));

const look: KubeDriver['look'] = async (work, side) => {
  const objects = await objectsOf(work, side);
  const each = objects.map((one) => readAs(work.tools, name, () => csiStateOf(one)));
  return { ...together(each), pitMs: pitMsOf(objects) };
};

async function drive(work: Work, side: Side, desired: CsiDesired): Promise<void> {
  const patch = writeAs(work.tools, name, () => csiPatchOf(desired));
  if (patch === null) return;
  await Promise.all(
    draftsOf(work.of, side).map((draft) =>
      change(work, side, refOf(draft), (object) =>
        hasAll(object, patch) && epochOf(object) === work.epoch ? 'none' : { spec: patch },
      ),
    ),
  );
}

/** Of the group's claims, which are found by a label. */
async function label(work: Work, side: Side): Promise<void> {
  for (const { pvc, namespace } of claimsOf(work.of, side)) {
    const metadata = { name: pvc, namespace, labels: { [groupLabel]: work.of.name } };
    await portOf(work, side).apply({ kind: 'PersistentVolumeClaim', metadata }, {}, work.attempt);
  }
}

const driver: KubeDriver = {
  name,
  capabilities: {
    ...backendAbilities[name],
    ...{ groups: true, fenceProof: 'weak', crossRegion: true, minIntervalMs: 60_000 },
  },
  roleProves: true,
  look,
  establish: async (work, side) => {
    const desired = work.of.spec.initialSource === side ? 'source' : 'replica';
    const patch = writeAs(work.tools, name, () => csiPatchOf(desired));
    const drafts = draftsOf(work.of, side);
    if (drafts.some(({ kind }) => kind === 'VolumeGroupReplication')) await label(work, side);
    // One that exists keeps its role: it may have been promoted since.
    for (const draft of drafts)
      await ensure(work, side, { ...draft, spec: { ...draft.spec, ...patch } });
  },
  stamp: async (work, side, more) => {
    await Promise.all(
      draftsOf(work.of, side).map((draft) => stamp(work, side, refOf(draft), more)),
    );
  },
  // Never by force: a demotion that cannot be done is not one.
  demote: (work, side) => drive(untimed(work), side, 'demoting'),
  isolate: async (work, side) => {
    const draft = networkFenceOf(work.of, side);
    if (draft === undefined) return undefined;
    await ensure(work, peerOf(side), draft);
    return driver.isIsolated?.(work, side);
  },
  isIsolated: async (work, side) => {
    const draft = networkFenceOf(work.of, side);
    if (draft === undefined) return undefined;
    const found = await portOf(work, peerOf(side)).get(refOf(draft), work.attempt);
    return found?.spec?.['fenceState'] === 'Fenced' && found.status?.['result'] === 'Succeeded';
  },
  promote: (work, side) => drive(work, side, 'promoting'),
  disarm: async (work, side) => {
    const objects = await objectsOf(work, side);
    const isOurs = objects.some((one) => one !== undefined && epochOf(one) === work.epoch);
    if (isOurs) await drive(untimed(work), side, 'demoting');
  },
  /** There is no order to copy now: the newest copy is what the writer's side tells of. */
  sync: async (work, writer) => {
    const objects = await objectsOf(work, writer);
    const found = together(objects.map((one) => csiStateOf(one)));
    const isMirrored = found.state === 'source' && found.isFresh && found.isComplete;
    if (work.of.spec.mode === 'synchronous')
      return isMirrored ? { isDone: true, pitMs: work.tools.clock.nowMs() } : inFlow;
    const pitMs = pitMsOf(objects);
    return pitMs === null ? inFlow : { isDone: true, pitMs };
  },
  /** Secondary and Completed: nothing was written behind the demotion, and all before it is sent. */
  finalSync: async (work, side) => {
    const objects = await objectsOf(work, side);
    const pitMs = oldest(objects.map((one) => (one === undefined ? null : csiDemotedMsOf(one))));
    return pitMs === null ? inFlow : { isDone: true, pitMs };
  },
  /** Overwrites the side once; the order is taken back when the copy is whole. */
  reverse: async (work, side) => {
    const { state, isComplete, isFresh } = await look(work, side);
    if (state === 'replica' && isComplete && isFresh) return { isDone: true, pitMs: 0 };
    await drive(work, side, 'syncing');
    return inFlow;
  },
  settle: (work, side) => drive(work, side, 'replica'),
  isAllSent: (work, side) => isAllSent(work, side, draftsOf(work.of, side).map(refOf)),
  prune: () => Promise.resolve(),
  remove: async (work, side) => {
    const port = portOf(work, side);
    for (const draft of draftsOf(work.of, side)) {
      const { state } = await port.delete(refOf(draft), {}, work.attempt).catch(ifUnserved);
      if (state === 'gone') continue;
      throw volumeFault(
        'Retryable',
        'volume.deleting',
        `${draft.kind} ${draft.metadata.name} waits for its controller`,
        { retryable: true },
      );
    }
  },
};

/** A cluster that does not serve the kind any more has none of its objects. */
const ifUnserved = (thrown: unknown): { state: 'gone' } => {
  if (hasCode(thrown, ['kube.notServed'])) return { state: 'gone' };
  throw thrown;
};

/** Its role proves that a replica cannot write; a NetworkFence proves it when that cluster is silent. */
export const createCsiAddons = (tools: Tools): VolumeBackend => createKubeBackend(driver, tools);
