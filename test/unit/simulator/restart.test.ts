import {
  CreateVolumeCommand,
  DescribeSecurityGroupsCommand,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2';
import { GetCommandInvocationCommand, SendCommandCommand } from '@aws-sdk/client-ssm';
import { afterEach, expect, it } from 'vitest';
import {
  group,
  instanceIn,
  launchInput,
  registered,
  terminated,
} from '../../contract/aws/scene.ts';
import { eventually } from '../../contract/aws/target.ts';
import type { StorageTruth } from '../../../src/simulator/ec2/volumes/truth.ts';
import {
  attached,
  completed,
  snapshot,
  volumeIn,
  volumeInput,
} from '../../contract/aws/volume-scene.ts';
import { startCloud } from './cloud.ts';
import type { Cloud } from './cloud.ts';

let cloud: Cloud;

afterEach(async () => {
  await cloud.close();
});

async function send(id: string): Promise<string> {
  const { Command } = await cloud.ssm.send(
    new SendCommandCommand({
      DocumentName: 'AWS-RunShellScript',
      InstanceIds: [id],
      Parameters: { commands: ['echo one', 'echo two'] },
    }),
  );
  return Command?.CommandId ?? '';
}

function ended(CommandId: string, InstanceId: string) {
  return eventually('the end of the command', cloud, async () => {
    const got = await cloud.ssm.send(new GetCommandInvocationCommand({ CommandId, InstanceId }));
    return ['Success', 'Failed'].includes(got.Status ?? '') ? got : undefined;
  });
}

it('keeps instances, tokens, groups and the port', async () => {
  cloud = await startCloud();
  const { endpoint } = cloud;
  const input = await launchInput(cloud);
  const first = await cloud.ec2.send(new RunInstancesCommand(input));
  const GroupIds = [await group(cloud)];
  cloud = await cloud.restarted();
  expect(cloud.endpoint).toBe(endpoint);
  const again = await cloud.ec2.send(new RunInstancesCommand(input));
  expect(again.Instances?.[0]?.InstanceId).toBe(first.Instances?.[0]?.InstanceId);
  await instanceIn(cloud, first.Instances?.[0]?.InstanceId ?? '', 'running');
  await cloud.ec2.send(new DescribeSecurityGroupsCommand({ GroupIds }));
});

it('keeps volumes, their tokens, snapshots and what was written', async () => {
  cloud = await startCloud();
  const instanceId = await registered(cloud);
  const input = volumeInput(cloud);
  const { VolumeId = '' } = await cloud.ec2.send(new CreateVolumeCommand(input));
  await volumeIn(cloud, VolumeId, 'available');
  await attached(cloud, VolumeId, instanceId);
  const snapshotId = await snapshot(cloud, VolumeId);
  const lengthOf = async () => {
    const { volumes } = await cloud.side<StorageTruth>('GET', 'volumes');
    return volumes.find((each) => each.volumeId === VolumeId)?.length ?? 0;
  };
  const before = await lengthOf();
  cloud = await cloud.restarted();
  const again = await cloud.ec2.send(new CreateVolumeCommand(input));
  expect(again.VolumeId).toBe(VolumeId);
  expect(again.Attachments).toMatchObject([{ InstanceId: instanceId, State: 'attached' }]);
  await completed(cloud, snapshotId);
  expect(before).toBeGreaterThan(0);
  expect(await lengthOf()).toBeGreaterThan(before);
});

it('delivers a command that was still on its way', async () => {
  cloud = await startCloud();
  const id = await registered(cloud);
  // 600 simulated seconds are one second here: long enough to be caught waiting.
  const range = { min: 600_000, max: 600_000 };
  await cloud.side('POST', 'durations', { name: 'delivery', range });
  const command = await send(id);
  cloud = await cloud.restarted();
  expect(cloud.machines.orders).toEqual([]);
  expect(await ended(command, id)).toMatchObject({
    Status: 'Success',
    ResponseCode: 0,
    StandardOutputContent: 'echo one\necho two',
  });
});

it('reports a command as failed when the simulator ended while it ran', async () => {
  cloud = await startCloud();
  const id = await registered(cloud);
  cloud.machines.answer = () => new Promise(() => undefined);
  const command = await send(id);
  await eventually('the start of the command', cloud, () =>
    Promise.resolve(cloud.machines.orders[0]),
  );
  cloud = await cloud.restarted();
  expect(await ended(command, id)).toMatchObject({ Status: 'Failed', ResponseCode: -1 });
});

it('removes the machine of an instance that was terminated in between', async () => {
  cloud = await startCloud();
  const id = await registered(cloud);
  await terminated(cloud, id);
  expect(cloud.machines.halted).toEqual([id]);
  cloud = await cloud.restarted();
  await eventually('the end of the machine', cloud, () =>
    Promise.resolve(cloud.machines.forgotten[0]),
  );
  expect(cloud.machines.forgotten).toEqual([id]);
});
