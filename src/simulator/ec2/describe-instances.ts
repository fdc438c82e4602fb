/** DescribeInstances: what reads may see, filtered and in pages. */
import { DescribeInstances$ } from '@aws-sdk/client-ec2';
import type { DescribeInstancesRequest, DescribeInstancesResult } from '@aws-sdk/client-ec2';
import { AwsError } from '../errors.ts';
import { operation } from '../operation.ts';
import { paginate } from '../paging.ts';
import type { InstanceRecord } from '../state/records.ts';
import type { Call } from '../world.ts';
import { matcher, tagFields } from './filters.ts';
import type { Fields } from './filters.ts';
import { isVisible, seenTransition, stateCodes } from './instance-state.ts';
import { viewReservations } from './instance-view.ts';
import { findInstances } from './lookup.ts';

export const describeInstances = operation(
  DescribeInstances$,
  (input: DescribeInstancesRequest, call): DescribeInstancesResult => {
    const ids = input.InstanceIds ?? [];
    const pageMax = readPageMax(input.MaxResults, ids);
    const matches = matcher(input.Filters, filterNames);
    const listed =
      ids.length > 0
        ? findInstances(ids, call)
        : [...call.world.tables.instances.all()].filter(
            (record) => record.region === call.region && isVisible(call.world, record, call.nowMs),
          );
    const page = paginate(
      listed.filter((record) => matches(fieldsOf(record, call))),
      (record) => record.instanceId,
      pageMax,
      input.NextToken,
      () => new AwsError('InvalidNextToken', 'The specified NextToken is not valid.'),
    );
    return {
      Reservations: viewReservations(call.world, page.items, call.nowMs),
      ...(page.nextToken === undefined ? {} : { NextToken: page.nextToken }),
    };
  },
);

function readPageMax(given: number | undefined, ids: readonly string[]): number | undefined {
  if (given === undefined) return undefined;
  if (ids.length > 0) {
    throw new AwsError(
      'InvalidParameterCombination',
      'The parameter instancesSet cannot be used with the parameter maxResults',
    );
  }
  if (given < 5 || given > 1000) {
    throw new AwsError(
      'InvalidParameterValue',
      `Value ( ${String(given)} ) for parameter maxResults is invalid. Expecting a value between 5 and 1000.`,
    );
  }
  return given;
}

const filterNames = [
  'architecture',
  'availability-zone',
  'client-token',
  'iam-instance-profile.arn',
  'image-id',
  'instance-id',
  'instance-lifecycle',
  'instance-state-code',
  'instance-state-name',
  'instance-type',
  'instance.group-id',
  'instance.group-name',
  'owner-id',
  'private-ip-address',
  'reservation-id',
  'subnet-id',
  'tag-key',
  'vpc-id',
];

function fieldsOf(record: InstanceRecord, call: Call): Fields {
  const { state } = seenTransition(record, call.nowMs);
  const { tables } = call.world;
  return new Map<string, readonly string[]>([
    ['architecture', [record.architecture]],
    ['availability-zone', [record.zone]],
    ['client-token', [record.clientToken]],
    [
      'iam-instance-profile.arn',
      [`arn:aws:iam::000000000000:instance-profile/${record.profileName ?? ''}`],
    ],
    ['image-id', [record.imageId]],
    ['instance-id', [record.instanceId]],
    ['instance-lifecycle', record.lifecycle === 'spot' ? ['spot'] : []],
    ['instance-state-code', [String(stateCodes[state])]],
    ['instance-state-name', [state]],
    ['instance-type', [record.instanceType]],
    ['instance.group-id', record.groupIds],
    ['instance.group-name', record.groupIds.map((id) => tables.groups.get(id)?.name ?? 'default')],
    ['owner-id', ['000000000000']],
    ['private-ip-address', [record.privateIp]],
    ['reservation-id', [record.reservationId]],
    ['subnet-id', state === 'terminated' ? [] : [record.subnetId]],
    ['vpc-id', state === 'terminated' ? [] : [record.vpcId]],
    ...tagFields(record.tags),
  ]);
}
