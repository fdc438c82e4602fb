/**
 * One process, one variant: blocks of it and of the bare call take turns, 40 ms of processor time each, which is divided
 * by the calls made in it. Prints the rounds as one JSON line. `bytes:<what>` measures memory instead.
 */
import { bytesEach, bytesPerCall } from './bytes.ts';
import { variants } from './variants.ts';
import type { Call } from './variants.ts';
import { leave } from '../../workers/leave.ts';

/** Nanoseconds of processor time for one call, in one round. */
export interface Round {
  readonly bareNs: number;
  readonly ns: number;
}

const blockMs = 40;
const warmUpMs = 150;
const rounds = 9;
/** Calls between two looks at the clock. */
const stride = 200;

await leave(await main(process.argv[2] ?? ''));

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
  // Unmeasured, so that both are compiled by then.
  await block(variant.bare, warmUpMs);
  await block(call, warmUpMs);
  const measured: Round[] = [];
  for (let round = 0; round < rounds; round += 1)
    measured.push({ bareNs: await block(variant.bare), ns: await block(call) });
  console.log(JSON.stringify({ rounds: measured }));
  return 0;
}

/** Nanoseconds of one call, over a block of them that takes so much processor time: a busy machine makes it longer. */
async function block(call: Call, lengthMs = blockMs): Promise<number> {
  const before = process.cpuUsage();
  let calls = 0;
  let micros: number;
  do {
    for (let turn = 0; turn < stride; turn += 1) await call();
    calls += stride;
    const { user, system } = process.cpuUsage(before);
    micros = user + system;
  } while (micros < lengthMs * 1_000);
  // Timers that are due run between blocks, as they would between the calls of a service.
  await new Promise((resolve) => setImmediate(resolve));
  return (micros * 1_000) / calls;
}
