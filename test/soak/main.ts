/**
 * `npm run soak -- replication [--runs N] [--seed S] [--minutes M]`: lives random stories of replications, one process per
 * core, and prints what was lived as one JSON line. Exit code 1 when an invariant was broken.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { newSum, sumUp } from './sum.ts';
import type { Told } from './told.ts';
import { workThrough } from './workers.ts';
import { leave } from '../workers/leave.ts';

const usage = `Usage: npm run soak -- replication [--runs N] [--seed S] [--minutes M] [--follow]

Lives N random stories (default 100), one seed each from S on (default: of the moment), or as many as M minutes take: orders,
outages, lost and late replies, dying hosts and second owners, in virtual time over the real chart, hosting, EBS back end and
simulated EC2. Every step is judged by the truth of the simulator; at the end all has to be protected again. A broken
invariant is printed with its seed and the smallest story found; the same seed is the same story.
  --follow  says where everything stands before each step; for one seed
`;
const exits = { ok: 0, broken: 1, usage: 2 } as const;
const runsMax = 1_000_000;

interface Wish {
  readonly runs: number;
  readonly seed: number;
  readonly untilMs: number;
  readonly follow: boolean;
}

await leave(await main(process.argv.slice(2)));

async function main(argv: readonly string[]): Promise<number> {
  const wish = wishOf(argv);
  if (typeof wish === 'number') return wish;
  const sum = newSum();
  const startedMs = Date.now();
  say(`seed ${wish.seed}`);
  const told = (each: Told): void => {
    sumUp(sum, each);
    for (const problem of each.problems) say(`seed ${each.seed}: ${problem}`);
    if (each.smallest !== undefined) say(`seed ${each.seed}, smallest story: ${each.smallest}`);
    for (const line of each.lines) say(line);
    if (sum.runs % 50 === 0) say(`${sum.runs} runs, ${sum.violations} broken`);
  };
  await workThrough({ ...wish, workers: Math.min(availableParallelism(), wish.runs), told });
  const seconds = Math.round((Date.now() - startedMs) / 1_000);
  const { virtualMs, flaggedMs, ...counts } = sum;
  const line = {
    ...{ soak: 'replication', ok: sum.violations === 0, seed: wish.seed, seconds },
    ...counts,
    virtualHours: Math.round(virtualMs / 360_000) / 10,
    flaggedTwoWriterSeconds: Math.round(flaggedMs / 1_000),
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
  return sum.violations === 0 ? exits.ok : exits.broken;
}

function wishOf(argv: readonly string[]): Wish | number {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        follow: { type: 'boolean', default: false },
        runs: { type: 'string' },
        seed: { type: 'string', default: String(Date.now() % 1_000_000) },
        minutes: { type: 'string' },
      },
      allowPositionals: true,
    });
    if (values.help) {
      process.stdout.write(usage);
      return exits.ok;
    }
    if (positionals.length !== 1 || positionals[0] !== 'replication')
      throw new Error(`expected one subject, replication, not "${positionals.join(' ')}"`);
    const minutes = values.minutes === undefined ? undefined : whole('minutes', values.minutes);
    const runs = values.runs ?? (minutes === undefined ? '100' : String(runsMax));
    return {
      ...{ runs: whole('runs', runs), seed: whole('seed', values.seed), follow: values.follow },
      untilMs: minutes === undefined ? Infinity : Date.now() + minutes * 60_000,
    };
  } catch (error) {
    process.stderr.write(`soak: ${(error as Error).message}\n\n${usage}`);
    return exits.usage;
  }
}

function whole(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > runsMax)
    throw new Error(`--${name} ${text} is not a whole number from 1 to ${runsMax}`);
  return value;
}

function say(text: string): void {
  process.stderr.write(`soak: ${text}\n`);
}
