/**
 * Random lives of replications. A few with each run of the suite; `npm run soak -- replication` lives as many as are wanted,
 * and the same seed there is the same life.
 */
import { expect, it } from 'vitest';
import { live } from './runs.ts';
import { storyOf } from './seeds.ts';

const seed = Number(process.env['FAIRLEAD_SEED'] ?? 7);
const runs = Number(process.env['FAIRLEAD_RUNS'] ?? 10);
const runMs = 30_000;

it(
  `keeps every invariant in random lives (seeds ${seed} to ${seed + runs - 1}) [U-37]`,
  async () => {
    const broken: string[] = [];
    let epochs = 0;
    for (let each = seed; each < seed + runs; each += 1) {
      const lived = await live(storyOf(each));
      epochs += lived.epochs;
      for (const problem of lived.problems)
        broken.push(`npm run soak -- replication --runs 1 --seed ${each}: ${problem}`);
    }
    expect(broken).toEqual([]);
    expect(epochs).toBeGreaterThan(runs);
  },
  runs * runMs,
);

it(
  'lives the same life twice for the same seed',
  async () => {
    const first = await live(storyOf(seed));
    expect(await live(storyOf(seed))).toEqual(first);
  },
  2 * runMs,
);
