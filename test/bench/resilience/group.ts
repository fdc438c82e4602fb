/** Our breaker and pipeline beside a bare call and beside other libraries, each in processes of its own. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Bench } from '../bench.ts';
import { median } from '../statistics.ts';
import type { Round } from './trial.ts';
import { unless } from '../../../src/stack/unless.ts';

/** Processes for each variant: a ratio scatters more between processes than inside one. */
const processes = 3;
const trialLimitMs = 120_000;

interface Bar {
  readonly variant: string;
  /** Most times the bare call; undefined for rivals. */
  readonly most?: number;
  /** A rival that must cost more. */
  readonly below?: string;
}

const bars: readonly Bar[] = [
  { variant: 'cockatiel.breaker' },
  { variant: 'cockatiel.wrap' },
  { variant: 'opossum.breaker' },
  { variant: 'breaker', most: 3, below: 'cockatiel.breaker' },
  { variant: 'observed' },
  { variant: 'pipeline', most: 15, below: 'cockatiel.wrap' },
  { variant: 'pipeline.signal', below: 'cockatiel.wrap' },
  { variant: 'cockatiel.failure' },
  { variant: 'opossum.failure' },
  { variant: 'breaker.failure', most: 3 },
  { variant: 'cockatiel.openRejection' },
  { variant: 'opossum.openRejection' },
  { variant: 'breaker.openRejection', most: 2 },
];

const bytesMax = 3_500;

export async function benchResilience(bench: Bench): Promise<void> {
  const ratios = new Map<string, number>();
  for (const bar of bars) {
    const { bareNs, ns, ratio } = await measured(bench, bar.variant);
    ratios.set(bar.variant, ratio);
    const isFailing = /failure|openRejection/.test(bar.variant);
    bench.emit({
      ...{ name: `resilience.${bar.variant}`, unit: 'ns', value: ns },
      against: { name: isFailing ? 'bareReject' : 'bareAwait', value: bareNs },
      ratio,
    });
    tell(bench, bar, ratio, ratios);
  }
  await benchBytes(bench);
}

function tell(
  bench: Bench,
  { variant, most, below }: Bar,
  ratio: number,
  ratios: Map<string, number>,
) {
  if (most !== undefined)
    bench.say(`${variant}: ${ratio.toFixed(2)} × bare, bar ${most}: ${verdict(ratio <= most)}`);
  const rival = below === undefined ? undefined : ratios.get(below);
  if (rival !== undefined)
    bench.say(
      `${variant}: ${ratio.toFixed(2)} × bare, ${below ?? ''} ${rival.toFixed(2)} ×: ${verdict(ratio < rival)}`,
    );
}

const verdict = (isHeld: boolean): string => (isHeld ? 'held' : 'MISSED');

async function benchBytes(bench: Bench): Promise<void> {
  let ours = Infinity;
  // `line` is everything a key costs: the breaker, and its limits, queues and measurements.
  for (const what of ['breaker', 'line', 'cockatiel', 'opossum']) {
    const bytes = await bytesOf(bench, what);
    if (what === 'breaker') ours = bytes;
    bench.emit({
      ...{ name: `resilience.${what}.bytes`, unit: 'bytes', value: bytes },
      against: { name: 'bar.breaker.bytes', value: bytesMax },
    });
  }
  bench.say(`breaker.bytes: ${Math.round(ours)}, bar ${bytesMax}: ${verdict(ours <= bytesMax)}`);
}

export async function bytesOf(bench: Bench, what: string): Promise<number> {
  const { bytes } = (await trial(bench, `bytes:${what}`)) as { bytes: number };
  return bytes;
}

/** Medians of several processes: time of the variant, of the bare call beside it, and of the ratio of the two. */
export async function measured(
  bench: Bench,
  variant: string,
): Promise<{ bareNs: number; ns: number; ratio: number }> {
  const found: Round[] = [];
  for (let turn = 0; turn < processes; turn += 1) {
    const { rounds } = (await trial(bench, variant)) as { rounds: Round[] };
    found.push({
      bareNs: median(rounds.map(({ bareNs }) => bareNs)),
      ns: median(rounds.map(({ ns }) => ns)),
    });
  }
  return {
    bareNs: median(found.map(({ bareNs }) => bareNs)),
    ns: median(found.map(({ ns }) => ns)),
    ratio: median(found.map(({ bareNs, ns }) => ns / bareNs)),
  };
}

/** One process; what it printed. Flags of this one, such as `--cpu-prof`, are its flags, too. */
async function trial(bench: Bench, name: string): Promise<unknown> {
  const file = fileURLToPath(new URL('trial.js', import.meta.url));
  const child = spawn(process.execPath, [...process.execArgv, '--expose-gc', file, name], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: trialLimitMs,
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (more: string) => (text += more));
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  });
  const code = await unless(ended, bench.interrupted).catch((thrown: unknown) => {
    child.kill('SIGKILL');
    throw thrown;
  });
  if (code !== 0) throw new Error(`the trial of ${name} ended with ${String(code)}`);
  return JSON.parse(text);
}
