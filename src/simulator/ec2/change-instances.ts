/** Terminate, stop, start, reboot and termination protection. All are natural to repeat. */
import {
  ModifyInstanceAttribute$,
  RebootInstances$,
  StartInstances$,
  StopInstances$,
  TerminateInstances$,
} from '@aws-sdk/client-ec2';
import type {
  InstanceStateChange,
  ModifyInstanceAttributeRequest,
  RebootInstancesRequest,
  StartInstancesRequest,
  StartInstancesResult,
  StopInstancesRequest,
  StopInstancesResult,
  TerminateInstancesRequest,
  TerminateInstancesResult,
} from '@aws-sdk/client-ec2';
import { AwsError } from '../errors.ts';
import { operation } from '../operation.ts';
import type { InstanceRecord, InstanceState, Transition } from '../state/records.ts';
import { drawDuration } from '../world.ts';
import type { Call } from '../world.ts';
import { claimCapacity } from './capacity.ts';
import { agentOnlineAt, plan, stateAt, stateCodes } from './instance-state.ts';
import { findInstances } from './lookup.ts';
import { watchEnd } from './machine-effects.ts';
import { keepVolumes } from './volumes/keep-volumes.ts';
import { releaseAll, releaseStuck } from './volumes/of-instance.ts';

export const terminateInstances = operation(
  TerminateInstances$,
  (input: TerminateInstancesRequest, call): TerminateInstancesResult => {
    const records = findInstances(input.InstanceIds ?? [], call);
    const guarded = records.find((record) => record.isProtected && !isEnding(record, call));
    // AWS goes through the zones: those without a protected instance are done before the call fails.
    const guardedZones = new Set(
      records
        .filter((record) => record.isProtected && !isEnding(record, call))
        .map((it) => it.zone),
    );
    const changes = records
      .filter((record) => !guardedZones.has(record.zone))
      .map((record) => terminate(record, call));
    if (guarded !== undefined) {
      throw new AwsError(
        'OperationNotPermitted',
        `The instance '${guarded.instanceId}' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.`,
      );
    }
    return { TerminatingInstances: changes };
  },
);

function isEnding(record: InstanceRecord, call: Call): boolean {
  const state = stateAt(record, call.nowMs);
  return state === 'shutting-down' || state === 'terminated';
}

function terminate(record: InstanceRecord, call: Call): InstanceStateChange {
  if (isEnding(record, call)) return change(record, stateAt(record, call.nowMs), call);
  const reason = {
    code: 'Client.UserInitiatedShutdown',
    message: 'Client.UserInitiatedShutdown: User initiated shutdown',
  };
  const tookMs = drawDuration(call.world, 'terminate', record.instanceId);
  const next = move(record, call, [
    { state: 'shutting-down', atMs: call.nowMs, reason },
    { state: 'terminated', atMs: call.nowMs + tookMs, reason },
  ]);
  call.world.runner.halt(record.instanceId);
  releaseAll(record.instanceId, call.nowMs + tookMs, call);
  watchEnd(call.world, next);
  return change(record, 'shutting-down', call);
}

export const stopInstances = operation(
  StopInstances$,
  (input: StopInstancesRequest, call): StopInstancesResult => {
    const records = findInstances(input.InstanceIds ?? [], call);
    for (const record of records) {
      if (record.lifecycle === 'spot') {
        throw new AwsError(
          'UnsupportedOperation',
          `You can't stop the Spot Instance '${record.instanceId}' because it is associated with a one-time Spot Instance request.`,
        );
      }
      assertState(record, call, ['running', 'stopping', 'stopped'], 'stopped');
    }
    const isForced = input.Force === true;
    return { StoppingInstances: records.map((record) => stop(record, isForced, call)) };
  },
);

/** A forced stop also ends one that takes its time. */
function stop(record: InstanceRecord, isForced: boolean, call: Call): InstanceStateChange {
  const before = stateAt(record, call.nowMs);
  const moves = before === 'running' || (before === 'stopping' && isForced);
  if (!moves) return change(record, before, call);
  const reason = {
    code: 'Client.UserInitiatedShutdown',
    message: 'Client.UserInitiatedShutdown: User initiated shutdown',
  };
  const tookMs = drawDuration(
    call.world,
    isForced ? 'forcedStop' : 'stop',
    `${record.instanceId}/${String(call.nowMs)}`,
  );
  move(record, call, [
    { state: 'stopping', atMs: call.nowMs, reason },
    { state: 'stopped', atMs: call.nowMs + tookMs, reason },
  ]);
  call.world.runner.halt(record.instanceId);
  releaseStuck(record.instanceId, call.nowMs + tookMs, call);
  return change(record, 'stopping', call);
}

export const startInstances = operation(
  StartInstances$,
  (input: StartInstancesRequest, call): StartInstancesResult => {
    const records = findInstances(input.InstanceIds ?? [], call);
    for (const record of records) {
      assertState(record, call, ['stopped', 'pending', 'running'], 'started');
    }
    const stopped = records.filter((record) => stateAt(record, call.nowMs) === 'stopped');
    for (const record of stopped) claimCapacity(call.world, record);
    return { StartingInstances: records.map((record) => start(record, call)) };
  },
);

function start(record: InstanceRecord, call: Call): InstanceStateChange {
  const before = stateAt(record, call.nowMs);
  if (before !== 'stopped') return change(record, before, call);
  const bootedAtMs =
    call.nowMs + drawDuration(call.world, 'boot', `${record.instanceId}/${String(call.nowMs)}`);
  const steps = [
    { state: 'pending', atMs: call.nowMs },
    { state: 'running', atMs: bootedAtMs },
  ] as const;
  move(record, call, steps, { agentOnlineAtMs: agentOnlineAt(call.world, record, bootedAtMs) });
  return change(record, 'pending', call);
}

export const rebootInstances = operation(
  RebootInstances$,
  (input: RebootInstancesRequest, call): object => {
    const records = findInstances(input.InstanceIds ?? [], call);
    for (const record of records) assertState(record, call, ['running'], 'rebooted');
    for (const record of records) {
      const key = `${record.instanceId}/${String(call.nowMs)}`;
      const upAtMs = call.nowMs + drawDuration(call.world, 'reboot', key);
      call.world.tables.instances.put(record.instanceId, {
        ...record,
        rebootUntilMs: upAtMs,
        agentOnlineAtMs: agentOnlineAt(call.world, record, upAtMs),
      });
      // Afterwards: the machine must be seen down, or its services would run on through the reboot.
      call.world.runner.halt(record.instanceId);
    }
    return {};
  },
);

export const modifyInstanceAttribute = operation(
  ModifyInstanceAttribute$,
  (input: ModifyInstanceAttributeRequest, call): object => {
    if (input.BlockDeviceMappings !== undefined) {
      for (const record of findInstances([input.InstanceId ?? ''], call)) {
        keepVolumes(record, input.BlockDeviceMappings, call);
      }
      return {};
    }
    const changed = readAttribute(input);
    for (const record of findInstances([input.InstanceId ?? ''], call)) {
      call.world.tables.instances.put(record.instanceId, { ...record, ...changed });
    }
    return {};
  },
);

function readAttribute(
  input: ModifyInstanceAttributeRequest,
): Pick<InstanceRecord, 'isProtected'> | Pick<InstanceRecord, 'sourceDestCheck'> {
  const sourceDestCheck = input.SourceDestCheck?.Value;
  if (sourceDestCheck !== undefined) return { sourceDestCheck };
  const isOld = input.Attribute === 'disableApiTermination';
  const isProtected = isOld ? input.Value === 'true' : input.DisableApiTermination?.Value;
  if (isProtected !== undefined) return { isProtected };
  throw new AwsError(
    'NotImplemented',
    'The simulator changes only the attributes blockDeviceMapping, disableApiTermination and sourceDestCheck.',
  );
}

function assertState(
  record: InstanceRecord,
  call: Call,
  allowed: readonly InstanceState[],
  verb: string,
): void {
  if (allowed.includes(stateAt(record, call.nowMs))) return;
  throw new AwsError(
    'IncorrectInstanceState',
    `The instance '${record.instanceId}' is not in a state from which it can be ${verb}.`,
  );
}

function move(
  record: InstanceRecord,
  call: Call,
  steps: readonly Omit<Transition, 'seenAtMs'>[],
  also: Partial<InstanceRecord> = {},
): InstanceRecord {
  const transitions = plan(call.world, record, call.nowMs, steps);
  const next = { ...record, ...also, transitions, rebootUntilMs: undefined };
  call.world.tables.instances.put(record.instanceId, next);
  return next;
}

function change(record: InstanceRecord, now: InstanceState, call: Call): InstanceStateChange {
  const before = stateAt(record, call.nowMs);
  return {
    InstanceId: record.instanceId,
    CurrentState: { Code: stateCodes[now], Name: now },
    PreviousState: { Code: stateCodes[before], Name: before },
  };
}
