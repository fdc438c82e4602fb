/** Leads the replication to where one side writes and the other has all of it, as a person would: looks, orders, waits. */
import { replicationRow, replicationText, until } from './fleet.ts';
import type { ReplicationRow, ReplicationSide } from './fleet.ts';
import { replicationKey, replicationName } from './orders.ts';
import type { Scene } from './run.ts';
import type { Order } from './sender.ts';

const REST_MS = 4 * 60_000;
/** An order that was refused may be taken later. */
const ASK_AGAIN_MS = 3_000;

/** Notes `stuck` when it is not there after four minutes. */
export async function untilReplicated(
  scene: Pick<Scene, 'client' | 'sender' | 'complaints'>,
): Promise<void> {
  const { client, sender, complaints } = scene;
  let seen = 'no look at it came back';
  let tries = 0;
  let askedMs = -Infinity;
  const isThere = async (): Promise<boolean> => {
    const row = await replicationRow(client);
    seen = replicationText(row);
    if (row === undefined || isAtRest(row)) return row !== undefined;
    const nowMs = performance.now();
    const order = nextStep(row, tries);
    if (order === undefined || nowMs - askedMs < ASK_AGAIN_MS) return false;
    askedMs = nowMs;
    tries += 1;
    await sender.send(order);
    return false;
  };
  if (!(await until(isThere, REST_MS))) complaints.note('stuck', `${replicationName} is ${seen}`);
}

export const isAtRest = ({ sides, isPaused, isMoving }: ReplicationRow): boolean => {
  const phases = sides.map(({ phase }) => phase).sort();
  return !isPaused && !isMoving && phases.join() === 'replica.following,source.protected';
};

/** What there is to order; undefined while something goes on by itself. */
export function nextStep(row: ReplicationRow, tries: number): Order | undefined {
  const order = (verb: string, payload: object = {}): Order => ({
    ...replicationKey,
    ...{ verb, payload },
  });
  const is = (start: string) => (side: ReplicationSide) => side.phase.startsWith(start);
  if (row.isPaused) return order('resume');
  const failed = row.sides.find(is('failed.'));
  // What the other side has written since is copied over it; without a writer it just becomes a replica.
  const verb = row.sides.some(is('source.')) && tries % 2 === 1 ? 'resync' : 'recover';
  if (failed !== undefined) return order(verb, { endpoint: failed.name });
  if (row.isMoving || !row.sides.every(is('replica.'))) return undefined;
  const [latest] = [...row.sides].sort((one, other) => other.epoch - one.epoch);
  return order('promote', {
    endpoint: latest?.name,
    how: tries % 2 === 0 ? 'planned' : 'forced',
  });
}
