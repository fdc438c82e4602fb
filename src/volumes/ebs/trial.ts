/** A test of a point: clones of it, apart from everything. Who tests attaches them where they can do no harm. */
import { ebs } from '../../../machines/limits-ebs.ts';
import type { Side } from '../../../machines/replication-table.ts';
import { choosePoint } from './choosing.ts';
import { volumeFault } from './faults.ts';
import { makeVolumes, progressOf } from './materialize.ts';
import { within } from './work.ts';
import type { Work } from './work.ts';

/** @throws VolumeFault `volume.pointGone`, `volume.failed`, `call.issueExpired` */
export async function startTest(
  work: Work,
  at: Side,
  epoch: number,
  wanted: number | null,
): Promise<void> {
  const { seq } = await choosePoint(work, at, wanted);
  const order = { at, epoch, seq, role: 'test' } as const;
  const made = await makeVolumes(work, order);
  const isReady = await within(work, ebs.testMs, async () =>
    (await progressOf(work, order, made)) === 100 ? true : undefined,
  );
  if (isReady !== true)
    throw volumeFault('Retryable', 'volume.creating', `clones at ${at} are not there yet`, {
      ...{ retryable: true, mayHaveHappened: true },
    });
}
