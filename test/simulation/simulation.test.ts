/** A few seeds of the whole service; `npm run simulate` plays as many as are wanted, and the same seed there is the same run. */
import { expect, it } from 'vitest';
import { portMutants } from './mutants/ports.ts';
import { play } from './play.ts';
import { keptSeeds } from './seeds.ts';
import { storyOf } from './tell.ts';

/** A seed takes a second or two; a busy machine many times that. */
const seedMs = 60_000;
/** One of the shortest stories: played three times here, twice as it is and once with a planted bug. */
const shortSeed = 2;

it.each(keptSeeds)(
  'keeps every promise in seed %i: %s',
  async (seed) => {
    const { problems, commands, writes } = await play(storyOf(seed));
    expect(problems, `npm run simulate -- --seed ${seed} --seeds 1`).toEqual([]);
    // A story in which nothing happens would prove nothing.
    expect(commands).toBeGreaterThan(1);
    expect(writes).toBeGreaterThan(20);
  },
  seedMs,
);

it(
  'plays the same run twice for the same seed, to the byte',
  async () => {
    const first = await play(storyOf(shortSeed));
    expect(first.problems).toEqual([]);
    expect(await play(storyOf(shortSeed))).toEqual(first);
  },
  2 * seedMs,
);

it(
  'finds commands that are acknowledged before they are in a record',
  async () => {
    const { problems } = await play(storyOf(shortSeed), {
      mutant: portMutants['ackBeforeCommit'] ?? {},
    });
    expect(problems.join('\n')).toContain('acknowledged');
  },
  seedMs,
);
