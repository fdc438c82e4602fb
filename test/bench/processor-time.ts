/** Processor time of something small, done often. */
import { median } from './statistics.ts';

const roundsMax = 7;

/** Microseconds of processor time for one call, the median of several rounds; each round makes `calls` of them. */
export async function microsEach(calls: number, call: () => unknown): Promise<number> {
  const rounds: number[] = [];
  // The first round is not counted: the compiler of the engine meets the code in it.
  for (let round = 0; round <= roundsMax; round += 1) {
    const before = process.cpuUsage();
    for (let turn = 0; turn < calls; turn += 1) {
      const made = call();
      if (made instanceof Promise) await made;
    }
    const { user, system } = process.cpuUsage(before);
    if (round > 0) rounds.push((user + system) / calls);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return median(rounds);
}
