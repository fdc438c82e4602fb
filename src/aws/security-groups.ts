/** The two security groups of a cluster: found by name and uid tag, made when absent, their rules brought back when changed. */
import type { IpPermission, SecurityGroup } from '@aws-sdk/client-ec2';
import type { Attempt, Surroundings } from '../../actors/ports.ts';
import type { SecurityGroups } from '../../machines/messages.ts';
import { CloudFault, groupNotYet, inContext, ownFault, unlessDone } from './faults.ts';
import { ruleChanges, toPermission, wantedRules } from './group-rules.ts';
import type { Rule } from './group-rules.ts';
import { allPages } from './pages.ts';
import type { CallScope, Sessions } from './session.ts';
import { byTag, fromTags, managedByValue, tagKeys, toTags } from './tags.ts';

export type GroupsRequest = Parameters<Surroundings['ensureSecurityGroups']>[0];
type Role = keyof SecurityGroups;

const groupName = (uid: string, role: Role): string => `fairlead-${uid}-${role}`;
const duplicateRule = ['InvalidPermission.Duplicate'];

/** @throws CloudFault `Conflict` when a group of that name is not ours; `Retryable` while a new one is not seen everywhere */
export async function ensureSecurityGroups(
  sessions: Sessions,
  request: GroupsRequest,
  attempt: Attempt,
): Promise<SecurityGroups> {
  const scope = { account: request.account, region: request.region, ...attempt };
  const [servers, nodes] = await Promise.all([
    ensureGroup(sessions, scope, request, 'servers'),
    ensureGroup(sessions, scope, request, 'nodes'),
  ]);
  const wanted = wantedRules(request.spec, { servers: servers.id, nodes: nodes.id });
  // One after the other: the rules of one group name the other, which must exist for that.
  await repairRules(sessions, scope, nodes, wanted.nodes);
  await repairRules(sessions, scope, servers, wanted.servers);
  return { servers: servers.id, nodes: nodes.id };
}

interface Group {
  readonly id: string;
  readonly permissions: readonly IpPermission[];
}

async function ensureGroup(
  sessions: Sessions,
  scope: CallScope,
  request: GroupsRequest,
  role: Role,
): Promise<Group> {
  const name = groupName(request.uid, role);
  const known = await findGroup(sessions, scope, request, name);
  if (known !== undefined) return known;
  const made = await unlessDone(['InvalidGroup.Duplicate'], () =>
    sessions.ec2(scope, 'createSecurityGroup', {
      GroupName: name,
      Description: `Fairlead ${role} of ${request.cluster}`.slice(0, 255),
      VpcId: request.vpcId,
      TagSpecifications: [
        {
          ResourceType: 'security-group',
          Tags: toTags({
            ...request.spec.tags,
            Name: name,
            [tagKeys.managedBy]: managedByValue,
            [tagKeys.uid]: request.uid,
            [tagKeys.kind]: 'cluster',
            [tagKeys.name]: request.cluster,
          }),
        },
      ],
    }),
  );
  if (made?.GroupId !== undefined) return { id: made.GroupId, permissions: [] };
  // An earlier attempt made it and lost the reply; it shows up within seconds.
  throw ownFault('Retryable', 'group.notVisible', `${name} exists, but is not listed yet`);
}

async function findGroup(
  sessions: Sessions,
  scope: CallScope,
  { uid, vpcId }: GroupsRequest,
  name: string,
): Promise<Group | undefined> {
  const reply = await sessions.ec2(scope, 'describeSecurityGroups', {
    Filters: [
      { Name: 'group-name', Values: [name] },
      { Name: 'vpc-id', Values: [vpcId] },
    ],
  });
  const group = reply.SecurityGroups?.[0];
  if (group?.GroupId === undefined) return undefined;
  if (fromTags(group.Tags)[tagKeys.uid] !== uid)
    throw ownFault(
      'Conflict',
      'group.notOurs',
      `${group.GroupId} is called ${name}, but does not carry ${tagKeys.uid}=${uid}; rename or delete it`,
    );
  return { id: group.GroupId, permissions: group.IpPermissions ?? [] };
}

async function repairRules(
  sessions: Sessions,
  scope: CallScope,
  group: Group,
  wanted: readonly Rule[],
): Promise<void> {
  const { open, close } = ruleChanges(wanted, group.permissions);
  if (close.length > 0)
    await unlessDone(['InvalidPermission.NotFound'], () =>
      sessions.ec2(scope, 'revokeSecurityGroupIngress', {
        GroupId: group.id,
        IpPermissions: close,
      }),
    );
  await openRules(sessions, scope, group.id, open);
}

/** All in one call; when one is there already (seen late), each on its own. */
async function openRules(
  sessions: Sessions,
  scope: CallScope,
  groupId: string,
  rules: readonly Rule[],
): Promise<void> {
  if (rules.length === 0) return;
  const open = (some: readonly Rule[]) =>
    inContext(groupNotYet, () =>
      sessions.ec2(scope, 'authorizeSecurityGroupIngress', {
        GroupId: groupId,
        IpPermissions: some.map(toPermission),
      }),
    );
  try {
    await open(rules);
  } catch (error) {
    if (!(error instanceof CloudFault) || !duplicateRule.includes(error.fault.code)) throw error;
    for (const rule of rules) await unlessDone(duplicateRule, () => open([rule]));
  }
}

/**
 * Deletes every group with our uid tag; returns how many there were.
 * @throws CloudFault `Conflict` (DependencyViolation) while network interfaces still use one: wait and repeat
 */
export async function deleteSecurityGroups(
  sessions: Sessions,
  scope: CallScope,
  uid: string,
  vpcId: string,
): Promise<number> {
  const groups = await allPages(
    (NextToken) =>
      sessions.ec2(scope, 'describeSecurityGroups', {
        Filters: [
          byTag(tagKeys.uid, uid),
          ...(vpcId === '' ? [] : [{ Name: 'vpc-id', Values: [vpcId] }]),
        ],
        ...(NextToken === undefined ? {} : { NextToken }),
      }),
    (page) => page.SecurityGroups,
  );
  // The rules of `servers` name `nodes`, which cannot go before them.
  const last = (group: SecurityGroup) => (group.GroupName === groupName(uid, 'nodes') ? 1 : 0);
  let deleted = 0;
  for (const { GroupId } of groups.sort((left, right) => last(left) - last(right))) {
    if (GroupId === undefined) continue;
    const reply = await unlessDone(['InvalidGroup.NotFound'], () =>
      sessions.ec2(scope, 'deleteSecurityGroup', { GroupId }),
    );
    if (reply !== undefined) deleted += 1;
  }
  return deleted;
}
