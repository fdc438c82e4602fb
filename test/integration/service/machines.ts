/** Two running machines in two zones of the simulated cloud, for disks to be attached to. */
import { readFileSync } from 'node:fs';
import { clients } from '../../contract/aws/target.ts';
import type { Target } from '../../contract/aws/target.ts';
import { launched, subnets } from '../../contract/aws/scene.ts';
import type { SimulatorDoor } from '../../../src/stack/side-path.ts';

export interface Machine {
  readonly region: string;
  readonly zone: string;
  readonly instanceId: string;
}

const region = 'eu-central-1';

export async function twoMachines(
  simulator: SimulatorDoor,
): Promise<{ readonly home: Machine; readonly away: Machine }> {
  const { endpoint, accessKeyFile } = simulator;
  const [accessKeyId = '', secretAccessKey = ''] = readFileSync(accessKeyFile, 'utf8')
    .trim()
    .split(':');
  const target: Target = {
    ...{ name: 'sim', region, abilities: new Set(), instanceProfile: undefined },
    ...{ ...clients(endpoint, { accessKeyId, secretAccessKey }, region), patienceMs: 30_000 },
  };
  const found = await subnets(target);
  const [home, away] = await Promise.all(
    found.slice(0, 2).map(async ({ SubnetId = '', AvailabilityZone: zone = '' }) => ({
      ...{ region, zone },
      instanceId: await launched(target, { SubnetId }),
    })),
  );
  target.ec2.destroy();
  target.ssm.destroy();
  if (home === undefined || away === undefined) throw new Error('there are no two zones');
  return { home, away };
}
