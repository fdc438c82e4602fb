/** The ports of this process: clock and chance of the machine, store, bus and leases on NATS, the cloud. */
import type { Ports, Telemetry } from '../../actors/ports.ts';
import type { VolumeBackends } from '../../actors/replication-ports.ts';
import type { Aws } from '../aws/cloud.ts';
import { systemClock, systemRandom } from '../clock.ts';
import { createBus } from '../nats/bus.ts';
import type { Connection } from '../nats/connection.ts';
import { createLeases } from '../nats/leases.ts';
import { createOrders } from '../nats/orders.ts';
import { createRecordStore } from '../nats/records.ts';
import { packageVersion } from '../version.ts';

export async function makePorts(
  { machines, surroundings, remote, fleet }: Aws,
  connection: Connection,
  hostId: string,
  telemetry: Telemetry,
  volumes: VolumeBackends,
): Promise<Ports> {
  return {
    ...{ machines, surroundings, remote, fleet, telemetry, volumes },
    clock: systemClock,
    random: systemRandom,
    store: await createRecordStore(connection),
    bus: createBus(connection, logOf(telemetry), { version: packageVersion() }),
    leases: await createLeases(connection, hostId, logOf(telemetry)),
    orders: createOrders(connection),
  };
}

const logOf =
  (telemetry: Telemetry): Telemetry['log'] =>
  (level, fields, message) => {
    telemetry.log(level, fields, message);
  };
