/**
 * The end of a story: all trouble is over. Both sides have to come to rest in their deadlines, and what the replication
 * itself says can be done has to lead to a protected pair again.
 */
import type { ReplicationContext } from '../../../../machines/replication-context.ts';
import { replication } from '../../../../machines/replication-limits.ts';
import { hasData } from '../../../../machines/replication-safety.ts';
import { isTransient, peerOf, sides } from '../../../../machines/replication-table.ts';
import type { PublicState, Side } from '../../../../machines/replication-table.ts';
import { regions } from './declared.ts';
import { startAgain } from './troubles.ts';
import type { ReplicationWorld } from './world.ts';

/** A replication that may be in other company too. */
export type Healed = Pick<
  ReplicationWorld,
  'memory' | 'judge' | 'cloud' | 'pass' | 'where' | 'scheduleState' | 'isGone'
> & { readonly clock: Pick<ReplicationWorld['clock'], 'nowMs' | 'after'> };

type Order = (verb: string, given?: object) => Promise<void>;

const minuteMs = 60_000;
/** The longest a transient state may last, and the way back from it. */
const restMs = replication.handOverMs + 30 * minuteMs;
/** After peers are in contact again, a second writer has to be gone in this time. */
const oneWriterMs = 15 * minuteMs;
/** Moves of one way back: cancel, recover, resync, promote, resync the other. */
const movesMax = 12;

const stateOf = ({ phase }: { phase: string }): PublicState => phase.split('.')[0] as PublicState;
const isProtected = (context: ReplicationContext): boolean =>
  sides.some(
    (side) =>
      context[side].phase === 'source.protected' &&
      context[peerOf(side)].phase === 'replica.following',
  );

export async function heal(world: Healed, order: Order): Promise<void> {
  if (world.memory() === undefined) return;
  for (const side of sides) await startAgain(world, side);
  await oneWriter(world);
  await rest(world);
  if (world.memory()?.lifecycle === 'active' && world.memory()?.isDeleteOrdered === false)
    await protect(world, order);
  await gone(world);
  const memory = world.memory();
  if (memory !== undefined)
    world.judge.end({ memory, truth: world.cloud.truth(), nowMs: world.clock.nowMs() });
}

async function oneWriter(world: Healed): Promise<void> {
  const writers = (): number =>
    new Set(
      world.cloud
        .truth()
        .volumes.filter(({ isWritable, tags }) => isWritable && tags['repl:role'] !== 'test')
        .map(({ region }) => region),
    ).size;
  for (let leftMs = oneWriterMs; leftMs > 0 && writers() > 1; leftMs -= minuteMs)
    await world.pass(minuteMs);
  if (writers() > 1) world.judge.accuse('S1', `two sides still write: ${world.where()}`);
}

/** L1 and the rest of §5: replica, source, or failed and known to be safe or intact. */
async function rest(world: Healed): Promise<void> {
  const isAtRest = (): boolean => {
    const memory = world.memory();
    if (memory?.lifecycle !== 'active') return true;
    return sides.every((side) => {
      const { phase } = memory[side];
      return !isTransient(stateOf(memory[side])) && phase !== 'failed.indeterminate';
    });
  };
  for (let leftMs = restMs; leftMs > 0 && !isAtRest(); leftMs -= minuteMs)
    await world.pass(minuteMs);
  if (!isAtRest()) world.judge.accuse('L1', `not at rest: ${world.where()}`);
}

/** L2: a sequence of orders leads to a protected pair, unless a machine is gone for good. */
async function protect(world: Healed, order: Order): Promise<void> {
  const context = (): ReplicationContext | undefined => world.memory();
  const isWhole = (): boolean => sides.every((side) => isUsable(world, side));
  for (let move = 0; move < movesMax; move += 1) {
    const memory = context();
    if (memory?.lifecycle !== 'active' || isProtected(memory)) return;
    const next = nextMove(memory, (side) => isUsable(world, side));
    if (next !== undefined) await order(next[0], next[1]);
    // Without both machines there may be nothing left to do.
    else if (move > 0 && !isWhole()) return;
    await settled(world);
  }
  const memory = context();
  if (memory !== undefined && isWhole() && !isProtected(memory))
    world.judge.accuse('L2', `no way back is found: ${world.where()}; ${world.scheduleState()}`);
}

/** What a person would do next; undefined: wait. */
function nextMove(
  memory: ReplicationContext,
  usable: (side: Side) => boolean,
): readonly [string, object?] | undefined {
  if (memory.isPaused) return ['resume'];
  for (const side of sides) {
    const { phase } = memory[side];
    if (phase === 'replica.testing') return ['test-stop', { endpoint: side }];
    if (phase === 'failed.writerIntact') return ['recover', { endpoint: side }];
    if (phase === 'failed.safe')
      return stateOf(memory[peerOf(side)]) === 'source'
        ? ['resync', { endpoint: side }]
        : ['recover', { endpoint: side }];
  }
  const writer = sides.find((side) => stateOf(memory[side]) === 'source');
  // A writer without a machine does not write.
  if (writer !== undefined && !usable(writer))
    return ['promote', { endpoint: peerOf(writer), how: 'forced' }];
  if (writer !== undefined) return undefined;
  if (memory.operation !== null) return undefined;
  const able = sides.filter((side) => usable(side) && hasData(memory, side));
  const endpoint = able.find((side) => memory[side].epoch === memory.writerEpoch) ?? able[0];
  return endpoint === undefined ? undefined : ['promote', { endpoint, how: 'forced' }];
}

const isUsable = (world: Healed, side: Side): boolean =>
  !world.isGone(world.cloud.places[side].instanceId);

/** Until nothing is on its way any more, or it is protected; a while even if nothing was. */
async function settled(world: Healed): Promise<void> {
  const isSettled = (): boolean => {
    const memory = world.memory();
    if (memory === undefined) return true;
    if (isProtected(memory)) return true;
    return (
      memory.operation === null &&
      sides.every(
        (side) =>
          !isTransient(stateOf(memory[side])) &&
          !memory[side].phase.includes('preflight') &&
          memory[side].phase !== 'failed.indeterminate',
      )
    );
  };
  await world.pass(5 * minuteMs);
  for (let leftMs = restMs; leftMs > 0 && !isSettled(); leftMs -= minuteMs)
    await world.pass(minuteMs);
  // A first copy the other way is a whole one.
  const waits = (): boolean =>
    sides.some((side) => world.memory()?.[side].phase === 'source.exposed');
  for (let leftMs = 30 * minuteMs; leftMs > 0 && waits(); leftMs -= minuteMs)
    await world.pass(minuteMs);
}

/** A deletion that was ordered comes to its end, and what it says it removes is gone. */
async function gone(world: Healed): Promise<void> {
  const memory = world.memory();
  if (memory === undefined || !(memory.isDeleteOrdered || memory.lifecycle === 'deleting')) return;
  const isGone = (): boolean => world.memory()?.lifecycle === 'deleted';
  for (let leftMs = 2 * restMs; leftMs > 0 && !isGone(); leftMs -= minuteMs)
    await world.pass(minuteMs);
  if (!isGone()) {
    world.judge.accuse('L1', `not deleted: ${world.where()}`);
    return;
  }
  const left = world.cloud
    .truth()
    .snapshots.filter(
      ({ state, tags }) =>
        state !== 'deleted' && 'repl:rel' in tags && tags['repl:role'] !== 'safety',
    );
  if (memory.spec?.retention.onDelete === 'remove' && left.length > 0)
    world.judge.accuse(
      'leak',
      `${left.length} snapshots are left in ${Object.values(regions).join()}`,
    );
}
