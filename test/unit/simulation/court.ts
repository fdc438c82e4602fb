/** One checker of the simulation before made histories: a world in which nobody acts, and what it accuses. */
import type { ActorRecord } from '../../../actors/record.ts';
import type { LaunchOrder } from '../../../machines/messages.ts';
import type { CloudCall } from '../../simulation/cloud/ports.ts';
import type { Machine } from '../../simulation/cloud/machine.ts';
import type { NewChecker, Written } from '../../simulation/ground.ts';
import { storyOf } from '../../simulation/tell.ts';
import { World } from '../../simulation/world.ts';

export const actor = 'cluster/shop/eu-0';
export const uid = 'u1';

export function court(make: NewChecker) {
  const world = new World({ story: storyOf(1) });
  const accused: string[] = [];
  const checker = make(world.ground, (text) => {
    accused.push(text);
  });
  /** Stored, and shown to the checker. */
  const write = (after: ActorRecord, more: Partial<Written> = {}): void => {
    const bytes = JSON.stringify(after);
    const sent = { sentBy: 'h1.1', sentMs: world.clock.monotonicMs() };
    const written = world.ground.read({
      ...{ key: `0.shop.cluster.eu-0`, bytes, revision: 1, before: undefined, ...sent },
    });
    checker.written?.({ ...written, ...more });
  };
  return { world, checker, accused, write };
}

export const record = (more: Partial<ActorRecord> = {}): ActorRecord => ({
  ...{ schema: 1, key: actor, uid, machineId: 'cluster', machineVersion: 1, definitionHash: 'd' },
  ...{ fence: 1, host: 'h1', timers: [], outbox: [], outboxNext: 1, seen: [], strikes: null },
  snapshot: { context: { uid, phase: 'running.steady', spec: null, name: 'eu-0' } },
  wakeAtMs: null,
  ...more,
});

/** Of one's own, by one's own order, unless told otherwise. */
export const call = (more: Partial<CloudCall>): CloudCall => ({
  ...{ process: 'h1.1', name: 'cloud.stop', uid, owner: uid, token: '', text: '' },
  machine: undefined,
  ...more,
});

/** A machine that has just been launched; `isMember`: it runs and is in etcd. */
export function machineIn(world: World, slot: string, incarnation: number, isMember = false) {
  const order: LaunchOrder = {
    ...{ region: 'eu-central-1', account: 'main', correlationId: 'c', rootDevice: '/dev/xvda' },
    offer: { instanceType: 'm6g.large', zone: 'eu-central-1a', subnetId: 's', imageId: 'ami-1' },
    rootVolume: { sizeGiB: 8, encrypted: true, kmsKeyId: '' },
    ...{ securityGroupIds: [], instanceProfile: '', publicIp: false, protected: false },
    tags: {
      ...{ 'fairlead:uid': uid, 'fairlead:slot': slot, Name: `eu-0-${slot}-${incarnation}` },
      'fairlead:incarnation': String(incarnation),
    },
  };
  const machine: Machine = world.park.launch(order, `t-${slot}-${incarnation}`);
  if (isMember) {
    machine.states.push({ atMs: world.clock.monotonicMs(), state: 'running', reason: '' });
    machine.isMember = true;
  }
  return machine;
}
