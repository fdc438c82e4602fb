/**
 * `npm run drill -- NAME…`: plays an outage against a whole stack twice, with circuits and with circuits set to metrics
 * only, and prints both as one JSON line. Exit code 0 when everything ended running, nothing was doubled, and circuits did their part.
 */
import { parseArgs } from 'node:util';
import { interruptible } from '../bench/interruptible.ts';
import type { Interruptible } from '../bench/interruptible.ts';
import { drills, run } from './drills.ts';
import type { Drill, Run } from './drills.ts';
import { openWorld, scale } from './world.ts';
import { leave } from '../workers/leave.ts';

const usage = `Usage: npm run drill -- [--clusters N] NAME…

Plays an outage against the local stack at scale ${scale}, under N cluster creations (default 50), twice: with circuits, and with
circuits that only count. Prints one JSON line per drill with the calls made meanwhile; progress goes to stderr.

${Object.entries(drills)
  .map(([name, { summary }]) => `  ${name.padEnd(14)}${summary}`)
  .join('\n')}
`;

const exits = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const;

interface Wish {
  readonly names: readonly string[];
  readonly clusters: number;
}

await leave(await main(process.argv.slice(2)));

async function main(argv: readonly string[]): Promise<number> {
  const wish = wishOf(argv);
  if (typeof wish === 'number') return wish;
  const session = interruptible(exits.interrupted);
  let exit: number = exits.ok;
  for (const name of wish.names) {
    const drill = drills[name];
    if (drill === undefined) continue;
    try {
      if (!(await play(name, drill, wish.clusters, session))) exit = exits.failed;
    } catch (error) {
      if (session.wasInterrupted()) return exits.interrupted;
      say(`${name} FAILED: ${error instanceof Error ? (error.stack ?? '') : String(error)}`);
      exit = exits.failed;
    }
  }
  return exit;
}

async function play(
  name: string,
  drill: Drill,
  clusters: number,
  { stacks, interrupted }: Interruptible,
): Promise<boolean> {
  const once = async (hasCircuits: boolean): Promise<Run> => {
    say(`${name}: ${hasCircuits ? 'with circuits' : 'circuits only count'} …`);
    const world = await openWorld(stacks, interrupted);
    try {
      return await run(drill, world, { clusters, hasCircuits });
    } finally {
      await world.close();
    }
  };
  const withCircuits = await once(true);
  const circuitsOff = await once(false);
  const isGood =
    withCircuits.duplicateInstances + circuitsOff.duplicateInstances === 0 &&
    withCircuits.opened === drill.opens &&
    (!drill.opens || (withCircuits.exhausted === 0 && withCircuits.clustersFailed === 0));
  const told = {
    ...{ drill: name, ok: isGood, clusters, scale, simulatedSeconds: drill.troubleSeconds },
    ...{ withCircuits, circuitsOff },
  };
  process.stdout.write(`${JSON.stringify(told)}\n`);
  say(
    `${name}: ${withCircuits.failed} calls met the trouble with circuits, ${circuitsOff.failed} without`,
  );
  return isGood;
}

function wishOf(argv: readonly string[]): Wish | number {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        clusters: { type: 'string', default: '50' },
      },
      allowPositionals: true,
    });
    if (values.help) {
      process.stdout.write(usage);
      return exits.ok;
    }
    const unknown = positionals.filter((name) => !Object.hasOwn(drills, name));
    if (unknown.length > 0) throw new Error(`there is no drill ${unknown.join(', ')}`);
    const clusters = Number(values.clusters);
    if (!Number.isInteger(clusters) || clusters < 1 || clusters > 200)
      throw new Error(`--clusters ${values.clusters} is not a whole number from 1 to 200`);
    return { names: positionals.length > 0 ? positionals : Object.keys(drills), clusters };
  } catch (error) {
    process.stderr.write(`drill: ${(error as Error).message}\n\n${usage}`);
    return exits.usage;
  }
}

function say(text: string): void {
  process.stderr.write(`drill: ${text}\n`);
}
