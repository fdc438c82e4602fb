/** Steps of hosted actors: one per write that changed something, none of what was not stored, and nothing hidden between. */
import { describe, expect, it } from 'vitest';
import { edgesOf } from '../../../../actors/chart-edges.ts';
import { definitionHash } from '../../../../actors/definition.ts';
import { imageOf } from '../../../../actors/steps/image.ts';
import { applyPatch } from '../../../../actors/steps/patch.ts';
import type { Image, Step } from '../../../../actors/steps/step.ts';
import type { InspectRules } from '../../../../machines/inspect.ts';
import { recordKey } from '../../../../machines/ids.ts';
import { FakeStepLog } from '../../../fakes/fake-step-log.ts';
import { World } from '../world.ts';
import { jobKind, jobMachine } from '../job.ts';
import type { JobOptions } from '../job.ts';

const job = ['namespace', 'name', 'uid', 'correlationId', 'runs', 'attempts', 'notes', 'result'];
const show = (keys: readonly string[]) => Object.fromEntries(keys.map((key) => [key, 'show']));
const rules = { job: show(job), try: show(['effect', 'attempt']) } as InspectRules;
const kind = (options: JobOptions = {}) => ({ ...jobKind(options), inspectRules: rules });
const actor = 'job/shop/a';

const newWorld = (log: FakeStepLog, options: JobOptions = {}, other?: World) =>
  new World({ kinds: [kind(options)], steps: log }, other);

async function started(options: JobOptions = {}) {
  const log = new FakeStepLog();
  const world = await newWorld(log, options).start();
  await world.ask('create');
  return { world, log };
}

/** The images after each step, from whole ones and patches. */
function images(steps: readonly Step[]): Image[] {
  const found: Image[] = [];
  for (const { image, patch } of steps) {
    const before = found.at(-1);
    if (image !== undefined) found.push(image);
    else if (before !== undefined && patch !== undefined) found.push(applyPatch(before, patch));
    else throw new Error('a patch of nothing');
  }
  return found;
}
const wire = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
const stored = (world: World) => wire(imageOf('job', world.record().snapshot, rules));

describe('a step', () => {
  it('is told of every write that changed something, whole at first and as a patch then', async () => {
    const { world, log } = await started();
    await world.ask('note', { text: 'one' });
    await world.ask('run');
    await world.clock.advance(0);
    const steps = log.of(actor);
    expect(steps.map(({ seq }) => seq)).toEqual(steps.map((_, at) => at + 1));
    expect(steps.map((step) => step.image !== undefined)).toEqual(steps.map((_, at) => at === 0));
    expect(images(steps).at(-1)).toEqual(stored(world));
    expect(world.record().steps).toBe(steps.length);
    expect(steps[0]).toMatchObject({
      ...{ actor, uid: world.record().uid, isRestored: false, importance: 'command', host: 'h1' },
      ...{ hash: definitionHash(jobMachine({})), state: 'alive:work:idle,watch:waiting' },
      command: { id: 'c1', verb: 'create' },
      row: { actor, severity: 'healthy', seq: 1, isGone: false },
    });
    expect(steps[1]?.patch).toEqual({
      del: [],
      set: [[['context', 'notes'], ['one']]],
    });
  });

  it('names the edges taken by root and children as the chart does', async () => {
    const { world, log } = await started();
    await world.ask('run');
    await world.clock.advance(0);
    const known = new Set(edgesOf(jobMachine({})).map(({ id }) => id));
    const taken = log.of(actor).flatMap((step) => step.taken);
    expect(taken[0]).toEqual({ path: '', event: 'job.create', edges: ['job.new|job.create|0'] });
    const root = taken.filter(({ path }) => path === '').flatMap(({ edges }) => edges);
    expect(root).toEqual([
      'job.new|job.create|0',
      'job.alive.work.idle|job.run|0',
      'job.alive.work.running|xstate.done.actor.try|0',
    ]);
    expect(root.filter((id) => !known.has(id))).toEqual([]);
    expect(taken.find(({ path }) => path === 'try')?.edges).toEqual([
      'try.trying|xstate.done.actor.call|0',
    ]);
  });

  it('tells a retry in a child by the guarded edge that was taken', async () => {
    let tries = 0;
    const perform = (): Promise<string> => {
      tries += 1;
      const fault = { type: 'Retryable', code: 'x', message: 'again' };
      return tries === 1 ? Promise.reject(Object.assign(new Error('again'), { fault })) : Promise.resolve('ok'); // prettier-ignore
    };
    const { world, log } = await started({ perform });
    await world.ask('run');
    await world.clock.advance(1_000);
    const below = log.of(actor).flatMap((step) => step.taken.filter(({ path }) => path === 'try'));
    expect(below.flatMap(({ edges }) => edges)).toEqual([
      'try.trying|xstate.done.actor.call|1',
      'try.waiting|xstate.after.backoff.try.waiting|0',
      'try.trying|xstate.done.actor.call|0',
    ]);
  });

  it('is none where an observation changed nothing, nor where only the outbox was emptied', async () => {
    const { world, log } = await started();
    await world.clock.advance(10_000);
    const [steps, writes] = [log.steps.length, world.store.writes.length];
    world.host.observe({ kind: 'job', namespace: 'shop', name: 'a' }, { type: 'seen.nothing' });
    await world.clock.advance(0);
    expect(world.store.writes.length).toBe(writes);
    expect(log.steps.length).toBe(steps);
    await world.ask('note', { text: 'said' });
    const noted = world.store.writes.length;
    await world.clock.advance(10_000); // the emptied outbox is written back
    expect(world.record().outbox).toEqual([]);
    expect(world.store.writes.length).toBeGreaterThan(noted);
    expect(log.steps.length).toBe(steps + 1);
    expect(world.record().steps).toBe(steps + 1);
  });

  it('is none of a refused command, though its answer is stored', async () => {
    const { world, log } = await started();
    const writes = world.store.writes.length;
    expect((await world.ask('create')).body).toMatchObject({ code: 'resource.exists' });
    expect(world.store.writes.length).toBe(writes + 1);
    expect(log.steps).toHaveLength(1);
  });

  it('is none of a turn that was discarded', async () => {
    const { world, log } = await started();
    await world.ask('boom');
    expect(log.steps).toHaveLength(1);
    await world.ask('note', { text: 'after' });
    const [, next] = log.of(actor);
    expect(next).toMatchObject({ seq: 2, taken: [{ event: 'job.note' }] });
    expect(next?.image).toEqual(stored(world)); // awakened: whole again
  });

  it('is none of a write that somebody else had overtaken', async () => {
    const { world, log } = await started();
    const key = recordKey({ kind: 'job', namespace: 'shop', name: 'a' });
    const before = world.store.peek(key);
    const foreign = JSON.stringify({ ...world.record(), strikes: null, host: 'other' });
    await world.store.write(key, foreign, before?.revision ?? 0);
    await world.ask('note', { text: 'stale' });
    const told = log.of(actor);
    expect(told.map(({ seq }) => seq)).toEqual([1, 2]);
    expect(told.flatMap(({ taken }) => taken).filter(({ event }) => event === 'job.note')).toHaveLength(1); // prettier-ignore
    expect(images(told).at(-1)).toEqual(stored(world));
  });

  it('is whole every 50th time', async () => {
    const { world, log } = await started();
    for (let n = 2; n <= 60; n += 1) await world.ask('note', { text: String(n) });
    const whole = log.of(actor).filter(({ image }) => image !== undefined);
    expect(whole.map(({ seq }) => seq)).toEqual([1, 50]);
    expect(images(log.of(actor)).at(-1)).toEqual(stored(world));
  });

  it('tells the end of a life, and begins with 1 in the next', async () => {
    const { world, log } = await started();
    await world.ask('delete');
    expect(log.steps.at(-1)?.row).toMatchObject({ isGone: true, seq: 2 });
    await world.ask('create');
    const [last, before] = [log.steps.at(-1), log.steps.at(-2)];
    expect(last).toMatchObject({ seq: 1, row: { isGone: false } });
    expect(last?.uid).not.toBe(before?.uid);
    expect(last?.image).toBeDefined();
  });

  it('holds no key that no rule names, and no secret', async () => {
    const { world, log } = await started();
    const secret = `K10${'ab'.repeat(32)}::server:topsecret`;
    await world.ask('grow', { bytes: 100 });
    await world.ask('note', { text: `token ${secret}` });
    const text = JSON.stringify(log.steps);
    expect(text).not.toContain('padding');
    expect(text).not.toContain('topsecret');
    expect(text).toContain('[K3s token]');
  });
});

describe('after a host was killed', () => {
  it('a step that it stored and did not tell shows as restored, and the next one is whole', async () => {
    const log = new FakeStepLog();
    const world = await newWorld(log).start();
    await world.ask('create');
    log.isDown = true;
    await world.ask('note', { text: 'untold 1' });
    await world.ask('note', { text: 'untold 2' });
    world.crash();
    log.isDown = false;
    const next = newWorld(log, {}, world);
    const starting = next.start();
    await world.clock.advance(10_000);
    await starting;
    await next.clock.advance(0);
    const restored = log.steps.at(-1);
    expect(restored).toMatchObject({ seq: 3, isRestored: true, taken: [], row: { seq: 3 } });
    expect(restored?.image).toEqual(stored(next));
    await next.ask('note', { text: 'told' }, { 'Nats-Msg-Id': 'n1' });
    const last = log.steps.at(-1);
    expect(last).toMatchObject({ seq: 4, isRestored: false });
    expect(last?.image).toEqual(stored(next));
    expect(log.of(actor).map(({ seq }) => seq)).toEqual([1, 3, 4]);
  });

  it('nothing is told again of actors whose last step is in the log', async () => {
    const { world, log } = await started();
    world.crash();
    const next = newWorld(log, {}, world);
    const starting = next.start();
    await world.clock.advance(10_000);
    await starting;
    await next.clock.advance(60_000);
    expect(log.of(actor).filter(({ isRestored }) => isRestored)).toEqual([]);
  });

  it('a record from before steps counts as the first one', async () => {
    const { world, log } = await started();
    world.crash();
    const key = recordKey({ kind: 'job', namespace: 'shop', name: 'a' });
    const { steps: _steps, ...old } = world.record();
    const revision = world.store.peek(key)?.revision ?? 0;
    await world.store.secondClient().write(key, JSON.stringify(old), revision);
    log.steps.length = 0;
    const next = newWorld(log, {}, world);
    const starting = next.start();
    await world.clock.advance(10_000);
    await starting;
    expect(log.steps).toMatchObject([{ seq: 1, isRestored: true }]);
    await next.ask('note', { text: 'x' }, { 'Nats-Msg-Id': 'n1' });
    expect(log.steps.at(-1)).toMatchObject({ seq: 2 });
    expect(next.record().steps).toBe(2);
  });
});
