/** Every EC2 operation the simulator answers; any other gets InvalidAction, as an unknown action does at AWS. */
import { byName } from '../operation.ts';
import {
  describeImages,
  describeInstanceTypeOfferings,
  describeInstanceTypes,
} from './catalogue-reads.ts';
import { describeAvailabilityZones, describeSubnets, describeVpcs } from './network-reads.ts';
import {
  modifyInstanceAttribute,
  rebootInstances,
  startInstances,
  stopInstances,
  terminateInstances,
} from './change-instances.ts';
import { describeInstances } from './describe-instances.ts';
import { runInstances } from './run-instances.ts';
import {
  authorizeSecurityGroupIngress,
  revokeSecurityGroupIngress,
} from './security-group-rules.ts';
import {
  createSecurityGroup,
  deleteSecurityGroup,
  describeSecurityGroups,
} from './security-groups.ts';
import { createTags, deleteTags } from './tag-calls.ts';
import { attachVolume, detachVolume } from './volumes/attach-volume.ts';
import { copySnapshot } from './volumes/copy-snapshot.ts';
import { createSnapshot, createSnapshots } from './volumes/create-snapshots.ts';
import { copyVolumes, createVolume } from './volumes/create-volume.ts';
import { deleteVolume } from './volumes/delete-volume.ts';
import {
  describeFastSnapshotRestores,
  disableFastSnapshotRestores,
  enableFastSnapshotRestores,
} from './volumes/fast-restores.ts';
import { deleteSnapshot, describeSnapshots } from './volumes/snapshot-calls.ts';
import { describeVolumeStatus, describeVolumes } from './volumes/describe-volumes.ts';

export const ec2Operations = byName([
  attachVolume,
  authorizeSecurityGroupIngress,
  copySnapshot,
  copyVolumes,
  createSecurityGroup,
  createSnapshot,
  createSnapshots,
  createTags,
  createVolume,
  deleteSecurityGroup,
  deleteSnapshot,
  deleteTags,
  deleteVolume,
  describeAvailabilityZones,
  describeFastSnapshotRestores,
  describeImages,
  describeInstanceTypeOfferings,
  describeInstanceTypes,
  describeInstances,
  describeSecurityGroups,
  describeSnapshots,
  describeSubnets,
  describeVolumeStatus,
  describeVolumes,
  describeVpcs,
  detachVolume,
  disableFastSnapshotRestores,
  enableFastSnapshotRestores,
  modifyInstanceAttribute,
  rebootInstances,
  revokeSecurityGroupIngress,
  runInstances,
  startInstances,
  stopInstances,
  terminateInstances,
]);
