/** After the faults: waits until nothing moves, takes everything away again, and adds up what the checkers say. */
import { groundTruth } from '../../../src/stack/ground-truth.ts';
import { judgeCommands } from './checkers/commands.ts';
import type { CommandTally } from './checkers/commands.ts';
import { judgeLeaks, judgeRest } from './checkers/instances.ts';
import { judgeStrikes } from './checkers/records.ts';
import { judgeWriters } from './checkers/writers.ts';
import { clustersOf, isAtRest, replicationRow, replicationText, until } from './fleet.ts';
import { deleteOrder, idle, replicationKey, replicationName, touchOrder } from './orders.ts';
import type { Recovered } from './recovery.ts';
import { untilReplicated } from './replication-rest.ts';
import type { Scene } from './run.ts';
import type { Order } from './sender.ts';

export interface Verdict {
  readonly ok: boolean;
  readonly faults: Readonly<Record<string, number>>;
  readonly commands: CommandTally;
  readonly events: number;
  readonly eventRepeats: number;
  /** By kind of violation; kinds that never came are 0 or absent. */
  readonly violations: Readonly<Record<string, number>>;
  readonly examples: readonly string[];
  readonly recoveryMs: Readonly<Record<string, Recovered>>;
  readonly looks: { readonly instances: number; readonly writers: number };
}

const QUIET_MS = 4 * 60_000;
const GONE_MS = 4 * 60_000;
/** A deletion that was refused may be taken later. */
const ASK_AGAIN_MS = 3_000;
const kinds = [
  ...(['lost', 'doubled', 'reordered', 'leaks', 'twoWriters', 'doubledInstances'] as const),
  ...(['fence', 'event', 'deadLetter', 'poison', 'contradicted', 'unreadable'] as const),
  ...(['spec', 'stuck', 'crashed', 'strikes', 'lostPoints', 'unseen'] as const),
] as const;

export async function end(scene: Scene): Promise<Verdict> {
  const { complaints, writers, world, instances } = scene;
  await untilReplicated(scene);
  await untilQuiet(scene);
  await judgeFleet(scene);
  await judgeWriters(writers, complaints);
  await takeAway(scene);
  judgeLeaks(await groundTruth(world.simulator.ready), complaints);
  await untilQuiet(scene);
  if (instances.looks() === 0) complaints.note('unseen', 'nobody has looked at the machines');
  const { sender, records, deadLetters, events } = scene;
  scene.say(`judging ${sender.sent.size} commands, ${events.total} events`);
  const left = await scene.waiting();
  const commands = judgeCommands(
    { sent: sender.sent, lives: records.lives, deadLetters, left },
    complaints,
  );
  events.judge(records.lives);
  judgeStrikes(records.lives, complaints);
  if (world.crashes() > 0)
    complaints.note('crashed', `hosts ended ${world.crashes()} times by themselves`);
  return {
    ok: complaints.total === 0,
    ...{ faults: scene.met, commands, events: events.total, eventRepeats: events.repeats },
    violations: Object.fromEntries(kinds.map((kind) => [kind, complaints.count(kind)])),
    examples: complaints.examples,
    recoveryMs: scene.recovery.table(new Set(deadLetters.map(({ commandId }) => commandId))),
    looks: { instances: instances.looks(), writers: writers.looks() },
  };
}

/** Clusters that were paused go on, so that each ends where its manifest says or in a failure that explains itself. */
async function untilQuiet(scene: Scene): Promise<void> {
  const { client, sender, records, complaints } = scene;
  const moving: string[] = [];
  const isQuiet = async (): Promise<boolean> => {
    moving.length = 0;
    for (const cluster of await clustersOf(client)) {
      if (idle.includes(cluster.name)) continue;
      if (cluster.isPaused) await sender.send(touchOrder(cluster.name));
      if (!isAtRest(cluster)) moving.push(`${cluster.name} is ${cluster.state} ${cluster.error}`);
    }
    const waiting = await scene.waiting();
    if (waiting > 0) moving.push(`${waiting} commands wait`);
    if (sender.underWay > 0) moving.push(`${sender.underWay} commands are being sent`);
    for (const { actor, unpublished } of records.lives.values())
      if (unpublished > 0) moving.push(`${actor} has ${unpublished} events to publish`);
    return moving.length === 0 && (await scene.isCaughtUp());
  };
  if (await until(isQuiet, QUIET_MS)) return;
  for (const text of moving.length > 0 ? moving : ['no look at the fleet came back'])
    complaints.note('stuck', text);
}

async function judgeFleet({ client, world, complaints, say }: Scene): Promise<void> {
  const torn = (await clustersOf(client)).filter(({ name }) => !idle.includes(name));
  judgeRest(await groundTruth(world.simulator.ready), torn, complaints);
  const states = torn.map(({ name, state }) => `${name} ${state}`);
  const replication = replicationText(await replicationRow(client));
  say(`quiet: ${states.join(', ')}; ${replicationName} ${replication}`);
}

/** Everything is deleted, the replication first: it uses machines of two clusters. */
async function takeAway({ client, sender, complaints, say }: Scene): Promise<void> {
  say('everything is deleted');
  const askedMs = new Map<string, number>();
  const ask = async (order: Order): Promise<void> => {
    const nowMs = performance.now();
    if (nowMs - (askedMs.get(order.name) ?? -Infinity) < ASK_AGAIN_MS) return;
    askedMs.set(order.name, nowMs);
    await sender.send(order);
  };
  const isReplicationGone = async (): Promise<boolean> => {
    const row = await replicationRow(client);
    if (row !== undefined) await ask({ ...replicationKey, verb: 'delete', payload: {} });
    return row === undefined;
  };
  if (!(await until(isReplicationGone, GONE_MS)))
    complaints.note(
      'stuck',
      `${replicationName} is ${replicationText(await replicationRow(client))}`,
    );
  const isFleetGone = async (): Promise<boolean> => {
    const clusters = await clustersOf(client);
    for (const { name, state } of clusters)
      if (!state.startsWith('deleting') || state === 'deleting.stuck') await ask(deleteOrder(name));
    return clusters.length === 0;
  };
  if (await until(isFleetGone, GONE_MS)) return;
  for (const { name, state } of await clustersOf(client))
    complaints.note('stuck', `${name} is ${state}, not deleted`);
}
