/** Security groups, and what a region offers. */
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  DeleteSecurityGroupCommand,
  DescribeAvailabilityZonesCommand,
  DescribeImagesCommand,
  DescribeInstanceTypeOfferingsCommand,
  DescribeInstanceTypesCommand,
  DescribeSecurityGroupsCommand,
  DescribeVpcsCommand,
  RevokeSecurityGroupIngressCommand,
} from '@aws-sdk/client-ec2';
import { GetParameterCommand } from '@aws-sdk/client-ssm';
import { expect } from 'vitest';
import { refusal } from './rules.ts';
import type { Book } from './rules.ts';
import { group, imageId, launched, subnets, terminated, unique } from './scene.ts';
import type { Target } from './target.ts';

const groups = 'EC2 API reference, security groups';
const catalogue = 'EC2 API reference';

export function networkRules(book: Book): void {
  groupRules(book);
  offerRules(book);
}

function api(GroupId: string) {
  const peer = [{ GroupId }];
  const open = { IpProtocol: 'tcp', FromPort: 6443, ToPort: 6443, UserIdGroupPairs: peer };
  return { GroupId, IpPermissions: [open] };
}

async function ports(target: Target, id: string): Promise<(number | undefined)[]> {
  const GroupIds = [id];
  const { SecurityGroups = [] } = await target.ec2.send(
    new DescribeSecurityGroupsCommand({ GroupIds }),
  );
  return (SecurityGroups[0]?.IpPermissions ?? []).map((it) => it.FromPort);
}

function groupRules({ rule }: Book): void {
  rule('a group name is taken once per VPC', {
    source: groups,
    holds: async (target) => {
      const name = unique('fairlead');
      await group(target, name);
      const again = new CreateSecurityGroupCommand({ GroupName: name, Description: 'again' });
      const refused = await refusal(target.ec2.send(again));
      expect(refused).toEqual({ name: 'InvalidGroup.Duplicate', status: 400 });
    },
  });

  rule('an ingress rule is added once and removed once', {
    source: groups,
    holds: async (target) => {
      const id = await group(target);
      await target.ec2.send(new AuthorizeSecurityGroupIngressCommand(api(id)));
      expect(await ports(target, id)).toEqual([6443]);
      const twice = target.ec2.send(new AuthorizeSecurityGroupIngressCommand(api(id)));
      expect((await refusal(twice)).name).toBe('InvalidPermission.Duplicate');
      await target.ec2.send(new RevokeSecurityGroupIngressCommand(api(id)));
      expect(await ports(target, id)).toEqual([]);
      const gone = target.ec2.send(new RevokeSecurityGroupIngressCommand(api(id)));
      expect((await refusal(gone)).name).toBe('InvalidPermission.NotFound');
    },
  });

  rule('a group that is not there cannot be deleted', {
    source: groups,
    holds: async (target) => {
      const id = await group(target);
      const command = new DeleteSecurityGroupCommand({ GroupId: id });
      await target.ec2.send(command);
      const refused = await refusal(target.ec2.send(command));
      expect(refused).toEqual({ name: 'InvalidGroup.NotFound', status: 400 });
    },
  });

  rule('a group in use is deleted only once its machines are terminated', {
    source: groups,
    holds: async (target) => {
      const id = await group(target);
      const machine = await launched(target, { SecurityGroupIds: [id] });
      const command = new DeleteSecurityGroupCommand({ GroupId: id });
      const refused = await refusal(target.ec2.send(command));
      expect(refused).toEqual({ name: 'DependencyViolation', status: 400 });
      await terminated(target, machine);
      await target.ec2.send(command);
    },
    deviations: {
      moto: {
        id: 'group-in-use-deleted',
        does: async (target) => {
          const id = await group(target);
          await launched(target, { SecurityGroupIds: [id] });
          await target.ec2.send(new DeleteSecurityGroupCommand({ GroupId: id }));
        },
      },
    },
  });
}

function offerRules({ rule }: Book): void {
  rule('instance types tell architecture, vCPUs and memory', {
    source: catalogue,
    holds: async (target) => {
      const command = new DescribeInstanceTypesCommand({
        InstanceTypes: ['t3.small', 'm6g.large'],
      });
      const { InstanceTypes = [] } = await target.ec2.send(command);
      const facts = InstanceTypes.map((it) => [
        it.InstanceType,
        it.ProcessorInfo?.SupportedArchitectures,
        it.VCpuInfo?.DefaultVCpus,
        it.MemoryInfo?.SizeInMiB,
      ]);
      expect(new Map(facts.map((fact) => [fact[0], fact]))).toEqual(
        new Map([
          ['t3.small', ['t3.small', ['x86_64'], 2, 2_048]],
          ['m6g.large', ['m6g.large', ['arm64'], 2, 8_192]],
        ]),
      );
    },
  });

  rule('an unknown instance type is named in the refusal', {
    source: catalogue,
    holds: async (target) => {
      const InstanceTypes = ['x9.nothing' as 't3.small'];
      const command = new DescribeInstanceTypesCommand({ InstanceTypes });
      const refused = await refusal(target.ec2.send(command));
      expect(refused).toEqual({ name: 'InvalidInstanceType', status: 400 });
    },
  });

  rule('offerings tell the zones of a type', {
    source: catalogue,
    holds: async (target) => {
      const command = new DescribeInstanceTypeOfferingsCommand({
        LocationType: 'availability-zone',
        Filters: [{ Name: 'instance-type', Values: ['t3.small'] }],
      });
      const { InstanceTypeOfferings = [] } = await target.ec2.send(command);
      const zones = InstanceTypeOfferings.map((it) => it.Location).sort();
      expect(zones).toEqual(['a', 'b', 'c'].map((letter) => `${target.region}${letter}`));
    },
  });

  rule('a region has a default VPC with a subnet in each zone', {
    source: 'VPC user guide, default VPCs',
    holds: async (target) => {
      const Filters = [{ Name: 'is-default', Values: ['true'] }];
      const { Vpcs = [] } = await target.ec2.send(new DescribeVpcsCommand({ Filters }));
      const zones = await target.ec2.send(new DescribeAvailabilityZonesCommand({}));
      const [first, second] = await subnets(target);
      expect(Vpcs).toHaveLength(1);
      expect(first.VpcId).toBe(Vpcs[0]?.VpcId);
      expect([first.CidrBlock, second.CidrBlock]).toEqual(['172.31.0.0/20', '172.31.16.0/20']);
      const names = (zones.AvailabilityZones ?? []).map((it) => it.ZoneName);
      expect(names).toContain(first.AvailabilityZone);
    },
  });

  rule('the public parameter of Amazon Linux names an image', {
    source: 'Systems Manager user guide, AMI public parameters',
    holds: async (target) => {
      const id = await imageId(target, 'arm64');
      const { Images = [] } = await target.ec2.send(new DescribeImagesCommand({ ImageIds: [id] }));
      expect(Images[0]?.Architecture).toBe('arm64');
      expect(Images[0]?.RootDeviceName).toMatch(/^\/dev\//);
    },
  });

  rule('the public parameter of Ubuntu names an image', {
    source: 'Canonical, finding Ubuntu images on AWS',
    holds: async (target) => {
      const { Parameter } = await target.ssm.send(new GetParameterCommand({ Name: ubuntu }));
      expect(Parameter?.Value).toMatch(/^ami-[0-9a-f]{17}$/);
    },
    deviations: {
      moto: {
        id: 'no-canonical-parameters',
        does: async (target) => {
          const call = target.ssm.send(new GetParameterCommand({ Name: ubuntu }));
          expect((await refusal(call)).name).toBe('ParameterNotFound');
        },
      },
    },
  });
}

const ubuntu = '/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id';
