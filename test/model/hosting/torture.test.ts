/** Crashes, slow and lost writes, duplicates and two owners at random; a journal of everything outside judges. */
import { expect, it } from 'vitest';
import type { RecordStore, WriteOutcome } from '../../../actors/ports.ts';
import { readRecord } from '../../../actors/record.ts';
import type { ActorRecord } from '../../../actors/record.ts';
import { recordKey } from '../../../machines/ids.ts';
import { World } from '../../unit/actors/world.ts';
import type { WorldOptions } from '../../unit/actors/world.ts';

const runs = 25;
const key = recordKey({ kind: 'job', namespace: 'shop', name: 'a' });

/** mulberry32: the seed alone reproduces a run. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Journal {
  /** Every record that was ever stored. */
  readonly stored: ActorRecord[];
  /** Token of every call, with whether some stored record intended it at that time. */
  readonly calls: { token: string; wasIntended: boolean }[];
  /** Event id → everything published under it. */
  readonly published: Map<string, Set<string>>;
  /** Accepted replies at the time they were given: was the decision stored? */
  readonly replies: { id: string; wasStored: boolean }[];
}

/** Writes that take their time on both sides of the store, and lose answers; journals what was stored. */
function slowStore(world: World, journal: Journal, random: () => number): void {
  const { store, clock } = world;
  const write = store.write.bind(store);
  const sleep = (ms: number): Promise<void> =>
    new Promise((resolve) => void clock.after(ms, resolve));
  const slow: RecordStore['write'] = async (name, bytes, revision): Promise<WriteOutcome> => {
    await sleep(random() * 40);
    if (random() < 0.08) store.failNext(random() < 0.5 ? 'lostAnswer' : 'lostRequest');
    const outcome = await write(name, bytes, revision);
    if (store.peek(name)?.bytes === bytes) {
      const read = readRecord(bytes);
      if (read.ok) journal.stored.push(read.record);
    }
    await sleep(random() * 40);
    return outcome;
  };
  store.write = slow;
}

function newWorld(journal: Journal, random: () => number, hostId: string, other?: World): World {
  const options: WorldOptions = {
    ...{ hostId, idleMs: 3_000, limitMs: 60_000 },
    perform: async ({ token, attempt }) => {
      const wasIntended = journal.stored.some(({ snapshot }) =>
        JSON.stringify(snapshot).includes(`"token":"${token}"`),
      );
      journal.calls.push({ token, wasIntended });
      await new Promise((resolve) => void world.clock.after(random() * 300, () => resolve(0)));
      if (attempt < 3 && random() < 0.4)
        throw Object.assign(new Error('try again'), { fault: { type: 'Retryable', code: 'x' } });
      return `${token} done`;
    },
  };
  const world: World = new World(options, other);
  slowStore(world, journal, random);
  journalBus(world, journal, other);
  return world;
}

function journalBus(world: World, journal: Journal, other: World | undefined): void {
  if (other) return; // the bus is shared and journals already
  const { bus } = world;
  const publish = bus.publishEvent.bind(bus);
  bus.publishEvent = (event) => {
    const { actorrev: _revision, traceparent: _trace, ...meaning } = event.body;
    const known = journal.published.get(event.id) ?? new Set();
    journal.published.set(event.id, known.add(JSON.stringify(meaning)));
    return publish(event);
  };
  const reply = bus.reply.bind(bus);
  bus.reply = (inbox, body, error) => {
    const id = inbox.split('.').at(-1) ?? '';
    const record = readRecord(world.store.peek(key)?.bytes ?? '');
    const wasStored = record.ok && record.record.seen.some((entry) => entry.id === id);
    if (!error) journal.replies.push({ id, wasStored });
    reply(inbox, body, error);
  };
}

async function torture(seed: number): Promise<void> {
  const random = randomOf(seed);
  const journal: Journal = { stored: [], calls: [], published: new Map(), replies: [] };
  let world = newWorld(journal, random, 'h1');
  void world.host.start();
  await world.clock.advance(100);
  const ids = [world.send('create', {}, { 'Nats-Msg-Id': 'create' })];
  const texts: string[] = [];
  for (let step = 0; step < 14; step += 1) {
    const die = random();
    if (die < 0.45) {
      texts.push(`t${step}`);
      ids.push(world.send('note', { text: `t${step}` }, { 'Nats-Msg-Id': `note${step}` }));
    } else if (die < 0.7) ids.push(world.send('run', {}, { 'Nats-Msg-Id': `run${step}` }));
    else if (die < 0.8) world.bus.redeliver();
    else {
      if (die < 0.93) world.crash();
      else world.leases.expire(); // the old owner lives on and does not know yet
      world = newWorld(journal, random, die < 0.93 ? 'h1' : `h${step}`, world);
      void world.host.start();
    }
    await world.clock.advance(random() * 250);
  }
  await world.clock.advance(20_000);
  judge(seed, journal, world, ids, texts);
  await world.stop();
}

function judge(seed: number, journal: Journal, world: World, ids: string[], texts: string[]): void {
  const at = `seed ${seed}`;
  const record = world.record();
  const context = (record.snapshot as { context: { notes: string[]; runs: number } }).context;
  expect(context.notes, `${at}: every note once, in order`).toEqual(texts);
  expect(world.bus.waiting(), `${at}: nothing is left in the stream`).toEqual([]);
  for (const id of ids) expect(() => world.reply(id), `${at}: ${id} is answered`).not.toThrow();
  expect(
    journal.replies.filter((each) => !each.wasStored),
    `${at}: replied before stored`,
  ).toEqual([]);
  expect(
    journal.calls.filter((each) => !each.wasIntended),
    `${at}: called before stored`,
  ).toEqual([]);
  for (const [id, meanings] of journal.published)
    expect([...meanings], `${at}: event ${id} means one thing`).toHaveLength(1);
  const numbers = [...journal.published.keys()].map((id) => Number(id.split('/')[1]));
  const expected = Array.from({ length: record.outboxNext - 1 }, (_, index) => index + 1);
  expect(
    numbers.sort((left, right) => left - right),
    `${at}: no event is lost`,
  ).toEqual(expected);
  const noted = world.events().filter((event) => event === 'noted');
  expect(noted, `${at}: one event per note`).toHaveLength(texts.length);
  const deadlines = journal.stored
    .flatMap(({ timers }) => timers)
    .filter(({ id }) => id.includes('idle'))
    .map(({ atMs }) => atMs);
  expect(new Set(deadlines).size, `${at}: the deadline does not slip`).toBe(1);
  expect(
    world.events().filter((event) => event === 'idled'),
    `${at}: it fires once`,
  ).toHaveLength(1);
  const fences = journal.stored.map(({ fence }) => fence);
  expect(fences, `${at}: fences only grow`).toEqual(
    [...fences].sort((left, right) => left - right),
  );
}

it('keeps every promise over random crashes, slow writes and changes of owner', async () => {
  const first = Number(process.env['TORTURE_SEED'] ?? Math.floor(Math.random() * 1e6));
  const count = Number(process.env['TORTURE_RUNS'] ?? runs);
  process.stdout.write(`torture seeds ${first} to ${first + count - 1}\n`);
  for (let run = 0; run < count; run += 1) await torture(first + run);
}, 60_000);

it('takes what a host that had lost the actor held for inspection (seed 440211)', async () => {
  await torture(440211);
});
