/** The write fence on EBS: a tag for good, a ladder, and reads that prove it. */
import { describe, expect, it } from 'vitest';
import { established } from './region.ts';
import type { Region } from './region.ts';

const volume = (region: Region, id = region.first[0]) => {
  const found = region.cloud.truth().volumes.find(({ volumeId }) => volumeId === id);
  if (found === undefined) throw new Error(`no volume ${id ?? ''}`);
  return found;
};
const fence = (region: Region) =>
  region.ask('replication.fence', 'home', { olderThanEpoch: region.memory.epoch });
const prove = (region: Region) =>
  region.ask('replication.prove', 'home', {
    olderThanEpoch: region.memory.epoch,
    ...{ reads: 2, gapMs: 10_000 },
  });
const mounted = (region: Region) =>
  region.cloud.side('POST', 'volumes/flags', { name: 'mounted', of: region.first[0] });
const instanceState = async (region: Region) => {
  const answer = await region.settled(
    region.cloud.ec2(region.scope('home'), 'describeInstances', {
      InstanceIds: [region.instances.home],
    }),
  );
  return answer.Reservations?.[0]?.Instances?.[0]?.State?.Name;
};
const silent = (region: Region) =>
  region.cloud.side('POST', 'faults', {
    ...{ region: region.region.home, times: 10_000 },
    act: { kind: 'hangupBefore' },
  });

/** Home writes in epoch 1, away has claimed epoch 2. */
async function claimed(ebs: object = {}): Promise<Region> {
  const region = await established({ ebs: ebs as Record<string, unknown> });
  region.memory.epoch = 2;
  return region;
}

describe('the ladder', () => {
  it('detaches what lets go, and marks it for good', async () => {
    const region = await claimed();
    expect(await fence(region)).toMatchObject({ fenced: true });
    expect(volume(region)).toMatchObject({ isWritable: false, tags: { 'repl:fenced': 'true' } });
    expect(volume(region).attachment).toBeUndefined();
    expect(region.calls('StopInstances')).toBe(0);
  });

  it('whoever attaches a fenced volume later is refused', async () => {
    const region = await claimed();
    await fence(region);
    await expect(
      region.settled(
        region.cloud.ec2(region.scope('home'), 'attachVolume', {
          ...{ VolumeId: region.first[0], InstanceId: region.instances.home, Device: '/dev/sdf' },
        }),
      ),
    ).rejects.toMatchObject({ fault: { code: 'UnauthorizedOperation' } });
  });

  it('stops the instance of a volume that stays busy, and takes the volume from it then', async () => {
    const region = await claimed();
    mounted(region);
    expect(await fence(region)).toMatchObject({ fenced: true });
    expect(await instanceState(region)).toBe('stopped');
    expect(volume(region).attachment).toBeUndefined();
  });

  it('goes no further than it may, and says what it saw', async () => {
    const region = await claimed({ fencing: 'detach' });
    mounted(region);
    const answer = await fence(region);
    expect(answer.fenced).toBe(false);
    expect(answer.observed).toMatch(/busy at i-\w+ \(running\)/);
    expect(await instanceState(region)).toBe('running');
    expect(volume(region).isWritable).toBe(true);
  });

  it('on the highest rung an instance that will not stop ends, and its volumes stay', async () => {
    const region = await claimed({ fencing: 'terminate' });
    mounted(region);
    await region.settled(
      region.cloud.ec2(region.scope('home'), 'modifyInstanceAttribute', {
        InstanceId: region.instances.home,
        BlockDeviceMappings: [{ DeviceName: '/dev/sdf', Ebs: { DeleteOnTermination: true } }],
      }),
    );
    region.cloud.side('POST', 'faults', {
      ...{ op: 'StopInstances', times: 100 },
      act: { kind: 'error', code: 'IncorrectInstanceState', status: 400 },
    });
    expect(await fence(region)).toMatchObject({ fenced: true });
    expect(await instanceState(region)).toBe('terminated');
    expect(volume(region)).toMatchObject({ isWritable: false });
    expect(['available', 'in-use']).toContain(volume(region).state);
  });

  it('finds a volume by its place when it has lost its tags', async () => {
    const region = await claimed();
    const Resources = [...region.first];
    await region.settled(
      region.cloud.ec2(region.scope('home'), 'deleteTags', {
        Resources,
        Tags: [{ Key: 'repl:rel' }, { Key: 'repl:epoch' }, { Key: 'repl:role' }],
      }),
    );
    expect(await fence(region)).toMatchObject({ fenced: true });
    expect(volume(region).attachment).toBeUndefined();
  });

  it('is the same when it is asked for again', async () => {
    const region = await claimed();
    await fence(region);
    region.restart();
    expect(await fence(region)).toMatchObject({ fenced: true });
    expect([region.calls('DetachVolume'), region.calls('CreateTags')]).toEqual([1, 2]);
  });

  it('leaves alone what belongs to the epoch that was claimed', async () => {
    const region = await claimed();
    region.memory.epoch = 1;
    expect(await fence(region)).toMatchObject({ fenced: true });
    expect(volume(region)).toMatchObject({ isWritable: true });
  });

  it('in a region that does not answer nothing is fenced, and it says so', async () => {
    const region = await claimed();
    silent(region);
    const answer = await fence(region);
    expect(answer).toMatchObject({ fenced: false });
    expect(answer.observed).toContain('eu-west-1 does not answer');
  });
});

describe('the proof', () => {
  it('takes two reads with the gap between them', async () => {
    const region = await claimed();
    await fence(region);
    const fromMs = region.clock.nowMs();
    expect(await prove(region)).toMatchObject({ writable: 'no' });
    expect(region.clock.nowMs() - fromMs).toBeGreaterThanOrEqual(10_000);
  });

  it('is a yes while a volume is attached, whatever its tag says', async () => {
    const region = await claimed();
    await region.settled(
      region.cloud.ec2(region.scope('home'), 'createTags', {
        Resources: [...region.first],
        Tags: [{ Key: 'repl:fenced', Value: 'true' }],
      }),
    );
    expect(await prove(region)).toMatchObject({ writable: 'yes' });
  });

  it('is unknown where the region does not answer, never a no', async () => {
    const region = await claimed();
    await fence(region);
    silent(region);
    expect(await prove(region)).toMatchObject({ writable: 'unknown' });
  });

  it('is a no of an attached volume whose instance has stopped', async () => {
    const region = await claimed();
    await region.settled(
      region.cloud.ec2(region.scope('home'), 'stopInstances', {
        ...{ InstanceIds: [region.instances.home], Force: true },
      }),
    );
    await region.clock.advance(120_000);
    expect(await prove(region)).toMatchObject({ writable: 'no' });
  });

  it('sees a call of the older epoch that lands between its reads', async () => {
    const region = await claimed();
    await fence(region);
    region.cloud.side('POST', 'volumes/flags', { name: 'allowFenced' });
    const proving = prove(region);
    await region.clock.advance(2_000);
    await region.settled(
      region.cloud.ec2(region.scope('home'), 'attachVolume', {
        ...{ VolumeId: region.first[0], InstanceId: region.instances.home, Device: '/dev/sdf' },
      }),
    );
    expect(await proving).toMatchObject({ writable: 'yes' });
  });
});
