/** The simulated EC2 of one world: a machine on each side, and at home the volumes that are to be replicated. */
import type { ManualClock } from '../../../fakes/manual-clock.ts';
import { simulatedEc2 } from '../../../fakes/simulated-ec2.ts';
import type { SimulatedEc2 } from '../../../fakes/simulated-ec2.ts';
import { devices, regions, zones } from './declared.ts';
import type { Places } from './declared.ts';

export interface Cloud extends SimulatedEc2 {
  readonly places: Places;
}

/** Ready to be replicated: machines run, volumes are attached and being written to. */
export async function openCloud(clock: ManualClock, seed: number): Promise<Cloud> {
  const cloud = simulatedEc2({ clock, seed });
  const done = <T>(promise: Promise<T>): Promise<T> => underTime(clock, promise);
  const home = await done(cloud.launch(zones.home));
  const away = await done(cloud.launch(zones.away));
  await clock.advance(60_000);
  const scope = {
    ...{ account: 'main', region: regions.home, correlationId: 'setting up' },
    signal: new AbortController().signal,
  };
  const volumeIds: string[] = [];
  for (const device of devices) {
    const { VolumeId = '' } = await done(
      cloud.ec2(scope, 'createVolume', { AvailabilityZone: zones.home, Size: 8 }),
    );
    await clock.advance(30_000);
    await done(cloud.ec2(scope, 'attachVolume', { VolumeId, InstanceId: home, Device: device }));
    volumeIds.push(VolumeId);
  }
  await clock.advance(30_000);
  return {
    ...cloud,
    places: { home: { instanceId: home, volumeIds }, away: { instanceId: away } },
  };
}

/** The promise's value; time passes while it is waited for. */
async function underTime<T>(clock: ManualClock, promise: Promise<T>): Promise<T> {
  const state = { isOver: false };
  const over = promise.finally(() => {
    state.isOver = true;
  });
  while (!state.isOver) await clock.advance(100);
  return over;
}
