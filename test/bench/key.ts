/** What naming a call costs: hashing 200 bytes, and the whole key of a launch, made once per operation and carried. */
import { Idempotency } from '../../actors/policies/idempotency.ts';
import { launchToken } from '../../machines/ids.ts';
import { sha256 } from '../../src/compose/idempotency.ts';
import { systemClock } from '../../src/clock.ts';
import { FakeStore } from '../fakes/fake-store.ts';
import type { Bench } from './bench.ts';
import { microsEach } from './processor-time.ts';

/** The design's figure for SHA-256 of 200 bytes. */
const hashMicros = 1.2;

export async function benchKey(bench: Bench): Promise<void> {
  const text = 'x'.repeat(200);
  const hash = await microsEach(50_000, () => sha256(text));
  const policy = new Idempotency({
    ...{ store: new FakeStore(), clock: systemClock, hostId: 'bench', processId: 'bench' },
    telemetry: { log: () => undefined, count: () => undefined, observe: () => undefined },
    digest: sha256,
  });
  const key = await microsEach(10_000, () => policy.keyOf(launch));
  const bar = { name: 'design.sha256', value: hashMicros };
  bench.emit({ name: 'key.sha256', value: hash, unit: 'us', against: bar });
  const against = { name: 'key.sha256', value: hash };
  bench.emit({ name: 'key.launch', value: key, unit: 'us', against });
  bench.say(`key: ${hash.toFixed(2)} us for 200 bytes, ${key.toFixed(1)} us for a whole launch`);
}

const uid = '01JOB000000000000000000001';

/** As an effect builds it. */
const launch = {
  operation: 'node.launch',
  uid,
  incarnation: 1,
  params: {
    token: launchToken(uid, 1, 's0', 1, 0),
    input: {
      order: {
        ...{ account: 'main', region: 'eu-central-1', rootDevice: '/dev/xvda' },
        offer: {
          ...{ instanceType: 't3.medium', zone: 'eu-central-1a' },
          ...{ subnetId: 'subnet-0123456789abcdef0', imageId: 'ami-0123456789abcdef0' },
        },
        rootVolume: { sizeGiB: 20, encrypted: true, kmsKeyId: '' },
        securityGroupIds: ['sg-0123456789abcdef0', 'sg-0123456789abcdef1'],
        ...{ instanceProfile: 'fairlead-node', publicIp: false, protected: true },
        tags: { Name: 'bench-server-0-1', 'fairlead:uid': uid, 'fairlead:slot': 's0' },
      },
    },
  },
};
