import {
  RunInstancesCommand,
  StartInstancesCommand,
  StopInstancesCommand,
} from '@aws-sdk/client-ec2';
import { DescribeInstanceInformationCommand } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { instanceIn, launchIds, launchInput, launched, unique } from '../../contract/aws/scene.ts';
import { eventually } from '../../contract/aws/target.ts';
import { startCloud } from './cloud.ts';
import type { Cloud } from './cloud.ts';

let cloud: Cloud;

beforeAll(async () => {
  cloud = await startCloud();
});

beforeEach(async () => {
  for (const path of ['capacity', 'quota', 'agents']) await cloud.side('DELETE', path);
});

afterAll(async () => {
  await cloud.close();
});

const shortage = {
  name: 'InsufficientInstanceCapacity',
  $metadata: expect.objectContaining({ httpStatusCode: 500 }) as unknown,
};

it('gives what a zone has left of a type, then refuses with a 500', async () => {
  await cloud.side('POST', 'capacity', {
    zone: 'eu-central-1a',
    instanceType: 't3.small',
    left: 1,
  });
  await launchIds(cloud, await launchInput(cloud));
  const second = cloud.ec2.send(new RunInstancesCommand(await launchInput(cloud)));
  await expect(second).rejects.toMatchObject(shortage);
  await launchIds(cloud, await launchInput(cloud, { InstanceType: 't3.medium' }));
});

it('launches as many as are left down to the minimum', async () => {
  await cloud.side('POST', 'capacity', { zone: 'eu-central-1a', left: 2 });
  const input = await launchInput(cloud, { MinCount: 1, MaxCount: 5 });
  expect(await launchIds(cloud, input)).toHaveLength(2);
});

it('accepts a launch that then dies while pending, when the zone notices late', async () => {
  await cloud.side('POST', 'capacity', { zone: 'eu-central-1a', left: 0, isLate: true });
  const [id = ''] = await launchIds(cloud, await launchInput(cloud));
  const dead = await instanceIn(cloud, id, 'terminated');
  expect(dead.StateReason?.Code).toBe('Server.InsufficientInstanceCapacity');
});

it('refuses to start a stopped machine where nothing is left', async () => {
  const id = await launched(cloud);
  await cloud.ec2.send(new StopInstancesCommand({ InstanceIds: [id] }));
  await instanceIn(cloud, id, 'stopped');
  await cloud.side('POST', 'capacity', { zone: 'eu-central-1a', left: 0 });
  const start = cloud.ec2.send(new StartInstancesCommand({ InstanceIds: [id] }));
  await expect(start).rejects.toMatchObject(shortage);
});

it('counts running vCPUs against the quota', async () => {
  const region = 'eu-west-1';
  const elsewhere = { ...cloud, region };
  await cloud.side('POST', 'quota', { region: cloud.region, max: 0 });
  const input = await launchInput(elsewhere);
  await expect(cloud.ec2.send(new RunInstancesCommand(input))).rejects.toMatchObject({
    name: 'VcpuLimitExceeded',
  });
});

it('keeps an agent silent for as many boots as asked', async () => {
  const uid = unique('uid');
  await cloud.side('POST', 'agents', { tag: 'fairlead:uid', value: uid });
  const tagged = {
    TagSpecifications: [
      { ResourceType: 'instance' as const, Tags: [{ Key: 'fairlead:uid', Value: uid }] },
    ],
  };
  const silent = await launched(cloud, tagged);
  const talking = await launched(cloud, tagged);
  const online = await eventually('the second agent', cloud, async () => {
    const Filters = [{ Key: 'tag:fairlead:uid', Values: [uid] }];
    const reply = await cloud.ssm.send(new DescribeInstanceInformationCommand({ Filters }));
    const ids = (reply.InstanceInformationList ?? []).map((it) => it.InstanceId);
    return ids.length > 0 ? ids : undefined;
  });
  expect(online).toEqual([talking]);
  expect(online).not.toContain(silent);
});

it('shows a launch only after the lag, and calls by id fail until then', async () => {
  // 1,200 simulated seconds are 2 seconds here.
  const range = { min: 1_200_000, max: 1_200_000 };
  await cloud.side('POST', 'durations', { name: 'lag', range });
  const [id = ''] = await launchIds(cloud, await launchInput(cloud));
  await cloud.side('DELETE', 'durations');
  const stop = cloud.ec2.send(new StopInstancesCommand({ InstanceIds: [id] }));
  await expect(stop).rejects.toMatchObject({ name: 'InvalidInstanceID.NotFound' });
  await instanceIn(cloud, id, 'running');
});
