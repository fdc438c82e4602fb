/** Stories by their seeds: the same seed is the same story, whatever was lived before it. */
import fc from 'fast-check';
import { live } from './runs.ts';
import { story } from './story.ts';
import type { Story } from './story.ts';

/** How long a smaller story is looked for. */
const shrinkMs = 120_000;

const broken = fc.asyncProperty(story, async (each) => (await live(each)).problems.length === 0);

export function storyOf(seed: number): Story {
  const [found] = fc.sample(story, { seed, numRuns: 1 });
  if (found === undefined) throw new Error(`no story has seed ${seed}`);
  return found;
}

/** The smallest story found within the time that breaks something as the seed's own does; that one when none is smaller. */
export async function smallest(seed: number): Promise<Story> {
  const { counterexample } = await fc.check(broken, {
    ...{ seed, numRuns: 1 },
    ...{ interruptAfterTimeLimit: shrinkMs, markInterruptAsFailure: true },
  });
  return counterexample?.[0] ?? storyOf(seed);
}
