/** One stack of its own for one run of a drill, with what every drill does to it and asks of it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { ResourceKey } from '../../machines/ids.ts';
import { connectClient } from '../../src/nats/client.ts';
import { duplicateInstances, groundTruth } from '../../src/stack/ground-truth.ts';
import { sidePath } from '../../src/stack/side-path.ts';
import { startStack } from '../../src/stack/stack.ts';
import type { Stack } from '../../src/stack/stack.ts';
import { unless } from '../../src/stack/unless.ts';

/** How much faster than real time the cloud, its polls, open times and waits between tries run. */
export const scale = 20;
const region = 'eu-central-1';
const namespace = 'drill';
const finishWithinMs = 8 * 60_000;
const lookMs = 200;

const breaker = z.looseObject({
  key: z.string(),
  state: z.string(),
  waiting: z.number(),
  calls: z.looseObject({ rejected: z.number() }),
});
export type Breaker = z.infer<typeof breaker>;
const loggedCall = z.looseObject({
  service: z.string(),
  /** `owner`: one of ours; else an instance whose role calls. */
  caller: z.string(),
  status: z.number(),
  fault: z.string().optional(),
});
export type LoggedCall = z.infer<typeof loggedCall>;

export interface DrillWorld {
  readonly stack: Stack;
  /** Applies clusters of one server each, all at once. */
  create(count: number): Promise<void>;
  order(verb: string, args: object): Promise<void>;
  simulator(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<unknown>;
  /** Wire calls since the log was last emptied. */
  calls(): Promise<LoggedCall[]>;
  breakers(): Promise<Breaker[]>;
  /** State path of every cluster. */
  states(): Promise<string[]>;
  /** Events of these names over all clusters, from their stored history. */
  countEvents(name: string): Promise<number>;
  /** Looks again and again for this many simulated seconds. */
  during(simulatedSeconds: number, look: () => Promise<void>): Promise<void>;
  /** Resolves when every cluster runs. @throws after 8 minutes, with the states that do not */
  allRunning(): Promise<void>;
  duplicates(): Promise<number>;
  close(): Promise<void>;
}

export async function openWorld(
  stacks: Set<Stack>,
  interrupted: Promise<Error>,
): Promise<DrillWorld> {
  const dataDir = await mkdtemp(join(tmpdir(), 'fairlead-drill-'));
  const stack = await startStack({ dataDir, scale, seed: 7 });
  stacks.add(stack);
  const client = await connectClient({
    url: stack.nats.ready.url,
    nkeySeedFile: stack.keys.cliSeedFile,
  });
  const or = <T>(work: Promise<T>): Promise<T> => unless(work, interrupted, stack.failed);
  let names: string[] = [];

  const address = (name: string) => ({ namespace, kind: 'cluster', name });
  const fleet = { namespace: 'system', kind: 'guard', name: 'fleet' } as const;
  const simulator: DrillWorld['simulator'] = (method, path, body) =>
    sidePath(stack.simulator.ready, method, path, { body });
  const ordered = async (to: ResourceKey, verb: string, args: object): Promise<void> => {
    const outcome = await client.command({ ...to, verb, arguments: args }, { timeoutMs: 120_000 });
    if (!outcome.ok) throw new Error(`${verb} ${to.name}: ${JSON.stringify(outcome)}`);
  };
  const stateOf = async (name: string): Promise<string> => {
    const view = await client.query({ ...address(name), verb: 'get' }, { timeoutMs: 20_000 });
    return (view['status'] as { state: string }).state;
  };
  const states = () => Promise.all(names.map(stateOf));

  return {
    ...{ stack, simulator, states },
    async create(count) {
      names = Array.from({ length: count }, (_, index) => `c${index}`);
      await or(Promise.all(names.map((name) => ordered(address(name), 'apply', manifestOf(name)))));
    },
    async order(verb, args) {
      await ordered(fleet, verb, { reason: 'a drill', ...args });
    },
    async calls() {
      return z.object({ calls: z.array(loggedCall) }).parse(await simulator('GET', 'log')).calls;
    },
    async breakers() {
      const answer = await client.query({ ...fleet, verb: 'list', arguments: {} });
      return z.object({ items: z.array(breaker) }).parse(answer).items;
    },
    async countEvents(name) {
      const histories = await Promise.all(
        names.map((each) =>
          client.query({ ...address(each), verb: 'history', arguments: { limit: 500 } }),
        ),
      );
      return histories
        .flatMap((history) => history['items'] as { type: string }[])
        .filter(({ type }) => type === `fairlead.cluster.${name}.v1`).length;
    },
    async during(simulatedSeconds, look) {
      const endMs = performance.now() + (simulatedSeconds * 1_000) / scale;
      while (performance.now() < endMs) {
        await or(look());
        await or(sleep(lookMs / 4));
      }
    },
    async allRunning() {
      const endMs = performance.now() + finishWithinMs;
      for (;;) {
        const now = await or(states());
        if (now.every((state) => state === 'running.steady')) return;
        if (performance.now() > endMs)
          throw new Error(
            `not all run: ${now.filter((state) => state !== 'running.steady').join(', ')}`,
          );
        await or(sleep(lookMs));
      }
    },
    duplicates: async () => duplicateInstances(await groundTruth(stack.simulator.ready)),
    async close() {
      await client.close();
      await stack.stop();
      stacks.delete(stack);
      await rm(dataDir, { recursive: true });
    },
  };
}

const manifestOf = (name: string) => ({
  manifest: {
    apiVersion: 'fairlead.dev/v1',
    kind: 'Cluster',
    metadata: { namespace, name },
    spec: { region, servers: { count: 1, instanceTypes: ['t3.medium'] } },
  },
});

/** Keys of the drills' region. */
export const key = (service: string): string => `main/${region}/${service}`;
