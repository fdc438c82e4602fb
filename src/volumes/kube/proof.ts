/** Whether an endpoint can write, as far as anybody can tell; and how it is made unable to. */
import type { FenceAnswer, Sight, Writable } from '../../../machines/replication-effects.ts';
import { replication } from '../../../machines/replication-limits.ts';
import { peerOf } from '../../../machines/replication-table.ts';
import type { Side } from '../../../machines/replication-table.ts';
import { attachmentOf } from './attachment.ts';
import type { KubeDriver, Look } from './driver.ts';
import { agreed } from './seen.ts';
import { claimsOf, hold, pause, portOf, untimed } from './work.ts';
import type { Work } from './work.ts';
import { kubeVolumes } from '../../../machines/limits-kube-volumes.ts';

export interface Judged {
  readonly writable: Writable;
  readonly observed: string;
  /** False where its network could be fenced off and is not; undefined where there is no such fence, or none can be read. */
  readonly isIsolated?: boolean;
}

const told = (thrown: unknown): string =>
  thrown instanceof Error ? thrown.message : 'it could not be asked';

/** Looks, and a second time where one look is not enough. */
export async function lookTwice(driver: KubeDriver, work: Work, side: Side): Promise<Look> {
  const first = await driver.look(work, side);
  if (!first.needsSecondLook) return first;
  await pause(work, kubeVolumes.secondLookMs);
  const second = await driver.look(work, side);
  return { ...agreed(first, second), pitMs: second.pitMs };
}

/**
 * One look at whether a side that is not meant to write can. `no` comes from a fence of the machines or the network, from a
 * role that proves it, or from a cluster that says that nothing has the volumes attached; never from a role alone that proves
 * nothing, and never from silence.
 */
export async function idle(driver: KubeDriver, work: Work, side: Side): Promise<Judged> {
  const { tools, of, attempt } = work;
  const host = await tools.hostFence?.prove(of, side, attempt).catch(unproven);
  if (host?.writable === 'no') return host;
  const { isIsolated, unread } = await isolation(driver, work, side);
  if (isIsolated === true) return { writable: 'no', observed: 'its network is fenced off' };
  const found = await byRoleOrUse(driver, work, side).catch(unproven);
  return {
    ...found,
    observed: unread === '' ? found.observed : `${found.observed}; ${unread}`,
    ...(isIsolated !== undefined && { isIsolated }),
  };
}

async function byRoleOrUse(driver: KubeDriver, work: Work, side: Side): Promise<Judged> {
  const look = await lookTwice(driver, work, side);
  return driver.roleProves ? byRole(look) : byAttachment(work, side, look);
}

/** A fence that cannot be read proves nothing, and whoever decides is told so. */
async function isolation(
  driver: KubeDriver,
  work: Work,
  side: Side,
): Promise<{ readonly isIsolated: boolean | undefined; readonly unread: string }> {
  try {
    return { isIsolated: await driver.isIsolated?.(work, side), unread: '' };
  } catch (thrown) {
    return { isIsolated: undefined, unread: `its network fence was not read: ${told(thrown)}` };
  }
}

const unproven = (thrown: unknown): Judged => ({ writable: 'unknown', observed: told(thrown) });

function byRole({ state, isFresh, why }: Look): Judged {
  if (!isFresh) return { writable: 'unknown', observed: why };
  if (state === 'source') return { writable: 'yes', observed: why };
  const isOff = state === 'replica' || state === 'syncing';
  return { writable: isOff ? 'no' : 'unknown', observed: why };
}

async function byAttachment(work: Work, side: Side, { state, why }: Look): Promise<Judged> {
  const { isAttached, users } = await attachmentOf(
    portOf(work, side),
    claimsOf(work.of, side),
    work.attempt,
  );
  if (!isAttached) return { writable: 'no', observed: `${why}; nothing has its volumes attached` };
  const observed = `${why}; in use by ${users.slice(0, 5).join(', ')}`;
  return { writable: state === 'source' ? 'yes' : 'unknown', observed };
}

/** `no` only when every read says so, `yes` as soon as one does. */
export async function prove(
  driver: KubeDriver,
  work: Work,
  side: Side,
  { reads, gapMs }: { reads: number; gapMs: number },
): Promise<Judged> {
  let found: Judged = { writable: 'unknown', observed: 'not read' };
  for (let read = 1; read <= reads; read += 1) {
    found = await idle(driver, work, side);
    if (found.writable !== 'no') return found;
    // Never scaled: a call that is on its way lands in between.
    if (read < reads) await hold(work, gapMs);
  }
  return found;
}

/** Whoever is meant to write does so by role alone; attached or not. */
export async function sightOf(driver: KubeDriver, work: Work, side: Side): Promise<Sight> {
  const [self, peer] = await Promise.all([
    lookTwice(driver, work, side),
    idle(driver, work, peerOf(side)),
  ]);
  const isWriter = self.state === 'source' && self.isFresh;
  const own = isWriter ? 'yes' : (await idle(driver, work, side)).writable;
  return { self: own, peer: peer.writable };
}

/**
 * Takes the right to write away by every means there is, whichever of them answer, and waits until one of them proves it or
 * most of the time is over. It may begin at any time.
 */
export async function fence(driver: KubeDriver, asked: Work, side: Side): Promise<FenceAnswer> {
  const work = untimed(asked);
  const { tools, of, attempt } = work;
  const notes: string[] = [];
  const viaHost = await tools.hostFence
    ?.fence(of, side, attempt)
    .catch((thrown: unknown) => ({ fenced: false, observed: told(thrown), viaSsm: true }));
  if (viaHost !== undefined) notes.push(viaHost.observed);
  await driver.isolate?.(work, side).catch((thrown: unknown) => notes.push(told(thrown)));
  await driver.demote(work, side).catch((thrown: unknown) => notes.push(told(thrown)));
  const endMs = tools.clock.monotonicMs() + replication.fenceMs / 2;
  let found = await idle(driver, work, side);
  while (found.writable !== 'no' && tools.clock.monotonicMs() < endMs) {
    if (found.isIsolated !== false && !(await mayChange(driver, work, side))) break;
    await pause(work, kubeVolumes.pollMs);
    found = await idle(driver, work, side);
  }
  const { viaSsm } = portOf(work, side).capabilities;
  return {
    fenced: found.writable === 'no',
    observed: [...new Set([...notes, found.observed])].join('; '),
    viaSsm: viaSsm || viaHost?.viaSsm === true,
  };
}

/** Waiting helps only while the storage is still on its way. */
const mayChange = async (driver: KubeDriver, work: Work, side: Side): Promise<boolean> => {
  try {
    const { state, unlisted } = await driver.look(work, side);
    return state === 'demoting' || (driver.roleProves && state !== 'absent' && unlisted === '');
  } catch {
    // A cluster that cannot be asked is not waited for: an override, or the next try, is.
    return false;
  }
};
