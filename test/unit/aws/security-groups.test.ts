import { describe, expect, it } from 'vitest';
import { clusterSpecSchema } from '../../../machines/specs.ts';
import { ruleChanges, toPermission, wantedRules } from '../../../src/aws/group-rules.ts';
import { createSurroundings } from '../../../src/aws/surroundings.ts';
import { tagKeys } from '../../../src/aws/tags.ts';
import { attempt, capture, faultFrom, scope } from './captured.ts';
import type { Answer, CapturedCall } from './captured.ts';

const specWith = (network: Record<string, unknown> = {}) =>
  clusterSpecSchema.parse({ region: scope.region, network });
const request = { ...scope, uid: 'u1', cluster: 'web', vpcId: 'vpc-1', spec: specWith() };

const groupXml = (role: string, uid = 'u1', permissions: unknown[] = []) => ({
  groupId: `sg-${role}`,
  groupName: `fairlead-u1-${role}`,
  tagSet: [{ key: tagKeys.uid, value: uid }],
  ipPermissions: permissions,
});
const permissionXml = (protocol: string, from: number, to: number, source: object) => ({
  ipProtocol: protocol,
  fromPort: from,
  toPort: to,
  ...source,
});
const fromGroup = (groupId: string) => ({ groups: [{ groupId, userId: '000000000000' }] });
const groups = (...list: unknown[]): Answer => ({ reply: { securityGroupInfo: list } });
const done: Answer = { reply: { return: 'true' } };
const role = (call: CapturedCall) =>
  (call.form['Filter.1.Value.1'] ?? call.form['GroupName'] ?? '').replace('fairlead-u1-', '');

const ensure = (answer: (call: CapturedCall) => Answer, asked = request) => {
  const { sessions, calls } = capture(answer);
  const result = createSurroundings(sessions, undefined).ensureSecurityGroups(asked, attempt());
  return { result, calls, actions: () => calls.map(({ action }) => action) };
};

describe('rules', () => {
  it('open the API to nodes, etcd to servers, kubelet and vxlan between nodes, and nothing to the world', () => {
    const rules = wantedRules(request.spec, { servers: 'sg-s', nodes: 'sg-n' });
    const texts = (list: typeof rules.nodes) =>
      list.map(({ protocol, from, to, source }) => [
        `${protocol} ${from}-${to}`,
        'group' in source ? source.group : source.cidr,
      ]);
    expect(texts(rules.servers)).toEqual([
      ['tcp 6443-6443', 'sg-n'],
      ['tcp 2379-2380', 'sg-s'],
    ]);
    expect(texts(rules.nodes)).toEqual([
      ['tcp 10250-10250', 'sg-n'],
      ['udp 8472-8472', 'sg-n'],
    ]);
  });

  it('follow the backend and the ranges that may reach the API', () => {
    const spec = specWith({ flannelBackend: 'wireguard-native', apiAccessCIDRs: ['10.1.0.0/16'] });
    const rules = wantedRules(spec, { servers: 'sg-s', nodes: 'sg-n' });
    expect(rules.nodes[1]).toMatchObject({ protocol: 'udp', from: 51820, to: 51821 });
    expect(rules.servers[2]).toMatchObject({ from: 6443, source: { cidr: '10.1.0.0/16' } });
  });

  it('find nothing to change where EC2 has folded equal ports into one permission', () => {
    const spec = specWith({ apiAccessCIDRs: ['10.1.0.0/16', '10.2.0.0/16'] });
    const { servers } = wantedRules(spec, { servers: 'sg-s', nodes: 'sg-n' });
    const folded = [
      {
        ...{ IpProtocol: 'tcp', FromPort: 6443, ToPort: 6443 },
        UserIdGroupPairs: [{ GroupId: 'sg-n', UserId: '1' }],
        IpRanges: [{ CidrIp: '10.2.0.0/16' }, { CidrIp: '10.1.0.0/16' }],
      },
      {
        ...{ IpProtocol: 'tcp', FromPort: 2379, ToPort: 2380 },
        UserIdGroupPairs: [{ GroupId: 'sg-s', UserId: '1' }],
      },
    ];
    expect(ruleChanges(servers, folded)).toEqual({ open: [], close: [] });
    expect(ruleChanges(servers, servers.map(toPermission))).toEqual({ open: [], close: [] });
  });

  it('close what somebody opened by hand, each source on its own', () => {
    const open = { IpProtocol: 'tcp', FromPort: 22, ToPort: 22 };
    const found = [
      { ...open, IpRanges: [{ CidrIp: '0.0.0.0/0' }], Ipv6Ranges: [{ CidrIpv6: '::/0' }] },
      { IpProtocol: '-1', PrefixListIds: [{ PrefixListId: 'pl-1' }] },
    ];
    expect(ruleChanges([], found).close).toEqual([
      { ...open, IpRanges: [{ CidrIp: '0.0.0.0/0' }] },
      { ...open, Ipv6Ranges: [{ CidrIpv6: '::/0' }] },
      { IpProtocol: '-1', PrefixListIds: [{ PrefixListId: 'pl-1' }] },
    ]);
  });
});

describe('ensuring the groups', () => {
  it('makes both, tagged, and opens their rules', async () => {
    const { result, calls } = ensure((call) => {
      if (call.action === 'DescribeSecurityGroups') return groups();
      if (call.action === 'CreateSecurityGroup') return { reply: { groupId: `sg-${role(call)}` } };
      return done;
    });
    expect(await result).toEqual({ servers: 'sg-servers', nodes: 'sg-nodes' });
    const created = calls.filter(({ action }) => action === 'CreateSecurityGroup');
    expect(created.map(({ form }) => form['GroupName']).sort()).toEqual([
      'fairlead-u1-nodes',
      'fairlead-u1-servers',
    ]);
    expect(Object.values(created[0]?.form ?? {})).toContain('fairlead:uid');
    const opened = calls.filter(({ action }) => action === 'AuthorizeSecurityGroupIngress');
    expect(opened.map(({ form }) => form['GroupId'])).toEqual(['sg-nodes', 'sg-servers']);
  });

  it('leaves groups alone that are as they should be', async () => {
    const { result, actions } = ensure((call) =>
      role(call) === 'servers'
        ? groups(
            groupXml('servers', 'u1', [
              permissionXml('tcp', 6443, 6443, fromGroup('sg-nodes')),
              permissionXml('tcp', 2379, 2380, fromGroup('sg-servers')),
            ]),
          )
        : groups(
            groupXml('nodes', 'u1', [
              permissionXml('tcp', 10250, 10250, fromGroup('sg-nodes')),
              permissionXml('udp', 8472, 8472, fromGroup('sg-nodes')),
            ]),
          ),
    );
    expect(await result).toEqual({ servers: 'sg-servers', nodes: 'sg-nodes' });
    expect(actions()).toEqual(['DescribeSecurityGroups', 'DescribeSecurityGroups']);
  });

  it('opens rules one by one when some turn out to be there', async () => {
    const { result, calls } = ensure((call) => {
      if (call.action === 'DescribeSecurityGroups') return groups(groupXml(role(call)));
      const isBatch = 'IpPermissions.2.IpProtocol' in call.form;
      const isKnown = call.form['IpPermissions.1.FromPort'] === '6443';
      return isBatch || isKnown ? { error: 'InvalidPermission.Duplicate' } : done;
    });
    await result;
    const opened = calls.filter(({ action }) => action === 'AuthorizeSecurityGroupIngress');
    expect(opened).toHaveLength(6);
  });

  it('refuses a group of our name that carries another uid', async () => {
    const { result } = ensure((call) => groups(groupXml(role(call), 'stranger')));
    expect(await faultFrom(result)).toMatchObject({ type: 'Conflict', code: 'group.notOurs' });
  });

  it('waits for a group that exists, but is not listed yet', async () => {
    const { result } = ensure((call) =>
      call.action === 'CreateSecurityGroup' ? { error: 'InvalidGroup.Duplicate' } : groups(),
    );
    expect(await faultFrom(result)).toMatchObject({ type: 'Retryable', code: 'group.notVisible' });
  });
});

describe('deleting the groups', () => {
  const remove = (answer: (call: CapturedCall) => Answer) => {
    const { sessions, calls } = capture(answer);
    const port = createSurroundings(sessions, undefined);
    return { result: port.deleteSecurityGroups(scope, 'u1', 'vpc-1', attempt()), calls };
  };

  it('takes the one that names the other first, and counts', async () => {
    const { result, calls } = remove((call) =>
      call.action === 'DescribeSecurityGroups'
        ? groups(groupXml('nodes'), groupXml('servers'))
        : done,
    );
    expect(await result).toBe(2);
    expect(calls.slice(1).map(({ form }) => form['GroupId'])).toEqual(['sg-servers', 'sg-nodes']);
  });

  it('does not count what went away meanwhile', async () => {
    const { result } = remove((call) =>
      call.action === 'DescribeSecurityGroups'
        ? groups(groupXml('nodes'))
        : { error: 'InvalidGroup.NotFound' },
    );
    expect(await result).toBe(0);
  });

  it('is a conflict while network interfaces still use one', async () => {
    const { result } = remove((call) =>
      call.action === 'DescribeSecurityGroups'
        ? groups(groupXml('nodes'))
        : { error: 'DependencyViolation' },
    );
    expect(await faultFrom(result)).toMatchObject({
      type: 'Conflict',
      code: 'DependencyViolation',
    });
  });
});
