import { DescribeInstancesCommand } from '@aws-sdk/client-ec2';
import { GetParameterCommand, ListCommandsCommand, PutParameterCommand } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launched, terminated } from '../../contract/aws/scene.ts';
import { startCloud } from './cloud.ts';
import type { Cloud } from './cloud.ts';

let cloud: Cloud;
const path = '/fairlead/u1';
const denied = { name: 'AccessDeniedException' };

beforeAll(async () => {
  cloud = await startCloud();
  for (const name of ['server/token', 'agent/token']) {
    for (const uid of ['u1', 'u2']) {
      const Name = `/fairlead/${uid}/${name}`;
      const input = { Name, Type: 'SecureString' as const, Value: 'canary' };
      await cloud.ssm.send(new PutParameterCommand(input));
    }
  }
});

afterAll(async () => {
  await cloud.close();
});

async function node(role: string) {
  const Tags = [
    { Key: 'fairlead:uid', Value: 'u1' },
    { Key: 'fairlead:role', Value: role },
  ];
  const id = await launched(cloud, {
    TagSpecifications: [{ ResourceType: 'instance', Tags }],
  });
  const keys = cloud.machines.options?.credentialsFor(id);
  if (keys === undefined) throw new Error('the machines were not made');
  return { id, ...cloud.as(keys.accessKeyId) };
}

function read(Name: string) {
  return new GetParameterCommand({ Name, WithDecryption: true });
}

function publish() {
  const Name = `${path}/access/kubeconfig`;
  const input = { Name, Type: 'SecureString' as const, Value: 'x', Overwrite: true };
  return new PutParameterCommand(input);
}

it('a server reads the server and agent secrets of its cluster and publishes access', async () => {
  const server = await node('server');
  for (const name of ['server/token', 'agent/token']) {
    const { Parameter } = await server.ssm.send(read(`${path}/${name}`));
    expect(Parameter?.Value).toBe('canary');
  }
  await server.ssm.send(publish());
});

it('an agent reads agent secrets only and publishes nothing', async () => {
  const agent = await node('agent');
  await agent.ssm.send(read(`${path}/agent/token`));
  await expect(agent.ssm.send(read(`${path}/server/token`))).rejects.toMatchObject(denied);
  await expect(agent.ssm.send(publish())).rejects.toMatchObject(denied);
});

it('a node sees nothing of another cluster, of EC2 or of commands', async () => {
  const server = await node('server');
  const elsewhere = read('/fairlead/u2/agent/token');
  await expect(server.ssm.send(elsewhere)).rejects.toMatchObject(denied);
  await expect(server.ssm.send(new ListCommandsCommand({}))).rejects.toMatchObject(denied);
  await expect(server.ec2.send(new DescribeInstancesCommand({}))).rejects.toMatchObject({
    name: 'UnauthorizedOperation',
  });
});

it('the role of a terminated node opens nothing', async () => {
  const server = await node('server');
  await terminated(cloud, server.id);
  await expect(server.ssm.send(read(`${path}/agent/token`))).rejects.toMatchObject(denied);
});

it('a key nobody has is refused by both services', async () => {
  const stranger = cloud.as('AKIASTRANGER');
  await expect(stranger.ec2.send(new DescribeInstancesCommand({}))).rejects.toMatchObject({
    name: 'AuthFailure',
  });
  await expect(stranger.ssm.send(read('/aws/x'))).rejects.toMatchObject({
    name: 'UnrecognizedClientException',
  });
});
