/** Finding resources by id the way EC2 does: the form of the id first, then whether a read may see it yet. */
import { AwsError } from '../errors.ts';
import type { AwsErrorCode } from '../errors.ts';
import { networkOf } from '../catalogue.ts';
import type { GroupRecord, InstanceRecord } from '../state/records.ts';
import type { Call } from '../world.ts';
import { isVisible } from './instance-state.ts';

/** @throws AwsError `InvalidInstanceID.Malformed`, `InvalidInstanceID.NotFound`; one bad id fails all */
export function findInstances(ids: readonly string[], call: Call): InstanceRecord[] {
  for (const id of ids) assertForm(id, 'i', 'InvalidInstanceID.Malformed', 'Invalid id');
  const found = ids.map((id) => call.world.tables.instances.get(id));
  const missing = ids.filter((_, index) => {
    const record = found[index];
    return record?.region !== call.region || !isVisible(call.world, record, call.nowMs);
  });
  if (missing.length > 0) {
    const noun = missing.length === 1 ? 'ID' : 'IDs';
    const verb = missing.length === 1 ? 'does' : 'do';
    throw new AwsError(
      'InvalidInstanceID.NotFound',
      `The instance ${noun} '${missing.join(', ')}' ${verb} not exist`,
    );
  }
  return [...new Set(found.filter((record) => record !== undefined))];
}

/** @throws AwsError `InvalidGroupId.Malformed`, `InvalidGroup.NotFound` */
export function findGroup(groupId: string, call: Call): GroupRecord {
  assertForm(groupId, 'sg', 'InvalidGroupId.Malformed', 'Invalid id');
  const record = groupsOf(call).find((group) => group.groupId === groupId);
  if (record === undefined) {
    throw new AwsError('InvalidGroup.NotFound', `The security group '${groupId}' does not exist`);
  }
  return record;
}

/** The group a request names by id, or by name in the default VPC. */
export function findTarget(
  input: { readonly GroupId?: string | undefined; readonly GroupName?: string | undefined },
  call: Call,
): GroupRecord {
  if (input.GroupId !== undefined) return findGroup(input.GroupId, call);
  if (input.GroupName === undefined) {
    throw new AwsError(
      'MissingParameter',
      'The request must contain the parameter groupName or groupId',
    );
  }
  const found = groupsOf(call).find((group) => group.name === input.GroupName);
  if (found !== undefined) return found;
  throw new AwsError(
    'InvalidGroup.NotFound',
    `The security group '${input.GroupName}' does not exist in default VPC`,
  );
}

/** Every group of the region that reads may see, the default one of the VPC included. */
export function groupsOf(call: Call): GroupRecord[] {
  const network = networkOf(call.region);
  const own = [...call.world.tables.groups.all()].filter(
    (group) => group.region === call.region && call.nowMs >= group.visibleAtMs,
  );
  const hasDefault = own.some((group) => group.groupId === network.defaultGroupId);
  return hasDefault ? own : [defaultGroup(call.region), ...own];
}

function defaultGroup(region: string): GroupRecord {
  const network = networkOf(region);
  const self = `group:${network.defaultGroupId}`;
  return {
    groupId: network.defaultGroupId,
    region,
    vpcId: network.vpcId,
    name: 'default',
    description: 'default VPC security group',
    tags: {},
    visibleAtMs: 0,
    ingress: [{ protocol: '-1', fromPort: -1, toPort: -1, peer: self }],
  };
}

/** @throws AwsError the given code when the id is not `prefix-` and 8 or 17 hexadecimal digits */
export function assertForm(id: string, prefix: string, code: AwsErrorCode, what: string): void {
  if (new RegExp(`^${prefix}-([0-9a-f]{8}|[0-9a-f]{17})$`).test(id)) return;
  throw new AwsError(code, `${what}: "${id}" (expecting "${prefix}-...")`);
}
