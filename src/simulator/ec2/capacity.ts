/** Scarcity: capacity per zone, type and market, and the account's quota. Plenty unless a row says otherwise. */
import { instanceTypeOf } from '../catalogue.ts';
import { AwsError } from '../errors.ts';
import type { InstanceRecord } from '../state/records.ts';
import type { Call, CapacityRow, World } from '../world.ts';
import { isAlive, stateAt } from './instance-state.ts';

type Demand = Pick<InstanceRecord, 'zone' | 'instanceType' | 'lifecycle'>;

export function capacityKey(row: Pick<CapacityRow, 'zone' | 'instanceType' | 'lifecycle'>): string {
  return `${row.zone}/${row.instanceType}/${row.lifecycle}`;
}

/** How many more machines the zone gives; `isLate` when those beyond are refused only after a good reply. */
export function capacityLeft(
  world: World,
  demand: Demand,
): { readonly left: number; readonly isLate: boolean } {
  return capacityRow(world, demand) ?? { left: Infinity, isLate: false };
}

function capacityRow(world: World, demand: Demand): CapacityRow | undefined {
  const keys = [
    capacityKey(demand),
    capacityKey({ ...demand, lifecycle: '*' }),
    capacityKey({ ...demand, instanceType: '*' }),
    capacityKey({ ...demand, instanceType: '*', lifecycle: '*' }),
  ];
  return keys.map((key) => world.tables.capacity.get(key)).find((row) => row !== undefined);
}

/** Takes one machine's worth. @throws AwsError `InsufficientInstanceCapacity` when nothing is left */
export function claimCapacity(world: World, demand: Demand): void {
  const row = capacityRow(world, demand);
  if (row === undefined) return;
  if (row.left <= 0) throw insufficientCapacity(demand);
  world.tables.capacity.put(capacityKey(row), { ...row, left: row.left - 1 });
}

export function insufficientCapacity(demand: Demand): AwsError {
  return new AwsError(
    'InsufficientInstanceCapacity',
    `We currently do not have sufficient ${demand.instanceType} capacity in the Availability Zone you requested (${demand.zone}). Our system will be working on provisioning additional capacity.`,
  );
}

/** How many of the wanted machines the account's quota allows. */
export function quotaLeft(call: Call, demand: Demand): number {
  const quota = call.world.tables.quotas.get(`${call.region}/${demand.lifecycle}`);
  if (quota === undefined) return Infinity;
  const alive = [...call.world.tables.instances.all()].filter(
    (record) =>
      record.region === call.region &&
      record.lifecycle === demand.lifecycle &&
      isAlive(record, call.nowMs) &&
      stateAt(record, call.nowMs) !== 'stopped',
  );
  if (demand.lifecycle === 'spot') return quota.max - alive.length;
  const used = alive.reduce((sum, record) => sum + vcpusOf(record.instanceType), 0);
  return Math.floor((quota.max - used) / vcpusOf(demand.instanceType));
}

export function quotaExceeded(demand: Demand): AwsError {
  return demand.lifecycle === 'spot'
    ? new AwsError('MaxSpotInstanceCountExceeded', 'Max spot instance count exceeded')
    : new AwsError(
        'VcpuLimitExceeded',
        'You have requested more vCPU capacity than your current vCPU limit allows for the instance bucket that the specified instance type belongs to.',
      );
}

function vcpusOf(instanceType: string): number {
  return instanceTypeOf(instanceType)?.vcpus ?? 1;
}
