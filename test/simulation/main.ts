/** `npm run simulate`: plays seeds in processes, one for each core, and prints what was played as one JSON line. */
import { availableParallelism } from 'node:os';
import type { Story } from './story.ts';
import type { Told } from './told.ts';
import { usage, wishOf } from './wish.ts';
import type { Wish } from './wish.ts';
import { workThrough } from './workers.ts';

const exits = { ok: 0, broken: 1, usage: 2 } as const;
/** Between two lines of how far it is. */
const tellEach = 50;

process.exit(await main(process.argv.slice(2)));

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

/** How many seeds each planted bug lives: one it breaks that holds without it. */
async function hunt(wish: Wish): Promise<number> {
  const found: Record<string, object> = {};
  const isSound = soundness(wish);
  for (const mutant of wish.mutants) {
    let runs = 0;
    let by: Told | undefined;
    const suspects: Told[] = [];
    await workThrough({
      ...{ ...wish, mutant, workers: Math.min(availableParallelism(), wish.seeds) },
      told: (each) => {
        runs += 1;
        const [problem] = each.problems;
        if (problem === undefined) return;
        // A worker that ended has found nothing: the mutant itself may be broken.
        if (problem.startsWith('simulation: the process'))
          say(`${mutant}: seed ${each.seed}: ${problem}`);
        else suspects.push(each);
      },
      // What breaks without the bug as well has not found it.
      isEnough: async () => {
        for (const each of suspects.splice(0)) if (await isSound(each.seed)) by ??= each;
        return by !== undefined;
      },
    });
    const told = by && { seed: by.seed, seeds: by.seed - wish.seed + 1, by: by.problems[0] };
    found[mutant] = told ?? { notFoundIn: runs };
    say(
      by === undefined
        ? `${mutant}: not found in ${runs} seeds`
        : `${mutant}: seed ${by.seed}, ${by.problems[0] ?? ''}`,
    );
  }
  const isAll = Object.values(found).every((each) => 'seed' in each);
  print({ simulate: 'mutants', ok: isAll, found });
  return isAll ? exits.ok : exits.broken;
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
