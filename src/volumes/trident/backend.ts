/** Replication by NetApp Trident: one mirror relationship for each claim, which lives where the data goes. */
import type { VolumeBackend } from '../../../actors/replication-ports.ts';
import { backendAbilities } from '../../../machines/replication-capabilities.ts';
import { peerOf } from '../../../machines/replication-table.ts';
import type { Side } from '../../../machines/replication-table.ts';
import { hasCode, volumeFault } from '../ebs/faults.ts';
import { createKubeBackend } from '../kube/backend.ts';
import { inFlow } from '../kube/driver.ts';
import type { Flow, KubeDriver } from '../kube/driver.ts';
import { ensureSnapshot, handleOf, isReady } from '../kube/safety-copy.ts';
import { together } from '../kube/seen.ts';
import { isAllSent } from '../kube/sent.ts';
import { readAs, writeAs } from '../kube/translated.ts';
import { notYet, portOf } from '../kube/work.ts';
import type { Tools, Work } from '../kube/work.ts';
import { change, ensure, epochOf, hasAll, markOf, stamp } from '../kube/write.ts';
import { mirrorOf, mirrorsOf, read, termsOf } from './resources.ts';
import type { Mirror } from './resources.ts';
import { tridentHandleOf, tridentSpecOf, tridentStateOf } from './translation.ts';
import type { TridentDesired, TridentMirror } from './translation.ts';
import { tidy, update } from './updates.ts';

const name = 'trident';
/** Handle of the last snapshot of the side that was the source, on the mirror that has received it. */
const finalMark = 'fairlead.dev/final-snapshot';

const look: KubeDriver['look'] = async (work, side) => {
  const objects = await Promise.all(
    mirrorsOf(work.of, side).map(({ ref }) => read(work, side, ref)),
  );
  const each = objects.map((one) => readAs(work.tools, name, () => tridentStateOf(one)));
  // Trident tells no time of a transfer but in the orders for one.
  return { ...together(each), pitMs: null };
};

/** As Trident tells it on the side whose volume it is. @throws VolumeFault `volume.notYet` while it tells none */
async function remoteHandle(work: Work, side: Side, { claim }: Mirror): Promise<string> {
  const remote = mirrorOf(work.of, peerOf(side), claim.volume);
  const object = remote === undefined ? undefined : await read(work, peerOf(side), remote.ref);
  const handle = tridentHandleOf(object);
  if (handle === '') throw notYet(`${peerOf(side)}: the volume of ${claim.volume} has no handle`);
  return handle;
}

const specOf = (work: Work, desired: TridentDesired, terms: TridentMirror) =>
  writeAs(work.tools, name, () => tridentSpecOf(desired, terms)) ?? {};

/** @param more  of the mapping */
async function drive(
  work: Work,
  side: Side,
  mirror: Mirror,
  desired: TridentDesired,
  more: Partial<TridentMirror>,
): Promise<void> {
  await change(work, side, mirror.ref, (object) => {
    const terms = { ...termsOf(work.of, mirror.claim), ...keptOf(object.spec), ...more };
    const spec = specOf(work, desired, terms);
    return hasAll(object, spec) && epochOf(object) === work.epoch ? 'none' : { spec };
  });
}

/** The handle of the other side keeps its first value. */
function keptOf(spec: Readonly<Record<string, unknown>> = {}): Partial<TridentMirror> {
  const mappings = spec['volumeMappings'];
  const first: unknown = Array.isArray(mappings) ? mappings[0] : undefined;
  if (typeof first !== 'object' || first === null || !('remoteVolumeHandle' in first)) return {};
  const { remoteVolumeHandle } = first;
  return typeof remoteVolumeHandle === 'string' && remoteVolumeHandle !== ''
    ? { remoteVolumeHandle }
    : {};
}

const mirrors = async (work: Work, side: Side, run: (mirror: Mirror) => Promise<unknown>) => {
  await Promise.all(mirrorsOf(work.of, side).map(run));
};

/** The oldest of all volumes, once all are done. */
async function allOf(
  work: Work,
  side: Side,
  run: (mirror: Mirror) => Promise<Flow>,
): Promise<Flow> {
  const flows = await Promise.all(mirrorsOf(work.of, side).map(run));
  const times = flows.flatMap((flow) => (flow.isDone ? [flow.pitMs] : []));
  return times.length === flows.length ? { isDone: true, pitMs: Math.min(...times) } : inFlow;
}

/** Overwrites the side with what the other one has: the mirror lives where the data goes. */
const reverse: KubeDriver['reverse'] = async (work, side) => {
  const found = await look(work, side);
  if (found.state === 'replica' && found.isFresh) return { isDone: true, pitMs: 0 };
  if (found.state === 'syncing') return inFlow;
  await mirrors(work, side, async (mirror) => {
    const remoteVolumeHandle = await remoteHandle(work, side, mirror);
    await drive(work, side, mirror, 'syncing', { remoteVolumeHandle });
  });
  return inFlow;
};

/** The last snapshot of a side nobody writes to any more; empty where the cluster takes none. */
async function lastSnapshot(work: Work, side: Side, { claim }: Mirror, seq: number) {
  try {
    const snapshot = await ensureSnapshot(work, side, claim, `e${work.epoch}-s${seq}-final`);
    return isReady(snapshot) ? await handleOf(work, side, snapshot) : undefined;
  } catch (thrown) {
    if (hasCode(thrown, ['kube.notServed'])) return '';
    throw thrown;
  }
}

const isSynchronous = ({ of }: Work): boolean => of.spec.mode === 'synchronous';

const driver: KubeDriver = {
  name,
  capabilities: {
    ...backendAbilities[name],
    ...{ groups: false, fenceProof: 'weak', crossRegion: true, minIntervalMs: 60_000 },
  },
  // A role is none, and an error of the storage looks like "promoted".
  roleProves: false,
  look,
  establish: async (work, side) => {
    const desired = work.of.spec.initialSource === side ? 'source' : 'replica';
    await mirrors(work, side, async (mirror) => {
      const { kind, name: called, namespace = '' } = mirror.ref;
      // One that exists keeps its role: it may have been promoted since.
      const exists = (await read(work, side, mirror.ref)) !== undefined;
      const remoteVolumeHandle =
        desired === 'source' || exists ? '' : await remoteHandle(work, side, mirror);
      const terms = { ...termsOf(work.of, mirror.claim), remoteVolumeHandle };
      const metadata = { name: called, namespace };
      await ensure(work, side, { kind, metadata, spec: specOf(work, desired, terms) });
    });
  },
  stamp: (work, side, more) => mirrors(work, side, ({ ref }) => stamp(work, side, ref, more)),
  // There is no verb: workloads are stopped, the last changes sent, then the other side takes over.
  demote: () => Promise.resolve(),
  promote: (work, side, isPlanned) =>
    mirrors(work, side, async (mirror) => {
      const object = await read(work, side, mirror.ref);
      const promotedSnapshotHandle = isPlanned ? markOf(object, finalMark) : '';
      await drive(work, side, mirror, 'promoting', { promotedSnapshotHandle });
    }),
  // Taking a promotion back would overwrite what is there; nothing is attached, and that is what is read next.
  disarm: () => Promise.resolve(),
  sync: async (work, writer, seq) => {
    const side = peerOf(writer);
    const found = await look(work, side);
    const isMirrored = found.state === 'replica' && found.isFresh;
    if (!isMirrored) {
      if (found.state === 'syncing') return inFlow;
      if (!(await isSent(work, side)))
        throw volumeFault(
          'Conflict',
          'volume.notReversed',
          `${side} may hold writes that were never sent: resync it first (${found.why})`,
        );
      return reverse(work, side);
    }
    if (isSynchronous(work)) return { isDone: true, pitMs: work.tools.clock.nowMs() };
    return allOf(work, side, (mirror) => update(work, side, mirror, seq));
  },
  finalSync: async (work, side, seq) => {
    const to = peerOf(side);
    if (isSynchronous(work)) return driver.sync(work, side, seq);
    return allOf(work, to, async (mirror) => {
      const from = mirrorOf(work.of, side, mirror.claim.volume) ?? mirror;
      const handle = await lastSnapshot(work, side, from, seq);
      if (handle === undefined) return inFlow;
      const flow = await update(work, to, mirror, seq, handle);
      if (flow.isDone) await stamp(work, to, mirror.ref, { [finalMark]: handle });
      return flow;
    });
  },
  reverse,
  settle: () => Promise.resolve(),
  isAllSent: (work, side) => isSent(work, side),
  prune: (work, writer) =>
    mirrors(work, peerOf(writer), (mirror) => tidy(work, peerOf(writer), mirror)),
  // Trident promotes a mirror before it releases it: nobody may be writing on the other side then, or both sides fork.
  remove: async (work, side) => {
    for (const { ref } of mirrorsOf(work.of, side)) {
      const { state } = await portOf(work, side)
        .delete(ref, {}, work.attempt)
        .catch((thrown: unknown) => {
          if (hasCode(thrown, ['kube.notServed'])) return { state: 'gone' as const };
          throw thrown;
        });
      if (state !== 'gone') throw notYet(`${ref.name} waits for Trident`);
    }
  },
};

const isSent = (work: Work, side: Side): Promise<boolean> =>
  isAllSent(
    work,
    side,
    mirrorsOf(work.of, side).map(({ ref }) => ref),
  );

/** A role proves nothing here: whether a side can write is told by its machines or by what has its volumes attached. */
export const createTrident = (tools: Tools): VolumeBackend => createKubeBackend(driver, tools);
