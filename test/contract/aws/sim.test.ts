/** The contract on the simulator: always run, without a single deviation. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import { startSimulator } from '../../../src/simulator/simulator.ts';
import type { Simulator } from '../../../src/simulator/simulator.ts';
import { contract } from './contract.ts';
import { clients } from './target.ts';
import type { Ability, Target } from './target.ts';

const abilities: readonly Ability[] = [
  ...(['time', 'clientTokenFilter', 'ebs.clones', 'iam.denyFenced'] as const),
  ...(['ssm.exec', 'ssm.inventory'] as const),
];
const region = 'eu-central-1';

describe('the simulator keeps the contract of EC2 and SSM', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'fairlead-sim-contract-'));
  let simulator: Simulator | undefined;
  let target: Target | undefined;

  beforeAll(async () => {
    simulator = await startSimulator({ dataDir, port: 0, scale: 600, seed: 7, isFresh: true });
    const [accessKeyId = '', secretAccessKey = ''] = simulator.accessKey.split(':');
    target = {
      name: 'sim',
      region,
      ...clients(simulator.endpoint, { accessKeyId, secretAccessKey }, region),
      abilities: new Set(abilities),
      instanceProfile: 'fairlead-server',
      patienceMs: 10_000,
    };
  });

  afterAll(async () => {
    target?.ec2.destroy();
    target?.ssm.destroy();
    await simulator?.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  contract('sim', abilities, () => {
    if (target === undefined) throw new Error('the simulator did not start');
    return target;
  });
});
