/** Where a replication's volumes live: regions and zones of both sides, members and their instances, back end settings. */
import type { ReplicationFacts } from '../../../machines/replication-effects.ts';
import type { Side } from '../../../machines/replication-table.ts';
import { volumeFault } from './faults.ts';

/** A place at an instance; the volume is named where one exists from the beginning. */
interface Place {
  readonly volumeId?: string;
  readonly instanceId: string;
  readonly device: string;
}

export interface Member {
  readonly index: number;
  readonly name: string;
  readonly home: Place;
  readonly away: Place;
}

type Given = ReplicationFacts['spec']['volumes'][number]['home'];

/** @throws VolumeFault `manifest.volumeSideUnsupported`: claims are not driven by this back end */
export function membersOf({ spec }: ReplicationFacts): readonly Member[] {
  return spec.volumes.map(({ name, home, away }, index) => ({
    ...{ index, name },
    home: placeOf(home, `spec.volumes[${index}].home`),
    away: placeOf(away, `spec.volumes[${index}].away`),
  }));
}

function placeOf(given: Given, path: string): Place {
  if (!('instanceId' in given))
    throw volumeFault(
      'InvalidSpec',
      'manifest.volumeSideUnsupported',
      `${path} is a claim: backend ebs drives volumes of instances; write { volumeId, instanceId, device }.`,
    );
  const { volumeId, instanceId, device } = given;
  return { instanceId, device, ...(volumeId !== undefined && { volumeId }) };
}

export const placesOf = (of: ReplicationFacts, side: Side): readonly Place[] =>
  membersOf(of).map((member) => member[side]);

export const instancesOf = (of: ReplicationFacts, side: Side): string[] => [
  ...new Set(placesOf(of, side).map(({ instanceId }) => instanceId)),
];

/** Snapshots are regional: within one region and account nothing is copied. */
export const isOneRegion = ({ spec }: ReplicationFacts): boolean =>
  spec.endpoints.home.region === spec.endpoints.away.region &&
  spec.endpoints.home.account === spec.endpoints.away.account;

type Settings = NonNullable<ReplicationFacts['spec']['extensions']['ebs']>;

const defaults: Settings = {
  ...{ kmsKeyId: '', hydrate: 'lazy', volumeType: 'gp3', fastRestore: false, fencing: 'stop' },
};

export const settingsOf = ({ spec }: ReplicationFacts): Settings => spec.extensions.ebs ?? defaults;
