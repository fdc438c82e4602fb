/**
 * `npm run bench [-- GROUP…]`: measures, and prints one JSON line per figure on stdout; everything else goes to stderr.
 * Exit code 0 when every figure could be measured, whatever it is.
 */
import { parseArgs } from 'node:util';
import type { Bench, Group } from './bench.ts';
import { benchBatches } from './batch.ts';
import { benchClusters } from './cluster.ts';
import { benchCommands } from './commands.ts';
import { benchFanOut } from './fanout.ts';
import { lineOf } from './figure.ts';
import { interruptible } from './interruptible.ts';
import { benchInspector } from './inspector/group.ts';
import { benchKey } from './key.ts';
import { benchRecords } from './record.ts';
import { benchResilience } from './resilience/group.ts';
import {
  benchCombined,
  benchDelay,
  benchOperation,
  benchOverhead,
} from './resilience/overheads.ts';
import { profiled } from './profile.ts';
import { leave } from '../workers/leave.ts';

const groups: Readonly<Record<string, { readonly run: Group; readonly summary: string }>> = {
  commands: {
    run: benchCommands,
    summary: 'durable commands beside the raw JetStream cycle (about 2 min)',
  },
  cluster: {
    run: benchClusters,
    summary:
      'clusters of 3, 10 and 50 nodes in simulated minutes beside their budgets (about 3 min)',
  },
  record: {
    run: benchRecords,
    summary: 'record size and cost of a turn of 3, 50 and 200 nodes (about 1 min)',
  },
  fanout: {
    run: benchFanOut,
    summary: 'ten machines staged one by one and several at once (about 1 min)',
  },
  batch: {
    run: benchBatches,
    summary: 'a hundred machines stopped and started in batches (about 1 min)',
  },
  resilience: {
    run: benchResilience,
    summary: 'our breaker and pipeline beside cockatiel and opossum (about 2 min)',
  },
  combined: { run: benchCombined, summary: 'all policies around one call: time and bytes (10 s)' },
  operation: {
    run: benchOperation,
    summary: 'an operation that succeeds, at once or later (10 s)',
  },
  inspector: {
    run: benchInspector,
    summary:
      'streams beside every step to each page, queries over 100,000 rows, steps (about 2 min)',
  },
  key: { run: benchKey, summary: 'the key of a call: hash, and a whole launch (5 s)' },
  delay: { run: benchDelay, summary: 'one delay between two tries (5 s)' },
  overhead: { run: benchOverhead, summary: 'parts of one reconciliation, and all of them (30 s)' },
};

const usage = `Usage: npm run bench [-- GROUP…] [--cpu-prof] [--heap-prof]

Prints JSON lines {"name","value","unit","against","ratio","at",…}: ratio is our value divided by that of the rival measured
in the same run, or by a limit or budget; at is when. Without GROUP all of them run, one after the other:

${Object.entries(groups)
  .map(([name, { summary }]) => `  ${name.padEnd(12)}${summary}`)
  .join('\n')}

--cpu-prof and --heap-prof write profiles of every process of the bench, which Chrome's developer tools open.
`;

const exits = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const;

await leave(await main(process.argv.slice(2)));

async function main(argv: readonly string[]): Promise<number> {
  const names = groupsOf(argv);
  if (typeof names === 'number') return names;
  const profile = await profiled(argv);
  if (profile !== undefined) return profile;
  const { bench, wasInterrupted } = openBench();
  let exit: number = exits.ok;
  for (const name of names) {
    const startMs = performance.now();
    try {
      await groups[name]?.run(bench);
    } catch (error) {
      if (wasInterrupted()) return exits.interrupted;
      bench.say(`${name} FAILED: ${error instanceof Error ? (error.stack ?? '') : String(error)}`);
      exit = exits.failed;
    }
    bench.say(`${name}: over after ${Math.round((performance.now() - startMs) / 1000)} s`);
  }
  return exit;
}

/** The groups asked for, or the exit code when there is nothing to run. */
function groupsOf(argv: readonly string[]): readonly string[] | number {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        'cpu-prof': { type: 'boolean', default: false },
        'heap-prof': { type: 'boolean', default: false },
      },
      allowPositionals: true,
    });
    if (values.help) {
      process.stdout.write(usage);
      return exits.ok;
    }
    const unknown = positionals.filter((name) => !Object.hasOwn(groups, name));
    if (unknown.length > 0) throw new Error(`there is no group ${unknown.join(', ')}`);
    return positionals.length > 0 ? [...new Set(positionals)] : Object.keys(groups);
  } catch (error) {
    process.stderr.write(`bench: ${(error as Error).message}\n\n${usage}`);
    return exits.usage;
  }
}

function openBench(): { bench: Bench; wasInterrupted: () => boolean } {
  const { interrupted, stacks, wasInterrupted } = interruptible(exits.interrupted);
  const bench: Bench = {
    emit: (figure) => void process.stdout.write(`${lineOf(figure, new Date())}\n`),
    say: (text) => void process.stderr.write(`bench: ${text}\n`),
    ...{ interrupted, stacks },
  };
  return { bench, wasInterrupted };
}
