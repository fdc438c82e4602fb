/** A promotion as the chart goes through it, call by call, for tests that look at what it leaves behind. */
import { expect } from 'vitest';
import type { StorageTruth, VolumeTruth } from '../../../../src/simulator/ec2/volumes/truth.ts';
import type { Side } from '../../../../machines/replication-table.ts';
import { established, tick } from './region.ts';
import type { Options, Region } from './region.ts';

const peer = { home: 'away', away: 'home' } as const;
export const data = ({ volumes }: StorageTruth): VolumeTruth[] =>
  volumes.filter(({ tags, state }) => tags['repl:role'] === 'volume' && state !== 'deleted');
export const writable = (region: Region) =>
  data(region.cloud.truth()).filter(({ isWritable }) => isWritable);
const prove = { reads: 2, gapMs: 10_000 };
/** As the chart does it: claim, end the writer, take its last point, make volumes, arm, verify. */
export async function plannedPromotion(region: Region, side: Side, seq: number): Promise<void> {
  const { memory, ask, follow, clock } = region;
  const old = peer[side];
  memory.epoch = Math.max(memory.epoch, memory.armed[old] + 1);
  const { epoch } = memory;
  await ask('replication.claim', side, {});
  await ask('replication.drain', old, {});
  await ask('replication.fence', old, { olderThanEpoch: epoch });
  await clock.advance(45_000);
  expect(await ask('replication.prove', old, { olderThanEpoch: epoch, ...prove })).toMatchObject({
    writable: 'no',
  });
  const final = await follow('replication.finalSync', old, { seq, isSuperseded: false });
  if (!final.isDone) throw new Error('followed to its end');
  const { pitMs } = final;
  if (!memory.points.some((each) => each.seq === seq))
    memory.points.push({ seq, pitMs, at: side, isFinal: true, epoch });
  memory.writer = 'none';
  await ask('replication.release', old, {});
  await takeOver(region, side);
}

export async function takeOver(region: Region, side: Side): Promise<number> {
  const { memory, ask, follow } = region;
  const { epoch } = memory;
  const chosen = await ask('replication.choosePoint', side, { seq: null });
  const more = { seq: 1 };
  await follow('replication.materialize', side, { seq: chosen.seq }, more);
  await ask('replication.arm', side, { seq: chosen.seq }, more);
  expect(await ask('replication.verify', side, {})).toMatchObject({ self: 'yes' });
  memory.armed[side] = epoch;
  memory.writer = side;
  memory.points = memory.points.filter(({ at }) => at !== side);
  return chosen.seq;
}

/** Home writes and has one point away. */
export async function protectedRegion(options: Options = {}): Promise<Region> {
  const region = await established(options);
  await tick(region, 1);
  return region;
}
