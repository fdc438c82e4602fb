/** What the side path can set around volumes and snapshots: limits, flags, and work that ends in an error. */
import { ownerId, stableId } from '../../catalogue.ts';
import { AwsError } from '../../errors.ts';
import type { VolumeRecord } from '../../state/volume-records.ts';
import type { OutcomeRow, VolumeFlagName, VolumeLimitName } from '../../state/volume-records.ts';
import type { Call, World } from '../../world.ts';
import { isGone } from './volume-state.ts';

/** AWS's default numbers, or beyond what a simulated run reaches. */
const limitDefaults: Readonly<Record<VolumeLimitName, number>> = {
  volumes: 100_000,
  zoneVolumes: 100_000,
  snapshots: 100_000,
  copies: 20,
  attachments: 27,
  fastRestores: 5,
};

export const limitKey = (name: string, place: string): string => `${name}/${place}`;

export function limitOf(world: World, name: VolumeLimitName, place: string): number {
  const rows = world.tables.volumeLimits;
  const row = rows.get(limitKey(name, place)) ?? rows.get(limitKey(name, '*'));
  return row?.max ?? limitDefaults[name];
}

export const flagKey = (name: VolumeFlagName, of: string): string => `${name}/${of}`;

export function hasFlag(world: World, name: VolumeFlagName, of: string): boolean {
  const { volumeFlags } = world.tables;
  return volumeFlags.has(flagKey(name, of)) || volumeFlags.has(flagKey(name, '*'));
}

export const outcomeKey = ({ what, volumeId }: Pick<OutcomeRow, 'what' | 'volumeId'>): string =>
  `${what}/${volumeId}`;

/**
 * How the work will end; an order for a bad end is used up by it.
 * @param lineage the volume whose blocks it is about
 * @param keyId of the key it needs; undefined when nothing is encrypted
 */
export function endOf(
  world: World,
  what: OutcomeRow['what'],
  lineage: string,
  keyId: string | undefined,
): { readonly outcome: 'completed' } | { readonly outcome: 'error'; readonly message: string } {
  if (keyId !== undefined && hasFlag(world, 'brokenKey', keyId)) {
    return { outcome: 'error', message: 'Given key ID is not accessible' };
  }
  const { outcomes } = world.tables;
  for (const volumeId of [lineage, '*']) {
    const key = outcomeKey({ what, volumeId });
    const row = outcomes.get(key);
    if (row === undefined) continue;
    if (row.times > 1) outcomes.put(key, { ...row, times: row.times - 1 });
    else outcomes.remove(key);
    return { outcome: 'error', message: row.message };
  }
  return { outcome: 'completed' };
}

/** The key in the form reads show it in: an alias or id is one of the region. */
export function keyArn(keyId: string | undefined, region: string): string {
  const named = keyId === undefined || keyId === '' ? 'alias/aws/ebs' : keyId;
  if (named.startsWith('arn:')) return named;
  const id = stableId('key', `${region}/${named}`).slice(4);
  return `arn:aws:kms:${region}:${ownerId}:key/${named.startsWith('alias/') ? id : named}`;
}

/** @throws AwsError `VolumeLimitExceeded`, `InsufficientVolumeCapacity` */
export function assertRoomForVolume(zone: string, call: Call): void {
  const { world, region, nowMs } = call;
  const living = [...world.tables.volumes.all()].filter((record) => !isGone(record, nowMs));
  const count = (holds: (record: VolumeRecord) => boolean) => living.filter(holds).length;
  if (count((record) => record.region === region) >= limitOf(world, 'volumes', region)) {
    throw new AwsError('VolumeLimitExceeded', 'Maximum number of volumes exceeded.');
  }
  if (count((record) => record.zone === zone) >= limitOf(world, 'zoneVolumes', zone)) {
    throw new AwsError(
      'InsufficientVolumeCapacity',
      `There is not enough capacity to fulfill your EBS volume request in ${zone}.`,
    );
  }
}
