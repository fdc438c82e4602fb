/** The instances as the machines' half of the simulator sees them. */
import { instanceTypeOf } from '../catalogue.ts';
import type { Clock } from '../clock.ts';
import type { InstanceDirectory, SimulatedInstance } from '../node/contract.ts';
import type { InstanceRecord } from '../state/records.ts';
import type { Tables } from '../world.ts';
import { isAlive, upSinceMs } from './instance-state.ts';

export function instanceDirectory(tables: Tables, clock: Clock): InstanceDirectory {
  return {
    byId: (instanceId) => {
      const record = tables.instances.get(instanceId);
      return record === undefined ? undefined : asMachine(record);
    },
    byPrivateIp: (privateIp) => {
      for (const record of tables.instances.all()) {
        if (record.privateIp === privateIp && isAlive(record, clock.nowMs()))
          return asMachine(record);
      }
      return undefined;
    },
    upSinceMs: (instanceId) => {
      const record = tables.instances.get(instanceId);
      return record === undefined ? undefined : upSinceMs(record, clock.nowMs());
    },
  };
}

/** The instance as its machine is told of it. */
export function asMachine(record: InstanceRecord): SimulatedInstance {
  const { instanceId, region, zone, privateIp, architecture } = record;
  const memoryMiB = instanceTypeOf(record.instanceType)?.memoryMiB ?? 0;
  return { instanceId, region, zone, privateIp, architecture, memoryMiB };
}
