/** A simulated EC2 on a clock of its own, with the few calls that every test of volumes makes. */
import type { CreateVolumeCommandInput, Snapshot, Volume } from '@aws-sdk/client-ec2';
import type { CloudFault } from '../../../../src/aws/faults.ts';
import type { SnapshotTruth, VolumeTruth } from '../../../../src/simulator/ec2/volumes/truth.ts';
import { ManualClock } from '../../../fakes/manual-clock.ts';
import { simulatedEc2 } from '../../../fakes/simulated-ec2.ts';

export const home = 'eu-west-1';
export const away = 'eu-central-1';

export type Shelf = ReturnType<typeof shelf>;

export function shelf(seed = 7) {
  const clock = new ManualClock();
  const sim = simulatedEc2({ clock, seed });
  const at = (region: string) => {
    const { signal } = new AbortController();
    return { account: 'main', region, signal, correlationId: 'test' };
  };
  const seconds = (count: number) => clock.advance(count * 1_000);
  const made = async (more: Partial<CreateVolumeCommandInput> = {}): Promise<string> => {
    const { VolumeId = '' } = await sim.ec2(at(home), 'createVolume', {
      ...{ AvailabilityZone: `${home}a`, Size: 8, VolumeType: 'gp3' },
      ...more,
    });
    await seconds(15);
    return VolumeId;
  };
  const attached = async (volumeId: string, instanceId: string, device = '/dev/sdf') => {
    const input = { VolumeId: volumeId, InstanceId: instanceId, Device: device };
    await sim.ec2(at(home), 'attachVolume', input);
    await seconds(10);
  };
  return {
    ...{ ...sim, clock, at, seconds, made, attached },
    /** A machine that runs. */
    running: async (zone = `${home}a`): Promise<string> => {
      const id = await sim.launch(zone);
      await seconds(60);
      return id;
    },
    /** A running machine that writes to a volume of its own. */
    workload: async () => {
      const instanceId = await sim.launch(`${home}a`);
      await seconds(60);
      const volumeId = await made();
      await attached(volumeId, instanceId);
      return { instanceId, volumeId };
    },
    seen: async (volumeId: string, region = home): Promise<Volume> => {
      const { Volumes = [] } = await sim.ec2(at(region), 'describeVolumes', {
        VolumeIds: [volumeId],
      });
      return Volumes[0] ?? {};
    },
    seenSnapshot: async (snapshotId: string, region = home): Promise<Snapshot> => {
      const { Snapshots = [] } = await sim.ec2(at(region), 'describeSnapshots', {
        SnapshotIds: [snapshotId],
      });
      return Snapshots[0] ?? {};
    },
    taken: async (volumeId: string): Promise<string> => {
      const { SnapshotId = '' } = await sim.ec2(at(home), 'createSnapshot', {
        VolumeId: volumeId,
      });
      await seconds(100);
      return SnapshotId;
    },
    volume: (volumeId: string): VolumeTruth => {
      const found = sim.truth().volumes.find((each) => each.volumeId === volumeId);
      if (found === undefined) throw new Error(`${volumeId} is not in the truth`);
      return found;
    },
    snapshot: (snapshotId: string): SnapshotTruth => {
      const found = sim.truth().snapshots.find((each) => each.snapshotId === snapshotId);
      if (found === undefined) throw new Error(`${snapshotId} is not in the truth`);
      return found;
    },
  };
}

/** The code a call is refused with. @throws Error when it is not refused */
export async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    return (error as CloudFault).fault.code;
  }
  throw new Error('the call was accepted');
}
