import { beforeEach, expect, it } from 'vitest';
import { codeOf, home, shelf } from './shelf.ts';
import type { Shelf } from './shelf.ts';

let sim: Shelf;

beforeEach(() => {
  sim = shelf();
});

const detach = (volumeId: string, Force = false) =>
  sim.ec2(sim.at(home), 'detachVolume', { VolumeId: volumeId, Force });

it('shows a volume as creating and then available', async () => {
  const { VolumeId = '', State } = await sim.ec2(sim.at(home), 'createVolume', {
    ...{ AvailabilityZone: `${home}a`, Size: 8 },
  });
  expect(State).toBe('creating');
  await sim.seconds(15);
  expect((await sim.seen(VolumeId)).State).toBe('available');
});

it('makes one volume of one token in one zone, and refuses it for another request', async () => {
  const ask = (zone: string, Size = 8) =>
    sim.ec2(sim.at(home), 'createVolume', {
      ...{ AvailabilityZone: `${home}${zone}`, Size, ClientToken: 'one' },
    });
  const first = await ask('a');
  expect((await ask('a')).VolumeId).toBe(first.VolumeId);
  expect((await ask('b')).VolumeId).not.toBe(first.VolumeId);
  expect(await codeOf(ask('a', 9))).toBe('IdempotentParameterMismatch');
});

it('attaches a volume to one instance only', async () => {
  const { instanceId, volumeId } = await sim.workload();
  const other = await sim.running();
  const steal = sim.attached(volumeId, other);
  expect(await codeOf(steal)).toBe('VolumeInUse');
  expect(await codeOf(sim.attached(volumeId, instanceId))).toBe('VolumeInUse');
  expect((await sim.seen(volumeId)).Attachments).toMatchObject([
    { InstanceId: instanceId, State: 'attached', Device: '/dev/sdf' },
  ]);
});

it('shows what is attached among the devices of its instance', async () => {
  const { instanceId, volumeId } = await sim.workload();
  const { Reservations = [] } = await sim.ec2(sim.at(home), 'describeInstances', {
    InstanceIds: [instanceId],
  });
  const devices = Reservations[0]?.Instances?.[0]?.BlockDeviceMappings ?? [];
  expect(devices).toMatchObject([
    { DeviceName: '/dev/xvda' },
    { DeviceName: '/dev/sdf', Ebs: { VolumeId: volumeId, Status: 'attached' } },
  ]);
});

it('refuses to attach a volume tagged as fenced, until the policy is turned off', async () => {
  const instanceId = await sim.running();
  const volumeId = await sim.made();
  const Tags = [{ Key: 'repl:fenced', Value: 'true' }];
  await sim.ec2(sim.at(home), 'createTags', { Resources: [volumeId], Tags });
  expect(await codeOf(sim.attached(volumeId, instanceId))).toBe('UnauthorizedOperation');
  sim.side('POST', 'volumes/flags', { name: 'allowFenced' });
  await sim.attached(volumeId, instanceId);
  expect(sim.volume(volumeId).isWritable).toBe(true);
});

it('keeps a mounted volume busy and writable until it is unmounted, forced or its instance is down', async () => {
  const { volumeId } = await sim.workload();
  sim.side('POST', 'volumes/flags', { name: 'mounted', of: volumeId });
  await detach(volumeId);
  await sim.seconds(3_600);
  expect((await sim.seen(volumeId)).Attachments?.[0]?.State).toBe('busy');
  expect(sim.volume(volumeId)).toMatchObject({ state: 'in-use', isWritable: true });
  sim.side('POST', 'volumes/flags', { name: 'mounted', of: volumeId, isOn: false });
  await sim.seconds(15);
  expect(await sim.seen(volumeId)).toMatchObject({ State: 'available', Attachments: [] });

  const other = await sim.workload();
  sim.side('POST', 'volumes/flags', { name: 'mounted' });
  await detach(other.volumeId);
  await sim.ec2(sim.at(home), 'stopInstances', { InstanceIds: [other.instanceId], Force: true });
  await sim.seconds(30);
  expect(sim.volume(other.volumeId).state).toBe('available');

  const third = await sim.workload();
  await detach(third.volumeId);
  expect((await detach(third.volumeId, true)).State).toBe('detaching');
  await sim.seconds(15);
  expect(sim.volume(third.volumeId).state).toBe('available');
});

it('stops writes with the machine, not with the order to stop it', async () => {
  const { instanceId, volumeId } = await sim.workload();
  await sim.ec2(sim.at(home), 'stopInstances', { InstanceIds: [instanceId] });
  expect(sim.volume(volumeId).isWritable).toBe(true);
  await sim.seconds(60);
  expect(sim.volume(volumeId)).toMatchObject({ state: 'in-use', isWritable: false });
});

it('ends a stop that takes its time when it is forced', async () => {
  sim.side('POST', 'durations', { name: 'stop', range: { min: 3_600_000, max: 3_600_000 } });
  const { instanceId, volumeId } = await sim.workload();
  await sim.ec2(sim.at(home), 'stopInstances', { InstanceIds: [instanceId] });
  await sim.seconds(120);
  expect(sim.volume(volumeId).isWritable).toBe(true);
  await sim.ec2(sim.at(home), 'stopInstances', { InstanceIds: [instanceId], Force: true });
  await sim.seconds(20);
  expect(sim.volume(volumeId).isWritable).toBe(false);
});

it('gives volumes back when their instance ends, and deletes those that were to go with it', async () => {
  const { instanceId, volumeId } = await sim.workload();
  const doomed = await sim.made();
  await sim.attached(doomed, instanceId, '/dev/sdg');
  await sim.ec2(sim.at(home), 'modifyInstanceAttribute', {
    InstanceId: instanceId,
    BlockDeviceMappings: [{ DeviceName: '/dev/sdg', Ebs: { DeleteOnTermination: true } }],
  });
  await sim.ec2(sim.at(home), 'terminateInstances', { InstanceIds: [instanceId] });
  await sim.seconds(60);
  expect(sim.volume(volumeId)).toMatchObject({ state: 'available', isWritable: false });
  expect(sim.volume(doomed).state).toBe('deleted');
  expect(await codeOf(sim.seen(doomed))).toBe('InvalidVolume.NotFound');
});

it('deletes only what nothing holds', async () => {
  const { volumeId } = await sim.workload();
  const remove = () => sim.ec2(sim.at(home), 'deleteVolume', { VolumeId: volumeId });
  expect(await codeOf(remove())).toBe('VolumeInUse');
  await detach(volumeId);
  await sim.seconds(15);
  await remove();
  await sim.seconds(15);
  expect(await codeOf(remove())).toBe('InvalidVolume.NotFound');
});

it('refuses a volume beyond the quota of the region and the room in the zone', async () => {
  sim.side('POST', 'volumes/limits', { name: 'zoneVolumes', place: `${home}a`, max: 1 });
  sim.side('POST', 'volumes/limits', { name: 'volumes', place: home, max: 2 });
  await sim.made();
  expect(await codeOf(sim.made())).toBe('InsufficientVolumeCapacity');
  await sim.made({ AvailabilityZone: `${home}b` });
  expect(await codeOf(sim.made({ AvailabilityZone: `${home}c` }))).toBe('VolumeLimitExceeded');
});
