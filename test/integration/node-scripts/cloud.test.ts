import {
  EC2Client,
  RebootInstancesCommand,
  RunInstancesCommand,
  StartInstancesCommand,
  StopInstancesCommand,
} from '@aws-sdk/client-ec2';
import {
  DescribeInstanceInformationCommand,
  GetCommandInvocationCommand,
  GetParameterCommand,
  GetParametersByPathCommand,
  PutParameterCommand,
  SSMClient,
  SendCommandCommand,
} from '@aws-sdk/client-ssm';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseResult, renderScript } from '../../../src/k3s/script.ts';
import type { ScriptResult, Verb } from '../../../src/k3s/script.ts';
import { startSimulator } from '../../../src/simulator/simulator.ts';
import type { Simulator } from '../../../src/simulator/simulator.ts';

const uid = 'uid-cloud';
const region = 'eu-central-1';
const soon = { timeout: 20_000, interval: 50 };
let dataDir: string;
let simulator: Simulator;
let ec2: EC2Client;
let ssm: SSMClient;
let instanceId: string;
let privateIp: string;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'fairlead-cloud-'));
  simulator = await startSimulator({ dataDir, port: 0, scale: 200, seed: 3, isFresh: false });
  const [accessKeyId = '', secretAccessKey = ''] = simulator.accessKey.split(':');
  const settings = {
    region,
    endpoint: simulator.endpoint,
    credentials: { accessKeyId, secretAccessKey },
    maxAttempts: 1,
  };
  ssm = new SSMClient(settings);
  ec2 = new EC2Client(settings);
  const image = await ssm.send(
    new GetParameterCommand({
      Name: '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64',
    }),
  );
  const launched = await ec2.send(
    new RunInstancesCommand({
      ImageId: image.Parameter?.Value,
      InstanceType: 'm6i.large',
      MinCount: 1,
      MaxCount: 1,
      IamInstanceProfile: { Name: 'fairlead-server' },
      TagSpecifications: [
        {
          ResourceType: 'instance',
          Tags: [
            { Key: 'fairlead:uid', Value: uid },
            { Key: 'fairlead:role', Value: 'server' },
          ],
        },
      ],
    }),
  );
  instanceId = launched.Instances?.[0]?.InstanceId ?? '';
  privateIp = launched.Instances?.[0]?.PrivateIpAddress ?? '';
  for (const role of ['server', 'agent']) {
    await ssm.send(
      new PutParameterCommand({
        Name: `/fairlead/${uid}/${role}/token`,
        Type: 'SecureString',
        Value: `${role}-secret-of-32-characters-or-so`,
      }),
    );
  }
});

afterAll(async () => {
  ec2.destroy();
  ssm.destroy();
  await simulator.close();
  rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
});

async function run(verb: Verb, parameters: Record<string, string>): Promise<ScriptResult> {
  const text = renderScript(verb, {
    FL_OP: `op-${verb}`,
    FL_UID: uid,
    FL_NODE: 's0',
    FL_CLUSTER: 'shop/eu',
    ...parameters,
  });
  let result: ScriptResult | undefined;
  while (result === undefined || result.running === true) {
    const sent = await ssm.send(
      new SendCommandCommand({
        DocumentName: 'AWS-RunShellScript',
        InstanceIds: [instanceId],
        Parameters: { commands: [text] },
      }),
    );
    const of = { CommandId: sent.Command?.CommandId, InstanceId: instanceId };
    let stdout = '';
    await expect
      .poll(async () => {
        const seen = await ssm.send(new GetCommandInvocationCommand(of));
        stdout = seen.StandardOutputContent ?? '';
        return seen.Status;
      }, soon)
      .toBe('Success');
    result = parseResult(stdout);
  }
  return result;
}

it('a node set up over SSM reads its tokens and publishes its access with its own role', async () => {
  await expect
    .poll(async () => {
      const known = await ssm.send(new DescribeInstanceInformationCommand({}));
      return known.InstanceInformationList?.map((each) => each.PingStatus);
    }, soon)
    .toEqual(['Online']);
  expect(
    await run('stage', {
      FL_ROLE: 'server',
      FL_VERSION: 'v1.31.4+k3s1',
      FL_ARTIFACTS: simulator.artifactsUrl,
      FL_ARCH: 'amd64',
      FL_NODE_IP: privateIp,
      FL_CLUSTER_CIDR: '10.42.0.0/16',
      FL_SERVICE_CIDR: '10.43.0.0/16',
      FL_CLUSTER_DNS: '10.43.0.10',
      FL_FLANNEL: 'vxlan',
      FL_SECRETS_ENCRYPTION: 'true',
      FL_SNAPSHOT_CRON: '0_*/12_*_*_*',
      FL_SNAPSHOT_RETAIN: '5',
    }),
  ).toMatchObject({ ok: true, version: 'v1.31.4+k3s1' });
  const tokens = {
    FL_SERVER_TOKEN_PARAMETER: `/fairlead/${uid}/server/token`,
    FL_AGENT_TOKEN_PARAMETER: `/fairlead/${uid}/agent/token`,
  };
  expect(await run('init', tokens)).toMatchObject({ ok: true, facts: { readyz: true } });
  expect(await run('observe', {})).toMatchObject({ facts: { total: 1, ready: 1, voters: 1 } });
  const access = `/fairlead/${uid}/access/kubeconfig`;
  expect(
    await run('publish-access', {
      FL_ENDPOINT: `https://${privateIp}:6443`,
      FL_PARAMETER: access,
    }),
  ).toMatchObject({ ok: true, facts: { parameter: access } });
  const stored = await ssm.send(
    new GetParametersByPathCommand({ Path: `/fairlead/${uid}/access`, WithDecryption: true }),
  );
  expect(stored.Parameters?.[0]?.Value).toContain(`https://${privateIp}:6443`);
});

it('a reboot and a stop with a start each give another boot id, and K3s comes back by itself', async () => {
  const order = { InstanceIds: [instanceId] };
  const boots = new Set<unknown>();
  const noteBoot = async () => {
    await expect
      .poll(async () => (await run('check', { FL_ROLE: 'server' })).facts, soon)
      .toMatchObject({ active: 'active', enabled: true });
    boots.add((await run('check', { FL_ROLE: 'server' })).facts?.['bootId']);
  };
  await noteBoot();
  await ec2.send(new RebootInstancesCommand(order));
  await noteBoot();
  await ec2.send(new StopInstancesCommand(order));
  await expect
    .poll(async () => {
      const started = await ec2.send(new StartInstancesCommand(order)).catch(whileStopping);
      return started?.StartingInstances?.[0]?.PreviousState?.Name;
    }, soon)
    .toBe('stopped');
  await noteBoot();
  expect(boots.size).toBe(3);
  await expect.poll(async () => (await run('observe', {})).facts?.['readyz'], soon).toBe(true);
});

/** EC2 refuses to start a machine that is still on its way down; anything else fails the test. */
function whileStopping(thrown: unknown): undefined {
  expect((thrown as Error).name).toBe('IncorrectInstanceState');
}
