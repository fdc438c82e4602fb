/**
 * CopySnapshot, asked for in the destination region: only of what is completed, under a new id, without the source's tags,
 * and only of what has changed when an earlier copy of the same volume's blocks is there under the same key.
 */
import { CopySnapshot$ } from '@aws-sdk/client-ec2';
import type { CopySnapshotRequest, CopySnapshotResult } from '@aws-sdk/client-ec2';
import { AwsError } from '../../errors.ts';
import { operation } from '../../operation.ts';
import type { SnapshotRecord } from '../../state/volume-records.ts';
import { drawDuration, newId } from '../../world.ts';
import type { Call } from '../../world.ts';
import { tagsFor, toTagList } from '../tags.ts';
import { endOf, keyArn, limitOf } from './circumstances.ts';
import { assertRoom } from './create-snapshots.ts';
import { forgetDeleted } from './forget.ts';
import { findSnapshot, isWorking, snapshotStateAt, timesOf } from './snapshot-state.ts';

export const copySnapshot = operation(
  CopySnapshot$,
  (input: CopySnapshotRequest, call): CopySnapshotResult => {
    const source = readSource(input, call);
    assertDuration(input.CompletionDurationMinutes);
    const tags = tagsFor(input.TagSpecifications, 'snapshot');
    assertMayCopy(call);
    assertRoom(1, call);
    forgetDeleted(call);
    const record: SnapshotRecord = {
      ...copyOf(source, encryptionOf(input, source, call), call),
      description: input.Description ?? '',
      tags,
      ...(input.CompletionDurationMinutes === undefined
        ? {}
        : { durationMinutes: input.CompletionDurationMinutes }),
    };
    call.world.tables.snapshots.put(record.snapshotId, record);
    return { SnapshotId: record.snapshotId, Tags: toTagList(tags) };
  },
);

/** @throws AwsError `InvalidParameterValue`, `InvalidSnapshot.NotFound`, `IncorrectState` */
function readSource(input: CopySnapshotRequest, call: Call): SnapshotRecord {
  if (input.DestinationRegion !== undefined && input.DestinationRegion !== call.region) {
    throw new AwsError(
      'InvalidParameterValue',
      `The destination is the region asked, ${call.region}, not ${input.DestinationRegion}.`,
    );
  }
  const source = findSnapshot(input.SourceSnapshotId ?? '', call, input.SourceRegion ?? '');
  const state = snapshotStateAt(source, call.nowMs);
  if (state === 'completed') return source;
  throw new AwsError('IncorrectState', `${source.snapshotId} is not completed: it is ${state}.`);
}

function assertDuration(minutes: number | undefined): void {
  if (minutes === undefined) return;
  if (minutes >= 15 && minutes <= 2_880 && minutes % 15 === 0) return;
  throw new AwsError(
    'InvalidParameterValue',
    `CompletionDurationMinutes is ${String(minutes)}: it must be 15 to 2880 in steps of 15.`,
  );
}

/** @throws AwsError `ResourceLimitExceeded` */
function assertMayCopy({ world, region, nowMs }: Call): void {
  const working = [...world.tables.snapshots.all()].filter(
    (record) => record.region === region && record.copyOf !== undefined && isWorking(record, nowMs),
  );
  if (working.length < limitOf(world, 'copies', region)) return;
  throw new AwsError(
    'ResourceLimitExceeded',
    `Too many snapshot copies in progress. The limit is ${String(limitOf(world, 'copies', region))} for this destination region.`,
  );
}

function encryptionOf(
  input: CopySnapshotRequest,
  source: SnapshotRecord,
  call: Call,
): Pick<SnapshotRecord, 'isEncrypted' | 'kmsKeyId'> {
  const isEncrypted = source.isEncrypted || input.Encrypted === true;
  if (input.KmsKeyId !== undefined && !isEncrypted) {
    throw new AwsError(
      'InvalidParameterCombination',
      'The parameter KmsKeyId requires the parameter Encrypted to be set.',
    );
  }
  return isEncrypted
    ? { isEncrypted, kmsKeyId: keyArn(input.KmsKeyId, call.region) }
    : { isEncrypted };
}

type Copied = Omit<SnapshotRecord, 'description' | 'tags'>;

function copyOf(
  source: SnapshotRecord,
  encryption: Pick<SnapshotRecord, 'isEncrypted' | 'kmsKeyId'>,
  call: Call,
): Copied {
  const { world, region, nowMs } = call;
  const snapshotId = newId(world, 'snap');
  const { beginsAtMs, isIncremental } = planOf(source, encryption.kmsKeyId, call);
  const endsAtMs =
    beginsAtMs + drawDuration(world, isIncremental ? 'copyChanged' : 'copyWhole', snapshotId);
  return {
    ...{ snapshotId, region, isIncremental, ...encryption },
    volumeId: newId(world, 'vol'),
    lineage: source.lineage,
    volumeType: source.volumeType,
    sizeGiB: source.sizeGiB,
    ...timesOf(world, snapshotId, { startedAtMs: nowMs, endsAtMs }),
    ...endOf(world, 'copy', source.lineage, encryption.kmsKeyId),
    copyOf: { region: source.region, snapshotId: source.snapshotId },
    segments: source.segments,
  };
}

/** Copies of one volume's snapshots wait for each other; one that is there by then spares the blocks it holds. */
function planOf(source: SnapshotRecord, kmsKeyId: string | undefined, call: Call) {
  const { world, region, nowMs } = call;
  const copies = [...world.tables.snapshots.all()].filter(
    (record) =>
      record.region === region && record.copyOf !== undefined && record.lineage === source.lineage,
  );
  const beginsAtMs = Math.max(nowMs, ...copies.map((record) => record.endsAtMs));
  const isIncremental = copies.some(
    (record) =>
      record.outcome === 'completed' &&
      record.deletedAtMs === undefined &&
      record.kmsKeyId === kmsKeyId,
  );
  return { beginsAtMs, isIncremental };
}
