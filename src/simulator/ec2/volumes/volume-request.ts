/** What a request for a new volume asks for, after the checks of form and fit. */
import { createHash } from 'node:crypto';
import type { CreateVolumeRequest } from '@aws-sdk/client-ec2';
import { zonesOf } from '../../catalogue.ts';
import { AwsError } from '../../errors.ts';
import type { SnapshotRecord } from '../../state/volume-records.ts';
import type { Call } from '../../world.ts';
import { findSnapshot, snapshotStateAt } from './snapshot-state.ts';

export interface Shape {
  readonly sizeGiB: number;
  readonly volumeType: string;
  readonly iops?: number | undefined;
  readonly throughput?: number | undefined;
}

const types = new Set(['gp2', 'gp3', 'io1', 'io2', 'st1', 'sc1', 'standard']);
const sizeMaxGiB = 65_536;

/** @throws AwsError `InvalidParameterValue`, `MissingParameter` */
export function readShape(
  input: Pick<CreateVolumeRequest, 'Size' | 'VolumeType' | 'Iops' | 'Throughput'>,
  from: Partial<Shape>,
): Shape {
  const sizeGiB = input.Size ?? from.sizeGiB;
  if (sizeGiB === undefined) {
    throw new AwsError(
      'MissingParameter',
      'The request must contain the parameter size/snapshotId',
    );
  }
  if (sizeGiB < 1 || sizeGiB > sizeMaxGiB || sizeGiB < (from.sizeGiB ?? 1)) {
    throw invalid(
      `Volume of ${String(sizeGiB)}GiB is smaller than snapshot or source, which has ${String(from.sizeGiB ?? 1)}GiB, or too large`,
    );
  }
  const volumeType = input.VolumeType ?? from.volumeType ?? 'gp2';
  if (!types.has(volumeType)) throw invalid(`Volume type '${volumeType}' is not valid`);
  if (input.Throughput !== undefined && volumeType !== 'gp3') {
    throw new AwsError(
      'InvalidParameterCombination',
      `The parameter Throughput is not supported for ${volumeType} volumes.`,
    );
  }
  return { sizeGiB, volumeType, ...rates(input, volumeType, sizeGiB) };
}

function rates(
  { Iops, Throughput }: Pick<CreateVolumeRequest, 'Iops' | 'Throughput'>,
  volumeType: string,
  sizeGiB: number,
): Pick<Shape, 'iops' | 'throughput'> {
  if (volumeType === 'gp3') return { iops: Iops ?? 3_000, throughput: Throughput ?? 125 };
  if (volumeType === 'gp2') return { iops: Math.min(16_000, Math.max(100, 3 * sizeGiB)) };
  return Iops === undefined ? {} : { iops: Iops };
}

/** @throws AwsError `InvalidZone`, `MissingParameter` */
export function readZone(input: CreateVolumeRequest, call: Call): string {
  const given = input.AvailabilityZone ?? input.AvailabilityZoneId;
  if (given === undefined) {
    throw new AwsError('MissingParameter', 'The request must contain the parameter zone');
  }
  const zone = zonesOf(call.region).find(({ name, zoneId }) => given === name || given === zoneId);
  if (zone !== undefined) return zone.name;
  throw new AwsError('InvalidZone', `The zone '${given}' does not exist.`);
}

/** @throws AwsError `InvalidParameterValue`, `InvalidParameterCombination` */
export function readInitializationRate(input: CreateVolumeRequest): number | undefined {
  const rate = input.VolumeInitializationRate;
  if (rate === undefined) return undefined;
  if (input.SnapshotId === undefined) {
    throw new AwsError(
      'InvalidParameterCombination',
      'The parameter VolumeInitializationRate needs a SnapshotId.',
    );
  }
  if (rate >= 100 && rate <= 300) return rate;
  throw invalid(
    `Value (${String(rate)}) for parameter volumeInitializationRate is invalid. Expecting 100 to 300.`,
  );
}

/** The snapshot to fill it from. @throws AwsError `InvalidSnapshot.NotFound`, `IncorrectState` while it is not completed */
export function readSource(input: CreateVolumeRequest, call: Call): SnapshotRecord | undefined {
  if (input.SnapshotId === undefined || input.SnapshotId === '') return undefined;
  const snapshot = findSnapshot(input.SnapshotId, call);
  const state = snapshotStateAt(snapshot, call.nowMs);
  if (state === 'completed') return snapshot;
  throw new AwsError(
    'IncorrectState',
    `Snapshot is in invalid state - ${state}: ${snapshot.snapshotId}`,
  );
}

const tokenMaxCharacters = 64;

/** @throws AwsError `InvalidParameterValue` */
export function readToken(token: string | undefined): string | undefined {
  if (token === undefined || token === '') return undefined;
  if (token.length <= tokenMaxCharacters && /^[\x21-\x7e]+$/.test(token)) return token;
  throw invalid(
    `Value (${token}) for parameter clientToken is invalid. It must be at most 64 ASCII characters.`,
  );
}

/** Of everything but the token itself: the same token must always come with the same request. */
export function hashOf(input: { readonly ClientToken?: string | undefined }): string {
  const { ClientToken: _token, ...rest } = input;
  return createHash('sha256').update(JSON.stringify(rest)).digest('hex');
}

function invalid(message: string): AwsError {
  return new AwsError('InvalidParameterValue', message);
}
