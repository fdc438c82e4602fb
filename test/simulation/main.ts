/** `npm run simulate`: plays seeds in processes, one for each core, and prints what was played as one JSON line. */
import { availableParallelism } from 'node:os';
import { findingOf } from './mutants/all.ts';
import type { Story } from './story.ts';
import type { Told } from './told.ts';
import { usage, wishOf } from './wish.ts';
import type { Wish } from './wish.ts';
import { workThrough } from './workers.ts';
import { leave } from '../workers/leave.ts';

const exits = { ok: 0, broken: 1, usage: 2 } as const;
/** Between two lines of how far it is. */
const tellEach = 50;

await leave(await main(process.argv.slice(2)));

async function main(argv: readonly string[]): Promise<number> {
  let wish: Wish | undefined;
  try {
    wish = wishOf(argv);
  } catch (error) {
    process.stderr.write(`simulate: ${(error as Error).message}\n\n${usage}`);
    return exits.usage;
  }
  if (wish === undefined) {
    process.stdout.write(usage);
    return exits.ok;
  }
  return wish.mutants.length > 0 ? hunt(wish) : simulate(wish);
}

async function simulate(wish: Wish): Promise<number> {
  const startedMs = Date.now();
  const faults: Record<string, number> = {};
  const sum = { runs: 0, violations: 0, virtualMs: 0, commands: 0, writes: 0, crossings: 0 };
  await workThrough({
    ...wish,
    workers: Math.min(availableParallelism(), wish.seeds),
    told: (each) => {
      sum.runs += 1;
      for (const name of ['virtualMs', 'commands', 'writes', 'crossings'] as const)
        sum[name] += each[name];
      for (const [kind, times] of Object.entries(each.faults))
        faults[kind] = (faults[kind] ?? 0) + times;
      for (const line of each.lines) process.stdout.write(`${line}\n`);
      if (each.problems.length > 0) {
        sum.violations += 1;
        tellBroken(each);
      }
      if (wish.follow) say(`seed ${each.seed}: digest ${each.digest}`);
      if (sum.runs % tellEach === 0) say(`${sum.runs} runs, ${sum.violations} broken`);
    },
  });
  const seconds = (Date.now() - startedMs) / 1_000;
  const { virtualMs, ...counts } = sum;
  const hours = virtualMs / 3_600_000;
  print({
    ...{
      simulate: 'service',
      ok: sum.violations === 0,
      seed: wish.seed,
      seconds: rounded(seconds),
    },
    ...counts,
    simulatedHours: rounded(hours),
    hoursPerSecond: rounded(hours / seconds, 3),
    faults: Object.fromEntries(Object.entries(faults).sort()),
  });
  return sum.violations === 0 ? exits.ok : exits.broken;
}

function tellBroken({ seed, problems, smallest }: Told): void {
  for (const problem of problems) say(`seed ${seed}: ${problem}`);
  if (smallest !== undefined) say(`seed ${seed}, smallest story found:\n${storyText(smallest)}`);
  say(`again: npm run simulate -- --seed ${seed} --follow`);
}

/** One step a line, with its time in seconds. */
function storyText({ cast, steps, calmMs }: Story): string {
  const lines = steps.map(
    ({ atMs, ...step }) => `  ${(atMs / 1_000).toFixed(1).padStart(7)} s  ${JSON.stringify(step)}`,
  );
  return [
    `  cast ${JSON.stringify(cast)}`,
    ...lines,
    `  ${(calmMs / 1_000).toFixed(1).padStart(7)} s  all trouble ends`,
  ].join('\n');
}

/** Whether a seed is without violation as the service is; each is asked for once. */
function soundness(wish: Wish): (seed: number) => Promise<boolean> {
  const known = new Map<number, Promise<boolean>>();
  const ask = async (seed: number): Promise<boolean> => {
    let isSound = false;
    await workThrough({
      ...{ ...wish, mutants: [], seed, seeds: 1, workers: 1, shrinks: false },
      told: ({ problems }) => {
        isSound = problems.length === 0;
      },
    });
    return isSound;
  };
  return (seed) => {
    const asked = known.get(seed) ?? ask(seed);
    known.set(seed, asked);
    return asked;
  };
}

interface Suspect {
  readonly seed: number;
  readonly by: string;
}

/** How many seeds each planted bug lives: the lowest seed it breaks, as its checker says, that holds without it. */
async function hunt(wish: Wish): Promise<number> {
  const found: Record<string, object> = {};
  const isSound = soundness(wish);
  for (const mutant of wish.mutants) {
    const { runs, first } = await huntOne(wish, mutant, isSound);
    found[mutant] = first ?? { notFoundIn: runs };
    say(
      first === undefined
        ? `${mutant}: not found in ${runs} seeds`
        : `${mutant}: seed ${first.seed}, ${first.by}`,
    );
  }
  const isAll = Object.values(found).every((each) => 'seed' in each);
  print({ simulate: 'mutants', ok: isAll, found });
  return isAll ? exits.ok : exits.broken;
}

async function huntOne(
  wish: Wish,
  mutant: string,
  isSound: (seed: number) => Promise<boolean>,
): Promise<{ readonly runs: number; readonly first: Suspect | undefined }> {
  let runs = 0;
  const suspects: Suspect[] = [];
  /** The lowest of those that were told of up to now; what breaks without the bug as well has not found it. */
  const lowest = async (): Promise<Suspect | undefined> => {
    suspects.sort((left, right) => left.seed - right.seed);
    for (const each of [...suspects]) if (await isSound(each.seed)) return each;
    return undefined;
  };
  await workThrough({
    ...{ ...wish, mutant, workers: Math.min(availableParallelism(), wish.seeds) },
    told: ({ seed, problems }) => {
      runs += 1;
      const by = findingOf(mutant, problems);
      if (by !== undefined) suspects.push({ seed, by });
      // Not what it was planted for, or a worker that ended: the mutant itself may be broken.
      else if (problems[0] !== undefined) say(`${mutant}: seed ${seed} only: ${problems[0]}`);
    },
    isEnough: async () => (await lowest()) !== undefined,
  });
  return { runs, first: await lowest() };
}

// A function: the program runs before this line is reached.
function rounded(value: number, digits = 1): number {
  return Number(value.toFixed(digits));
}

function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function say(text: string): void {
  process.stderr.write(`simulate: ${text}\n`);
}
