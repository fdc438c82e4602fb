/** RunInstances: checks, then the token, quota and capacity, then as many machines as both allow. */
import { createHash } from 'node:crypto';
import { RunInstances$ } from '@aws-sdk/client-ec2';
import type { Reservation, RunInstancesRequest } from '@aws-sdk/client-ec2';
import { stableId } from '../catalogue.ts';
import { AwsError } from '../errors.ts';
import { operation } from '../operation.ts';
import type { InstanceRecord, TokenRecord } from '../state/records.ts';
import { drawDuration, newId } from '../world.ts';
import type { Call } from '../world.ts';
import { takeAddresses } from './addresses.ts';
import {
  capacityLeft,
  claimCapacity,
  insufficientCapacity,
  quotaExceeded,
  quotaLeft,
} from './capacity.ts';
import { agentOnlineAt, plan } from './instance-state.ts';
import { viewReservations } from './instance-view.ts';
import { readLaunch } from './launch-request.ts';
import type { LaunchRequest } from './launch-request.ts';
import { watchEnd } from './machine-effects.ts';

export const runInstances = operation(
  RunInstances$,
  (input: RunInstancesRequest, call): Reservation => {
    const launch = readLaunch(input, call);
    // A trial tells of form and permission; whether there is room only a launch finds out.
    if (input.DryRun === true) {
      throw new AwsError(
        'DryRunOperation',
        'Request would have succeeded, but DryRun flag is set.',
      );
    }
    const earlier = findToken(input, launch, call);
    if (earlier !== undefined) return replay(earlier, call);
    const { count, dying } = admit(launch, call);
    const records = createInstances(input, launch, { count, dying }, call);
    rememberToken(input, launch, records, call);
    return view(records, call);
  },
);

/** The first launch under the token in its scope. @throws AwsError `IdempotentParameterMismatch` */
function findToken(
  input: RunInstancesRequest,
  launch: LaunchRequest,
  call: Call,
): TokenRecord | undefined {
  if (launch.token === undefined) return undefined;
  const known = call.world.tables.tokens.get(tokenKey(launch.token, launch, call));
  if (known === undefined || known.requestHash === hashOf(input)) return known;
  throw new AwsError(
    'IdempotentParameterMismatch',
    'Arguments on this idempotent request are inconsistent with arguments used in previous request(s).',
  );
}

/** A token is good for one zone when the request names one, so the same token elsewhere is another launch. */
function tokenKey(token: string, launch: LaunchRequest, call: Call): string {
  return `${call.region}/${launch.isZonal ? launch.subnet.zone.name : '-'}/${token}`;
}

function hashOf(input: RunInstancesRequest): string {
  const { ClientToken: _token, DryRun: _dryRun, ...rest } = input;
  return createHash('sha256').update(JSON.stringify(rest)).digest('hex');
}

/** The first launch again, as it is now: a terminated one replays as terminated. */
function replay(token: TokenRecord, call: Call): Reservation {
  const { instances } = call.world.tables;
  const records = token.instanceIds.map((id) => instances.get(id));
  return view(
    records.filter((record) => record !== undefined),
    call,
  );
}

function view(records: readonly InstanceRecord[], call: Call): Reservation {
  const [reservation] = viewReservations(call.world, records, call.nowMs);
  if (reservation === undefined) throw new Error('a launch has at least one instance');
  return reservation;
}

/** How many machines come to life, best effort down to the minimum, and how many of those die while pending. */
function admit(launch: LaunchRequest, call: Call): { count: number; dying: number } {
  const demand = demandOf(launch);
  const allowed = Math.min(launch.countMax, quotaLeft(call, demand));
  if (allowed < launch.countMin) throw quotaExceeded(demand);
  const { left, isLate } = capacityLeft(call.world, demand);
  if (isLate) return { count: allowed, dying: Math.max(0, allowed - left) };
  const count = Math.min(allowed, left);
  if (count < launch.countMin) throw insufficientCapacity(demand);
  return { count, dying: 0 };
}

function demandOf(launch: LaunchRequest) {
  return {
    zone: launch.subnet.zone.name,
    instanceType: launch.type.name,
    lifecycle: launch.lifecycle,
  };
}

function createInstances(
  input: RunInstancesRequest,
  launch: LaunchRequest,
  { count, dying }: { count: number; dying: number },
  call: Call,
): InstanceRecord[] {
  const addresses = takeAddresses(launch.subnet, count, call);
  const reservationId = newId(call.world, 'r');
  const uid = launch.tags['fairlead:uid'] ?? '';
  const { tables } = call.world;
  const records = addresses.map((privateIp, launchIndex) => {
    const isDying = launchIndex >= count - dying;
    if (!isDying) claimCapacity(call.world, demandOf(launch));
    return createInstance(input, launch, { reservationId, launchIndex, privateIp, isDying }, call);
  });
  for (const record of records) {
    tables.instances.put(record.instanceId, record);
    watchEnd(call.world, record);
  }
  tables.launches.put(uid, (tables.launches.get(uid) ?? 0) + records.length);
  return records;
}

function createInstance(
  input: RunInstancesRequest,
  launch: LaunchRequest,
  place: { reservationId: string; launchIndex: number; privateIp: string; isDying: boolean },
  call: Call,
): InstanceRecord {
  const { world, nowMs } = call;
  const instanceId = newId(world, 'i');
  const identity = {
    instanceId,
    transitions: [],
    tags: launch.tags,
    profileName: launch.profileName,
  };
  const drawKey =
    launch.token === undefined ? instanceId : `${launch.token}/${String(place.launchIndex)}`;
  const bootedAtMs = nowMs + drawDuration(world, 'boot', drawKey);
  const life = place.isDying
    ? ({ state: 'terminated', atMs: bootedAtMs, reason: capacityGone } as const)
    : ({ state: 'running', atMs: bootedAtMs } as const);
  return {
    instanceId,
    reservationId: place.reservationId,
    region: call.region,
    zone: launch.subnet.zone.name,
    subnetId: launch.subnet.subnetId,
    vpcId: stableId('vpc', call.region),
    imageId: launch.image.imageId,
    instanceType: launch.type.name,
    architecture: launch.type.architecture,
    lifecycle: launch.lifecycle,
    privateIp: place.privateIp,
    hasPublicIp: launch.hasPublicIp,
    launchIndex: place.launchIndex,
    clientToken: launch.token ?? '',
    launchedAtMs: nowMs,
    visibleAtMs: nowMs + drawDuration(world, 'lag', drawKey),
    profileName: launch.profileName,
    groupIds: launch.groupIds,
    tags: launch.tags,
    isProtected: input.DisableApiTermination ?? false,
    rootVolume: { volumeId: newId(world, 'vol'), deviceName: launch.image.rootDeviceName },
    metadata: {
      tokens: input.MetadataOptions?.HttpTokens ?? 'required',
      hopLimit: input.MetadataOptions?.HttpPutResponseHopLimit ?? 2,
      tags: input.MetadataOptions?.InstanceMetadataTags ?? 'disabled',
    },
    transitions: plan(world, identity, nowMs, [{ state: 'pending', atMs: nowMs }, life]),
    agentOnlineAtMs: place.isDying ? undefined : agentOnlineAt(world, identity, bootedAtMs),
  };
}

const capacityGone = {
  code: 'Server.InsufficientInstanceCapacity',
  message: 'Server.InsufficientInstanceCapacity: Insufficient capacity to satisfy instance request',
};

function rememberToken(
  input: RunInstancesRequest,
  launch: LaunchRequest,
  records: readonly InstanceRecord[],
  call: Call,
): void {
  const [first] = records;
  if (launch.token === undefined || first === undefined) return;
  const key = tokenKey(launch.token, launch, call);
  call.world.tables.tokens.put(key, {
    key,
    requestHash: hashOf(input),
    reservationId: first.reservationId,
    instanceIds: records.map((record) => record.instanceId),
    madeAtMs: call.nowMs,
  });
}
