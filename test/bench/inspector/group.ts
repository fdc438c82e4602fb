/** What the inspector costs: its streams beside every step to everybody, its queries, and the steps on the hosted path. */
import type { ServerResponse } from 'node:http';
import type { Step } from '../../../actors/steps/step.ts';
import type { SessionInfo, Sort } from '../../../src/inspector/api.ts';
import { openFeed } from '../../../src/inspector/feed/open-feed.ts';
import { FleetIndex } from '../../../src/inspector/index/fleet-index.ts';
import { mapOf } from '../../../src/inspector/index/map.ts';
import { systemClock as clock, systemRandom as random } from '../../../src/clock.ts';
import type { Bench } from '../bench.ts';
import { grownManifest } from '../grown-cluster.ts';
import { HostedCluster } from '../hosted-cluster.ts';
import { median } from '../statistics.ts';
import { FleetLoad } from './fleet-load.ts';
import { openClients } from './streams.ts';
import type { Clients, Cost } from './streams.ts';
import { unless } from '../../../src/stack/unless.ts';

const CLIENTS = 20;
const PER_SECOND = 10_000;
const FOR_MS = 5_000;
/** Ours for longer: rows that change much come every few seconds only. */
const OURS_FOR_MS = 20_000;
/** Rows that a page shows at once. */
const WINDOW_ROWS = 34;
const SIZES = [12_000, 100_000];
/** The design's bounds. */
const BYTES_PER_SECOND_MAX = 2_000;
const FILTER_MS_MAX = 50;
const NODES = 10;
const ROUNDS = 5;

const telemetry = { log: () => undefined, count: () => undefined, observe: () => undefined };
const session: SessionInfo = {
  ...{ role: 'viewer', user: 'bench', hostId: 'bench', version: '0', installation: 'bench' },
  readOnlyBecause: '',
};

export async function benchInspector(bench: Bench): Promise<void> {
  const seed = Number(process.env['FAIRLEAD_SEED'] ?? Date.now() % 1_000_000);
  bench.say(`inspector: seed ${seed}`);
  const within = <Value>(work: Promise<Value>): Promise<Value> => unless(work, bench.interrupted);
  for (const size of SIZES) measureQueries(bench, seed, size);
  for (const size of SIZES) await within(measureFeed(bench, seed, size));
  await within(measureTurns(bench));
}

/** Each in turn in this process, on connections of its own; the load alone is taken off both. */
async function measureFeed(bench: Bench, seed: number, size: number): Promise<void> {
  // Once unmeasured: the compiler of the engine meets the load in it.
  await withClients((clients) => clients.measure(() => load(seed, size)(() => undefined, 1_000)));
  const alone = await withClients((clients) =>
    clients.measure(() => load(seed, size)(() => undefined)),
  );
  const raw = await withClients((clients) =>
    clients.measure(() => load(seed, size)(toAll(clients.responses))),
  );
  for (const sort of ['name', 'severity'] as const) {
    const ours = await withClients((clients) => measureOurs(clients, load(seed, size), sort));
    report(bench, `feed.${size}.${sort}`, { ours, raw, alone });
  }
}

interface Costs {
  readonly ours: Cost;
  readonly raw: Cost;
  readonly alone: Cost;
}

/** A machine that is busy with other things keeps the rate of nobody: what goes by steps is told for the full rate. */
function report(bench: Bench, name: string, { ours, raw, alone }: Costs): void {
  const spentEach = (cost: Cost): number => cost.cpuSeconds / cost.made;
  const cores = (cost: Cost): number =>
    Math.max(1e-4, (spentEach(cost) - spentEach(alone)) * PER_SECOND);
  const rawBytes = (raw.bytes / raw.made) * PER_SECOND;
  const bytes = ours.bytes / ours.seconds;
  const byStep = { name: 'every step to each', value: rawBytes };
  const budget = { name: 'design.bytesPerClient', value: BYTES_PER_SECOND_MAX };
  bench.emit({ name: `${name}.bytes`, value: bytes, unit: 'bytes/s', against: byStep });
  bench.emit({ name: `${name}.budget`, value: bytes, unit: 'bytes/s', against: budget });
  bench.emit({
    ...{ name: `${name}.cpu`, value: cores(ours), unit: 'cores' },
    against: { name: 'every step to each', value: cores(raw) },
  });
  const rate = (cost: Cost): string => `${Math.round(cost.made / cost.seconds)}/s`;
  bench.say(
    `${name}, ${CLIENTS} clients: ${(bytes / 1000).toFixed(2)} kB/s each and ${percent(cores(ours))} of a core; raw ` +
      `${(rawBytes / 1000).toFixed(0)} kB/s and ${percent(cores(raw))}; reached ${rate(ours)} and ${rate(raw)} of ${PER_SECOND}/s`,
  );
}

async function withClients(use: (clients: Clients) => Promise<Cost>): Promise<Cost> {
  const clients = await openClients(CLIENTS);
  try {
    return await use(clients);
  } finally {
    await clients.close();
  }
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

type Load = ReturnType<typeof load>;

/** The fleet is made before the measurement begins. */
function load(seed: number, size: number) {
  const fleet = new FleetLoad(seed, size);
  const run = (take: (step: Step) => void, forMs = FOR_MS) => fleet.run(PER_SECOND, forMs, take);
  return Object.assign(run, { fleet });
}

/** Only the row: less than what a page that draws charts would need. */
const toAll = (responses: readonly ServerResponse[]) => (step: Step) => {
  const text = `data: ${JSON.stringify(step.row)}\n\n`;
  for (const response of responses) response.write(text);
};

async function measureOurs(clients: Clients, run: Load, sort: Sort): Promise<Cost> {
  const index = new FleetIndex(clock);
  index.load(run.fleet.rows, Date.now());
  const feed = openFeed({ index, clock, random, telemetry });
  feed.setState({ status: 'live', sinceMs: 0, lag: 0 });
  const streams = clients.responses.map((response, client) => {
    const offset = sort === 'name' ? client * WINDOW_ROWS : 0;
    const window = { q: '', sort, offset, limit: WINDOW_ROWS };
    const sink = {
      write: (text: string) => response.write(text),
      get writableLength() {
        return response.writableLength;
      },
      end: () => undefined,
    };
    const stream = feed.open({ session, login: 'bench' }, sink);
    if ('status' in stream) throw new Error(stream.problem.message);
    const focus = index.page({ ...window, limit: 1 }).rows[0]?.actor ?? null;
    feed.view(stream.sid, 'bench', { window, focus });
    return stream;
  });
  const cost = await clients.measure(() =>
    run((step) => {
      if (index.take(step)) feed.take(step);
    }, OURS_FOR_MS),
  );
  for (const stream of streams) stream.close();
  return cost;
}

/** Every query is a new one: nothing of it is kept from before but the order. */
function measureQueries(bench: Bench, seed: number, size: number): void {
  const index = new FleetIndex(clock);
  index.load(new FleetLoad(seed, size).rows, Date.now());
  const firstMs = spent(() => index.page({ q: '', sort: 'severity', offset: 0, limit: 200 }));
  const times = Array.from({ length: 21 }, (_, round) => {
    const q = `web-0 "quorum" state:failed region:eu-*,us-* -kind:guard -ns:team-${round}`;
    return spent(() => index.page({ q, sort: 'severity', offset: 100, limit: 200 }));
  });
  const mapMs = median(
    Array.from({ length: 5 }, () => spent(() => mapOf(index, ['region', 'kind']))),
  );
  const against = { name: 'design.filter', value: FILTER_MS_MAX };
  const worst = Math.max(...times);
  bench.emit({ name: `filter.${size}.p50`, value: median(times), unit: 'ms', against });
  bench.emit({ name: `filter.${size}.worst`, value: worst, unit: 'ms', against });
  bench.emit({ name: `map.${size}`, value: mapMs, unit: 'ms', against });
  bench.say(
    `${size} rows: sorted for the first time in ${firstMs.toFixed(0)} ms, filtered in ${median(times).toFixed(1)} ms ` +
      `(worst ${worst.toFixed(1)}), mapped in ${mapMs.toFixed(1)} ms`,
  );
}

/** Milliseconds of processor time: other work on the machine is not the query's. */
function spent(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** Lives of a cluster with and without a log of steps, in turns; each first as often as second. */
async function measureTurns(bench: Bench): Promise<void> {
  const rates = { with: [] as number[], without: [] as number[] };
  await turnsPerSecond(true); // the compiler of the engine meets the charts
  for (let round = 0; round < ROUNDS; round += 1) {
    const isFirst = round % 2 === 0;
    if (isFirst) rates.with.push(await turnsPerSecond(true));
    rates.without.push(await turnsPerSecond(false));
    if (!isFirst) rates.with.push(await turnsPerSecond(true));
  }
  const [value, without] = [median(rates.with), median(rates.without)];
  const ratio = median(rates.with.map((rate, round) => rate / (rates.without[round] ?? rate)));
  const against = { name: 'without steps', value: without };
  bench.emit({ name: 'steps.turns', value, unit: 'turns/cpu-s', against, ratio });
  bench.say(
    `turns of a cluster of ${NODES}: ${value.toFixed(0)} a second of processor time with steps, ${without.toFixed(0)} without`,
  );
}

/** Turns per second of processor time. Steps are made into text, as on their way to the stream. */
async function turnsPerSecond(hasSteps: boolean): Promise<number> {
  let bytes = 0;
  const log = {
    tell: (step: object) => void (bytes += JSON.stringify(step).length),
    lastTold: () => Promise.resolve(new Map()),
    untilRoom: () => Promise.resolve(),
  };
  const cluster = new HostedCluster(hasSteps ? log : undefined);
  await cluster.start();
  try {
    const cpu = process.cpuUsage();
    const manifest = grownManifest(NODES, 'high-volume');
    await cluster.order('create', { manifest }, 'running.steady');
    await cluster.order('delete', {}, 'deleted');
    const { user, system } = process.cpuUsage(cpu);
    if (hasSteps && bytes === 0) throw new Error('no step was told: the log is not asked');
    return cluster.commits / ((user + system) / 1e6);
  } finally {
    await cluster.stop();
  }
}
