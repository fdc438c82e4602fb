/** Which ports the machines of a cluster open to each other, and how far a group is from that. Pure. */
import type { IpPermission } from '@aws-sdk/client-ec2';
import type { ClusterSpec } from '../../machines/specs.ts';

/** One opened range for one source: a group or an address range. */
export interface Rule {
  /** `-1` means every protocol and port. */
  readonly protocol: 'tcp' | 'udp' | '-1';
  readonly from: number;
  readonly to: number;
  readonly source: { readonly group: string } | { readonly cidr: string };
}

/**
 * Every node is in the group `nodes`; servers are in `servers` as well. Only `servers` names the other group, so that it
 * can be deleted first. Egress stays as AWS makes it: nodes need SSM, the artifacts and registries.
 */
export function wantedRules(
  spec: ClusterSpec,
  groups: { servers: string; nodes: string },
): { servers: Rule[]; nodes: Rule[] } {
  const fromNodes = { group: groups.nodes };
  return {
    servers: [
      tcp(6443, 6443, fromNodes),
      tcp(2379, 2380, { group: groups.servers }),
      ...spec.network.apiAccessCIDRs.map((cidr) => tcp(6443, 6443, { cidr })),
    ],
    nodes: [tcp(10250, 10250, fromNodes), ...podTraffic(spec, fromNodes)],
  };
}

const tcp = (from: number, to: number, source: Rule['source']): Rule => ({
  protocol: 'tcp',
  ...{ from, to, source },
});

/** How pods of two nodes reach each other; a vxlan port must never be open to the world. */
function podTraffic(spec: ClusterSpec, source: Rule['source']): Rule[] {
  switch (spec.network.flannelBackend) {
    case 'vxlan':
      return [{ protocol: 'udp', from: 8472, to: 8472, source }];
    case 'wireguard-native':
      return [{ protocol: 'udp', from: 51820, to: 51821, source }];
    // Pod packets travel bare, or as a network plug-in of the user's wants: between the nodes all is open.
    case 'host-gw':
    case 'none':
      return [{ protocol: '-1', from: -1, to: -1, source }];
  }
}

const spelling = ({ protocol, from, to, source }: Rule): string =>
  `${protocol} ${from}-${to} ${'group' in source ? source.group : source.cidr}`;

/** What must be opened and closed, so that the group has the wanted rules and no others. */
export function ruleChanges(
  wanted: readonly Rule[],
  found: readonly IpPermission[],
): { open: Rule[]; close: IpPermission[] } {
  const single = found.flatMap(singlePermissions);
  const foundTexts = new Set(single.map(permissionText));
  const wantedTexts = new Set(wanted.map(spelling));
  return {
    open: wanted.filter((rule) => !foundTexts.has(spelling(rule))),
    close: single.filter((permission) => !wantedTexts.has(permissionText(permission))),
  };
}

/** EC2 folds sources of equal ports into one permission; here each source stands alone. */
function singlePermissions(permission: IpPermission): IpPermission[] {
  const { IpProtocol, FromPort, ToPort } = permission;
  const ports = {
    IpProtocol,
    ...(FromPort === undefined ? {} : { FromPort }),
    ...(ToPort === undefined ? {} : { ToPort }),
  };
  return [
    ...(permission.UserIdGroupPairs ?? []).map(({ GroupId, UserId }) => ({
      ...ports,
      UserIdGroupPairs: [{ GroupId, ...(UserId === undefined ? {} : { UserId }) }],
    })),
    ...(permission.IpRanges ?? []).map(({ CidrIp }) => ({ ...ports, IpRanges: [{ CidrIp }] })),
    ...(permission.Ipv6Ranges ?? []).map(({ CidrIpv6 }) => ({
      ...ports,
      Ipv6Ranges: [{ CidrIpv6 }],
    })),
    ...(permission.PrefixListIds ?? []).map(({ PrefixListId }) => ({
      ...ports,
      PrefixListIds: [{ PrefixListId }],
    })),
  ];
}

/** Of a permission with one source; spelled as `spelling` does. */
function permissionText(permission: IpPermission): string {
  const { IpProtocol = '', FromPort = -1, ToPort = -1 } = permission;
  const sources = [
    permission.UserIdGroupPairs?.[0]?.GroupId,
    permission.IpRanges?.[0]?.CidrIp,
    permission.Ipv6Ranges?.[0]?.CidrIpv6,
    permission.PrefixListIds?.[0]?.PrefixListId,
  ];
  return `${IpProtocol} ${FromPort}-${ToPort} ${sources.find((each) => each !== undefined) ?? ''}`;
}

export const toPermission = ({ protocol, from, to, source }: Rule): IpPermission => ({
  IpProtocol: protocol,
  ...(protocol === '-1' ? {} : { FromPort: from, ToPort: to }),
  ...('group' in source
    ? { UserIdGroupPairs: [{ GroupId: source.group }] }
    : { IpRanges: [{ CidrIp: source.cidr }] }),
});
