/** A disk with something on it: what a user of replications has already, made in the simulated cloud for the demo. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SimulatorDoor } from './side-path.ts';

export interface DiskPlace {
  readonly region: string;
  readonly zone: string;
  readonly instanceId: string;
  readonly device: string;
}

const DEADLINE_MS = 30_000;
const POLL_MS = 100;

/** Made and attached; from then on the simulated workload writes to it. Rejects after 30 s. */
export async function dataVolume(simulator: SimulatorDoor, place: DiskPlace): Promise<string> {
  const { EC2 } = await import('@aws-sdk/client-ec2');
  const [accessKeyId = '', secretAccessKey = ''] = readFileSync(simulator.accessKeyFile, 'utf8')
    .trim()
    .split(':');
  const { region, zone, instanceId, device } = place;
  const ec2 = new EC2({
    ...{ region, endpoint: simulator.endpoint, credentials: { accessKeyId, secretAccessKey } },
  });
  const signal = AbortSignal.timeout(DEADLINE_MS);
  try {
    const { VolumeId = '' } = await ec2.createVolume({ AvailabilityZone: zone, Size: 8 });
    const untilIs = async (wanted: string): Promise<void> => {
      for (;;) {
        signal.throwIfAborted();
        const { Volumes = [] } = await ec2.describeVolumes({
          Filters: [{ Name: 'volume-id', Values: [VolumeId] }],
        });
        if (Volumes[0]?.State === wanted) return;
        await sleep(POLL_MS);
      }
    };
    await untilIs('available');
    await ec2.attachVolume({ VolumeId, InstanceId: instanceId, Device: device });
    await untilIs('in-use');
    return VolumeId;
  } finally {
    ec2.destroy();
  }
}
