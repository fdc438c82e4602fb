/** The reads that decide whether an older epoch can still write: some time apart, and only their agreement counts. */
import type { ReplicationEffects } from '../../../machines/replication-effects.ts';
import { lookAt } from './suspects.ts';
import type { Verdict } from './suspects.ts';
import { hold } from './work.ts';
import type { Work } from './work.ts';

type Prove = ReplicationEffects['replication.prove'];

/** One `yes` or `unknown` is the answer; `no` needs every read. */
export async function prove(work: Work, asked: Prove['in']): Promise<Prove['out']> {
  let last: Verdict = { writable: 'unknown', observed: 'nothing was read' };
  for (let read = 1; read <= asked.reads; read += 1) {
    if (read > 1) await hold(work, asked.gapMs);
    last = await lookAt(work, asked.endpoint, asked.olderThanEpoch);
    if (last.writable !== 'no') return last;
  }
  return last;
}
