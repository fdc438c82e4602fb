/** CreateVolume and CopyVolumes: a token finds the first volume again, in its zone only. */
import { CopyVolumes$, CreateVolume$ } from '@aws-sdk/client-ec2';
import type {
  CopyVolumesRequest,
  CopyVolumesResult,
  CreateVolumeRequest,
  Volume,
} from '@aws-sdk/client-ec2';
import { AwsError } from '../../errors.ts';
import { operation } from '../../operation.ts';
import type { SnapshotRecord, VolumeRecord } from '../../state/volume-records.ts';
import { drawDuration, newId } from '../../world.ts';
import type { Call } from '../../world.ts';
import { tagsFor } from '../tags.ts';
import { freshLog, settled } from './append-log.ts';
import { assertRoomForVolume, endOf, keyArn } from './circumstances.ts';
import { isFastRestorable } from './fast-restore-state.ts';
import { forgetDeleted } from './forget.ts';
import { planOn } from './steps.ts';
import {
  hashOf,
  readInitializationRate,
  readShape,
  readSource,
  readToken,
  readZone,
} from './volume-request.ts';
import { findVolume, volumeStateAt } from './volume-state.ts';
import { viewVolume } from './volume-view.ts';

export const createVolume = operation(CreateVolume$, (input: CreateVolumeRequest, call): Volume => {
  if (input.MultiAttachEnabled === true) throw noMultiAttach();
  const zone = readZone(input, call);
  const make = (): VolumeRecord => {
    const source = readSource(input, call);
    const initializationRate = readInitializationRate(input);
    const isFastRestored = source !== undefined && isFastRestorable(source.snapshotId, zone, call);
    const encryption = encryptionOf(input, source, call);
    return volumeWith(
      {
        zone,
        ...readShape(input, source === undefined ? {} : { sizeGiB: source.sizeGiB }),
        ...encryption,
        snapshotId: source?.snapshotId ?? '',
        initializationRate,
        isFastRestored,
        tags: tagsFor(input.TagSpecifications, 'volume'),
        log: freshLog(source?.segments ?? [], call.nowMs),
      },
      { lineage: source?.lineage ?? '', fillGiB: isFastRestored ? 0 : (source?.sizeGiB ?? 0) },
      call,
    );
  };
  return viewVolume(onceByToken(input, zone, make, call), call.nowMs);
});

/** The clone is there at once, in the zone of its source. */
export const copyVolumes = operation(
  CopyVolumes$,
  (input: CopyVolumesRequest, call): CopyVolumesResult => {
    if (input.MultiAttachEnabled === true) throw noMultiAttach();
    const source = settled(call.world, findVolume(input.SourceVolumeId ?? '', call), call.nowMs);
    const state = volumeStateAt(source, call.nowMs);
    if (state !== 'available' && state !== 'in-use') {
      throw new AwsError('IncorrectState', `The volume '${source.volumeId}' is '${state}'.`);
    }
    const make = (): VolumeRecord =>
      volumeWith(
        {
          zone: source.zone,
          ...readShape(input, source),
          ...{ isEncrypted: source.isEncrypted, kmsKeyId: source.kmsKeyId },
          snapshotId: '',
          sourceVolumeId: source.volumeId,
          isFastRestored: false,
          tags: tagsFor(input.TagSpecifications, 'volume'),
          log: freshLog(source.log.segments, call.nowMs),
        },
        { lineage: source.volumeId, fillGiB: 0 },
        call,
      );
    return { Volumes: [viewVolume(onceByToken(input, source.zone, make, call), call.nowMs)] };
  },
);

/** The volume the token has made in the zone, else a new one. @throws AwsError `IdempotentParameterMismatch` */
function onceByToken(
  input: CreateVolumeRequest | CopyVolumesRequest,
  zone: string,
  make: () => VolumeRecord,
  call: Call,
): VolumeRecord {
  const { volumes, volumeTokens } = call.world.tables;
  const token = readToken(input.ClientToken);
  const key = `${call.region}/${zone}/${token ?? ''}`;
  const known = token === undefined ? undefined : volumeTokens.get(key);
  if (known !== undefined) {
    const earlier = volumes.get(known.volumeId);
    if (known.requestHash === hashOf(input) && earlier !== undefined) return earlier;
    throw new AwsError(
      'IdempotentParameterMismatch',
      'The client token you have provided is associated with a resource that is already deleted, or the parameters differ from those it was used with.',
    );
  }
  assertRoomForVolume(zone, call);
  forgetDeleted(call);
  const made = make();
  volumes.put(made.volumeId, made);
  if (token !== undefined) {
    volumeTokens.put(key, { key, requestHash: hashOf(input), volumeId: made.volumeId });
  }
  return made;
}

type Ready = 'volumeId' | 'region' | 'createdAtMs' | 'visibleAtMs' | 'steps' | 'filledAtMs';

function volumeWith(
  what: Omit<VolumeRecord, Ready>,
  fill: { readonly lineage: string; readonly fillGiB: number },
  call: Call,
): VolumeRecord {
  const { world, region, nowMs } = call;
  const volumeId = newId(world, 'vol');
  const readyAtMs = nowMs + drawDuration(world, 'volumeCreate', volumeId);
  const keyId = what.isEncrypted ? what.kmsKeyId : undefined;
  const end = endOf(world, 'volume', fill.lineage, keyId);
  const state = end.outcome === 'completed' ? 'available' : 'error';
  return {
    ...what,
    volumeId,
    region,
    createdAtMs: nowMs,
    visibleAtMs: nowMs + drawDuration(world, 'lag', volumeId),
    steps: planOn(world, volumeId, [], nowMs, [
      { state: 'creating', atMs: nowMs },
      { state, atMs: readyAtMs },
    ]),
    filledAtMs: readyAtMs + fillMs(what, fill.fillGiB, volumeId, call),
  };
}

function fillMs(
  { initializationRate }: Pick<VolumeRecord, 'initializationRate'>,
  fillGiB: number,
  volumeId: string,
  { world }: Call,
): number {
  if (fillGiB === 0) return 0;
  if (initializationRate === undefined) return drawDuration(world, 'fill', volumeId);
  return world.clock.scaled((fillGiB * 1_024 * 1_000) / initializationRate);
}

function encryptionOf(
  input: CreateVolumeRequest,
  source: SnapshotRecord | undefined,
  call: Call,
): Pick<VolumeRecord, 'isEncrypted' | 'kmsKeyId'> {
  const isEncrypted =
    input.Encrypted === true || source?.isEncrypted === true || input.KmsKeyId !== undefined;
  if (!isEncrypted) return { isEncrypted };
  return { isEncrypted, kmsKeyId: keyArn(input.KmsKeyId ?? source?.kmsKeyId, call.region) };
}

function noMultiAttach(): AwsError {
  return new AwsError('NotImplemented', 'The simulator attaches a volume to one instance only.');
}
