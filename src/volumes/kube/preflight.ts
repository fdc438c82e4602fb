/** What is looked at before an endpoint changes its role; nothing is changed here. */
import type { ReplicationEffects } from '../../../machines/replication-effects.ts';
import { peerOf } from '../../../machines/replication-table.ts';
import type { Side } from '../../../machines/replication-table.ts';
import { volumeFault } from '../ebs/faults.ts';
import type { KubeDriver } from './driver.ts';
import { lookTwice } from './proof.ts';
import { clusterOf, viaSsm } from './work.ts';
import type { Work } from './work.ts';

const discovered = ({ tools, of, attempt }: Work, driver: KubeDriver, side: Side) =>
  tools.discovery.of(clusterOf(of, side), driver.name, attempt);

/** @throws VolumeFault `backend.notServed` when that cluster cannot serve the back end, or cannot be asked */
export async function requireServed(driver: KubeDriver, work: Work, side: Side): Promise<void> {
  const { availability, why } = await discovered(work, driver, side);
  if (availability === 'available' || availability === 'partial') return;
  const cluster = clusterOf(work.of, side);
  throw volumeFault(
    availability === 'unknown' ? 'Unavailable' : 'NotSupported',
    'backend.notServed',
    `cluster ${cluster}: backend ${driver.name} is ${availability}: ${why}`,
    { retryable: availability === 'unknown' },
  );
}

type Preflight = ReplicationEffects['replication.preflight'];

export async function preflight(
  driver: KubeDriver,
  work: Work,
  { endpoint, kind, how }: Preflight['in'],
): Promise<Preflight['out']> {
  const peer = peerOf(endpoint);
  const own = kind === 'promote' ? 'replica' : 'source';
  const other = kind === 'promote' ? 'source' : 'replica';
  const because = [
    ...(await whyNotServed(driver, work, endpoint)),
    ...(await whyNot(driver, work, endpoint, own, how)),
    // Whoever forces it does so because the other side cannot be asked.
    ...(how === 'forced' ? [] : await whyNot(driver, work, peer, other, how)),
  ];
  return { ok: because.length === 0, because, ...viaSsm(work, endpoint, peer) };
}

async function whyNotServed(driver: KubeDriver, work: Work, side: Side): Promise<string[]> {
  const { availability, why } = await discovered(work, driver, side);
  const isServed = availability === 'available' || availability === 'partial';
  return isServed ? [] : [`${side}: backend ${driver.name} is ${availability}: ${why}`];
}

/** A peer that rests already is as good as one that has the other role. */
async function whyNot(
  driver: KubeDriver,
  work: Work,
  side: Side,
  wanted: 'source' | 'replica',
  how: 'planned' | 'forced',
): Promise<string[]> {
  try {
    const { state, isFresh, why } = await lookTwice(driver, work, side);
    const isRight = state === wanted || state === 'source' || state === 'replica';
    if (isRight && isFresh) return [];
    // Broken or old news of a storage whose other half is gone is what a forced promotion is for.
    if (how === 'forced' && state !== 'absent') return [];
    return [`${side} is ${state}${isFresh ? '' : ', not fresh'}: ${why}`];
  } catch (thrown) {
    return [`${side} cannot be asked: ${thrown instanceof Error ? thrown.message : 'no answer'}`];
  }
}
