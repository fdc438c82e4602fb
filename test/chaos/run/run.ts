/** One run: processes up, a fleet on them, orders and faults for a while, then quiet, and judgement from outside. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { JsMsg } from '@nats-io/jetstream';
import { connectClient } from '../../../src/nats/client.ts';
import type { FairleadClient } from '../../../src/nats/client.ts';
import { connectNats } from '../../../src/nats/connection.ts';
import type { Connection } from '../../../src/nats/connection.ts';
import { sidePath } from '../../../src/stack/side-path.ts';
import { watchWriters } from '../../../src/stack/writers.ts';
import type { WriterWatch } from '../../../src/stack/writers.ts';
import { Complaints } from './checkers/books.ts';
import type { DeadLetter } from './checkers/books.ts';
import { EventBook } from './checkers/events.ts';
import { watchInstances } from './checkers/instances.ts';
import type { InstanceWatch } from './checkers/instances.ts';
import { RecordBook } from './checkers/records.ts';
import { Deck, Dice } from './dice.ts';
import { end } from './ending.ts';
import type { Verdict } from './ending.ts';
import { faults, heal } from './faults.ts';
import type { Fault, Stage } from './faults.ts';
import { clustersOf, replicationOf, until } from './fleet.ts';
import { follow } from './history.ts';
import type { Following } from './history.ts';
import { applyOrder, idle, idleOrder, idleQuota, nextOrder, sides } from './orders.ts';
import { Recovery } from './recovery.ts';
import { Sender } from './sender.ts';
import type { World } from './world.ts';

export interface Wish {
  readonly minutes: number;
  readonly seed: number;
  readonly clusters: number;
  /** Names of faults; all when empty. */
  readonly only: readonly string[];
  readonly say: (text: string) => void;
}

/** Everything that is open while a run lasts. */
export interface Scene extends Wish {
  readonly world: World;
  readonly names: readonly string[];
  readonly observer: Connection;
  readonly client: FairleadClient;
  readonly sender: Sender;
  readonly complaints: Complaints;
  readonly records: RecordBook;
  readonly events: EventBook;
  readonly deadLetters: DeadLetter[];
  readonly recovery: Recovery;
  readonly followings: readonly Following[];
  readonly instances: InstanceWatch;
  readonly writers: WriterWatch;
  readonly met: Record<string, number>;
}

const streams = { records: 'KV_FAIRLEAD_STATE', events: 'FAIRLEAD_EVT', dead: 'FAIRLEAD_DLQ' };
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
    for (const following of scene.followings) following.stop();
    scene.writers.stop();
    await scene.instances.stop();
    await scene.client.close();
    await scene.observer.close();
    say(`seed ${seed}`);
  }
}

async function open(world: World, wish: Wish): Promise<Scene> {
  const { say } = wish;
  const url = world.natsUrls;
  const client = await connectClient({ url, nkeySeedFile: world.keys.cliSeedFile });
  const observer = await connectNats({
    ...{ url, nkeySeedFile: world.keys.hostSeedFile, name: 'chaos' },
  });
  const caller = await connectNats({
    ...{ url, nkeySeedFile: world.keys.cliSeedFile, name: 'chaos callers' },
  });
  const complaints = new Complaints();
  const sender = new Sender(caller, `chaos-${wish.seed}`);
  const records = new RecordBook(complaints);
  const events = new EventBook(complaints);
  const deadLetters: DeadLetter[] = [];
  const recovery = new Recovery(records, sender);
  const followings = [
    follow(observer, streams.records, (message) => {
      if (!isRecord(message)) return;
      const committed = records.note(message.string());
      if (committed !== undefined) recovery.noted(committed, performance.now());
    }),
    follow(observer, streams.events, (message) => {
      events.note(message.string());
    }),
    follow(observer, streams.dead, ({ headers }) => {
      const commandId = headers?.get('Fairlead-Command-Id') ?? '';
      deadLetters.push({ commandId, code: headers?.get('Fairlead-Fault') ?? '' });
    }),
  ];
  const instances = watchInstances(world.simulator.ready, complaints);
  const names = Array.from({ length: wish.clusters }, (_, index) => `c${index + 1}`);
  say(`clusters ${[...sides, ...names].join(', ')} are made`);
  await sidePath(world.simulator.ready, 'POST', 'quota', { body: idleQuota });
  for (const name of sides) void sender.send(applyOrder(name, 0));
  for (const name of idle) void sender.send(idleOrder(name));
  for (const name of names) void sender.send(applyOrder(name));
  const isUp = async (): Promise<boolean> => {
    const all = await clustersOf(client);
    return sides.every((side) =>
      all.some(({ name, state }) => name === side && state === 'running.steady'),
    );
  };
  if (!(await until(isUp, FIRST_RUN_MS))) throw new Error('the sides do not run after 2 minutes');
  const { order, volumeId } = await replicationOf(client, world.simulator.ready);
  const writers = watchWriters(world.simulator.ready, volumeId);
  await sender.send(order);
  const books = { complaints, records, events, deadLetters, recovery, followings };
  return { ...wish, ...books, world, names, observer, client, sender, instances, writers, met: {} };
}

/** Not what hosts keep of themselves. */
const isRecord = ({ subject, headers }: JsMsg): boolean =>
  /^\$KV\.FAIRLEAD_STATE\.\d+\./.test(subject) && headers?.has('KV-Operation') !== true;

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
    met[fault.name] = (met[fault.name] ?? 0) + 1;
    await Promise.race([fault.run(stage), world.failed]);
    await sleep(dice.between(FAULT_GAP_MS.least, FAULT_GAP_MS.most));
  }
}

const faultsFor = ({ isCluster }: World, only: readonly string[]): Fault[] =>
  faults.filter(
    ({ name, ofCluster }) =>
      (ofCluster !== true || isCluster) && (only.length === 0 || only.includes(name)),
  );
