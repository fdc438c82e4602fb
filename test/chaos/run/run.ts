/** One run: processes up, a fleet on them, orders and faults for a while, then quiet, and judgement from outside. */
import { setTimeout as sleep } from 'node:timers/promises';
import { sidePath } from '../../../src/stack/side-path.ts';
import { watchWriters } from '../../../src/stack/writers.ts';
import type { WriterWatch } from '../../../src/stack/writers.ts';
import { watchInstances } from './checkers/instances.ts';
import type { InstanceWatch } from './checkers/instances.ts';
import { Deck, Dice } from './dice.ts';
import { end } from './ending.ts';
import type { Verdict } from './ending.ts';
import { faults, heal } from './faults.ts';
import type { Fault, Stage } from './faults.ts';
import { clustersOf, replicationOf, until } from './fleet.ts';
import { openLedger } from './ledger.ts';
import type { Ledger } from './ledger.ts';
import { applyOrder, idle, idleOrder, idleQuota, nextOrder, sides, touchOrder } from './orders.ts';
import type { World } from './world.ts';
import { unless } from '../../../src/stack/unless.ts';

export interface Wish {
  readonly minutes: number;
  readonly seed: number;
  readonly clusters: number;
  /** Names of faults; all when empty. */
  readonly only: readonly string[];
  readonly say: (text: string) => void;
}

/** Everything that is open while a run lasts. */
export interface Scene extends Wish, Ledger {
  readonly world: World;
  readonly names: readonly string[];
  readonly instances: InstanceWatch;
  readonly writers: WriterWatch;
  readonly met: Record<string, number>;
}

const ORDER_GAP_MS = { least: 100, most: 500 } as const;
const FAULT_GAP_MS = { least: 1_000, most: 3_000 } as const;
/** More is not asked at once: NATS may be away. */
const UNDER_WAY_MAX = 60;
const FIRST_RUN_MS = 120_000;

export async function runChaos(world: World, wish: Wish): Promise<Verdict> {
  const { minutes, seed, say } = wish;
  const scene = await open(world, wish);
  try {
    say(`${minutes} minutes of faults begin`);
    const endMs = performance.now() + minutes * 60_000;
    await Promise.all([orderAround(scene, endMs), breakThings(scene, endMs)]);
    say('no more faults; waiting until all is quiet');
    await heal(world);
    return await end(scene);
  } finally {
    scene.writers.stop();
    await scene.instances.stop();
    await scene.close();
    say(`seed ${seed}`);
  }
}

async function open(world: World, wish: Wish): Promise<Scene> {
  const { say } = wish;
  const ledger = await openLedger(world, `chaos-${wish.seed}`);
  const { sender, client, complaints } = ledger;
  const simulator = world.simulator.ready;
  const instances = watchInstances(simulator, complaints);
  const names = Array.from({ length: wish.clusters }, (_, index) => `c${index + 1}`);
  say(`clusters ${[...sides, ...names].join(', ')} are made`);
  await sidePath(simulator, 'POST', 'quota', { body: idleQuota });
  for (const name of sides) void sender.send(applyOrder(name, 0));
  for (const name of idle)
    for (const order of [idleOrder(name), touchOrder(name)]) void sender.send(order);
  for (const name of names) void sender.send(applyOrder(name));
  const isUp = async (): Promise<boolean> => {
    const all = await clustersOf(client);
    return sides.every((side) =>
      all.some(({ name, state }) => name === side && state === 'running.steady'),
    );
  };
  if (!(await until(isUp, FIRST_RUN_MS))) throw new Error('the sides do not run after 2 minutes');
  const { order, volumeId } = await replicationOf(client, simulator);
  const writers = watchWriters(simulator, volumeId);
  await sender.send(order);
  return { ...wish, ...ledger, world, names, instances, writers, met: {} };
}

async function orderAround({ seed, names, sender }: Scene, endMs: number): Promise<void> {
  const dice = new Dice(seed);
  while (performance.now() < endMs) {
    if (sender.underWay < UNDER_WAY_MAX) void sender.send(nextOrder(dice, names));
    await sleep(dice.between(ORDER_GAP_MS.least, ORDER_GAP_MS.most));
  }
}

async function breakThings(scene: Scene, endMs: number): Promise<void> {
  const { world, seed, names: clusters, sender, recovery, observer, only, met, say } = scene;
  // Its own dice: what is ordered does not change what breaks.
  const dice = new Dice(seed + 0x5eed);
  const stage: Stage = {
    ...{ world, dice, sender, recovery, clusters },
    streamInfo: (stream) => observer.ask(() => observer.jsm.streams.info(stream)),
  };
  const deck = new Deck(faultsFor(world, only), dice);
  await sleep(FAULT_GAP_MS.least);
  while (performance.now() < endMs) {
    const fault = deck.deal();
    say(`${fault.name} …`);
    const struck = await unless(fault.run(stage), world.failed);
    if (struck !== 'nobody') met[fault.name] = (met[fault.name] ?? 0) + 1;
    await sleep(dice.between(FAULT_GAP_MS.least, FAULT_GAP_MS.most));
  }
}

const faultsFor = ({ isCluster }: World, only: readonly string[]): Fault[] =>
  faults.filter(
    ({ name, ofCluster }) =>
      (ofCluster !== true || isCluster) && (only.length === 0 || only.includes(name)),
  );
