/** Security groups: create, describe, delete. Their rules are in security-group-rules.ts. */
import {
  CreateSecurityGroup$,
  DeleteSecurityGroup$,
  DescribeSecurityGroups$,
} from '@aws-sdk/client-ec2';
import type {
  CreateSecurityGroupRequest,
  CreateSecurityGroupResult,
  DeleteSecurityGroupRequest,
  DeleteSecurityGroupResult,
  DescribeSecurityGroupsRequest,
  DescribeSecurityGroupsResult,
  SecurityGroup,
} from '@aws-sdk/client-ec2';
import { networkOf, ownerId } from '../catalogue.ts';
import { AwsError } from '../errors.ts';
import { operation } from '../operation.ts';
import { paginate } from '../paging.ts';
import type { GroupRecord } from '../state/records.ts';
import { drawDuration, newId } from '../world.ts';
import type { Call } from '../world.ts';
import { matcher, tagFields } from './filters.ts';
import { isAlive } from './instance-state.ts';
import { findGroup, findTarget, groupsOf } from './lookup.ts';
import { viewRules } from './security-group-rules.ts';
import { tagsFor, toTagList } from './tags.ts';

export const createSecurityGroup = operation(
  CreateSecurityGroup$,
  (input: CreateSecurityGroupRequest, call): CreateSecurityGroupResult => {
    const { tables } = call.world;
    const name = input.GroupName ?? '';
    const vpcId = input.VpcId ?? networkOf(call.region).vpcId;
    checkName(name, vpcId, call);
    const tags = tagsFor(input.TagSpecifications, 'security-group');
    const isTaken = [...tables.groups.all()].some(
      (group) => group.region === call.region && group.vpcId === vpcId && group.name === name,
    );
    if (isTaken || name === 'default') {
      throw new AwsError(
        'InvalidGroup.Duplicate',
        `The security group '${name}' already exists for VPC '${vpcId}'`,
      );
    }
    const groupId = newId(call.world, 'sg');
    tables.groups.put(groupId, {
      groupId,
      region: call.region,
      vpcId,
      name,
      description: input.Description ?? '',
      tags,
      visibleAtMs: call.nowMs + drawDuration(call.world, 'lag', groupId),
      ingress: [],
    });
    return {
      GroupId: groupId,
      Tags: toTagList(tags),
      SecurityGroupArn: arnOf(call.region, groupId),
    };
  },
);

function checkName(name: string, vpcId: string, call: Call): void {
  if (vpcId !== networkOf(call.region).vpcId) {
    throw new AwsError('InvalidVpcID.NotFound', `The vpc ID '${vpcId}' does not exist`);
  }
  if (name.startsWith('sg-') || !/^[A-Za-z0-9 ._\-:/()#,@[\]+=&;{}!$*]{1,255}$/.test(name)) {
    throw new AwsError(
      'InvalidParameterValue',
      `Value (${name}) for parameter GroupName is invalid.`,
    );
  }
}

export const deleteSecurityGroup = operation(
  DeleteSecurityGroup$,
  (input: DeleteSecurityGroupRequest, call): DeleteSecurityGroupResult => {
    const group = findTarget(input, call);
    if (isInUse(group, call)) {
      throw new AwsError('DependencyViolation', `resource ${group.groupId} has a dependent object`);
    }
    call.world.tables.groups.remove(group.groupId);
    return { Return: true, GroupId: group.groupId };
  },
);

/** Used by a network interface of an instance that is not terminated yet, or named in a rule of another group. */
function isInUse(group: GroupRecord, call: Call): boolean {
  const { instances, groups } = call.world.tables;
  const peer = `group:${group.groupId}`;
  return (
    [...instances.all()].some(
      (it) => it.groupIds.includes(group.groupId) && isAlive(it, call.nowMs),
    ) ||
    [...groups.all()].some(
      (other) =>
        other.groupId !== group.groupId && other.ingress.some((rule) => rule.peer === peer),
    )
  );
}

export const describeSecurityGroups = operation(
  DescribeSecurityGroups$,
  (input: DescribeSecurityGroupsRequest, call): DescribeSecurityGroupsResult => {
    const ids = input.GroupIds ?? [];
    const names = input.GroupNames ?? [];
    const matches = matcher(input.Filters, filterNames);
    const named = names.map((GroupName) => findTarget({ GroupName }, call));
    const byId = ids.map((id) => findGroup(id, call));
    const listed = ids.length + names.length > 0 ? [...byId, ...named] : groupsOf(call);
    const page = paginate(
      listed.filter((group) => matches(fieldsOf(group))),
      (group) => group.groupId,
      input.MaxResults,
      input.NextToken,
      () => new AwsError('InvalidNextToken', 'The specified NextToken is not valid.'),
    );
    return {
      SecurityGroups: page.items.map(viewGroup),
      ...(page.nextToken === undefined ? {} : { NextToken: page.nextToken }),
    };
  },
);

const filterNames = ['description', 'group-id', 'group-name', 'owner-id', 'tag-key', 'vpc-id'];

function fieldsOf(group: GroupRecord): ReadonlyMap<string, readonly string[]> {
  return new Map([
    ['description', [group.description]],
    ['group-id', [group.groupId]],
    ['group-name', [group.name]],
    ['owner-id', [ownerId]],
    ['vpc-id', [group.vpcId]],
    ...tagFields(group.tags),
  ]);
}

function viewGroup(group: GroupRecord): SecurityGroup {
  return {
    GroupId: group.groupId,
    GroupName: group.name,
    Description: group.description,
    OwnerId: ownerId,
    VpcId: group.vpcId,
    SecurityGroupArn: arnOf(group.region, group.groupId),
    Tags: toTagList(group.tags),
    IpPermissions: viewRules(group.ingress),
    IpPermissionsEgress: [
      {
        IpProtocol: '-1',
        IpRanges: [{ CidrIp: '0.0.0.0/0' }],
        UserIdGroupPairs: [],
        Ipv6Ranges: [],
        PrefixListIds: [],
      },
    ],
  };
}

function arnOf(region: string, groupId: string): string {
  return `arn:aws:ec2:${region}:${ownerId}:security-group/${groupId}`;
}
