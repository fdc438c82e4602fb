/**
 * One process, one variant: blocks of 40 ms of it and of the bare call take turns, and the processor time of each is
 * divided by its calls. Prints the rounds as one JSON line. `bytes:<what>` measures memory instead.
 */
import { bytesEach, bytesPerCall } from './bytes.ts';
import { variants } from './variants.ts';
import type { Call } from './variants.ts';

/** Nanoseconds of processor time for one call, in one round. */
export interface Round {
  readonly bareNs: number;
  readonly ns: number;
}

const blockMs = 40;
const rounds = 9;
/** Calls between two looks at the clock. */
const stride = 200;

process.exit(await main(process.argv[2] ?? ''));

async function main(name: string): Promise<number> {
  if (name.startsWith('bytes:')) {
    const what = name.slice('bytes:'.length);
    const bytes = what === 'call' ? await bytesPerCall() : bytesEach(what);
    console.log(JSON.stringify({ bytes }));
    return 0;
  }
  const variant = variants[name];
  if (variant === undefined) {
    console.error(`no variant is called ${name}; write one of ${Object.keys(variants).join(', ')}`);
    return 2;
  }
  const call = await variant.make();
  // Once each unmeasured, so that both are compiled.
  await block(variant.bare);
  await block(call);
  const measured: Round[] = [];
  for (let round = 0; round < rounds; round += 1)
    measured.push({ bareNs: await block(variant.bare), ns: await block(call) });
  console.log(JSON.stringify({ rounds: measured }));
  return 0;
}

/** Processor time of one call, over a block of them. */
async function block(call: Call): Promise<number> {
  const endMs = performance.now() + blockMs;
  const before = process.cpuUsage();
  let calls = 0;
  do {
    for (let turn = 0; turn < stride; turn += 1) await call();
    calls += stride;
  } while (performance.now() < endMs);
  const { user, system } = process.cpuUsage(before);
  // Timers that are due run between blocks, as they would between the calls of a service.
  await new Promise((resolve) => setImmediate(resolve));
  return ((user + system) * 1_000) / calls;
}
