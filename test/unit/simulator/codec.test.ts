import { DescribeInstances$, RunInstances$ } from '@aws-sdk/client-ec2';
import { GetParameter$, SendCommand$ } from '@aws-sdk/client-ssm';
import { expect, it } from 'vitest';
import { parseForm, toXml } from '../../../src/simulator/codec-ec2.ts';
import { parseJson, toJson } from '../../../src/simulator/codec-ssm.ts';

it('reads nested lists and structures from a form', () => {
  const form = new URLSearchParams([
    ['Action', 'RunInstances'],
    ['MinCount', '1'],
    ['MaxCount', '1'],
    ['SecurityGroupId.2', 'sg-b'],
    ['SecurityGroupId.1', 'sg-a'],
    ['DisableApiTermination', 'true'],
    ['TagSpecification.1.ResourceType', 'instance'],
    ['TagSpecification.1.Tag.1.Key', 'a'],
    ['TagSpecification.1.Tag.1.Value', ''],
    ['BlockDeviceMapping.1.Ebs.VolumeSize', '20'],
  ]);
  expect(parseForm(RunInstances$, form)).toEqual({
    MinCount: 1,
    MaxCount: 1,
    SecurityGroupIds: ['sg-a', 'sg-b'],
    DisableApiTermination: true,
    TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'a', Value: '' }] }],
    BlockDeviceMappings: [{ Ebs: { VolumeSize: 20 } }],
  });
});

it.each([
  ['MissingParameter', 'MinCount=1'],
  ['UnknownParameter', 'MinCount=1&MaxCount=1&Wheels=4'],
  ['InvalidParameterValue', 'MinCount=one&MaxCount=1'],
])('refuses a form with %s', (code, text) => {
  expect(() => parseForm(RunInstances$, new URLSearchParams(text))).toThrow(
    expect.objectContaining({ code }) as Error,
  );
});

it('never sends a member that the model does not know', () => {
  const reply = { Reservations: [{ Instances: [{ InstanceID: 'i-1' }] }] };
  expect(() => toXml(DescribeInstances$, reply, 'id')).toThrow(/no member InstanceID/);
  expect(() => toJson(GetParameter$, { Parameter: { Nmae: 'x' } })).toThrow(/Nmae/);
});

it('escapes text', () => {
  const reply = { NextToken: `<&">'` };
  expect(toXml(DescribeInstances$, reply, 'id')).toContain('&lt;&amp;&quot;&gt;');
});

it('refuses JSON that does not fit the model', () => {
  const codes = ['{', '[]', '{"InstanceIds":"i-1","DocumentName":"d"}', '{}'].map((body) => {
    try {
      parseJson(SendCommand$, body);
    } catch (error) {
      return (error as { code: string }).code;
    }
    return 'accepted';
  });
  const wrong = 'SerializationException';
  expect(codes).toEqual([wrong, wrong, wrong, 'ValidationException']);
});
