/** One writer at a time, and all committed points in what is written at the end, by looks that were taken. */
import { messageOf } from '../../../../actors/faults.ts';
import type { WriterWatch } from '../../../../src/stack/writers.ts';
import type { Complaints } from './books.ts';

/** At the end, when the replication is at rest and one side writes. */
export async function judgeWriters(
  writers: Omit<WriterWatch, 'stop'>,
  complaints: Complaints,
): Promise<void> {
  if (writers.twoWriters() > 0)
    complaints.note('twoWriters', `seen in ${writers.twoWriters()} of ${writers.looks()} looks`);
  if (writers.looks() === 0) complaints.note('unseen', 'nobody has looked at who writes');
  for (const missed of writers.missed())
    complaints.note('unseen', `a look at who writes failed: ${missed}`);
  try {
    const lost = await writers.lostPoints();
    if (lost > 0)
      complaints.note('lostPoints', `${lost} recovery points lack in what is written now`);
  } catch (thrown) {
    complaints.note('lostPoints', `nobody can tell: ${messageOf(thrown)}`);
  }
}
