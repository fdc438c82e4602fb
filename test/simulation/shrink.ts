/** A smaller story with the same violation: steps are left out one after the other for as long as it stays. */
import { play } from './play.ts';
import type { PlayOptions } from './play.ts';
import type { Step, Story } from './story.ts';

const checkerOf = (problem: string): string => problem.split(':', 1)[0] ?? '';

/** @param isOver  asked before each try */
export async function smallest(
  story: Story,
  problem: string,
  isOver: () => boolean,
  options: PlayOptions = {},
): Promise<Story> {
  const checker = checkerOf(problem);
  const breaks = async (steps: readonly Step[]): Promise<boolean> => {
    const { problems } = await play({ ...story, steps }, options);
    return problems.some((each) => checkerOf(each) === checker);
  };
  let steps = story.steps;
  for (
    let size = Math.ceil(steps.length / 2);
    size >= 1;
    size = size === 1 ? 0 : Math.ceil(size / 2)
  ) {
    for (let at = 0; at < steps.length && !isOver();) {
      const fewer = [...steps.slice(0, at), ...steps.slice(at + size)];
      if (await breaks(fewer)) steps = fewer;
      else at += size;
    }
  }
  return { ...story, steps };
}
