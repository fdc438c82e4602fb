/** `npm run fuzz -- --minutes M [--seed S]`: rounds of the fuzz tests, each with the next seed, until the time is over. */
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const usage =
  'usage: npm run fuzz -- [--minutes M] [--seed S]   (by default 5 minutes, and a seed by the clock, which is printed)';
/** @satisfies {import('node:util').ParseArgsConfig['options']} */
const options = {
  minutes: { type: 'string' },
  seed: { type: 'string' },
  help: { type: 'boolean' },
};

function numbers() {
  const { values } = parseArgs({ options });
  if (values.help) return undefined;
  const minutes = Number(values.minutes ?? 5);
  const seed = Number(values.seed ?? Date.now() % 1_000_000);
  if (!(minutes > 0 && minutes <= 24 * 60))
    throw new Error('--minutes must be above 0 and at most 1440');
  if (!Number.isInteger(seed)) throw new Error('--seed must be a whole number');
  return { minutes, seed };
}

/** Milliseconds of one property in one round. */
const propertyMs = 4_000;
/** More than any property can try in its time. */
const runs = 1_000_000;

/** @param {{ minutes: number, seed: number }} wanted */
function fuzz({ minutes, seed: first }) {
  const endMs = Date.now() + minutes * 60_000;
  for (let round = 0; Date.now() < endMs; round += 1) {
    const seed = first + round;
    console.log(`round ${round + 1}: seed ${seed}`);
    const env = {
      ...process.env,
      ...{ FAIRLEAD_SEED: `${seed}`, FAIRLEAD_RUNS: `${runs}` },
      FAIRLEAD_FUZZ_MS: `${Math.min(propertyMs, Math.max(500, endMs - Date.now()))}`,
    };
    const words = ['node_modules/vitest/vitest.mjs', 'run', '--project', 'quick', 'test/fuzz'];
    const { status } = spawnSync(process.execPath, words, { env, stdio: 'inherit' });
    if (status === 0) continue;
    console.log(`failed with seed ${seed}; again: npm run fuzz -- --seed ${seed}`);
    return 1;
  }
  console.log('nothing was found');
  return 0;
}

try {
  const wanted = numbers();
  if (wanted === undefined) console.log(usage);
  else process.exitCode = fuzz(wanted);
} catch (error) {
  console.error(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
  process.exitCode = 2;
}
