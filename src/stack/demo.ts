/**
 * `npm run demo`: the main job once, for scripts. A throw-away stack applies the example fleet; the host dies by SIGKILL
 * while a cluster is installing and is started again; everything must run. Then a disk is replicated between the two
 * clusters and changes sides twice, and everything is deleted. The last line of
 * stdout is the verdict as one JSON object; the exit code is 0 only if all of it held.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { moodOf, reasonOf, stateOf } from '../cli/view.ts';
import type { ClusterView } from '../cli/view.ts';
import { packageRoot } from '../package-root.ts';
import { noReplication, tellReplication } from './demo-replication.ts';
import type { ReplicationVerdict } from './demo-replication.ts';
import { fleetCli } from './fleet-cli.ts';
import type { FleetCli } from './fleet-cli.ts';
import { duplicateInstances, groundTruth, leftovers, livingInstances } from './ground-truth.ts';
import { watchInterrupts } from './interrupt.ts';
import { startStack } from './stack.ts';
import type { Stack } from './stack.ts';
import { unless } from './unless.ts';

const INSTALLING_DEADLINE_MS = 60_000;
const POLL_MS = 50;
const WAIT = ['--timeout', '120s'];

interface Verdict extends ReplicationVerdict {
  readonly ok: boolean;
  readonly clusters: number;
  readonly nodes: number;
  readonly kills: number;
  readonly restarts: number;
  readonly duplicateInstances: number;
  readonly leakedInstances: number;
  readonly seconds: number;
}

async function main(): Promise<number> {
  const startedAtMs = performance.now();
  const dataDir = await mkdtemp(join(tmpdir(), 'fairlead-demo-'));
  let stack: Stack | undefined;
  const interrupt = watchInterrupts(() => {
    void (stack?.killAll() ?? Promise.resolve()).finally(() => process.exit(130));
  });
  const failures: string[] = [];
  let found: Omit<Verdict, 'ok' | 'seconds'> = {
    ...{ clusters: 0, nodes: 0, kills: 0, restarts: 0 },
    ...{ duplicateInstances: 0, leakedInstances: 0, ...noReplication },
  };
  try {
    stack = await startStack({ dataDir, say });
    found = await unless(tell(stack, interrupt.signal, failures), stack.failed, interrupt.asked);
  } catch (error) {
    failures.push(error instanceof Error ? error.message : String(error));
  }
  await stack?.stop();
  for (const failure of failures) say(`FAILED: ${failure}`);
  if (failures.length === 0) await rm(dataDir, { recursive: true });
  else say(`kept for you to look at: ${dataDir}`);
  const seconds = Math.round((performance.now() - startedAtMs) / 100) / 10;
  const verdict: Verdict = { ok: failures.length === 0, ...found, seconds };
  process.stdout.write(`${JSON.stringify(verdict)}\n`);
  return verdict.ok ? 0 : 1;
}

/** The story, step by step; what does not hold is added to `failures`. */
async function tell(
  stack: Stack,
  signal: AbortSignal,
  failures: string[],
): Promise<Omit<Verdict, 'ok' | 'seconds'>> {
  const cli = fleetCli(stack, signal);
  try {
    return await follow(stack, cli, signal, failures);
  } finally {
    await cli.close();
  }
}

async function follow(
  stack: Stack,
  cli: FleetCli,
  signal: AbortSignal,
  failures: string[],
): Promise<Omit<Verdict, 'ok' | 'seconds'>> {
  const fleet = join(packageRoot(), 'examples', 'fleet.yaml');
  const must = async (what: string, words: readonly string[]): Promise<void> => {
    say(`fairlead ${words.join(' ')}`);
    const exit = await cli.fairlead(words);
    if (exit !== 0) failures.push(`${what}: fairlead ${words[0] ?? ''} ended with ${exit}`);
  };

  await must('the fleet is accepted', ['apply', '-f', fleet]);
  const victim = await untilInstalling(cli, signal);
  say(`${victim} is installing: SIGKILL to the host (pid ${stack.host.pid ?? 0})`);
  await stack.host.kill('SIGKILL');
  await stack.host.start();
  say(`host started again (pid ${stack.host.pid ?? 0})`);
  const names = (await cli.clusters()).map(nameOf);
  await must('everything runs', ['wait', ...names, '--for', 'running', ...WAIT]);

  const running = await cli.clusters();
  const nodes = running.flatMap((cluster) => cluster.status?.nodes ?? []).length;
  const whenRunning = await groundTruth(stack.simulator.ready);
  if (livingInstances(whenRunning) !== nodes) {
    failures.push(`${nodes} nodes run on ${livingInstances(whenRunning)} instances`);
  }
  const { kills: laterKills, ...changes } = await tellReplication(
    { stack, cli, say, must, fail: (text) => failures.push(text) },
    running,
  );
  await must('everything is deleted', ['delete', '-f', fleet, '--yes', '--wait', ...WAIT]);
  const atEnd = await groundTruth(stack.simulator.ready);
  const leaked = livingInstances(atEnd);
  const duplicates = duplicateInstances(atEnd);
  if (leaked > 0) failures.push(`${leaked} instances live on after delete`);
  if (duplicates > 0) failures.push(`${duplicates} instances were launched twice`);
  if (leftovers(atEnd).length > 0) failures.push(`left behind: ${leftovers(atEnd).join(', ')}`);
  return {
    clusters: running.length,
    nodes,
    kills: 1 + laterKills,
    restarts: 1 + laterKills + stack.host.restarts,
    duplicateInstances: duplicates,
    leakedInstances: leaked,
    ...changes,
  };
}

/** Waits for the largest cluster to be installing: the most is under way then. */
async function untilInstalling(cli: FleetCli, signal: AbortSignal): Promise<string> {
  const deadlineMs = performance.now() + INSTALLING_DEADLINE_MS;
  let largest: ClusterView | undefined;
  while (performance.now() < deadlineMs && !signal.aborted) {
    const clusters = await cli.clusters();
    largest = clusters.toSorted((a, b) => size(b) - size(a))[0];
    const state = largest === undefined ? '' : stateOf(largest);
    if (largest !== undefined && state.startsWith('installing')) return nameOf(largest);
    if (largest !== undefined && moodOf(largest) === 'bad') break;
    await sleep(POLL_MS);
  }
  const state = largest === undefined ? 'absent' : `${stateOf(largest)} ${reasonOf(largest)}`;
  throw new Error(`no cluster was seen installing; the largest is ${state}`);
}

const size = ({ spec }: ClusterView): number => spec?.servers?.count ?? 1;
const nameOf = ({ metadata }: ClusterView): string =>
  `cluster/${metadata.namespace}/${metadata.name}`;

function say(text: string): void {
  process.stdout.write(`demo: ${text}\n`);
}

process.exitCode = await main();
