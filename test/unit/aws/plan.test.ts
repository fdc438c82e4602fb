import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { clusterSpecSchema } from '../../../machines/specs.ts';
import { createSurroundings } from '../../../src/aws/surroundings.ts';
import { attempt, capture, faultFrom, scope } from './captured.ts';
import type { Answer, CapturedCall } from './captured.ts';
import { imageXml, region } from './region.ts';

let channels: { status: number; body: string };
const server = createServer((_request, reply) => {
  reply.writeHead(channels.status).end(channels.body);
});
beforeEach(async () => {
  const data = [
    { name: 'stable', latest: 'v1.33.5+k3s1', id: 'stable' },
    { name: 'v1.31', latest: 'v1.31.4+k3s1' },
    { name: 'testing' },
  ];
  channels = { status: 200, body: JSON.stringify({ type: 'collection', data }) };
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
});

function plan(
  spec: Record<string, unknown>,
  answer: (call: CapturedCall) => Answer = (call) => region(call),
) {
  const { sessions, calls } = capture(answer);
  const { port } = server.address() as AddressInfo;
  const surroundings = createSurroundings(sessions, `http://127.0.0.1:${port}/mirror/`);
  const parsed = clusterSpecSchema.parse({ region: scope.region, ...spec });
  const request = { ...scope, spec: parsed, uid: 'u1', plan: 4 };
  return { result: surroundings.plan(request, attempt()), calls };
}
const pool = (more: Record<string, unknown>) => ({
  agentPools: [{ name: 'web', count: 2, instanceTypes: ['t3.medium'], ...more }],
});

describe('a plan', () => {
  it('pins version, image, zones and offers, types first and zones in order', async () => {
    const { result, calls } = plan({
      servers: { count: 3, instanceTypes: ['m7i.large', 't3.medium'] },
      ...pool({ zones: ['eu-central-1c'] }),
    });
    const { offers, ...rest } = await result;
    expect(rest).toEqual({
      number: 4,
      version: 'v1.33.5+k3s1',
      vpcId: 'vpc-1',
      rootDevice: '/dev/xvda',
      architecture: 'amd64',
      zones: ['eu-central-1a', 'eu-central-1b', 'eu-central-1c'],
    });
    const texts = (list: (typeof offers)[string] = []) =>
      list.map(
        ({ instanceType, zone, subnetId }) => `${instanceType} ${zone.at(-1) ?? ''} ${subnetId}`,
      );
    expect(texts(offers['server'])).toEqual([
      'm7i.large b subnet-0000000b0',
      'm7i.large c subnet-0000000c0',
      't3.medium a subnet-0000000a0',
      't3.medium b subnet-0000000b0',
      't3.medium c subnet-0000000c0',
    ]);
    expect(texts(offers['web'])).toEqual(['t3.medium c subnet-0000000c0']);
    const trials = calls.filter(({ action }) => action === 'RunInstances');
    expect(trials.map(({ form }) => [form['DryRun'], form['IamInstanceProfile.Name']])).toEqual([
      ['true', 'fairlead-server'],
      ['true', 'fairlead-agent'],
    ]);
    const changing = calls.filter(({ action }) => !/^(Describe|Get|RunInstances)/.test(action));
    expect(changing).toEqual([]);
  });

  it('keeps a written version without asking for channels', async () => {
    channels = { status: 500, body: '' };
    const { result } = plan({ version: { k3s: 'v1.31.4+k3s1' } });
    expect((await result).version).toBe('v1.31.4+k3s1');
  });

  it('prefers zones that offer what the pools want', async () => {
    const { result } = plan({
      servers: { instanceTypes: ['m7i.large'] },
      network: { zones: { count: 2 } },
    });
    expect((await result).zones).toEqual(['eu-central-1b', 'eu-central-1c']);
  });

  it('lets one server live in fewer zones than asked for, but not three', async () => {
    const twoZones = (call: CapturedCall) => region(call, 'ab');
    expect((await plan({ servers: { count: 1 } }, twoZones).result).zones).toHaveLength(2);
    const fault = await faultFrom(plan({ servers: { count: 3 } }, twoZones).result);
    expect(fault).toMatchObject({ type: 'InvalidSpec', code: 'manifest.tooFewZones' });
  });

  it('asks for the image of the architecture, or takes the one named', async () => {
    const arm = plan({ servers: { instanceTypes: ['m7g.large'] } }, (call) =>
      call.action === 'DescribeImages'
        ? { reply: { imagesSet: [{ ...imageXml('ami-0123abcd'), architecture: 'arm64' }] } }
        : region(call),
    );
    expect((await arm.result).architecture).toBe('arm64');
    const asked = arm.calls.find(({ action }) => action === 'GetParameter');
    expect(asked?.json['Name']).toMatch(/al2023-ami-kernel-default-arm64$/);
    const named = plan({ image: { amiId: 'ami-0feeded0' } });
    expect((await named.result).offers['server']?.[0]?.imageId).toBe('ami-0feeded0');
    expect(named.calls.map(({ action }) => action)).not.toContain('GetParameter');
  });
});

describe('what planning finds wrong', () => {
  const cases: [string, Record<string, unknown>, string, RegExp][] = [
    [
      'a type the region does not have',
      { servers: { instanceTypes: ['t3.medium', 'm9.huge'] } },
      'manifest.typeNotOffered',
      /^spec\.servers\.instanceTypes\[1\] is m9\.huge: not offered in eu-central-1; write /,
    ],
    [
      'a type that the chosen zones do not have',
      { ...pool({ instanceTypes: ['m7i.large'], zones: ['eu-central-1a'] }) },
      'manifest.typeNotOffered',
      /agentPools\[0\]\.instanceTypes\[0\] is m7i\.large: not offered in eu-central-1a; .*eu-central-1b, eu-central-1c/,
    ],
    [
      'a type too small for a server',
      { servers: { instanceTypes: ['t3.nano'] } },
      'manifest.typeTooSmall',
      /is t3\.nano: 2 vCPU and 512 MiB, a K3s server needs 2 vCPU and 2048 MiB; write a larger type/,
    ],
    [
      'two architectures in one cluster',
      pool({ instanceTypes: ['m7g.large'] }),
      'manifest.mixedArchitecture',
      /agentPools\[0\]\.instanceTypes\[0\] is m7g\.large: arm64, the first server type is amd64/,
    ],
    [
      'a zone without a subnet',
      { network: { zones: { names: ['eu-central-1a', 'eu-central-1z'] } } },
      'manifest.zoneNotUsable',
      /^spec\.network\.zones\.names\[1\] is eu-central-1z: .*write some of eu-central-1a/,
    ],
    [
      'a pool in a zone that is not the cluster’s',
      { network: { zones: { names: ['eu-central-1a'] } }, ...pool({ zones: ['eu-central-1b'] }) },
      'manifest.invalid',
      /agentPools\[0\]\.zones\[0\] is eu-central-1b: not a zone of this cluster; write some of eu-central-1a/,
    ],
    [
      'a subnet of another VPC',
      { network: { subnetIds: ['subnet-0000000a0', 'subnet-0000000b0', 'subnet-0abcdef0'] } },
      'manifest.subnetNotFound',
      /^spec\.network\.subnetIds\[2\] is subnet-0abcdef0: not a subnet of vpc-1; write/,
    ],
    [
      'a pod range that shadows the VPC',
      { network: { clusterCIDR: '172.16.0.0/12' } },
      'manifest.cidrOverlap',
      /^spec\.network\.clusterCIDR is 172\.16\.0\.0\/12: overlaps 172\.31\.0\.0\/16 of the VPC/,
    ],
    [
      'a channel that names no release',
      { version: { channel: 'testing' } },
      'manifest.channelNotFound',
      /^spec\.version\.channel is testing: .*names no release for it; write stable/,
    ],
    [
      'more nodes than addresses',
      {
        agentPools: [{ name: 'web', count: 199, instanceTypes: ['t3.medium'] }],
        network: { subnetIds: ['subnet-0000000a0'] },
      },
      'manifest.tooFewAddresses',
      /^spec\.network\.subnetIds leads to subnets with 150 free addresses for 200 nodes/,
    ],
  ];
  it.each(cases)('%s', async (_what, spec, code, message) => {
    const fault = await faultFrom(plan(spec).result);
    expect(fault).toMatchObject({ type: 'InvalidSpec', code, mayHaveHappened: false });
    expect(fault['message']).toMatch(message);
  });

  it('is told all at once, and what does not fit is named by path', async () => {
    const { result, calls } = plan({
      servers: { instanceTypes: ['t3.nano', 'm9.huge'] },
      version: { channel: 'v1.99' },
      network: { clusterCIDR: '172.16.0.0/12' },
    });
    const { code, message } = await faultFrom(result);
    expect(code).toBe('manifest.invalid');
    expect(String(message).length).toBeLessThanOrEqual(300);
    for (const path of [
      'spec.network.clusterCIDR',
      'spec.servers.instanceTypes[0]',
      'spec.servers.instanceTypes[1]',
      'spec.version.channel',
    ])
      expect(message).toContain(path);
    expect(calls.map(({ action }) => action)).not.toContain('RunInstances');
  });

  it('names the missing default VPC, an unknown image and an unknown profile', async () => {
    const empty = (action: string, answer: Answer) => (call: CapturedCall) =>
      call.action === action ? answer : region(call);
    const noVpc = plan({}, empty('DescribeVpcs', { reply: { vpcSet: [] } }));
    expect((await faultFrom(noVpc.result))['message']).toMatch(/has no default VPC; write the id/);
    const noImage = plan(
      { image: { amiId: 'ami-0feeded0' } },
      empty('DescribeImages', { error: 'InvalidAMIID.NotFound' }),
    );
    expect(await faultFrom(noImage.result)).toMatchObject({ code: 'manifest.imageNotUsable' });
    const noProfile = plan(
      {},
      empty('RunInstances', {
        error: 'InvalidParameterValue',
        message:
          'Value (fairlead-server) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name',
      }),
    );
    expect(await faultFrom(noProfile.result)).toMatchObject({
      type: 'InvalidSpec',
      code: 'manifest.profileNotFound',
    });
  });
});

describe('what is no mistake of the manifest', () => {
  it('is told as what it is: a missing right, a throttled call, a channel server that is away', async () => {
    const denied = plan({}, (call) =>
      call.action === 'RunInstances'
        ? { error: 'UnauthorizedOperation', status: 403 }
        : region(call),
    );
    expect(await faultFrom(denied.result)).toMatchObject({ type: 'Unauthorized' });
    const throttled = plan({}, (call) =>
      call.action === 'DescribeSubnets'
        ? { error: 'RequestLimitExceeded', status: 503 }
        : region(call),
    );
    expect(await faultFrom(throttled.result)).toMatchObject({ type: 'RateLimit' });
    channels = { status: 503, body: '' };
    expect(await faultFrom(plan({}).result)).toMatchObject({ type: 'Unavailable' });
    channels = { status: 200, body: '<html>' };
    expect(await faultFrom(plan({}).result)).toMatchObject({ code: 'channels.unreadable' });
  });

  it('is a mistake when the manifest’s own mirror has no channel document', async () => {
    channels = { status: 404, body: '' };
    const fault = await faultFrom(plan({}).result);
    expect(fault['message']).toMatch(/there is no channel document at http:.*v1-release\/channels/);
  });

  it('does not plan in the wrong account', async () => {
    const { result } = plan({}, (call) =>
      call.action === 'DescribeSecurityGroups'
        ? { reply: { securityGroupInfo: [] } }
        : region(call),
    );
    expect(await faultFrom(result)).toMatchObject({ code: 'account.ownerUnknown' });
  });
});
