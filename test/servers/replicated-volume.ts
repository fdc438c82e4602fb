/** A volume that is there, to be replicated: two machines and a disk in the simulated cloud, and the example that names them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/package-root.ts';
import { dataVolume } from '../../src/stack/data-volume.ts';
import type { Stack } from '../../src/stack/stack.ts';
import { launched, subnets } from '../contract/aws/scene.ts';
import { clients } from '../contract/aws/target.ts';

const device = '/dev/sdf';

export interface ReplicatedVolume {
  readonly volumeId: string;
  /** `examples/replication.yaml`, of this volume: makes `default/db-1`. */
  readonly manifest: string;
}

export async function replicatedVolume(stack: Stack): Promise<ReplicatedVolume> {
  const [home, away] = await Promise.all([
    machineIn(stack, 'eu-west-1', 0),
    machineIn(stack, 'eu-central-1', 1),
  ]);
  const place = { region: 'eu-west-1', zone: 'eu-west-1a', instanceId: home, device };
  const volumeId = await dataVolume(stack.simulator.ready, place);
  const manifest = readFileSync(join(packageRoot(), 'examples/replication.yaml'), 'utf8')
    .replace('vol-0a1b2c3d4e5f60718', volumeId)
    .replace('i-0a1b2c3d4e5f60718', home)
    .replace('i-0f1e2d3c4b5a69788', away);
  return { volumeId, manifest };
}

/** A running machine in the first or second zone of a region. */
async function machineIn(stack: Stack, region: string, zone: 0 | 1): Promise<string> {
  const { endpoint, accessKeyFile } = stack.simulator.ready;
  const [accessKeyId = '', secretAccessKey = ''] = readFileSync(accessKeyFile, 'utf8')
    .trim()
    .split(':');
  const target = {
    ...({ name: 'sim', region, abilities: new Set<never>(), instanceProfile: undefined } as const),
    ...{ ...clients(endpoint, { accessKeyId, secretAccessKey }, region), patienceMs: 30_000 },
  };
  try {
    const zones = await subnets(target);
    return await launched(target, { SubnetId: zones[zone].SubnetId ?? '' });
  } finally {
    target.ec2.destroy();
    target.ssm.destroy();
  }
}
