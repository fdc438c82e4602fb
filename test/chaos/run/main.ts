/**
 * `npm run chaos -- [--minutes M]`: real hosts, a real nats-server (or three) and the simulator, under orders and faults,
 * judged by what is really there. Prints one JSON line; exit code 1 when anything is not as it should be.
 */
import { parseArgs } from 'node:util';
import { watchInterrupts } from '../../../src/stack/interrupt.ts';
import { faults } from './faults.ts';
import { recoveryText } from './recovery.ts';
import { runChaos } from './run.ts';
import { openWorld } from './world.ts';
import type { World } from './world.ts';
import { unless } from '../../../src/stack/unless.ts';
import { leave } from '../../workers/leave.ts';

const usage = `Usage: npm run chaos -- [--minutes M] [--seed S] [--hosts N] [--cluster] [--clusters N] [--only FAULT]… [--keep]

Starts N hosts (default 3), a nats-server and the simulator as processes, and for M minutes (default 10) orders clusters and a
replication about while it breaks things. Then all is left to come to rest, is deleted, and judged by the streams, the records
and the simulator's own books. Prints times of recovery by fault, and one JSON line last. Progress goes to stderr.
  --seed      deals the same orders and faults again; when they meet is up to the machine
  --cluster   three nats-servers that keep every stream three times
  --clusters  how many clusters anything may happen to (default 4)
  --only      deals this fault alone; may be given again. ${faults.map(({ name }) => name).join(', ')}
  --keep      leaves the data folder, with the logs, and prints where it is
`;
const exits = { ok: 0, broken: 1, usage: 2, interrupted: 130 } as const;

interface Wish {
  readonly minutes: number;
  readonly seed: number;
  readonly hosts: number;
  readonly clusters: number;
  readonly isCluster: boolean;
  readonly only: readonly string[];
  readonly isKept: boolean;
}

await leave(await main(process.argv.slice(2)));

async function main(argv: readonly string[]): Promise<number> {
  const wish = wishOf(argv);
  if (typeof wish === 'number') return wish;
  let world: World | undefined;
  const interrupt = watchInterrupts(() => {
    void (world?.killAll() ?? Promise.resolve()).finally(() => process.exit(exits.interrupted));
  });
  const startedMs = Date.now();
  say(`seed ${wish.seed}`);
  try {
    world = await openWorld({ ...wish, say });
    const verdict = await unless(runChaos(world, { ...wish, say }), world.failed, interrupt.asked);
    const { violations, examples, commands, ...rest } = verdict;
    for (const example of examples) say(example);
    process.stdout.write(`${recoveryText(verdict.recoveryMs)}\n`);
    const line = {
      chaos: `${wish.hosts} hosts, ${wish.isCluster ? 3 : 1} nats-server`,
      ...{ ok: verdict.ok, seed: wish.seed, minutes: wish.minutes },
      seconds: Math.round((Date.now() - startedMs) / 1_000),
      ...{ ...violations, commands, ...rest },
    };
    await world.close(wish.isKept || !verdict.ok);
    if (wish.isKept || !verdict.ok) say(`kept: ${world.dir}`);
    process.stdout.write(`${JSON.stringify(line)}\n`);
    return verdict.ok ? exits.ok : exits.broken;
  } catch (error) {
    await world?.close(true);
    if (interrupt.signal.aborted) return exits.interrupted;
    say(`FAILED: ${error instanceof Error ? (error.stack ?? '') : String(error)}`);
    if (world !== undefined) say(`kept: ${world.dir}`);
    return exits.broken;
  }
}

function wishOf(argv: readonly string[]): Wish | number {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        minutes: { type: 'string', default: '10' },
        seed: { type: 'string', default: String(Date.now() % 1_000_000) },
        hosts: { type: 'string', default: '3' },
        clusters: { type: 'string', default: '4' },
        cluster: { type: 'boolean', default: false },
        only: { type: 'string', multiple: true, default: [] },
        keep: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      process.stdout.write(usage);
      return exits.ok;
    }
    const unknown = values.only.filter((name) => !faults.some((fault) => fault.name === name));
    if (unknown.length > 0) throw new Error(`there is no fault ${unknown.join(', ')}`);
    return {
      minutes: within('minutes', values.minutes, 0.25, 1_440),
      seed: whole('seed', values.seed, 1_000_000_000),
      ...{
        hosts: whole('hosts', values.hosts, 8),
        clusters: whole('clusters', values.clusters, 50),
      },
      ...{ isCluster: values.cluster, only: values.only, isKept: values.keep },
    };
  } catch (error) {
    process.stderr.write(`chaos: ${(error as Error).message}\n\n${usage}`);
    return exits.usage;
  }
}

function within(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (!(value >= least && value <= most))
    throw new Error(`--${name} ${text} is not a number from ${least} to ${most}`);
  return value;
}

function whole(name: string, text: string, most: number): number {
  const value = within(name, text, 1, most);
  if (!Number.isInteger(value)) throw new Error(`--${name} ${text} is not a whole number`);
  return value;
}

function say(text: string): void {
  process.stderr.write(`${new Date().toISOString().slice(11, 19)} chaos: ${text}\n`);
}
