/** The beginning of a relationship: looks whether both places are what the manifest says, and marks the volumes that write first. */
import type { Sight } from '../../../machines/replication-effects.ts';
import { peerOf } from '../../../machines/replication-table.ts';
import type { Side } from '../../../machines/replication-table.ts';
import { volumeFault } from './faults.ts';
import { memberOp } from './ids.ts';
import { instances, volumes } from './lookups.ts';
import type { InstanceFact, VolumeFact } from './lookups.ts';
import { instancesOf, membersOf, settingsOf } from './places.ts';
import type { Member } from './places.ts';
import { lookAt } from './suspects.ts';
import { keys, labelTags } from './tags.ts';
import { act } from './work.ts';
import type { Work } from './work.ts';

interface Problem {
  readonly code: string;
  readonly text: string;
}

/** @throws VolumeFault `InvalidSpec` with every problem found at this side */
export async function establish(work: Work, side: Side): Promise<Sight> {
  const members = membersOf(work.of);
  const isFirst = work.of.spec.initialSource === side;
  const [known, found] = await Promise.all([
    instances(work, side, instancesOf(work.of, side)),
    volumesAround(work, side, members),
  ]);
  const problems = [
    ...generalProblems(work),
    ...members.flatMap((member) => [
      ...placeProblems(work, side, member, known),
      ...(isFirst
        ? volumeProblems(work, side, member, found)
        : deviceProblems(work, side, member, found)),
    ]),
  ];
  if (problems.length > 0) throw faultOf(problems);
  if (isFirst) await markVolumes(work, side, members, found);
  const everyEpoch = work.of.epoch + 2;
  const [self, peer] = await Promise.all([
    lookAt(work, side, everyEpoch),
    lookAt(work, peerOf(side), everyEpoch),
  ]);
  return { self: self.writable, peer: peer.writable };
}

function faultOf(problems: readonly Problem[]) {
  const code = problems.length === 1 ? (problems[0]?.code ?? '') : 'manifest.invalid';
  return volumeFault('InvalidSpec', code, [...new Set(problems.map(({ text }) => text))].join(' '));
}

/** Declared volumes, and whatever the declared instances hold. */
async function volumesAround(work: Work, side: Side, members: readonly Member[]) {
  const declared = members.flatMap((member) => member[side].volumeId ?? []);
  const held = { Name: 'attachment.instance-id', Values: instancesOf(work.of, side) };
  const found = await Promise.all([
    volumes(work, side, [held]),
    declared.length === 0 ? [] : volumes(work, side, [{ Name: 'volume-id', Values: declared }]),
  ]);
  return found.flat();
}

function generalProblems({ of }: Work): Problem[] {
  const { home, away } = of.spec.endpoints;
  const { kmsKeyId } = settingsOf(of);
  const found: Problem[] = [];
  if (home.account !== away.account)
    found.push({
      code: 'manifest.accountsDiffer',
      text: `spec.endpoints.away.account is ${away.account}: backend ebs does not share snapshots between accounts; write ${home.account}.`,
    });
  if (kmsKeyId.startsWith('arn:') && home.region !== away.region)
    found.push({
      code: 'manifest.keyOfOneRegion',
      text: `spec.extensions.ebs.kmsKeyId is a key of one region: copies go both ways; write an alias that both regions have, such as alias/dr.`,
    });
  return found;
}

function placeProblems(
  { of }: Work,
  side: Side,
  { index, [side]: place }: Member,
  known: ReadonlyMap<string, InstanceFact>,
): Problem[] {
  const path = `spec.volumes[${index}].${side}.instanceId`;
  const { zone } = of.spec.endpoints[side];
  const instance = known.get(place.instanceId);
  if (instance === undefined || gone.has(instance.state))
    return [
      {
        code: 'manifest.instanceNotFound',
        text: `${path} is ${place.instanceId}: there is no such instance in ${of.spec.endpoints[side].region}; write one that runs there.`,
      },
    ];
  if (instance.zone === zone) return [];
  return [
    {
      code: 'manifest.instanceElsewhere',
      text: `${path} is ${place.instanceId}: it runs in ${instance.zone}, and volumes do not leave their zone; write spec.endpoints.${side}.zone: ${instance.zone}.`,
    },
  ];
}

const gone: ReadonlySet<string> = new Set(['terminated', 'shutting-down']);

function volumeProblems(
  { of }: Work,
  side: Side,
  { index, [side]: place }: Member,
  found: readonly VolumeFact[],
): Problem[] {
  const path = `spec.volumes[${index}].${side}`;
  const volume = found.find(({ id }) => id === place.volumeId);
  const isThere = volume?.attachments.some(
    ({ instanceId, device, state }) =>
      instanceId === place.instanceId && device === place.device && state === 'attached',
  );
  const owner = volume?.tags[keys.rel] ?? of.uid;
  if (volume === undefined || isThere !== true)
    return [
      {
        code: 'manifest.notAttached',
        text: `${path} is ${place.volumeId ?? 'no volume'}: it is not attached to ${place.instanceId} as ${place.device}; attach it there, or write where it is.`,
      },
    ];
  if (owner !== of.uid)
    return [
      {
        code: 'manifest.volumeTaken',
        text: `${path}.volumeId is ${volume.id}: replication ${owner} owns it; delete that one first.`,
      },
    ];
  if (volume.tags[keys.fenced] !== 'true') return [];
  return [
    {
      code: 'manifest.volumeFenced',
      text: `${path}.volumeId is ${volume.id}: it is fenced for good; copy it and write the copy.`,
    },
  ];
}

/** The volume of this side is made at promotion; its place must be free for it. */
function deviceProblems(
  { of }: Work,
  side: Side,
  { index, [side]: place }: Member,
  found: readonly VolumeFact[],
): Problem[] {
  const taken = found.find(({ attachments }) =>
    attachments.some(
      ({ instanceId, device }) => instanceId === place.instanceId && device === place.device,
    ),
  );
  if (taken === undefined || taken.tags[keys.rel] === of.uid) return [];
  return [
    {
      code: 'manifest.deviceTaken',
      text: `spec.volumes[${index}].${side}.device is ${place.device}: ${taken.id} is attached there; write a free device of ${place.instanceId}.`,
    },
  ];
}

/** Tagged as volumes of the epoch that is claimed with the answer. */
async function markVolumes(
  work: Work,
  side: Side,
  members: readonly Member[],
  found: readonly VolumeFact[],
): Promise<void> {
  const epoch = work.of.epoch + 1;
  for (const { index, name, [side]: place } of members) {
    const volume = found.find(({ id }) => id === place.volumeId);
    if (volume === undefined || volume.tags[keys.epoch] === String(epoch)) continue;
    const op = memberOp(work.opId, index);
    const label = { role: 'volume' as const, at: side, epoch, op, member: name };
    await act(work, side, 'createTags', {
      Resources: [volume.id],
      Tags: labelTags(work.of.uid, label),
    });
  }
}
