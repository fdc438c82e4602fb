/** Takes a point of one side: a snapshot of each volume, of one moment where one instance holds them all. */
import type { Side } from '../../../machines/replication-table.ts';
import { ebs } from '../../../machines/limits-ebs.ts';
import { volumeFault } from './faults.ts';
import { deleteSnapshots, gather, unlessHeldBack } from './gather.ts';
import type { Gathered } from './gather.ts';
import { memberOp } from './ids.ts';
import { instances, isVolumeOf, ownSnapshots, ownVolumes, snapshots, volumes } from './lookups.ts';
import type { SnapshotFact, VolumeFact } from './lookups.ts';
import { membersOf } from './places.ts';
import { ofPoint, setOf, sourceOf } from './sets.ts';
import { keys, labelTags, tagged } from './tags.ts';
import type { Label, Role } from './tags.ts';
import { act, paced } from './work.ts';
import type { Work } from './work.ts';

interface PointOrder {
  /** Side whose volumes are taken. */
  readonly from: Side;
  readonly seq: number;
  readonly role: Extract<Role, 'point' | 'safety'>;
  readonly isFinal?: boolean;
}

/** The volume of each member in the newest writer generation of that side, in the order of the manifest. */
export async function newestVolumes(work: Work, side: Side): Promise<readonly VolumeFact[]> {
  const { of } = work;
  const epoch = of.armed[side];
  const found = (await ownVolumes(work, side)).filter(isVolumeOf(of.uid, side));
  return membersOf(of).flatMap(
    ({ name }) =>
      found.find((each) => each.epoch === epoch && each.tags[keys.member] === name) ?? [],
  );
}

/** @throws VolumeFault `volume.missing` */
async function sourceVolumes(work: Work, side: Side): Promise<readonly VolumeFact[]> {
  const found = await newestVolumes(work, side);
  const { length } = work.of.spec.volumes;
  if (found.length === length) return found;
  throw volumeFault(
    'NotFound',
    'volume.missing',
    `${found.length} of ${length} volumes of epoch ${work.of.armed[side]} are found at ${side}`,
    { retryable: true },
  );
}

/** Asked again with the same order it goes on where it was. @throws VolumeFault `volume.pointFailed`, `volume.missing` */
export async function takePoint(work: Work, order: PointOrder): Promise<Gathered> {
  const sources = await sourceVolumes(work, order.from);
  const ids = sources.map(({ id }) => id);
  const sent = new Map<string, SnapshotFact>();
  const find = async () => {
    const listed = (await ownSnapshots(work, order.from)).filter(ofPoint(order.role, order.seq));
    return [...new Map([...sent, ...listed.map((each) => [each.id, each] as const)]).values()];
  };
  return gather(work, {
    side: order.from,
    size: ids.length,
    look: async () => setOf(await find(), ids),
    send: async (missing) => {
      const made = await send(work, order, sources, { missing, found: await find() });
      for (const each of made) sent.set(each.id, each);
    },
    abandon: async () => {
      await deleteSnapshots(work, order.from, await find());
    },
  });
}

async function send(
  work: Work,
  order: PointOrder,
  sources: readonly VolumeFact[],
  {
    missing,
    found,
  }: { readonly missing: readonly string[]; readonly found: readonly SnapshotFact[] },
): Promise<readonly SnapshotFact[]> {
  const { from } = order;
  const wanted = sources.filter(({ id }) => missing.includes(id));
  if (!(await isAllowed(work, from, wanted))) return [];
  const instanceId = oneInstance(work, sources);
  if (instanceId !== undefined && order.role === 'point' && order.isFinal !== true)
    return sendTogether(work, order, instanceId, sources);
  // What a call for the whole instance has made in part belongs to no set of single ones: those are a set of their own.
  const set = `s${order.seq}`;
  const alone = found.filter(({ tags }) => tags[keys.set] === set).map(sourceOf);
  const made: SnapshotFact[] = [];
  for (const volume of sources.filter(({ id }) => !alone.includes(id))) {
    const index = sources.indexOf(volume);
    const label = labelOf(work, order, {
      ...{ op: memberOp(work.opId, index), set, sourceVolume: volume.id },
      member: volume.tags[keys.member] ?? '',
    });
    const answer = await unlessHeldBack(
      act(work, from, 'createSnapshot', {
        VolumeId: volume.id,
        Description: describe(work, order),
        TagSpecifications: tagged('snapshot', labelTags(work.of.uid, label)),
      }),
    );
    if (answer?.SnapshotId !== undefined) made.push(sentFact(work, label, answer, volume.id));
  }
  return made;
}

/** The one instance that holds them all attached, where the set must be of one moment. */
function oneInstance({ of }: Work, sources: readonly VolumeFact[]): string | undefined {
  if (of.spec.consistency !== 'crash') return undefined;
  const holders = sources.map(({ attachments }) => attachments[0]?.instanceId);
  // Nothing writes to what is attached nowhere: each for itself is of one moment then, too.
  if (holders.every((each) => each === undefined)) return undefined;
  const [first] = holders;
  if (first !== undefined && holders.every((each) => each === first)) return first;
  throw volumeFault(
    'Conflict',
    'volume.notTogether',
    'the volumes are not all attached to one instance: no snapshot of one moment can be taken',
  );
}

async function sendTogether(
  work: Work,
  order: PointOrder,
  instanceId: string,
  sources: readonly VolumeFact[],
): Promise<readonly SnapshotFact[]> {
  const { from, seq } = order;
  const excluded = await othersOf(work, from, instanceId, sources);
  // Two calls made by accident are told apart by it: a set is of one call, or it is of no single moment.
  const set = `s${seq}-${work.tools.clock.nowMs()}`;
  const label = labelOf(work, order, { op: work.opId, set });
  const answer = await unlessHeldBack(
    act(work, from, 'createSnapshots', {
      InstanceSpecification: {
        ...{ InstanceId: instanceId, ExcludeBootVolume: true },
        ...(excluded.length > 0 && { ExcludeDataVolumeIds: excluded }),
      },
      Description: describe(work, order),
      TagSpecifications: tagged('snapshot', labelTags(work.of.uid, label)),
    }),
  );
  return (answer?.Snapshots ?? []).map((each) => sentFact(work, label, each, each.VolumeId ?? ''));
}

/** Data volumes of the instance that are none of ours. */
async function othersOf(
  work: Work,
  side: Side,
  instanceId: string,
  sources: readonly VolumeFact[],
): Promise<string[]> {
  const filter = [{ Name: 'attachment.instance-id', Values: [instanceId] }];
  const [attached, known] = await Promise.all([
    volumes(work, side, filter),
    instances(work, side, [instanceId]),
  ]);
  const rootDevice = known.get(instanceId)?.rootDevice;
  const own = new Set(sources.map(({ id }) => id));
  const others = attached.filter(
    ({ id, attachments }) => !own.has(id) && attachments[0]?.device !== rootDevice,
  );
  if (others.length <= ebs.excludedMax) return others.map(({ id }) => id);
  throw volumeFault(
    'InvalidSpec',
    'volume.tooManyOthers',
    `${instanceId} has ${others.length} other volumes, and one snapshot call leaves out ${ebs.excludedMax}; write consistency: perVolume`,
  );
}

/** EC2's own rules: one snapshot of a volume in 15 s, and few of them pending; foreign ones count as well. */
async function isAllowed(work: Work, side: Side, wanted: readonly VolumeFact[]): Promise<boolean> {
  const filter = [{ Name: 'volume-id', Values: wanted.map(({ id }) => id) }];
  const found = await snapshots(work, side, filter);
  const sinceMs = work.tools.clock.nowMs() - paced(work, ebs.snapshotEveryMs);
  return wanted.every((volume) => {
    const of = found.filter((each) => sourceOf(each) === volume.id);
    const isDisk = volume.type === 'st1' || volume.type === 'sc1';
    const pending = of.filter(({ state }) => state === 'pending').length;
    return (
      pending < (isDisk ? ebs.pendingOfDisksMax : ebs.pendingMax) &&
      of.every(({ startMs }) => startMs <= sinceMs)
    );
  });
}

const labelOf = (
  { of }: Work,
  { from, seq, role, isFinal = false }: PointOrder,
  more: Pick<Label, 'op' | 'set' | 'sourceVolume' | 'member'>,
): Label => ({ role, at: from, epoch: of.armed[from], seq, isFinal, ...more });

const describe = ({ of }: Work, { from, seq }: PointOrder): string =>
  `fairlead ${of.namespace}/${of.name} ${from} ${seq}`;

/** As the answer of the call shows it; reads may lag behind. */
function sentFact(
  work: Work,
  label: Label,
  answer: {
    SnapshotId?: string | undefined;
    State?: string | undefined;
    StartTime?: Date | undefined;
  },
  volumeId: string,
): SnapshotFact {
  const tags = labelTags(work.of.uid, label).map(({ Key = '', Value = '' }) => [Key, Value]);
  return {
    ...{ id: answer.SnapshotId ?? '', volumeId, state: answer.State ?? 'pending', message: '' },
    ...{ progress: 0, startMs: answer.StartTime?.getTime() ?? work.tools.clock.nowMs() },
    ...{ endMs: Number.POSITIVE_INFINITY, seq: label.seq ?? 0, epoch: label.epoch },
    tags: Object.fromEntries(tags) as Readonly<Record<string, string>>,
  };
}
