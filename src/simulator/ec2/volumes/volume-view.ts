/** A volume as EC2 describes it, in the SDK's words. */
import type { Volume, VolumeAttachment } from '@aws-sdk/client-ec2';
import { zonesOf } from '../../catalogue.ts';
import type { AttachmentRecord, VolumeRecord } from '../../state/volume-records.ts';
import { toTagList } from '../tags.ts';
import { seenAttachment, seenVolumeState } from './volume-state.ts';

export function viewVolume(record: VolumeRecord, nowMs: number): Volume {
  const attachment = seenAttachment(record, nowMs);
  return {
    ...identityOf(record),
    State: seenVolumeState(record, nowMs),
    Attachments:
      attachment === undefined
        ? []
        : [viewAttachment(record.volumeId, attachment, attachment.state)],
  };
}

function identityOf(record: VolumeRecord): Volume {
  const zone = zonesOf(record.region).find(({ name }) => name === record.zone);
  return {
    VolumeId: record.volumeId,
    AvailabilityZone: record.zone,
    ...(zone === undefined ? {} : { AvailabilityZoneId: zone.zoneId }),
    Size: record.sizeGiB,
    VolumeType: record.volumeType as NonNullable<Volume['VolumeType']>,
    SnapshotId: record.snapshotId,
    CreateTime: new Date(record.createdAtMs),
    Encrypted: record.isEncrypted,
    MultiAttachEnabled: false,
    Tags: toTagList(record.tags),
    ...(record.isFastRestored ? { FastRestored: true } : {}),
    ...optional(record),
  };
}

function optional(record: VolumeRecord): Volume {
  const { iops, throughput, kmsKeyId, sourceVolumeId, initializationRate } = record;
  return {
    ...(iops === undefined ? {} : { Iops: iops }),
    ...(throughput === undefined ? {} : { Throughput: throughput }),
    ...(kmsKeyId === undefined ? {} : { KmsKeyId: kmsKeyId }),
    ...(sourceVolumeId === undefined ? {} : { SourceVolumeId: sourceVolumeId }),
    ...(initializationRate === undefined ? {} : { VolumeInitializationRate: initializationRate }),
  };
}

export function viewAttachment(
  volumeId: string,
  attachment: AttachmentRecord,
  state: string,
): VolumeAttachment {
  return {
    VolumeId: volumeId,
    InstanceId: attachment.instanceId,
    Device: attachment.device,
    State: state as NonNullable<VolumeAttachment['State']>,
    AttachTime: new Date(attachment.attachedAtMs),
    DeleteOnTermination: attachment.deleteOnTermination,
  };
}
