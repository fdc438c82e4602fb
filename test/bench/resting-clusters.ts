/**
 * Clusters that take commands and do nothing else: an instance type that no zone offers leaves them in `pending.blocked`,
 * where no call, no timer and no poll runs. Pause and resume are then pure turns: read, decide, commit, answer, publish.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FairleadClient, Outcome } from '../../src/nats/client.ts';

const NAMESPACE = 'bench';
const RESTING_STATE = 'pending.blocked';
const REST_DEADLINE_MS = 60_000;
const LOOK_MS = 100;
const COMMAND_MS = 30_000;
/** A host that plans many clusters at once on a busy machine answers late. */
const QUERY_MS = 20_000;
/** Plans under way at once. */
const BATCH = 8;

const address = (name: string) => ({ namespace: NAMESPACE, kind: 'cluster', name });

/** Resolves when all of them rest; returns their names. */
export async function restingClusters(client: FairleadClient, count: number): Promise<string[]> {
  const names = Array.from({ length: count }, (_, index) => `c${index}`);
  // The first alone: with it the host loads the AWS SDK.
  const batches = [names.slice(0, 1), ...batchesOf(names.slice(1))];
  let made = 0;
  for (const batch of batches) {
    await Promise.all(
      batch.map((name) => order(client, name, 'create', { manifest: manifestOf(name) })),
    );
    made += batch.length;
    await untilResting(client, made);
  }
  return names;
}

const batchesOf = (names: readonly string[]): string[][] =>
  Array.from({ length: Math.ceil(names.length / BATCH) }, (_, index) =>
    names.slice(index * BATCH, (index + 1) * BATCH),
  );

async function untilResting(client: FairleadClient, count: number): Promise<void> {
  const deadlineMs = performance.now() + REST_DEADLINE_MS;
  let resting = 0;
  while (resting < count) {
    if (performance.now() > deadlineMs)
      throw new Error(`${resting} of ${count} clusters rest in ${RESTING_STATE}; others do not`);
    await sleep(LOOK_MS);
    resting = await countResting(client);
  }
}

async function countResting(client: FairleadClient): Promise<number> {
  const list = { ...address('_'), verb: 'list', arguments: { limit: 200 } };
  const { items } = await client.query(list, { timeoutMs: QUERY_MS });
  const states = (items as { status: { state: string } }[]).map(({ status }) => status.state);
  return states.filter((state) => state === RESTING_STATE).length;
}

/** One command per call, pause and resume in turn, never two at once on one cluster. */
export function pauseAndResume(client: FairleadClient, names: readonly string[]) {
  const idle = names.map((name) => ({ name, isPaused: false }));
  return async (): Promise<Outcome> => {
    const cluster = idle.shift();
    if (cluster === undefined) throw new Error('more commands in flight than clusters');
    const verb = cluster.isPaused ? 'resume' : 'pause';
    const outcome = await order(client, cluster.name, verb, {});
    idle.push({ name: cluster.name, isPaused: !cluster.isPaused });
    return outcome;
  };
}

async function order(
  client: FairleadClient,
  name: string,
  verb: string,
  args: object,
): Promise<Outcome> {
  const command = { ...address(name), verb, arguments: args };
  const outcome = await client.command(command, { timeoutMs: COMMAND_MS });
  if (!outcome.ok)
    throw new Error(`${verb} of ${name}: ${outcome.problem.code} ${outcome.problem.message}`);
  if (outcome.unchanged === true) throw new Error(`${verb} of ${name} changed nothing`);
  return outcome;
}

const manifestOf = (name: string) => ({
  apiVersion: 'fairlead.dev/v1',
  kind: 'Cluster',
  metadata: { namespace: NAMESPACE, name },
  spec: { region: 'eu-central-1', servers: { count: 1, instanceTypes: ['none.none'] } },
});
