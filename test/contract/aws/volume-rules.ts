/** Making, attaching, detaching and deleting volumes. */
import {
  CopyVolumesCommand,
  CreateTagsCommand,
  CreateVolumeCommand,
  DeleteTagsCommand,
  DeleteVolumeCommand,
  DescribeVolumesCommand,
  DetachVolumeCommand,
} from '@aws-sdk/client-ec2';
import { expect } from 'vitest';
import { refusal } from './rules.ts';
import type { Book } from './rules.ts';
import { launched, terminated, unique } from './scene.ts';
import { eventually } from './target.ts';
import { attach, attached, devicesOf, volume, volumeIn, volumeInput } from './volume-scene.ts';

const nobody = 'vol-0123456789abcdef0';

export function volumeRules(book: Book): void {
  making(book);
  attaching(book);
  letting(book);
}

function making({ rule }: Book): void {
  rule('the same token makes the same volume, in one zone', {
    source: 'EC2 API reference, CreateVolume',
    holds: async (target) => {
      const input = volumeInput(target);
      const [first, again] = [
        await target.ec2.send(new CreateVolumeCommand(input)),
        await target.ec2.send(new CreateVolumeCommand(input)),
      ];
      expect(again.VolumeId).toBe(first.VolumeId);
      const Size = 9;
      const changed = await refusal(target.ec2.send(new CreateVolumeCommand({ ...input, Size })));
      expect(changed).toEqual({ name: 'IdempotentParameterMismatch', status: 400 });
    },
    deviations: {
      moto: {
        id: 'volume-tokens-ignored',
        does: async (target) => {
          const input = volumeInput(target);
          const first = await target.ec2.send(new CreateVolumeCommand(input));
          const again = await target.ec2.send(new CreateVolumeCommand(input));
          expect(again.VolumeId).not.toBe(first.VolumeId);
        },
      },
    },
  });

  rule('tags given at creation find the volume, and are taken away again', {
    source: 'EC2 API reference, DescribeVolumes, DeleteTags',
    holds: async (target) => {
      const Value = unique('op');
      const tags = [{ Key: 'repl:op', Value }];
      const TagSpecifications = [{ ResourceType: 'volume' as const, Tags: tags }];
      const id = await volume(target, { TagSpecifications });
      const list = async () => {
        const Filters = [{ Name: 'tag:repl:op', Values: [Value] }];
        const { Volumes = [] } = await target.ec2.send(new DescribeVolumesCommand({ Filters }));
        return Volumes.map(({ VolumeId }) => VolumeId);
      };
      expect(await list()).toEqual([id]);
      await target.ec2.send(new DeleteTagsCommand({ Resources: [id], Tags: [{ Key: 'repl:op' }] }));
      expect(await list()).toEqual([]);
    },
  });

  rule('one unknown volume fails a description of several', {
    source: 'EC2 API reference, DescribeVolumes',
    holds: async (target) => {
      const id = await volume(target);
      const command = new DescribeVolumesCommand({ VolumeIds: [id, nobody] });
      const refused = await refusal(target.ec2.send(command));
      expect(refused).toEqual({ name: 'InvalidVolume.NotFound', status: 400 });
    },
  });

  rule('a clone is made in the zone of its source', {
    source: 'EC2 API reference, CopyVolumes',
    needs: ['ebs.clones'],
    holds: async (target) => {
      const SourceVolumeId = await volume(target);
      const input = { SourceVolumeId, ClientToken: unique('token') };
      const first = await target.ec2.send(new CopyVolumesCommand(input));
      const again = await target.ec2.send(new CopyVolumesCommand(input));
      const [clone] = first.Volumes ?? [];
      expect(clone).toMatchObject({ SourceVolumeId, AvailabilityZone: `${target.region}a` });
      expect(again.Volumes?.[0]?.VolumeId).toBe(clone?.VolumeId);
      await volumeIn(target, clone?.VolumeId ?? '', 'available');
    },
  });
}

function attaching({ rule }: Book): void {
  rule('a volume is attached to one instance at a time', {
    source: 'EC2 API reference, AttachVolume',
    holds: async (target) => {
      const [first, second] = [await launched(target), await launched(target)];
      const id = await volume(target);
      await attached(target, id, first);
      for (const instanceId of [first, second]) {
        const refused = await refusal(attach(target, id, instanceId, '/dev/sdg'));
        expect(refused).toEqual({ name: 'VolumeInUse', status: 400 });
      }
      expect((await devicesOf(target, first))['/dev/sdf']).toBe(id);
    },
    deviations: {
      moto: {
        id: 'attach-steals',
        does: async (target) => {
          const [first, second] = [await launched(target), await launched(target)];
          const id = await volume(target);
          await attached(target, id, first);
          await attach(target, id, second, '/dev/sdg');
        },
      },
    },
  });

  rule('a volume is attached in its own zone only', {
    source: 'EC2 API reference, error codes',
    holds: async (target) => {
      const instanceId = await launched(target);
      const id = await volume(target, { AvailabilityZone: `${target.region}b` });
      const refused = await refusal(attach(target, id, instanceId));
      expect(refused).toEqual({ name: 'InvalidVolume.ZoneMismatch', status: 400 });
    },
    deviations: {
      moto: {
        id: 'attach-across-zones',
        does: async (target) => {
          const instanceId = await launched(target);
          const id = await volume(target, { AvailabilityZone: `${target.region}b` });
          await attach(target, id, instanceId);
        },
      },
    },
  });

  rule('a policy keeps a volume tagged as fenced from being attached', {
    source: 'IAM user guide, aws:ResourceTag in a Deny on ec2:AttachVolume',
    needs: ['iam.denyFenced'],
    holds: async (target) => {
      const instanceId = await launched(target);
      const id = await volume(target);
      const Tags = [{ Key: 'repl:fenced', Value: 'true' }];
      await target.ec2.send(new CreateTagsCommand({ Resources: [id], Tags }));
      const refused = await refusal(attach(target, id, instanceId));
      expect(refused).toEqual({ name: 'UnauthorizedOperation', status: 403 });
    },
  });
}

function letting({ rule }: Book): void {
  rule('a volume is deleted only once it is detached', {
    source: 'EC2 API reference, DetachVolume, DeleteVolume',
    holds: async (target) => {
      const InstanceId = await launched(target);
      const VolumeId = await volume(target);
      await attached(target, VolumeId, InstanceId);
      const remove = () => target.ec2.send(new DeleteVolumeCommand({ VolumeId }));
      expect(await refusal(remove())).toEqual({ name: 'VolumeInUse', status: 400 });
      await target.ec2.send(new DetachVolumeCommand({ VolumeId, InstanceId }));
      await volumeIn(target, VolumeId, 'available');
      await remove();
      await eventually('the end of the volume', target, () =>
        remove().then(
          () => undefined,
          (error: unknown) => (error as Error).name,
        ),
      );
    },
  });

  rule('what is not attached cannot be detached', {
    source: 'EC2 API reference, error codes',
    holds: async (target) => {
      const VolumeId = await volume(target);
      const detach = target.ec2.send(new DetachVolumeCommand({ VolumeId }));
      expect(await refusal(detach)).toEqual({ name: 'IncorrectState', status: 400 });
    },
    deviations: {
      moto: {
        id: 'detach-without-instance-crashes',
        does: async (target) => {
          const VolumeId = await volume(target);
          const detach = target.ec2.send(new DetachVolumeCommand({ VolumeId }));
          expect((await refusal(detach)).name).not.toBe('IncorrectState');
        },
      },
    },
  });

  rule('a terminated instance gives back what was attached later', {
    source: 'EC2 user guide, preserve data when an instance is terminated',
    holds: async (target) => {
      const instanceId = await launched(target);
      const id = await volume(target);
      await attached(target, id, instanceId);
      await terminated(target, instanceId);
      expect((await volumeIn(target, id, 'available')).Attachments).toEqual([]);
    },
  });
}
