// Steps through a real stream: stored once and in order, followed over restarts of the server, read back by number.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyPatch, diff } from '../../../actors/steps/patch.ts';
import type { Image, Step } from '../../../actors/steps/step.ts';
import { stepLimits } from '../../../machines/limits.ts';
import { followSteps } from '../../../src/nats/step-feed.ts';
import type { StepFeedState } from '../../../src/nats/step-feed.ts';
import { createStepLog } from '../../../src/nats/step-log.ts';
import { readSteps, stepAt } from '../../../src/nats/step-reader.ts';
import { streams } from '../../../src/nats/subjects.ts';
import { lossy, startRig, until } from '../../contract/ports/nats-rig.ts';
import type { NatsRig } from '../../contract/ports/nats-rig.ts';

let rig: NatsRig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.stop());

const imageOf = (n: number): Image => ({
  ...{ src: 'job', status: 'active', value: 'on', children: {} },
  context: { n, same: 'x'.repeat(50), list: n % 2 === 0 ? [n] : null },
});
const keyOf = (name: string) => ({ namespace: 'shop', kind: 'job', name });

function step(name: string, seq: number, more: Partial<Step> = {}): Step {
  const actor = `job/shop/${name}`;
  const uid = more.uid ?? `01UID${name}`;
  const isWhole = seq === 1 || seq % stepLimits.imageEvery === 0;
  return {
    ...{ seq, revision: seq, atMs: seq, actor, uid, hash: 'h', isRestored: false, taken: [] },
    ...{ state: 'on', importance: 'tick', correlationId: '', host: 'h1', fence: 1 },
    row: {
      ...{ actor, uid, state: 'on', severity: 'healthy', sinceMs: 0, reason: '', revision: seq },
      ...{ seq, host: 'h1', region: '', expectedMs: 0, isGone: false },
    },
    ...(isWhole ? { image: imageOf(seq) } : { patch: diff(imageOf(seq - 1), imageOf(seq)) }),
    ...more,
  };
}

function telemetry() {
  const counts = new Map<string, number>();
  const count = (metric: string, labels: Readonly<Record<string, string>> = {}, by = 1): void => {
    const key = [metric, ...Object.values(labels)].join(' ');
    counts.set(key, (counts.get(key) ?? 0) + by);
  };
  return { counts, log: rig.log, count, observe: () => undefined };
}

const nowMs = () => Date.now();

describe('the stream', () => {
  it('gets each step once and in order, also when answers are lost', async () => {
    const { connection, loseNext } = lossy(rig.connection);
    const told = telemetry();
    const log = createStepLog(connection, told);
    for (let seq = 1; seq <= 120; seq += 1)
      for (const name of ['once-a', 'once-b']) {
        if (seq % 40 === 7) loseNext();
        log.tell(step(name, seq), imageOf(seq));
      }
    await until(() => log.waiting() === 0, 'all are stored', 30_000);
    for (const name of ['once-a', 'once-b']) {
      const { steps, first, last, uid } = await readSteps(rig.connection, keyOf(name), {
        limit: 500,
      });
      expect(steps.map(({ seq }) => seq)).toEqual(Array.from({ length: 120 }, (_, at) => at + 1));
      expect({ first, last, uid }).toEqual({ first: 1, last: 120, uid: `01UID${name}` });
    }
    expect(told.counts.get('fairlead_steps_published_total job')).toBe(240);
    await log.stop();
  });

  it('is read by pages and by number, the image put together from the last whole one', async () => {
    const page = async (asked: object) =>
      (await readSteps(rig.connection, keyOf('once-a'), { limit: 3, ...asked })).steps.map(
        ({ seq }) => seq,
      );
    expect(await page({})).toEqual([118, 119, 120]);
    expect(await page({ before: 50 })).toEqual([47, 48, 49]);
    expect(await page({ after: 50 })).toEqual([51, 52, 53]);
    for (const seq of [1, 2, 49, 50, 51, 99, 100, 120]) {
      const found = await stepAt(rig.connection, keyOf('once-a'), seq);
      expect(found?.step.seq).toBe(seq);
      expect(found?.image).toEqual(JSON.parse(JSON.stringify(imageOf(seq))));
    }
    expect(await stepAt(rig.connection, keyOf('once-a'), 121)).toBeUndefined();
    expect((await readSteps(rig.connection, keyOf('nobody'), { limit: 3 })).uid).toBe('');
  });

  it('shows the newest life of a name unless another is asked for', async () => {
    const log = createStepLog(rig.connection, telemetry());
    for (const seq of [1, 2, 3]) log.tell(step('lives', seq, { uid: '01A' }), imageOf(seq));
    for (const seq of [1, 2]) log.tell(step('lives', seq, { uid: '01B' }), imageOf(seq));
    await until(() => log.waiting() === 0, 'all are stored');
    const last = async (uid?: string) => {
      const asked = { limit: 9, ...(uid !== undefined && { uid }) };
      return (await readSteps(rig.connection, keyOf('lives'), asked)).last;
    };
    expect([await last(), await last('01A'), await last('01B')]).toEqual([2, 3, 2]);
    expect((await stepAt(rig.connection, keyOf('lives'), 3, '01A'))?.image).toEqual(
      JSON.parse(JSON.stringify(imageOf(3))),
    );
    await log.stop();
  });

  it('refuses the late steps of a host that was overtaken, and the next one of that host is whole', async () => {
    const told = telemetry();
    const [old, next] = [createStepLog(rig.connection, told), createStepLog(rig.connection, told)];
    old.tell(step('late', 1), imageOf(1));
    await until(() => old.waiting() === 0, 'told');
    const restored = step('late', 3, { isRestored: true, image: imageOf(3) });
    next.tell(restored, imageOf(3));
    await until(() => next.waiting() === 0, 'told by the next host');
    old.tell(step('late', 2), imageOf(2));
    await until(() => old.waiting() === 0, 'given up');
    expect(told.counts.get('fairlead_steps_dropped_total overtaken')).toBe(1);
    const { steps } = await readSteps(rig.connection, keyOf('late'), { limit: 9 });
    expect(steps.map(({ seq }) => seq)).toEqual([1, 3]);
    old.tell(step('late', 4), imageOf(4));
    await until(() => old.waiting() === 0, 'told');
    expect((await stepAt(rig.connection, keyOf('late'), 4))?.step.image).toEqual(
      JSON.parse(JSON.stringify(imageOf(4))),
    );
    await Promise.all([old.stop(), next.stop()]);
  });

  it('tells of every name what was told last', async () => {
    const log = createStepLog(rig.connection, telemetry());
    const last = await log.lastTold();
    expect(last.get('job/shop/once-a')?.id).toBe('01UIDonce-a/s120');
    expect(last.get('job/shop/lives')?.id).toBe('01B/s2');
    await log.stop();
  });
});

describe('a full queue', () => {
  it('loses steps, says so, and goes on with a whole one', async () => {
    const told = telemetry();
    const held = { ...rig.connection, ask: () => new Promise<never>(() => undefined) };
    const log = createStepLog(held, told);
    for (let seq = 1; seq <= stepLimits.queuedMax + 5; seq += 1)
      log.tell(step('full', seq), imageOf(seq));
    expect(log.waiting()).toBe(stepLimits.queuedMax);
    expect(told.counts.get('fairlead_steps_dropped_total full')).toBe(5);
    await log.stop(0);
    expect(log.waiting()).toBe(0);
  });
});

describe('the feed', () => {
  it('begins with the last step of every name, then hears everything, over a restart of the server', async () => {
    const log = createStepLog(rig.connection, telemetry());
    const heard: Step[] = [];
    const states: StepFeedState['status'][] = [];
    const feed = followSteps(
      rig.connection,
      {
        step: (each) => void heard.push(each),
        state: ({ status }) => {
          if (states.at(-1) !== status) states.push(status);
        },
      },
      { log: rig.log, nowMs },
    );
    await feed.ready;
    const first = heard.map(({ actor, seq }) => `${actor} ${seq}`).sort();
    expect(first).toEqual(
      ['job/shop/late 4', 'job/shop/lives 2', 'job/shop/once-a 120', 'job/shop/once-b 120'].sort(),
    );
    await until(() => feed.state().status === 'live', 'live');
    expect(feed.state()).toEqual({ status: 'live', sinceMs: 0, lag: 0 });
    const seqs = () => heard.filter(({ actor }) => actor === 'job/shop/live').map(({ seq }) => seq);
    for (let seq = 1; seq <= 300; seq += 1) {
      log.tell(step('live', seq), imageOf(seq));
      if (seq === 100) {
        await until(() => seqs().length > 20, 'steps flow');
        await rig.server.restart();
      }
    }
    await until(() => (seqs().at(-1) ?? 0) === 300, 'all are heard', 30_000);
    expect(seqs()).toEqual(Array.from({ length: 300 }, (_, at) => at + 1));
    await until(() => feed.state().status === 'live', 'live again');
    expect(states).toContain('offline');
    let image: Image | undefined;
    for (const { actor, image: whole, patch } of heard) {
      if (actor !== 'job/shop/live') continue;
      image = whole ?? (image && patch && applyPatch(image, patch));
    }
    expect(image).toEqual(JSON.parse(JSON.stringify(imageOf(300))));
    await Promise.all([feed.stop(), log.stop()]);
  });

  it('begins from nothing when the stream was made anew, also where its numbers go on above the old ones', async () => {
    const { jsm } = rig.connection;
    const heard: string[] = [];
    const feed = followSteps(
      rig.connection,
      {
        step: ({ actor, seq }) => void heard.push(`${actor} ${seq}`),
        restarted: () => void heard.push('anew'),
      },
      { log: rig.log, nowMs },
    );
    await feed.ready;
    heard.length = 0;
    const { config, state } = await jsm.streams.info(streams.steps);
    await jsm.streams.delete(streams.steps);
    await jsm.streams.add({ ...config, first_seq: state.last_seq + 100 });
    const log = createStepLog(rig.connection, telemetry());
    log.tell(step('anew', 1), imageOf(1));
    await until(() => heard.includes('job/shop/anew 1'), 'the new stream is heard', 30_000);
    expect(heard).toEqual(['anew', 'job/shop/anew 1']);
    await until(() => feed.state().status === 'live', 'live again');
    await Promise.all([feed.stop(), log.stop()]);
  });
});

it('gets the first step of a life that began while another host had the actor', async () => {
  const told = telemetry();
  const log = createStepLog(rig.connection, told);
  const first = step('returned', 4, { uid: '01A', image: imageOf(4) });
  const next = step('returned', 1, { uid: '01B', isRestored: true, image: imageOf(1) });
  log.tell(first, imageOf(4));
  log.tell(next, imageOf(1));
  log.tell({ ...first, isRestored: true }, imageOf(4));
  await until(() => log.waiting() === 0, 'told');
  const seqsOf = async (uid: string) =>
    (await readSteps(rig.connection, keyOf('returned'), { limit: 5, uid })).steps.map(
      ({ seq }) => seq,
    );
  expect([await seqsOf('01A'), await seqsOf('01B')]).toEqual([[4], [1]]);
  await log.stop();
});
