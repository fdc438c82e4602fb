import { expect, it } from 'vitest';
import type { CallGuard, Clock, Remote } from '../../../actors/ports.ts';
import type { AccessSource } from '../../../src/k3s/kube-access.ts';
import { createDirectKube } from '../../../src/k3s/kube-direct.ts';
import { KubeFault, kubeFault } from '../../../src/k3s/kube-faults.ts';
import { createSsmKube } from '../../../src/k3s/kube-ssm.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';
import { treeGuard } from '../policies/guarded.ts';

const attempt = { signal: new AbortController().signal, correlationId: 'c' };
const volume = { kind: 'PersistentVolume' as const, name: 'pv-1' };
const draft = { kind: 'PersistentVolume' as const, metadata: { name: 'pv-1' } };
const random = { roll: () => 0.5, ulid: () => '01J0000000000000000000000A' };

/** A cluster that never answers, and how often it was asked. */
function silentCluster(guard: CallGuard, clock: Clock) {
  let asked = 0;
  const remote: Remote = {
    run: () => {
      asked += 1;
      return Promise.reject(kubeFault('Unavailable', 'ssm.DeliveryTimedOut', 'not delivered'));
    },
  };
  const server = { account: 'main', region: 'eu-test-1', instanceId: 'i-1', node: 's0' };
  const port = createSsmKube({
    ...{ cluster: 'shop/eu', remote, guard, clock, random },
    servers: () => Promise.resolve({ uid: 'u', nodes: [server] }),
  });
  return { port, asked: () => asked };
}

const faultOf = async (call: Promise<unknown>) => {
  const thrown: unknown = await call.catch((error: unknown) => error);
  return thrown instanceof KubeFault ? thrown.fault : expect.unreachable('a fault was expected');
};

it('stops asking a cluster that does not answer, and says that the circuit refuses', async () => {
  const { guard, clock } = treeGuard();
  const { port, asked } = silentCluster(guard, clock);
  for (let call = 0; call < 5; call += 1)
    expect(await faultOf(port.get(volume, attempt))).toMatchObject({ type: 'Unavailable' });
  expect(await faultOf(port.get(volume, attempt))).toMatchObject({
    ...{ type: 'CircuitOpen', rejectedBy: 'circuit', key: 'backend/kube/shop.eu' },
  });
  expect(asked()).toBe(5);
});

it('does not begin a change whose time passed while it waited for its place', async () => {
  const clock = new ManualClock();
  const waiting: CallGuard = {
    call: (order, run) => {
      clock.stepWall(2_000);
      return run({ signal: order.attempt.signal });
    },
    untilReleased: () => Promise.resolve(),
    observed: (_key, run) => run(),
  };
  const issue = { issueBeforeMs: clock.nowMs() + 1_000 };
  const { port, asked } = silentCluster(waiting, clock);
  expect(await faultOf(port.apply(draft, issue, attempt))).toMatchObject({
    ...{ code: 'call.issueExpired', mayHaveHappened: false, retryable: false },
  });
  expect(asked()).toBe(0);

  // An access that could reach nobody: the refusal comes before any connection.
  const nowhere = { server: new URL('https://192.0.2.1'), headers: {}, auth: undefined };
  const access = { open: () => Promise.resolve(nowhere), refused: () => undefined };
  const direct = createDirectKube({
    ...{ cluster: 'shop/eu', guard: waiting, clock, random },
    access: access as unknown as AccessSource,
  });
  const later = { issueBeforeMs: clock.nowMs() + 1_000 };
  expect(await faultOf(direct.apply(draft, later, attempt))).toMatchObject({
    code: 'call.issueExpired',
  });
});
