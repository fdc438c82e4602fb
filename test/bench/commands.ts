/** Durable commands through the whole product beside the raw JetStream cycle, on one nats-server, in turns. */
import { connectClient } from '../../src/nats/client.ts';
import { connectNats } from '../../src/nats/connection.ts';
import { patterns } from '../../src/nats/subjects.ts';
import { bounds } from '../../machines/limits.ts';
import type { Stack } from '../../src/stack/stack.ts';
import type { Bench } from './bench.ts';
import { keepInFlight } from './in-flight.ts';
import type { Load, Measured } from './in-flight.ts';
import { startRawCycle } from './raw-cycle.ts';
import type { RawSizes } from './raw-cycle.ts';
import { pauseAndResume, restingClusters } from './resting-clusters.ts';
import { median, percentile } from './statistics.ts';
import { withStack } from './throw-away-stack.ts';

/** As many as are ever in flight: a cluster takes one command at a time. */
const ACTORS = 64;
const ROUNDS = 5;
const many: Load = { inFlight: 64, countMax: 6_000, limitMs: 4_000 };
const single: Load = { inFlight: 1, countMax: 1_000, limitMs: 3_000 };
const filling: Load = { inFlight: 64, countMax: ACTORS * bounds.seenMax, limitMs: 90_000 };
const warmUp: Load = { inFlight: 64, countMax: 2_000, limitMs: 5_000 };

type Call = () => Promise<void>;
interface Round {
  readonly many: Measured;
  readonly single: Measured;
}

export async function benchCommands(bench: Bench): Promise<void> {
  await withStack(bench, {}, (stack) => measure(bench, stack));
}

async function measure(bench: Bench, stack: Stack): Promise<void> {
  const { url } = stack.nats.ready;
  const client = await connectClient({ url, nkeySeedFile: stack.keys.cliSeedFile });
  try {
    const names = await restingClusters(client, ACTORS);
    const order = pauseAndResume(client, names);
    let replyBytes = 0;
    const ours = async (): Promise<void> => {
      replyBytes = JSON.stringify(await order()).length;
    };
    await fillMemories(ours);
    const sizes = { recordBytes: await recordBytesOf(stack, ours), replyBytes };
    describe(bench, stack, sizes);
    const raw = await startRawCycle({ url, nkeySeedFile: stack.keys.hostSeedFile }, sizes);
    try {
      let next = 0;
      const theirs = (): Promise<void> => raw.call(`c${next++ % ACTORS}`);
      await keepInFlight(warmUp, theirs);
      report(bench, await takeTurns(ours, theirs));
    } finally {
      await raw.stop();
    }
  } finally {
    await client.close();
  }
}

/**
 * A record grows with each command until it remembers as many as it may. Measured is the full one, which every later command
 * writes: the slowest case, and the only one that stays the same from round to round.
 */
async function fillMemories(ours: Call): Promise<void> {
  const { latenciesMs } = await keepInFlight(filling, ours);
  if (latenciesMs.length < filling.countMax)
    throw new Error(
      `only ${latenciesMs.length} of ${filling.countMax} commands in ${filling.limitMs / 1000} s: this machine is too busy`,
    );
}

/** Median size of the records that a load commits, as the server republishes them. */
async function recordBytesOf(stack: Stack, ours: Call): Promise<number> {
  const { url } = stack.nats.ready;
  const nkeySeedFile = stack.keys.hostSeedFile;
  const connection = await connectNats({ url, nkeySeedFile, name: 'fairlead-bench' });
  const sizes: number[] = [];
  connection.nc.subscribe(patterns.live, {
    callback: (_error, message) => void sizes.push(message.data.length),
  });
  await connection.nc.flush();
  await keepInFlight({ ...many, countMax: 500 }, ours);
  await connection.close();
  return median(sizes);
}

/** Neighbours in time, and each first as often as second, so that a slow moment of the machine meets both. */
async function takeTurns(ours: Call, theirs: Call): Promise<{ ours: Round[]; theirs: Round[] }> {
  const measured: { ours: Round[]; theirs: Round[] } = { ours: [], theirs: [] };
  for (let number = 0; number < ROUNDS; number += 1) {
    const first = number % 2 === 0;
    if (first) measured.ours.push(await round(ours));
    measured.theirs.push(await round(theirs));
    if (!first) measured.ours.push(await round(ours));
  }
  return measured;
}

const round = async (call: Call): Promise<Round> => ({
  many: await keepInFlight(many, call),
  single: await keepInFlight(single, call),
});

function report(bench: Bench, { ours, theirs }: { ours: Round[]; theirs: Round[] }): void {
  const perSecond = (rounds: Round[]) => median(rounds.map((each) => each.many.perSecond));
  const singleMs = (rounds: Round[], share: number) =>
    median(rounds.map((each) => percentile(each.single.latenciesMs, share)));
  const figures = [
    { name: 'commands.perSecond.64', rival: 'jetstream.cycle.64', unit: '1/s', of: perSecond },
    {
      ...{ name: 'command.p50.1', rival: 'jetstream.cycle.p50.1', unit: 'ms' },
      of: (rounds: Round[]) => singleMs(rounds, 0.5),
    },
    {
      ...{ name: 'command.p99.1', rival: 'jetstream.cycle.p99.1', unit: 'ms' },
      of: (rounds: Round[]) => singleMs(rounds, 0.99),
    },
  ];
  for (const { name, rival, unit, of } of figures)
    bench.emit({ name, unit, value: of(ours), against: { name: rival, value: of(theirs) } });
  const each = (rounds: Round[]) => rounds.map(({ many }) => Math.round(many.perSecond)).join(' ');
  bench.say(`commands: 64 in flight, 1/s per round: ours ${each(ours)}, raw ${each(theirs)}`);
}

function describe(bench: Bench, stack: Stack, { recordBytes, replyBytes }: RawSizes): void {
  bench.say(
    `commands: nats-server ${stack.nats.ready.version}, ${ACTORS} clusters, record ${recordBytes} bytes with ` +
      `${bounds.seenMax} ids remembered, reply ${replyBytes} bytes, payload 2 bytes; medians of ${ROUNDS} rounds`,
  );
}
