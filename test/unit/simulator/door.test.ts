import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { PutParameterCommand } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startCloud } from './cloud.ts';
import type { Cloud } from './cloud.ts';

let cloud: Cloud;

beforeAll(async () => {
  cloud = await startCloud();
});

afterAll(async () => {
  await cloud.close();
});

function status(path: string, headers: Record<string, string>, body = ''): Promise<number> {
  return new Promise((resolve, reject) => {
    const call = request(`${cloud.endpoint}${path}`, { method: 'POST', headers }, (res) => {
      res.resume();
      resolve(res.statusCode ?? 0);
    });
    call.once('error', reject);
    call.end(body);
  });
}

function signed(service: string) {
  const keyId = cloud.accessKey.split(':')[0] ?? '';
  const scope = `Credential=${keyId}/20261121/eu-central-1/${service}/aws4_request`;
  return { authorization: `AWS4-HMAC-SHA256 ${scope}, SignedHeaders=host, Signature=0` };
}

const form = { 'content-type': 'application/x-www-form-urlencoded' };
const action = 'Action=DescribeVpcs&Version=2016-11-15';

it('answers a signed call that names this machine', async () => {
  expect(await status('/', { ...signed('ec2'), ...form }, action)).toBe(200);
});

it.each([
  ['another host name', { host: 'rebound.example' }],
  ['a page in a browser', { origin: 'http://127.0.0.1' }],
  ['an unsigned call', { authorization: '' }],
  ['a form of another type', { 'content-type': 'text/plain' }],
])('turns away %s', async (_, headers) => {
  expect(await status('/', { ...signed('ec2'), ...form, ...headers }, action)).toBe(403);
});

it('turns away an SSM call without its target header', async () => {
  const json = { 'content-type': 'application/x-amz-json-1.1' };
  expect(await status('/', { ...signed('ssm'), ...json }, '{}')).toBe(403);
});

it('opens the side path only with the key', async () => {
  expect(await status('/_sim/reset', {})).toBe(403);
  expect(await status('/_sim/reset', { 'x-sim-key': 'guess' })).toBe(403);
  expect(await status('/_sim/reset', { 'x-sim-key': cloud.accessKey })).toBe(200);
});

it('refuses a body beyond 1 MiB', async () => {
  const body = `${action}&X=${'x'.repeat(1024 * 1024)}`;
  expect(await status('/', { ...signed('ec2'), ...form }, body)).toBe(400);
});

it('names an operation or a parameter it does not have', async () => {
  const unknown = 'Action=DescribeSpotFleets&Version=2016-11-15';
  expect(await status('/', { ...signed('ec2'), ...form }, unknown)).toBe(400);
  expect(await status('/', { ...signed('ec2'), ...form }, `${action}&Nonsense=1`)).toBe(400);
});

it('writes no secret in plain text', async () => {
  const Name = '/fairlead/u1/server/token';
  const input = { Name, Type: 'SecureString' as const, Value: 'canary-4711' };
  await cloud.ssm.send(new PutParameterCommand(input));
  expect(readFileSync(join(cloud.dataDir, 'journal.ndjson'), 'utf8')).not.toContain('canary-4711');
  const seen = JSON.stringify([await cloud.side('GET', 'log'), await cloud.side('GET', 'state')]);
  expect(seen).toContain(Name);
  expect(seen).not.toContain('canary-4711');
});
