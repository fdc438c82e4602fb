/** Snapshots of one volume and of all of an instance, their copies to another region, and volumes made from them. */
import {
  CopySnapshotCommand,
  CreateSnapshotCommand,
  CreateSnapshotsCommand,
  CreateVolumeCommand,
  DeleteSnapshotCommand,
  DescribeFastSnapshotRestoresCommand,
  DescribeSnapshotsCommand,
  DescribeVolumeStatusCommand,
  EnableFastSnapshotRestoresCommand,
} from '@aws-sdk/client-ec2';
import { expect } from 'vitest';
import { inTime, refusal } from './rules.ts';
import type { Book } from './rules.ts';
import { launched, unique } from './scene.ts';
import { eventually } from './target.ts';
import { attached, completed, elsewhere, snapshot, volume, volumeInput } from './volume-scene.ts';

export function snapshotRules(book: Book): void {
  taking(book);
  copying(book);
  restoring(book);
}

function taking({ rule }: Book): void {
  rule('a snapshot is pending before it is completed, and makes no volume until then', {
    source: 'EC2 API reference, CreateSnapshot',
    holds: async (target) => {
      const VolumeId = await volume(target);
      const pending = await inTime(async () => {
        const made = await target.ec2.send(new CreateSnapshotCommand({ VolumeId }));
        expect(made.State).toBe('pending');
        const { SnapshotId = '' } = made;
        const input = volumeInput(target, { SnapshotId });
        const early = (await refusal(target.ec2.send(new CreateVolumeCommand(input)))).name;
        expect(['IncorrectState', 'InvalidSnapshot.NotFound']).toContain(early);
        return SnapshotId;
      });
      expect((await completed(target, pending)).Progress).toBe('100%');
    },
    deviations: {
      moto: {
        id: 'snapshots-complete-at-once',
        does: async (target) => {
          const VolumeId = await volume(target);
          const { SnapshotId = '' } = await target.ec2.send(
            new CreateSnapshotCommand({ VolumeId }),
          );
          const input = volumeInput(target, { SnapshotId });
          await target.ec2.send(new CreateVolumeCommand(input));
        },
      },
    },
  });

  rule('one call takes all volumes of an instance, but for its root and those named', {
    source: 'EC2 API reference, CreateSnapshots',
    holds: async (target) => {
      const InstanceId = await launched(target);
      const id = await volume(target);
      await attached(target, id, InstanceId);
      const Value = unique('op');
      const { Snapshots = [] } = await target.ec2.send(
        new CreateSnapshotsCommand({
          InstanceSpecification: { InstanceId, ExcludeBootVolume: true },
          TagSpecifications: [{ ResourceType: 'snapshot', Tags: [{ Key: 'repl:op', Value }] }],
        }),
      );
      expect(Snapshots.map(({ VolumeId }) => VolumeId)).toEqual([id]);
      const Filters = [{ Name: 'tag:repl:op', Values: [Value] }];
      await eventually('the snapshot by its tag', target, async () => {
        const wish = new DescribeSnapshotsCommand({ OwnerIds: ['self'], Filters });
        return (await target.ec2.send(wish)).Snapshots?.[0];
      });
    },
    deviations: {
      moto: {
        id: 'boot-volume-not-left-out',
        does: async (target) => {
          const InstanceId = await launched(target);
          await attached(target, await volume(target), InstanceId);
          const InstanceSpecification = { InstanceId, ExcludeBootVolume: true };
          const command = new CreateSnapshotsCommand({ InstanceSpecification });
          expect((await target.ec2.send(command)).Snapshots).toHaveLength(2);
        },
      },
    },
  });

  rule('a deleted snapshot is unknown', {
    source: 'EC2 API reference, DeleteSnapshot',
    holds: async (target) => {
      const SnapshotId = await snapshot(target, await volume(target));
      const remove = () => target.ec2.send(new DeleteSnapshotCommand({ SnapshotId }));
      await remove();
      expect(await refusal(remove())).toEqual({ name: 'InvalidSnapshot.NotFound', status: 400 });
    },
  });
}

function copying({ rule }: Book): void {
  rule('a copy in another region has an id of its own and no tags of its source', {
    source: 'EC2 API reference, CopySnapshot',
    holds: async (target) => {
      const there = elsewhere(target, 'eu-west-1');
      const VolumeId = await volume(target);
      const made = await target.ec2.send(
        new CreateSnapshotCommand({
          VolumeId,
          TagSpecifications: [
            { ResourceType: 'snapshot', Tags: [{ Key: 'note', Value: 'source' }] },
          ],
        }),
      );
      const { SnapshotId = '' } = made;
      await completed(target, SnapshotId);
      const copy = await there.ec2.send(
        new CopySnapshotCommand({ SourceRegion: target.region, SourceSnapshotId: SnapshotId }),
      );
      expect(copy.SnapshotId).not.toBe(SnapshotId);
      expect((await completed(there, copy.SnapshotId ?? '')).Tags ?? []).toEqual([]);
      const SnapshotIds = [copy.SnapshotId ?? ''];
      const here = target.ec2.send(new DescribeSnapshotsCommand({ SnapshotIds }));
      expect((await refusal(here)).name).toBe('InvalidSnapshot.NotFound');
      there.ec2.destroy();
    },
  });
}

function restoring({ rule }: Book): void {
  rule('a volume made from a snapshot is as large and tells how much of it is there', {
    source: 'EC2 API reference, DescribeVolumeStatus',
    needs: ['time'],
    holds: async (target) => {
      const SnapshotId = await snapshot(target, await volume(target, { Size: 11 }));
      const { Size: _size, ...input } = volumeInput(target, {
        ...{ SnapshotId, VolumeInitializationRate: 300 },
      });
      const made = await target.ec2.send(new CreateVolumeCommand(input));
      expect(made).toMatchObject({ Size: 11, SnapshotId });
      await eventually('all of the blocks', target, async () => {
        const Filters = [{ Name: 'volume-id', Values: [made.VolumeId ?? ''] }];
        const wish = new DescribeVolumeStatusCommand({ Filters });
        const { VolumeStatuses = [] } = await target.ec2.send(wish);
        return VolumeStatuses[0]?.InitializationStatusDetails?.Progress === 100 || undefined;
      });
    },
  });

  rule('fast restore takes a while to be enabled', {
    source: 'EC2 API reference, EnableFastSnapshotRestores',
    needs: ['time'],
    holds: async (target) => {
      const SnapshotId = await snapshot(target, await volume(target));
      const { Successful = [] } = await target.ec2.send(
        new EnableFastSnapshotRestoresCommand({
          AvailabilityZones: [`${target.region}a`],
          SourceSnapshotIds: [SnapshotId],
        }),
      );
      expect(Successful[0]?.State).toBe('enabling');
      await eventually('the restore', target, async () => {
        const Filters = [{ Name: 'snapshot-id', Values: [SnapshotId] }];
        const wish = new DescribeFastSnapshotRestoresCommand({ Filters });
        const { FastSnapshotRestores = [] } = await target.ec2.send(wish);
        return FastSnapshotRestores[0]?.State === 'enabled' || undefined;
      });
      const remove = target.ec2.send(new DeleteSnapshotCommand({ SnapshotId }));
      expect(await refusal(remove)).toEqual({ name: 'InvalidSnapshot.InUse', status: 400 });
    },
  });
}
