/** The contract on moto, an independent reader of the same wire formats; run where FAIRLEAD_MOTO_ENDPOINT names one. */
import { afterAll, beforeAll, describe, it } from 'vitest';
import { contract } from './contract.ts';
import { clients } from './target.ts';
import type { Target } from './target.ts';

const endpoint = process.env['FAIRLEAD_MOTO_ENDPOINT'];
const region = 'eu-central-1';

if (endpoint === undefined || endpoint === '') {
  process.stdout.write(
    'contract moto: not run (FAIRLEAD_MOTO_ENDPOINT is not set; see run-moto.sh)\n',
  );
  // moto comes from a chroot that needs root and 80 MB, so it is no part of `npm test`; the report must still name it.
  it.skip('moto: not run');
} else {
  describe('moto keeps the contract of EC2 and SSM, recorded deviations aside', () => {
    const target: Target = {
      name: 'moto',
      region,
      ...clients(endpoint, { accessKeyId: 'AKIAMOTO', secretAccessKey: 'none' }, region),
      abilities: new Set(),
      instanceProfile: undefined,
      patienceMs: 5_000,
    };

    beforeAll(async () => {
      await fetch(`${endpoint}/moto-api/reset`, { method: 'POST' });
    });

    afterAll(() => {
      target.ec2.destroy();
      target.ssm.destroy();
    });

    contract('moto', [], () => target);
  });
}
