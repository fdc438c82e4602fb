import { beforeEach, expect, it } from 'vitest';
import { away, home, shelf } from './shelf.ts';
import type { Shelf } from './shelf.ts';

let sim: Shelf;

beforeEach(() => {
  sim = shelf();
});

it('grows by one entry a second while something can write, and by what a workload adds', async () => {
  const { instanceId, volumeId } = await sim.workload();
  const before = sim.volume(volumeId).length;
  await sim.seconds(100);
  expect(sim.volume(volumeId).length).toBe(before + 100);
  expect(sim.side('POST', 'volumes/append', { volumeId, count: 5 })).toEqual({ written: 5 });
  expect(sim.volume(volumeId).length).toBe(before + 105);
  await sim.ec2(sim.at(home), 'stopInstances', { InstanceIds: [instanceId] });
  await sim.seconds(60);
  const stopped = sim.volume(volumeId).length;
  await sim.seconds(100);
  expect(sim.side('POST', 'volumes/append', { volumeId })).toEqual({ written: 0 });
  expect(sim.volume(volumeId).length).toBe(stopped);
});

it('is the same however often it is looked at', async () => {
  const worlds = [shelf(3), shelf(3)];
  const lengths: number[] = [];
  for (const [index, each] of worlds.entries()) {
    const { volumeId } = await each.workload();
    for (let second = 0; second < 97; second += 1) {
      await each.clock.advance(1_003);
      if (index === 1) each.side('POST', 'volumes/append', { volumeId, count: 1 });
    }
    lengths.push(each.volume(volumeId).length);
  }
  expect(lengths[1]).toBe((lengths[0] ?? 0) + 97);
});

it('travels in a snapshot up to the moment it started, through copies, into new volumes and clones', async () => {
  const { volumeId } = await sim.workload();
  await sim.seconds(50);
  const atStart = sim.volume(volumeId).length;
  const source = await sim.taken(volumeId);
  expect(sim.snapshot(source).length).toBe(atStart);
  const { SnapshotId = '' } = await sim.ec2(sim.at(away), 'copySnapshot', {
    ...{ SourceRegion: home, SourceSnapshotId: source },
  });
  await sim.seconds(400);
  const { VolumeId: made = '' } = await sim.ec2(sim.at(away), 'createVolume', {
    ...{ AvailabilityZone: `${away}a`, SnapshotId },
  });
  expect(sim.volume(made)).toMatchObject({ length: atStart });
  const { Volumes = [] } = await sim.ec2(sim.at(home), 'copyVolumes', { SourceVolumeId: volumeId });
  const clone = sim.volume(Volumes[0]?.VolumeId ?? '');
  expect(clone.length).toBe(sim.volume(volumeId).length);
  expect(sim.truth().forks).toEqual([]);
});

it('names each generation of writers and shows two that went separate ways', async () => {
  const tag = (id: string, Value: string) =>
    sim.ec2(sim.at(home), 'createTags', {
      ...{ Resources: [id], Tags: [{ Key: 'repl:epoch', Value }] },
    });
  const { instanceId, volumeId } = await sim.workload();
  await tag(volumeId, '1');
  await sim.seconds(10);
  const SnapshotId = await sim.taken(volumeId);
  const second = await sim.made({ SnapshotId });
  await tag(second, '2');
  await sim.attached(second, instanceId, '/dev/sdg');
  await sim.seconds(10);
  expect(sim.volume(second).segments.map(({ writer, epoch }) => [writer, epoch])).toEqual([
    [volumeId, ''],
    [volumeId, '1'],
    [second, '2'],
  ]);
  const [fork] = sim.truth().forks;
  expect(fork?.volumeIds).toEqual([volumeId, second]);
  expect(fork?.common).toBe(sim.snapshot(SnapshotId).length);
  expect(fork?.left).toBeGreaterThan(100);
  expect(fork?.right).toBeGreaterThan(9);
});

it('keeps what an instance wrote when the instance is forgotten', async () => {
  const { instanceId, volumeId } = await sim.workload();
  await sim.ec2(sim.at(home), 'terminateInstances', { InstanceIds: [instanceId] });
  await sim.seconds(60);
  const { length } = sim.volume(volumeId);
  expect(length).toBeGreaterThan(0);
  await sim.seconds(30 * 3_600);
  expect(sim.world.tables.instances.has(instanceId)).toBe(false);
  expect(sim.volume(volumeId).length).toBe(length);
});
