import { beforeEach, expect, it } from 'vitest';
import { away, codeOf, home, shelf } from './shelf.ts';
import type { Shelf } from './shelf.ts';

let sim: Shelf;

beforeEach(() => {
  sim = shelf();
});

const snapshot = (VolumeId: string) => sim.ec2(sim.at(home), 'createSnapshot', { VolumeId });
const copy = async (SourceSnapshotId: string, more: object = {}): Promise<string> => {
  const { SnapshotId = '' } = await sim.ec2(sim.at(away), 'copySnapshot', {
    ...{ SourceRegion: home, SourceSnapshotId },
    ...more,
  });
  return SnapshotId;
};

it('takes time over a snapshot and tells how far it is', async () => {
  const { SnapshotId = '', State } = await snapshot(await sim.made());
  expect(State).toBe('pending');
  await sim.seconds(10);
  const early = await sim.seenSnapshot(SnapshotId);
  expect(early.State).toBe('pending');
  expect(Number.parseInt(early.Progress ?? '', 10)).toBeGreaterThan(5);
  await sim.seconds(90);
  expect(await sim.seenSnapshot(SnapshotId)).toMatchObject({
    State: 'completed',
    Progress: '100%',
  });
});

it('takes all volumes of an instance at one moment, but for those left out', async () => {
  const { instanceId, volumeId } = await sim.workload();
  const [second, third] = [await sim.made(), await sim.made()];
  await sim.attached(second, instanceId, '/dev/sdg');
  await sim.attached(third, instanceId, '/dev/sdh');
  const { Snapshots = [] } = await sim.ec2(sim.at(home), 'createSnapshots', {
    InstanceSpecification: {
      ...{ InstanceId: instanceId, ExcludeBootVolume: true, ExcludeDataVolumeIds: [third] },
    },
    TagSpecifications: [{ ResourceType: 'snapshot', Tags: [{ Key: 'repl:set', Value: '1' }] }],
  });
  expect(Snapshots.map((each) => each.VolumeId).sort()).toEqual([volumeId, second].sort());
  expect(new Set(Snapshots.map((each) => each.StartTime?.getTime())).size).toBe(1);
  await sim.seconds(3);
  const Filters = [{ Name: 'tag:repl:set', Values: ['1'] }];
  const listed = await sim.ec2(sim.at(home), 'describeSnapshots', { OwnerIds: ['self'], Filters });
  expect(listed.Snapshots).toHaveLength(2);
});

it('refuses a second snapshot of a volume within 15 s, and a sixth that is pending', async () => {
  sim.side('POST', 'durations', { name: 'snapshot', range: { min: 600_000, max: 600_000 } });
  const volumeId = await sim.made();
  await snapshot(volumeId);
  expect(await codeOf(snapshot(volumeId))).toBe('SnapshotCreationPerVolumeRateExceeded');
  for (let count = 1; count < 5; count += 1) {
    await sim.seconds(15);
    await snapshot(volumeId);
  }
  await sim.seconds(15);
  expect(await codeOf(snapshot(volumeId))).toBe('ConcurrentSnapshotLimitExceeded');
});

it('allows one pending snapshot on disks that turn, and counts a deleted one until it is over', async () => {
  const volumeId = await sim.made({ VolumeType: 'st1', Size: 125 });
  const { SnapshotId = '' } = await snapshot(volumeId);
  await sim.seconds(16);
  await sim.ec2(sim.at(home), 'deleteSnapshot', { SnapshotId });
  expect(await codeOf(snapshot(volumeId))).toBe('ConcurrentSnapshotLimitExceeded');
  await sim.seconds(90);
  await snapshot(volumeId);
});

it('copies what is completed to another region: new id, no tags, first whole, then only changes', async () => {
  const volumeId = await sim.made();
  const pending = (await snapshot(volumeId)).SnapshotId ?? '';
  await sim.seconds(3);
  expect(await codeOf(copy(pending))).toBe('IncorrectState');
  const source = await sim.taken(await sim.made());
  await sim.ec2(sim.at(home), 'createTags', {
    ...{ Resources: [source], Tags: [{ Key: 'note', Value: 'x' }] },
  });
  const first = await copy(source);
  await sim.seconds(400);
  const seen = await sim.seenSnapshot(first, away);
  expect(seen).toMatchObject({ State: 'completed', Tags: [] });
  expect(seen.VolumeId).not.toBe((await sim.seenSnapshot(source)).VolumeId);
  expect(await codeOf(sim.seenSnapshot(first, home))).toBe('InvalidSnapshot.NotFound');
  const second = await copy(source);
  expect([first, second].map((id) => sim.snapshot(id).isIncremental)).toEqual([false, true]);
});

it('copies all again under another key, and once the last copy is gone', async () => {
  const source = await sim.taken(await sim.made({ Encrypted: true }));
  const first = await copy(source);
  await sim.seconds(400);
  const other = await copy(source, { KmsKeyId: 'alias/other' });
  expect(sim.snapshot(other).isIncremental).toBe(false);
  await sim.ec2(sim.at(away), 'deleteSnapshot', { SnapshotId: first });
  const third = await copy(source);
  expect(sim.snapshot(third).isIncremental).toBe(false);
});

it('lets copies of one volume wait for each other', async () => {
  const source = await sim.taken(await sim.made());
  const [first, second] = [await copy(source), await copy(source)];
  expect(sim.snapshot(second).endsAtMs).toBeGreaterThan(sim.snapshot(first).endsAtMs);
});

it('refuses the 21st copy to one destination', async () => {
  const source = await sim.taken(await sim.made());
  for (let count = 0; count < 20; count += 1) await copy(source);
  expect(await codeOf(copy(source))).toBe('ResourceLimitExceeded');
});

it('ends a copy in an error later, without a word, when its key is not to be had', async () => {
  const source = await sim.taken(await sim.made({ Encrypted: true }));
  const arn = `arn:aws:kms:${away}:000000000000:key/bad`;
  sim.side('POST', 'volumes/flags', { name: 'brokenKey', of: arn });
  const SnapshotId = await copy(source, { KmsKeyId: arn });
  await sim.seconds(3);
  expect((await sim.seenSnapshot(SnapshotId, away)).State).toBe('pending');
  await sim.seconds(400);
  expect(await sim.seenSnapshot(SnapshotId, away)).toMatchObject({
    ...{ State: 'error', StateMessage: 'Given key ID is not accessible' },
  });
});

it('fails one snapshot of a set when told so', async () => {
  const { instanceId, volumeId } = await sim.workload();
  const second = await sim.made();
  await sim.attached(second, instanceId, '/dev/sdg');
  sim.side('POST', 'volumes/outcomes', { what: 'snapshot', volumeId: second });
  await sim.ec2(sim.at(home), 'createSnapshots', {
    InstanceSpecification: { InstanceId: instanceId, ExcludeBootVolume: true },
  });
  await sim.seconds(100);
  const { Snapshots = [] } = await sim.ec2(sim.at(home), 'describeSnapshots', {});
  const states = Object.fromEntries(Snapshots.map((each) => [each.VolumeId, each.State]));
  expect(states).toEqual({ [volumeId]: 'completed', [second]: 'error' });
});

it('keeps a snapshot that is in use, by a restore or by something outside', async () => {
  const SnapshotId = await sim.taken(await sim.made());
  const remove = () => sim.ec2(sim.at(home), 'deleteSnapshot', { SnapshotId });
  const zones = { AvailabilityZones: [`${home}a`], SourceSnapshotIds: [SnapshotId] };
  await sim.ec2(sim.at(home), 'enableFastSnapshotRestores', zones);
  expect(await codeOf(remove())).toBe('InvalidSnapshot.InUse');
  await sim.ec2(sim.at(home), 'disableFastSnapshotRestores', zones);
  await sim.seconds(130);
  sim.side('POST', 'volumes/flags', { name: 'snapshotInUse', of: SnapshotId });
  expect(await codeOf(remove())).toBe('InvalidSnapshot.InUse');
  sim.side('DELETE', 'volumes/flags');
  await remove();
  expect(await codeOf(remove())).toBe('InvalidSnapshot.NotFound');
});

it('fills a volume made from a snapshot in the background, at once with fast restore', async () => {
  const SnapshotId = await sim.taken(await sim.made());
  const fill = async (volumeId: string) => {
    const VolumeIds = [volumeId];
    const status = await sim.ec2(sim.at(home), 'describeVolumeStatus', { VolumeIds });
    return status.VolumeStatuses?.[0]?.InitializationStatusDetails?.Progress ?? -1;
  };
  const slow = await sim.made({ SnapshotId });
  expect(await fill(slow)).toBeLessThan(50);
  await sim.seconds(1_000);
  expect(await fill(slow)).toBe(100);
  await sim.ec2(sim.at(home), 'enableFastSnapshotRestores', {
    ...{ AvailabilityZones: [`${home}a`], SourceSnapshotIds: [SnapshotId] },
  });
  await sim.seconds(250);
  const fast = await sim.made({ SnapshotId });
  expect(await fill(fast)).toBe(100);
});

it('makes no volume of a snapshot that is still pending', async () => {
  const { SnapshotId = '' } = await snapshot(await sim.made());
  await sim.seconds(3);
  expect(await codeOf(sim.made({ SnapshotId }))).toBe('IncorrectState');
});
