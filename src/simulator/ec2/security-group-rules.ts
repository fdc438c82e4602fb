/** Ingress rules: one flat rule per protocol, port range and peer, as EC2 compares them. */
import { AuthorizeSecurityGroupIngress$, RevokeSecurityGroupIngress$ } from '@aws-sdk/client-ec2';
import type {
  AuthorizeSecurityGroupIngressRequest,
  AuthorizeSecurityGroupIngressResult,
  IpPermission,
  RevokeSecurityGroupIngressRequest,
  RevokeSecurityGroupIngressResult,
  SecurityGroupRule,
} from '@aws-sdk/client-ec2';
import { ownerId, stableId } from '../catalogue.ts';
import { AwsError } from '../errors.ts';
import { operation } from '../operation.ts';
import type { GroupRecord, GroupRule } from '../state/records.ts';
import type { Call } from '../world.ts';
import { findGroup, findTarget } from './lookup.ts';

const rulesMax = 60;

export const authorizeSecurityGroupIngress = operation(
  AuthorizeSecurityGroupIngress$,
  (input: AuthorizeSecurityGroupIngressRequest, call): AuthorizeSecurityGroupIngressResult => {
    const group = findTarget(input, call);
    const wanted = readRules(input, call);
    const known = new Set(group.ingress.map(identity));
    const twice = wanted.find((rule) => known.has(identity(rule)));
    if (twice !== undefined) {
      throw new AwsError(
        'InvalidPermission.Duplicate',
        `the specified rule "peer: ${twice.peer.slice(twice.peer.indexOf(':') + 1)}, ${twice.protocol.toUpperCase()}, from port: ${String(twice.fromPort)}, to port: ${String(twice.toPort)}, ALLOW" already exists`,
      );
    }
    const ingress = [...group.ingress, ...wanted];
    if (ingress.length > rulesMax) {
      throw new AwsError(
        'InvalidParameterValue',
        'The maximum number of rules per security group has been reached.',
      );
    }
    save({ ...group, ingress }, call);
    return { Return: true, SecurityGroupRules: wanted.map((rule) => viewRule(rule, group)) };
  },
);

export const revokeSecurityGroupIngress = operation(
  RevokeSecurityGroupIngress$,
  (input: RevokeSecurityGroupIngressRequest, call): RevokeSecurityGroupIngressResult => {
    const group = findTarget(input, call);
    const unwanted = new Set(readRules(input, call).map(identity));
    const known = new Set(group.ingress.map(identity));
    if ([...unwanted].some((rule) => !known.has(rule))) {
      throw new AwsError(
        'InvalidPermission.NotFound',
        'The specified rule does not exist in this security group.',
      );
    }
    save(
      { ...group, ingress: group.ingress.filter((rule) => !unwanted.has(identity(rule))) },
      call,
    );
    return { Return: true };
  },
);

function save(group: GroupRecord, call: Call): void {
  call.world.tables.groups.put(group.groupId, group);
}

function identity(rule: GroupRule): string {
  return `${rule.protocol}/${String(rule.fromPort)}-${String(rule.toPort)}/${rule.peer}`;
}

/** The rules of a request: from `IpPermissions`, or from the older top-level parameters for one range. */
function readRules(
  input: AuthorizeSecurityGroupIngressRequest | RevokeSecurityGroupIngressRequest,
  call: Call,
): GroupRule[] {
  const rules = [...(input.IpPermissions ?? []), ...topLevel(input)].flatMap((permission) =>
    readPermission(permission, call),
  );
  if (rules.length > 0) return rules;
  throw new AwsError(
    'MissingParameter',
    'Either IpPermissions or a source security group or CIDR must be specified',
  );
}

function topLevel(
  input: AuthorizeSecurityGroupIngressRequest | RevokeSecurityGroupIngressRequest,
): IpPermission[] {
  if (input.CidrIp === undefined) return [];
  return [
    {
      IpProtocol: input.IpProtocol,
      FromPort: input.FromPort,
      ToPort: input.ToPort,
      IpRanges: [{ CidrIp: input.CidrIp }],
    },
  ];
}

function readPermission(permission: IpPermission, call: Call): GroupRule[] {
  const protocol = readProtocol(permission.IpProtocol);
  const isAll = protocol === '-1';
  const fromPort = isAll ? -1 : (permission.FromPort ?? -1);
  const toPort = isAll ? -1 : (permission.ToPort ?? -1);
  if ((protocol === 'tcp' || protocol === 'udp') && !arePorts(fromPort, toPort)) {
    throw new AwsError(
      'InvalidParameterValue',
      `Invalid port range: ${String(fromPort)}-${String(toPort)}`,
    );
  }
  const peers = [
    ...(permission.IpRanges ?? []).map(
      (it) => [`cidr:${readCidr(it.CidrIp)}`, it.Description] as const,
    ),
    ...(permission.Ipv6Ranges ?? []).map(
      (it) => [`cidr6:${it.CidrIpv6 ?? ''}`, it.Description] as const,
    ),
    ...(permission.UserIdGroupPairs ?? []).map(
      (it) => [`group:${findGroup(it.GroupId ?? '', call).groupId}`, it.Description] as const,
    ),
  ];
  return peers.map(([peer, description]) => ({
    protocol,
    fromPort,
    toPort,
    peer,
    ...(description === undefined ? {} : { description }),
  }));
}

function arePorts(fromPort: number, toPort: number): boolean {
  return fromPort >= 0 && toPort <= 65_535 && fromPort <= toPort;
}

function readProtocol(given: string | undefined): string {
  const names: Readonly<Record<string, string>> = { '6': 'tcp', '17': 'udp', '1': 'icmp' };
  const protocol = (given ?? '').toLowerCase();
  const name = names[protocol] ?? protocol;
  if (['tcp', 'udp', 'icmp', 'icmpv6', '-1'].includes(name) || /^\d{1,3}$/.test(name)) return name;
  throw new AwsError(
    'InvalidParameterValue',
    `Invalid value '${protocol}' for IP protocol. Unknown protocol.`,
  );
}

function readCidr(given: string | undefined): string {
  const cidr = given ?? '';
  const [, a = '', b = '', c = '', d = '', bits = ''] =
    /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(cidr) ?? [];
  const isValid =
    bits !== '' && Number(bits) <= 32 && [a, b, c, d].every((part) => Number(part) <= 255);
  if (isValid) return cidr;
  throw new AwsError('InvalidParameterValue', `CIDR block ${cidr} is malformed`);
}

/** Rules as EC2 describes them: peers of the same protocol and ports in one entry. */
export function viewRules(rules: readonly GroupRule[]): IpPermission[] {
  const byPorts = new Map<string, GroupRule[]>();
  for (const rule of rules) {
    const key = `${rule.protocol}/${String(rule.fromPort)}-${String(rule.toPort)}`;
    byPorts.set(key, [...(byPorts.get(key) ?? []), rule]);
  }
  return [...byPorts.values()].map(viewPermission);
}

function viewPermission(rules: readonly GroupRule[]): IpPermission {
  const [first] = rules;
  if (first === undefined) throw new Error('a permission has at least one rule');
  const peersOf = (kind: string) =>
    rules
      .filter((rule) => rule.peer.startsWith(`${kind}:`))
      .map((rule) => ({
        peer: rule.peer.slice(kind.length + 1),
        text: rule.description === undefined ? {} : { Description: rule.description },
      }));
  return {
    IpProtocol: first.protocol,
    ...(first.protocol === '-1' ? {} : { FromPort: first.fromPort, ToPort: first.toPort }),
    IpRanges: peersOf('cidr').map(({ peer, text }) => ({ CidrIp: peer, ...text })),
    Ipv6Ranges: peersOf('cidr6').map(({ peer, text }) => ({ CidrIpv6: peer, ...text })),
    UserIdGroupPairs: peersOf('group').map(({ peer, text }) => ({
      GroupId: peer,
      UserId: ownerId,
      ...text,
    })),
    PrefixListIds: [],
  };
}

function viewRule(rule: GroupRule, group: GroupRecord): SecurityGroupRule {
  const [permission] = viewRules([rule]);
  const peer = permission?.UserIdGroupPairs?.[0]?.GroupId;
  const cidr = permission?.IpRanges?.[0]?.CidrIp;
  const cidr6 = permission?.Ipv6Ranges?.[0]?.CidrIpv6;
  return {
    SecurityGroupRuleId: stableId('sgr', `${group.groupId}/${identity(rule)}`),
    GroupId: group.groupId,
    GroupOwnerId: ownerId,
    IsEgress: false,
    IpProtocol: rule.protocol,
    FromPort: rule.fromPort,
    ToPort: rule.toPort,
    ...(cidr === undefined ? {} : { CidrIpv4: cidr }),
    ...(cidr6 === undefined ? {} : { CidrIpv6: cidr6 }),
    ...(peer === undefined ? {} : { ReferencedGroupInfo: { GroupId: peer, UserId: ownerId } }),
    ...(rule.description === undefined ? {} : { Description: rule.description }),
  };
}
