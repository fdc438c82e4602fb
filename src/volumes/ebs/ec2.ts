/** The EC2 calls this back end makes. Whoever speaks to AWS gives them; a test may give a simulated cloud. */
import type * as sdk from '@aws-sdk/client-ec2';
import type { Attempt } from '../../../actors/ports.ts';
import type { CloudScope } from '../../../machines/messages.ts';

interface Calls {
  attachVolume: [sdk.AttachVolumeRequest, sdk.VolumeAttachment];
  copySnapshot: [sdk.CopySnapshotRequest, sdk.CopySnapshotResult];
  copyVolumes: [sdk.CopyVolumesRequest, sdk.CopyVolumesResult];
  createSnapshot: [sdk.CreateSnapshotRequest, sdk.Snapshot];
  createSnapshots: [sdk.CreateSnapshotsRequest, sdk.CreateSnapshotsResult];
  createTags: [sdk.CreateTagsRequest, object];
  createVolume: [sdk.CreateVolumeRequest, sdk.Volume];
  deleteSnapshot: [sdk.DeleteSnapshotRequest, object];
  deleteTags: [sdk.DeleteTagsRequest, object];
  deleteVolume: [sdk.DeleteVolumeRequest, object];
  describeFastSnapshotRestores: [
    sdk.DescribeFastSnapshotRestoresRequest,
    sdk.DescribeFastSnapshotRestoresResult,
  ];
  describeInstances: [sdk.DescribeInstancesRequest, sdk.DescribeInstancesResult];
  describeSnapshots: [sdk.DescribeSnapshotsRequest, sdk.DescribeSnapshotsResult];
  describeVolumes: [sdk.DescribeVolumesRequest, sdk.DescribeVolumesResult];
  describeVolumeStatus: [sdk.DescribeVolumeStatusRequest, sdk.DescribeVolumeStatusResult];
  detachVolume: [sdk.DetachVolumeRequest, sdk.VolumeAttachment];
  disableFastSnapshotRestores: [sdk.DisableFastSnapshotRestoresRequest, object];
  enableFastSnapshotRestores: [
    sdk.EnableFastSnapshotRestoresRequest,
    sdk.EnableFastSnapshotRestoresResult,
  ];
  modifyInstanceAttribute: [sdk.ModifyInstanceAttributeRequest, object];
  startInstances: [sdk.StartInstancesRequest, object];
  stopInstances: [sdk.StopInstancesRequest, object];
  terminateInstances: [sdk.TerminateInstancesRequest, object];
}

export type CallName = keyof Calls;
export type Input<Name extends CallName> = Calls[Name][0];
export type Output<Name extends CallName> = Calls[Name][1];

/**
 * One call, sent once.
 * @throws CloudFault-shaped errors
 */
export type Ec2 = <Name extends CallName>(
  scope: CloudScope & Attempt,
  name: Name,
  input: Input<Name>,
) => Promise<Output<Name>>;
