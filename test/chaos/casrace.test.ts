/** casrace: of writers who expect the same revision one wins, whoever leads and however many copies there are. */
import { mkdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JetStreamApiError } from '@nats-io/jetstream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectNats } from '../../src/nats/connection.ts';
import type { Connection } from '../../src/nats/connection.ts';
import { jetStreamCodes } from '../../src/nats/faults.ts';
import type { SupervisedChild } from '../../src/stack/child.ts';
import { childEnvironment } from '../../src/stack/environment.ts';
import { ensureNatsKeys } from '../../src/stack/nats-server.ts';
import type { NatsReady } from '../../src/stack/nats-server.ts';
import { natsServerBinary } from '../servers/nats.ts';
import { natsTrio } from './run/nats-trio.ts';

const rounds = 400;
const writersCount = 6;
/** Rounds that an election may spoil. */
const setAsideMax = 20;
const stale: readonly number[] = [
  jetStreamCodes.wrongLastSequence,
  jetStreamCodes.wrongLastSequenceUnnamed,
];

let dir: string;
let servers: SupervisedChild<NatsReady>[] = [];
/** Two at each server. */
let writers: Connection[] = [];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fairlead-casrace-'));
  const run = join(dir, 'run');
  mkdirSync(run);
  const keys = ensureNatsKeys(dir);
  servers = await natsTrio({
    ...{ dir, keys, binary: natsServerBinary() },
    files: (name) => ({
      ...{ logFile: join(dir, `${name}.log`), noteFile: join(run, `${name}.json`) },
      ...{ env: childEnvironment(run), say: () => undefined },
    }),
  });
  await Promise.all(servers.map((server) => server.start()));
  writers = await Promise.all(
    Array.from({ length: writersCount }, (_, index) => {
      const url = servers[index % servers.length]?.ready.url ?? '';
      return connectNats({ url, nkeySeedFile: keys.hostSeedFile, name: `writer ${index}` });
    }),
  );
});
afterAll(async () => {
  await Promise.all(writers.map((writer) => writer.close()));
  await Promise.all(servers.map((server) => server.stop()));
  await rm(dir, { recursive: true });
});

it.each([1, 3])('one of %i-fold stored writes with one expected revision wins', async (copies) => {
  const [name, subject] = [`RACE_${copies}`, `race.${copies}.key`];
  const [first] = writers;
  if (first === undefined) throw new Error('nobody writes');
  await addStream(first, name, `race.${copies}.>`, copies);
  const seen = { played: 0, setAside: 0, notOneWinner: 0 };
  const refusals = new Set<number>();
  while (seen.played < rounds) {
    const expected = await revisionOf(first, name, subject);
    const answers = await Promise.all(
      writers.map((writer) => write(writer, subject, `${seen.played}`, expected)),
    );
    // Whoever got no answer, as while a leader is chosen, may have won: such a round says nothing.
    if (answers.includes('unanswered')) {
      seen.setAside += 1;
      if (seen.setAside > setAsideMax) break;
      continue;
    }
    seen.played += 1;
    if (answers.filter((answer) => answer === 'won').length !== 1) seen.notOneWinner += 1;
    for (const answer of answers) if (typeof answer === 'number') refusals.add(answer);
  }
  expect(seen).toMatchObject({ played: rounds, notOneWinner: 0 });
  expect([...refusals].filter((code) => !stale.includes(code))).toEqual([]);
  expect(refusals.size).toBeGreaterThan(0);
});

type Answer = 'won' | 'unanswered' | number;

/** A number is the server's code of refusal. */
async function write(
  { js }: Connection,
  subject: string,
  text: string,
  expected: number,
): Promise<Answer> {
  try {
    await js.publish(subject, text, { expect: { lastSubjectSequence: expected } });
    return 'won';
  } catch (error) {
    const isRefusal = error instanceof JetStreamApiError && error.status !== 503;
    return isRefusal ? error.code : 'unanswered';
  }
}

/** 0 before the first write. Tried again while nobody leads. */
async function revisionOf({ jsm }: Connection, name: string, subject: string): Promise<number> {
  return patiently(async () => {
    const message = await jsm.streams.getMessage(name, { last_by_subj: subject });
    return message?.seq ?? 0;
  });
}

/** Tried again while the servers still choose who leads them. */
async function addStream(
  { jsm }: Connection,
  name: string,
  subject: string,
  copies: number,
): Promise<void> {
  const config = { name, subjects: [subject], num_replicas: copies };
  await patiently(() => jsm.streams.add(config));
}

async function patiently<T>(work: () => Promise<T>): Promise<T> {
  const untilMs = performance.now() + 20_000;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (performance.now() > untilMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
