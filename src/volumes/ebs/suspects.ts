/** Whatever could still write at a side for an older epoch: found by tags, by place and by declared id. */
import type { ReplicationFacts, Writable } from '../../../machines/replication-effects.ts';
import type { Side } from '../../../machines/replication-table.ts';
import { isSilence, faultIn } from './faults.ts';
import { instances, isVolumeOf, ownVolumes, volumes } from './lookups.ts';
import type { InstanceFact, VolumeFact } from './lookups.ts';
import { instancesOf, placesOf } from './places.ts';
import { keys } from './tags.ts';
import type { Work } from './work.ts';

export interface Suspects {
  readonly volumes: readonly VolumeFact[];
  /** Instances that hold one, as far as EC2 knows them. */
  readonly instances: ReadonlyMap<string, InstanceFact>;
}

/** @throws CloudFault-shaped errors: a region that does not answer tells nothing */
export async function suspectsOf(
  work: Work,
  side: Side,
  olderThanEpoch: number,
): Promise<Suspects> {
  const { of } = work;
  const declared = placesOf(of, side).flatMap(({ volumeId }) => volumeId ?? []);
  const held = { Name: 'attachment.instance-id', Values: instancesOf(of, side) };
  const [own, attached, named] = await Promise.all([
    ownVolumes(work, side),
    volumes(work, side, [held]),
    declared.length === 0 ? [] : volumes(work, side, [{ Name: 'volume-id', Values: declared }]),
  ]);
  const all = new Map([...own, ...attached, ...named].map((each) => [each.id, each]));
  const found = [...all.values()].filter((each) => isSuspect(of, side, olderThanEpoch, each));
  const holders = found.flatMap(({ attachments }) =>
    attachments.map(({ instanceId }) => instanceId),
  );
  return { volumes: found, instances: await instances(work, side, holders) };
}

function isSuspect(
  of: ReplicationFacts,
  side: Side,
  olderThanEpoch: number,
  volume: VolumeFact,
): boolean {
  const { tags, epoch } = volume;
  const isOurs = tags[keys.rel] === of.uid;
  if (isOurs && (epoch >= olderThanEpoch || tags[keys.role] === 'test')) return false;
  return isVolumeOf(of.uid, side)(volume) || isDeclared(of, side, volume);
}

/** What stands in the place of a declared volume may be one, whatever its tags say. */
function isDeclared(of: ReplicationFacts, side: Side, { id, attachments }: VolumeFact): boolean {
  return placesOf(of, side).some(
    ({ volumeId, instanceId, device }) =>
      volumeId === id ||
      attachments.some((each) => each.instanceId === instanceId && each.device === device),
  );
}

const halted: ReadonlySet<string> = new Set(['stopped', 'terminated']);

/** `no` only of what is positively detached, or whose instance is stopped. */
export function writableOf(volume: VolumeFact, known: Suspects['instances']): Writable {
  if (volume.attachments.length === 0) return 'no';
  const states = volume.attachments.map(({ instanceId }) => known.get(instanceId)?.state);
  if (states.some((state) => state === undefined)) return 'unknown';
  return states.every((state) => halted.has(state ?? '')) ? 'no' : 'yes';
}

export interface Verdict {
  readonly writable: Writable;
  /** What was seen, in words. */
  readonly observed: string;
}

export function verdictOf({ volumes: found, instances: known }: Suspects): Verdict {
  const told = found.map((volume) => ({ volume, writable: writableOf(volume, known) }));
  const worst = (['yes', 'unknown'] as const).find((each) =>
    told.some(({ writable }) => writable === each),
  );
  if (worst === undefined) return { writable: 'no', observed: `${found.length} volumes at rest` };
  const observed = told
    .filter(({ writable }) => writable !== 'no')
    .map(({ volume }) => inWords(volume, known))
    .join('; ');
  return { writable: worst, observed: observed.slice(0, 500) };
}

function inWords({ id, attachments }: VolumeFact, known: Suspects['instances']): string {
  const where = attachments.map(
    ({ instanceId, state }) =>
      `${state} at ${instanceId} (${known.get(instanceId)?.state ?? 'of which EC2 knows nothing'})`,
  );
  return `${id} is ${where.join(', ')}`;
}

/** As above; a region that does not answer proves nothing. */
export async function lookAt(work: Work, side: Side, olderThanEpoch: number): Promise<Verdict> {
  try {
    return verdictOf(await suspectsOf(work, side, olderThanEpoch));
  } catch (thrown) {
    if (work.attempt.signal.aborted || !isSilence(thrown)) throw thrown;
    return { writable: 'unknown', observed: silenceOf(work, side, thrown) };
  }
}

export function silenceOf({ of }: Work, side: Side, thrown: unknown): string {
  const { region } = of.spec.endpoints[side];
  return `${region} does not answer: ${faultIn(thrown)?.code ?? 'no reason given'}`;
}
