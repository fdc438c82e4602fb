/** Pruning and the end of a relationship over the simulated EC2. */
import { expect, it } from 'vitest';
import { established, tick } from './region.ts';
import type { Region } from './region.ts';

const living = (region: Region) =>
  region.cloud.truth().snapshots.filter(({ state }) => state !== 'deleted');
const seqs = (region: Region) => living(region).map(({ tags }) => Number(tags['repl:seq']));

it('keeps the newest points, drops the old ones in both regions, and the next copy still finds its base', async () => {
  const region = await established({ retention: { keepLast: 2, minAge: '1m' } });
  for (const seq of [1, 2, 3, 4]) {
    await tick(region, seq);
    await region.clock.advance(60_000);
    await region.ask('replication.prune', 'home', {}, { seq });
  }
  expect(seqs(region).sort()).toEqual([3, 3, 4, 4]);
  await tick(region, 5);
  const copy = living(region).find(
    ({ tags }) => tags['repl:seq'] === '5' && tags['repl:role'] === 'copy',
  );
  expect(copy?.isIncremental).toBe(true);
}, 20_000);

it('what is in use stays for the next round', async () => {
  const region = await established({ retention: { keepLast: 2, minAge: '1m' } });
  for (const seq of [1, 2, 3]) await tick(region, seq);
  await region.clock.advance(120_000);
  region.cloud.side('POST', 'volumes/flags', { name: 'snapshotInUse' });
  await region.ask('replication.prune', 'home', {}, { seq: 3 });
  expect(seqs(region)).toHaveLength(6);
  region.cloud.side('DELETE', 'volumes/flags');
  expect(await region.ask('replication.prune', 'home', {}, { seq: 3 })).toEqual({ pruned: [1] });
  expect(seqs(region).sort()).toEqual([2, 2, 3, 3]);
});

it('the end of a relationship waits for what is in use', async () => {
  const region = await established({ retention: { onDelete: 'remove' } });
  await tick(region, 1);
  region.cloud.side('POST', 'volumes/flags', { name: 'snapshotInUse' });
  await expect(region.ask('replication.remove', 'home', {})).rejects.toMatchObject({
    fault: { code: 'volume.snapshotInUse', type: 'Conflict' },
  });
  region.cloud.side('DELETE', 'volumes/flags');
  await region.ask('replication.remove', 'home', {});
  expect(living(region)).toEqual([]);
});

it('fast restores are asked for with a point and given back before it goes', async () => {
  const region = await established({
    ...{ retention: { keepLast: 2, minAge: '1m' }, ebs: { fastRestore: true } },
  });
  for (const seq of [1, 2, 3]) await tick(region, seq);
  await region.clock.advance(120_000);
  await region.ask('replication.prune', 'home', {}, { seq: 3 });
  // It takes a while; until then the snapshot is in use, and the next round takes it.
  expect(seqs(region).sort()).toEqual([1, 2, 2, 3, 3]);
  await region.clock.advance(600_000);
  await region.ask('replication.prune', 'home', {}, { seq: 4 });
  expect(seqs(region).sort()).toEqual([2, 2, 3, 3]);
});

it.each([
  ['retain', [1, 1]],
  ['remove', []],
] as const)('onDelete %s leaves the points %j and always the volume', async (onDelete, left) => {
  const region = await established({ retention: { onDelete } });
  await tick(region, 1);
  await region.follow('replication.snapshot', 'home', { seq: 2 });
  await region.ask('replication.startTest', 'away', { seq: 1 });
  await region.ask('replication.remove', 'home', {});
  await region.ask('replication.remove', 'home', {});
  expect(seqs(region)).toEqual(left);
  const volumes = region.cloud.truth().volumes.filter(({ tags }) => 'repl:role' in tags);
  expect(volumes.filter(({ state }) => state === 'in-use')).toHaveLength(1);
  expect(volumes.find(({ isWritable }) => isWritable)?.tags['repl:rel']).toBeUndefined();
});

it('a snapshot whose call lands after its relationship was taken down goes as well', async () => {
  const region = await established({ retention: { onDelete: 'remove' } });
  let land: (() => Promise<unknown>) | undefined;
  region.through((ec2) => async (scope, name, input) => {
    if (name === 'createSnapshots') land = () => ec2(scope, name, input);
    const answer = await ec2(scope, name, input);
    // The writer's volumes are given back at the end of the first look.
    if (name === 'deleteTags') await land?.();
    return answer;
  });
  region.restart();
  await tick(region, 1);
  expect(living(region).length).toBeGreaterThan(0);
  await region.ask('replication.remove', 'home', {});
  expect(living(region)).toEqual([]);
});
