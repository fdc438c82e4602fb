/** DescribeInstanceInformation: which agents have registered, and whether they answer. */
import { DescribeInstanceInformation$ } from '@aws-sdk/client-ssm';
import type {
  DescribeInstanceInformationRequest,
  DescribeInstanceInformationResult,
  InstanceInformation,
} from '@aws-sdk/client-ssm';
import { isAgentOnline, isVisible, stateAt } from '../ec2/instance-state.ts';
import { AwsError } from '../errors.ts';
import { operation } from '../operation.ts';
import { paginate } from '../paging.ts';
import type { InstanceRecord } from '../state/records.ts';
import type { Call } from '../world.ts';

const idsMax = 100;

export const describeInstanceInformation = operation(
  DescribeInstanceInformation$,
  (input: DescribeInstanceInformationRequest, call): DescribeInstanceInformationResult => {
    const tests = readFilters(input).map(({ key, values }) => filterTest(key, values, call));
    const listed = [...call.world.tables.instances.all()].filter(
      (record) => isRegistered(record, call) && tests.every((test) => test(record)),
    );
    const page = paginate(
      listed,
      (record) => record.instanceId,
      readPageMax(input.MaxResults),
      input.NextToken,
      () => new AwsError('ValidationException', 'The specified token is not valid.'),
    );
    return {
      InstanceInformationList: page.items.map((record) => viewAgent(record, call)),
      ...(page.nextToken === undefined ? {} : { NextToken: page.nextToken }),
    };
  },
);

/** An agent is listed from its first contact until its instance is terminated. */
function isRegistered(record: InstanceRecord, call: Call): boolean {
  const state = stateAt(record, call.nowMs);
  return (
    record.region === call.region &&
    isVisible(call.world, record, call.nowMs) &&
    state !== 'shutting-down' &&
    state !== 'terminated' &&
    hasRegistered(record, call.nowMs)
  );
}

/** A boot other than the first moves the agent's next contact on, but the agent has been seen before. */
function hasRegistered(record: InstanceRecord, nowMs: number): boolean {
  const isFirstBoot =
    record.rebootUntilMs === undefined && !record.transitions.some((it) => it.state === 'stopping');
  return !isFirstBoot || nowMs >= (record.agentOnlineAtMs ?? Infinity);
}

function readFilters(
  input: DescribeInstanceInformationRequest,
): { key: string; values: string[] }[] {
  const byName = (input.Filters ?? []).map((it) => ({
    key: it.Key ?? '',
    values: it.Values ?? [],
  }));
  const older = (input.InstanceInformationFilterList ?? []).map((it) => ({
    key: it.key ?? '',
    values: it.valueSet ?? [],
  }));
  return [...byName, ...older];
}

function filterTest(
  key: string,
  values: readonly string[],
  call: Call,
): (record: InstanceRecord) => boolean {
  if (values.length === 0 || values.length > idsMax) {
    throw new AwsError(
      'InvalidInstanceInformationFilterValue',
      'The specified filter value is not valid.',
    );
  }
  if (key === 'InstanceIds') return (record) => values.includes(record.instanceId);
  if (key === 'PingStatus') return (record) => values.includes(pingStatus(record, call));
  if (key === 'ResourceType') return () => values.includes('EC2Instance');
  if (key === 'PlatformTypes') return () => values.includes('Linux');
  if (key.startsWith('tag:')) {
    return (record) => values.includes(record.tags[key.slice('tag:'.length)] ?? '');
  }
  throw new AwsError('InvalidFilterKey', 'The specified key is not valid.');
}

function pingStatus(record: InstanceRecord, call: Call): 'Online' | 'ConnectionLost' {
  return isAgentOnline(record, call.nowMs) ? 'Online' : 'ConnectionLost';
}

function viewAgent(record: InstanceRecord, call: Call): InstanceInformation {
  return {
    InstanceId: record.instanceId,
    PingStatus: pingStatus(record, call),
    LastPingDateTime: new Date(call.nowMs),
    AgentVersion: '3.3.3050.0',
    IsLatestVersion: true,
    PlatformType: 'Linux',
    PlatformName: 'Amazon Linux',
    PlatformVersion: '2023',
    ResourceType: 'EC2Instance',
    IPAddress: record.privateIp,
    ComputerName: `ip-${record.privateIp.replaceAll('.', '-')}.${record.region}.compute.internal`,
  };
}

function readPageMax(given: number | undefined): number {
  if (given === undefined) return 10;
  if (given >= 5 && given <= 50) return given;
  throw new AwsError(
    'ValidationException',
    `1 validation error detected: Value '${String(given)}' at 'maxResults' failed to satisfy constraint: Member must be between 5 and 50`,
  );
}
