/** Whatever is sent to the simulated AWS is answered as AWS would, and refusals leave its world alone. */
import { request } from 'node:http';
import fc from 'fast-check';
import { afterAll, beforeAll, expect } from 'vitest';
import { startCloud } from '../unit/simulator/cloud.ts';
import type { Cloud } from '../unit/simulator/cloud.ts';
import { fuzz } from './fuzzing.ts';
import { mangled, torn, written } from './odd.ts';

let cloud: Cloud;
beforeAll(async () => {
  cloud = await startCloud();
});
afterAll(() => cloud.close());

interface Answer {
  readonly status: number;
  readonly text: string;
}
function post(path: string, headers: Record<string, string>, body: Uint8Array): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = request(`${cloud.endpoint}${path}`, { method: 'POST', headers }, (res) => {
      let text = '';
      res.on('data', (data: Buffer) => (text += data.toString()));
      res.once('end', () => resolve({ status: res.statusCode ?? 0, text }));
      res.once('error', reject);
    });
    call.once('error', reject);
    call.end(body);
  });
}

function signed(service: string): Record<string, string> {
  const scope = `Credential=${cloud.accessKey.split(':')[0] ?? ''}/20261121/eu-central-1/${service}/aws4_request`;
  return { authorization: `AWS4-HMAC-SHA256 ${scope}, SignedHeaders=host, Signature=0` };
}

const version = 'Version=2016-11-15';
const forms = [
  `Action=DescribeInstances&${version}&Filter.1.Name=tag:fairlead:uid&Filter.1.Value.1=u1&MaxResults=50`,
  `Action=RunInstances&${version}&MinCount=1&MaxCount=1&ImageId=ami-1&InstanceType=t3.small&SubnetId=subnet-1&ClientToken=t1&TagSpecification.1.ResourceType=instance&TagSpecification.1.Tag.1.Key=a&TagSpecification.1.Tag.1.Value=b`,
  `Action=TerminateInstances&${version}&InstanceId.1=i-0123456789abcdef0`,
  `Action=CreateVolume&${version}&AvailabilityZone=eu-central-1a&Size=8&VolumeType=gp3&ClientToken=t2`,
  `Action=CreateSnapshots&${version}&InstanceSpecification.InstanceId=i-1&Description=d`,
  `Action=CreateSecurityGroup&${version}&GroupName=g&GroupDescription=d&VpcId=vpc-1`,
  `Action=DescribeVolumes&${version}&VolumeId.1=vol-1`,
  `Action=DescribeVpcs&${version}`,
];
const targets: Readonly<Record<string, object>> = {
  PutParameter: { Name: '/fairlead/u1/a', Type: 'SecureString', Value: 'v', Overwrite: true },
  GetParameter: { Name: '/fairlead/u1/a', WithDecryption: true },
  SendCommand: {
    ...{ DocumentName: 'AWS-RunShellScript', InstanceIds: ['i-1'], TimeoutSeconds: 60 },
    Parameters: { commands: ['echo'] },
  },
  GetCommandInvocation: { CommandId: '00000000-0000-0000-0000-000000000000', InstanceId: 'i-1' },
  DescribeInstanceInformation: { MaxResults: 5 },
};

/** What no refused call may have made. */
async function made(): Promise<string> {
  const { instances, securityGroups, parameters, launchedByUid } = await cloud.side<
    Record<string, unknown>
  >('GET', 'state');
  return JSON.stringify([
    (instances as unknown[]).length,
    securityGroups,
    parameters,
    launchedByUid,
  ]);
}

async function judged(send: () => Promise<Answer>): Promise<void> {
  const before = await made();
  const { status, text } = await send();
  expect([status < 500, text.slice(0, 300)]).toEqual([true, text.slice(0, 300)]);
  if (status >= 400) expect(await made()).toBe(before);
}

const formHeader = { 'content-type': 'application/x-www-form-urlencoded' };
fuzz('EC2 calls of any form are answered as EC2 would', 50, torn(forms), (bytes) =>
  judged(() => post('/', { ...signed('ec2'), ...formHeader }, bytes)),
);

const ssmCall = fc.constantFrom(...Object.entries(targets)).chain(([target, input]) =>
  fc.tuple(
    fc.constant(target),
    fc.oneof(
      mangled([input], 3).map((value) => new TextEncoder().encode(written(value))),
      torn([written(input)]),
    ),
  ),
);
fuzz('SSM calls of any form are answered as SSM would', 50, ssmCall, ([target, bytes]) =>
  judged(() => {
    const type = { 'content-type': 'application/x-amz-json-1.1' };
    return post('/', { ...signed('ssm'), ...type, 'x-amz-target': `AmazonSSM.${target}` }, bytes);
  }),
);

const orders: Readonly<Record<string, object>> = {
  faults: { op: 'RunInstances', act: { kind: 'error', code: 'X', status: 503 }, times: 0 },
  capacity: { zone: 'nowhere-1a', left: 5 },
  quota: { region: 'nowhere-1', max: 5 },
  agents: { tag: 'no-such', value: 'v', times: 1 },
  durations: { name: 'nothing', range: { min: 1, max: 2 } },
  throttle: { op: 'NoSuchOperation', burst: 5, refillPerSecond: 1 },
  'volumes/flags': { name: 'no-such', value: true },
  'volumes/append': { volumeId: 'vol-1', writes: 3 },
};
const order = fc.constantFrom(...Object.entries(orders)).chain(([path, input]) =>
  fc.tuple(
    fc.constant(path),
    fc.oneof(
      mangled([input], 3).map((value) => new TextEncoder().encode(written(value))),
      torn([written(input)]),
    ),
  ),
);
fuzz(
  'orders of any form on the side path are taken or refused',
  40,
  order,
  async ([path, bytes]) => {
    const { status, text } = await post(`/_sim/${path}`, { 'x-sim-key': cloud.accessKey }, bytes);
    expect([status < 500, text.slice(0, 300)]).toEqual([true, text.slice(0, 300)]);
    for (const rules of ['faults', 'capacity', 'quota', 'throttle'])
      await cloud.side('DELETE', rules);
  },
);
