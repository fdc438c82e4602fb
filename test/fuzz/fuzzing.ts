/** How much is tried, and from which seed: `FAIRLEAD_SEED` and `FAIRLEAD_RUNS` repeat a run, `FAIRLEAD_FUZZ_MS` bounds one. */
import fc from 'fast-check';
import { it } from 'vitest';

const seed = Number(process.env['FAIRLEAD_SEED'] ?? Date.now() % 1_000_000);

/** At most, in milliseconds of one property; a usual run ends by its count. */
const limitMs = Number(process.env['FAIRLEAD_FUZZ_MS'] ?? 60_000);

/** Looking for a smaller input may take longer than finding one: where a seed is named, as `npm run fuzz` does in each round. */
const shrinks = process.env['FAIRLEAD_SEED'] !== undefined;

/**
 * One property as a test. What fails names its seed.
 * @param usualRuns  how many inputs `npm test` tries
 */
export function fuzz<T>(
  title: string,
  usualRuns: number,
  input: fc.Arbitrary<T>,
  holds: (input: T) => Promise<void>,
): void {
  const numRuns = Number(process.env['FAIRLEAD_RUNS'] ?? usualRuns);
  const run = async (): Promise<void> => {
    process.stdout.write(`fuzz: ${title}: seed ${seed}, ${numRuns} runs\n`);
    let underway = Promise.resolve();
    const tried = (each: T): Promise<void> => (underway = holds(each));
    await fc.assert(fc.asyncProperty(input, tried), {
      ...{ seed, numRuns, endOnFailure: !shrinks },
      ...{ interruptAfterTimeLimit: limitMs, markInterruptAsFailure: false },
    });
    // The limit leaves one to itself, which still needs what is taken down next.
    await underway;
  };
  it(title, run, limitMs + 30_000);
}
