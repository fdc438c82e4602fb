/** What most rules need first: an image, a subnet, a launched machine, a security group; each with names of its own. */
import { randomBytes } from 'node:crypto';
import {
  CreateSecurityGroupCommand,
  DescribeInstancesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  RunInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import type { Instance, RunInstancesCommandInput, Subnet } from '@aws-sdk/client-ec2';
import { DescribeInstanceInformationCommand, GetParameterCommand } from '@aws-sdk/client-ssm';
import { eventually } from './target.ts';
import type { Target } from './target.ts';

export function unique(prefix: string): string {
  return `${prefix}-${randomBytes(6).toString('hex')}`;
}

export async function imageId(target: Target, architecture = 'x86_64'): Promise<string> {
  const Name = `/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-${architecture}`;
  const { Parameter } = await target.ssm.send(new GetParameterCommand({ Name }));
  if (Parameter?.Value === undefined) throw new Error(`${Name} has no value`);
  return Parameter.Value;
}

export async function subnets(target: Target): Promise<[Subnet, Subnet]> {
  const { Subnets = [] } = await target.ec2.send(new DescribeSubnetsCommand({}));
  const [first, second] = Subnets.sort((left, right) =>
    String(left.AvailabilityZone) < String(right.AvailabilityZone) ? -1 : 1,
  );
  if (first === undefined || second === undefined) throw new Error('there are no two subnets');
  return [first, second];
}

/** A complete launch request for one machine in the first subnet, tagged as a scene of its own. */
export async function launchInput(
  target: Target,
  more: Partial<RunInstancesCommandInput> = {},
): Promise<RunInstancesCommandInput> {
  const [subnet] = await subnets(target);
  return {
    MinCount: 1,
    MaxCount: 1,
    ImageId: await imageId(target),
    InstanceType: 't3.small',
    ClientToken: unique('token'),
    ...(subnet.SubnetId === undefined ? {} : { SubnetId: subnet.SubnetId }),
    ...(target.instanceProfile === undefined
      ? {}
      : { IamInstanceProfile: { Name: target.instanceProfile } }),
    TagSpecifications: [
      { ResourceType: 'instance', Tags: [{ Key: 'fairlead:uid', Value: unique('uid') }] },
    ],
    ...more,
  };
}

/** The ids a launch replied with. */
export async function launchIds(
  target: Target,
  input: RunInstancesCommandInput,
): Promise<string[]> {
  const { Instances = [] } = await target.ec2.send(new RunInstancesCommand(input));
  return Instances.map((it) => it.InstanceId ?? '');
}

/** Launches one machine and waits until it runs. */
export async function launched(
  target: Target,
  more: Partial<RunInstancesCommandInput> = {},
): Promise<string> {
  const [id = ''] = await launchIds(target, await launchInput(target, more));
  await instanceIn(target, id, 'running');
  return id;
}

export async function find(target: Target, id: string): Promise<Instance | undefined> {
  const filters = [{ Name: 'instance-id', Values: [id] }];
  const { Reservations = [] } = await target.ec2.send(
    new DescribeInstancesCommand({ Filters: filters }),
  );
  return Reservations[0]?.Instances?.[0];
}

/** Waits until reads show the instance in the state. */
export function instanceIn(target: Target, id: string, state: string): Promise<Instance> {
  return eventually(`${id} ${state}`, target, async () => {
    const instance = await find(target, id);
    return instance?.State?.Name === state ? instance : undefined;
  });
}

export async function terminated(target: Target, id: string): Promise<void> {
  await target.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
  await instanceIn(target, id, 'terminated');
}

/** Creates a group and waits until reads know it. */
export async function group(target: Target, name = unique('fairlead')): Promise<string> {
  const { GroupId = '' } = await target.ec2.send(
    new CreateSecurityGroupCommand({ GroupName: name, Description: 'contract' }),
  );
  await eventually(`group ${GroupId}`, target, async () => {
    const Filters = [{ Name: 'group-id', Values: [GroupId] }];
    const found = await target.ec2.send(new DescribeSecurityGroupsCommand({ Filters }));
    return found.SecurityGroups?.[0];
  });
  return GroupId;
}

/** Launches a machine and waits until its agent answers. */
export async function registered(target: Target): Promise<string> {
  const id = await launched(target);
  await eventually(`agent of ${id}`, target, async () => {
    const { InstanceInformationList = [] } = await target.ssm.send(
      new DescribeInstanceInformationCommand({ Filters: [{ Key: 'InstanceIds', Values: [id] }] }),
    );
    return InstanceInformationList.find((it) => it.PingStatus === 'Online');
  });
  return id;
}
