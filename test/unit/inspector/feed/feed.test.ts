/** The feed: what a page is told, how often, and what happens to one that does not read. */
import { describe, expect, it } from 'vitest';
import { feedLimits } from '../../../../machines/limits-inspector.ts';
import type { Counts, StreamEvents, Window } from '../../../../src/inspector/api.ts';
import { applyRows, emptyWindow } from '../../../../src/inspector/window.ts';
import { ModelClient, randomSteps, rollsOf, rowOf, seed, stepOf } from '../made-fleet.ts';
import { actor, connect, opened, seqs, session, whole } from './opened-feed.ts';

describe('a stream', () => {
  it('begins with hello and counts, then tells counts each second when changed, each five when not', async () => {
    const { clock, feed, tell } = opened();
    const { client, stream } = connect(feed);
    const [hello, first] = client.events();
    expect(hello).toMatchObject({ name: 'hello', data: { sid: stream.sid, session } });
    expect(first).toMatchObject({ name: 'counts', data: { total: 0 } });
    await clock.advance(4_750);
    expect(client.events()).toEqual([]);
    await clock.advance(250);
    expect(client.events('counts')).toHaveLength(1);
    for (let seq = 1; seq <= 12; seq += 1) {
      tell(seq);
      await clock.advance(250);
    }
    const told = client.events('counts').map(({ data }) => (data as Counts).total);
    expect(told).toEqual([1, 1, 1]);
    stream.close();
    expect(clock.pending()).toBe(0);
  });

  // 888574: the counts of a list just filled waited until its rows might come again.
  it.each([seed, 888574])(
    "keeps the window of a model client equal to the server's page (seed %i)",
    async (played) => {
      const roll = rollsOf(played);
      const { clock, index, feed, take } = opened();
      const { client, view } = connect(feed);
      const windows: Window[] = [
        whole,
        { q: 'kind:cluster', sort: 'severity', offset: 3, limit: 10 },
        { q: 'severity:failing', sort: 'since', offset: 0, limit: 200 },
        { q: 'name:nobody', sort: 'state', offset: 0, limit: 5 },
      ];
      let held = emptyWindow;
      let compared = 0;
      let bySteps: ReturnType<typeof randomSteps>[] = [];
      const steps = randomSteps(roll, 1_500, 80);
      for (let at = 0; at < steps.length; at += 30) bySteps.push(steps.slice(at, at + 30));
      bySteps = [...bySteps, [], []];
      let window = whole;
      view({ window });
      for (const some of bySteps) {
        if (roll() < 0.2) {
          window = windows[Math.floor(roll() * windows.length)] ?? whole;
          view({ window });
        }
        take(...some.filter(() => roll() < 0.7));
        if (roll() < 0.1) view({ isHidden: true });
        await clock.advance(feedLimits.rowsAtLeastEveryMs);
        if (view({ isHidden: false })) throw new Error('refused');
        for (const { data } of client.events('rows'))
          held = applyRows(held, data as StreamEvents['rows']);
        const { total, offset, rows, facets } = index.page(window);
        const list = { q: window.q, sort: window.sort };
        expect(held).toEqual({ list, total, offset, rows, facets });
        compared += rows.length;
      }
      expect(compared).toBeGreaterThan(100);
    },
  );

  it('sends of a window only what changed, and nothing while it stands', async () => {
    const { clock, feed, tell } = opened();
    for (const name of ['a', 'b', 'c']) tell(1, `cluster/n/${name}`);
    const { client, view } = connect(feed);
    view({ window: { ...whole, limit: 2 } });
    const list = { q: whole.q, sort: whole.sort };
    expect(client.events('rows')).toMatchObject([{ data: { list, total: 3, order: [-1, -1] } }]);
    await clock.advance(2_000);
    tell(2, 'cluster/n/c');
    await clock.advance(2_000);
    expect(client.events('rows')).toEqual([]);
    tell(2, 'cluster/n/b');
    await clock.advance(250);
    const changes = [[1, { revision: 2, seq: 2 }]];
    expect(client.events('rows').map(({ data }) => data)).toEqual([
      { total: 3, offset: 0, rows: [], changes },
    ]);
  });

  it('of an empty list that fills at once tells its counts with its rows', async () => {
    const { clock, feed, take } = opened();
    const { client, view } = connect(feed);
    view({ window: whole });
    const names = Array.from({ length: 60 }, (_, at) => `cluster/team-${at % 4}/web-${at}`);
    take(...names.map((name) => stepOf(rowOf(name))));
    await clock.advance(feedLimits.rowsEveryMs);
    const facets = { severity: { healthy: 60 }, kind: { cluster: 60 } };
    expect(client.events('rows').at(-1)).toMatchObject({ data: { total: 60, facets } });
  });

  it('whose window changes wholly time and again costs no more than its share', async () => {
    const { clock, feed, take } = opened();
    const names = Array.from({ length: 400 }, (_, at) => `cluster/team-${at % 40}/web-${at}`);
    const { client, view } = connect(feed);
    view({ window: { q: '', sort: 'severity', offset: 0, limit: 34 } });
    const told: number[] = [];
    let bytes = 0;
    const write = client.write.bind(client);
    client.write = (text) => {
      bytes += Buffer.byteLength(text);
      if (text.startsWith('event: rows')) told.push(clock.monotonicMs());
      return write(text);
    };
    let seq = 0;
    for (let ticks = 0; ticks < 180; ticks += 1) {
      seq += 1;
      if (ticks === 20) bytes = 0;
      const some = names.filter((_, at) => at % 10 === seq % 10);
      const failing = { severity: 'failing', sinceMs: seq, reason: 'quorum lost, 1 of 3' } as const;
      take(...some.map((name) => stepOf(rowOf(name, seq, failing))));
      await clock.advance(250);
    }
    expect(bytes / 40).toBeLessThan(2_000);
    const gaps = told.slice(1).map((atMs, at) => atMs - (told[at] ?? 0));
    expect(gaps.length).toBeGreaterThan(5);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(
      feedLimits.rowsAtLeastEveryMs + feedLimits.tickMs,
    );
  });

  it('tells the focused actor in full, nothing old and nothing of others', () => {
    const { feed, tell } = opened();
    tell(1);
    const { client, view } = connect(feed);
    view({ focus: actor });
    tell(2);
    tell(1, 'cluster/prod/db');
    tell(3);
    const told = client.events('step');
    expect(told.map(({ data }) => (data as StreamEvents['step']).seq)).toEqual([2, 3]);
    expect(told.map(({ id }) => id)).toEqual(['id1-2', 'id1-3']);
    view({ focus: null });
    tell(4);
    expect(client.events('step')).toEqual([]);
  });

  it('of a hidden page has counts only; steps follow when it is shown', async () => {
    const { clock, feed, tell } = opened();
    const { client, view } = connect(feed);
    view({ focus: actor, window: whole });
    tell(1);
    view({ isHidden: true });
    client.events();
    tell(2);
    tell(3);
    await clock.advance(10_000);
    expect(new Set(client.events().map(({ name }) => name))).toEqual(new Set(['counts']));
    view({ isHidden: false });
    expect(seqs(client)).toEqual([2, 3]);
  });

  it('hears a heartbeat every 15 s', async () => {
    const { clock, feed } = opened();
    const { client } = connect(feed);
    client.isReading = false;
    client.read();
    await clock.advance(60_000);
    const raw: string[] = [];
    const write = client.write.bind(client);
    client.isReading = true;
    client.read();
    client.write = (text) => {
      raw.push(text);
      return write(text);
    };
    await clock.advance(60_000);
    expect(raw.filter((text) => text.startsWith(': '))).toHaveLength(4);
  });
});

describe('a client that stops reading', () => {
  it.each([
    ['many small steps', 0, feedLimits.unsentEventsMax],
    ['steps of 5 kB', 5_000, feedLimits.unsentBytesMax / 5_000],
  ])('of %s has bounded memory, and is told to read again when it goes on', async (...row) => {
    const [, fill, eventsMax] = row;
    const { clock, feed, take, tell, resyncs } = opened();
    const { client } = connect(feed, { focus: actor });
    client.isReading = false;
    for (let seq = 1; seq <= 5_000; seq += 1)
      take(stepOf(rowOf(actor, seq), { hash: 'h'.repeat(fill) }));
    await clock.advance(5_000);
    expect(client.worstUnsent).toBeLessThanOrEqual(feedLimits.unsentBytesMax);
    expect(resyncs()).toBe(0);
    client.isReading = true;
    client.read();
    const before = seqs(client);
    expect(before).toEqual(before.map((_, at) => at + 1));
    expect(before.length).toBeLessThanOrEqual(eventsMax);
    expect(before.length).toBeGreaterThan(10);
    await clock.advance(250);
    tell(5_001);
    const events = client.events();
    expect(events.find(({ name }) => name !== 'counts')?.name).toBe('resync');
    expect(events.at(-1)).toMatchObject({ name: 'step', data: { seq: 5_001 } });
    expect(resyncs()).toBe(1);
  });

  it('loses its stream after a minute', async () => {
    const { clock, feed, tell } = opened();
    const { client } = connect(feed, { focus: actor });
    client.isReading = false;
    for (let seq = 1; seq <= 2_000; seq += 1) tell(seq);
    await clock.advance(feedLimits.stalledMaxMs - 1_000);
    expect(client.isEnded).toBe(false);
    await clock.advance(2_000);
    expect(client.isEnded).toBe(true);
  });
});

describe('the feed', () => {
  it('takes fifty streams, and tells the next one what to do', () => {
    const { feed } = opened();
    const all = Array.from({ length: feedLimits.streamsMax }, () => connect(feed));
    const refused = feed.open({ session, login: 'ann' }, new ModelClient());
    expect(refused).toMatchObject({ status: 429, problem: { code: 'inspector.tooManyStreams' } });
    all[0]?.stream.close();
    connect(feed);
    expect(feed.readings()).toContainEqual({ metric: 'fairlead_inspector_streams', value: 50 });
  });

  it('lets nobody move the stream of somebody else, and refuses a query it cannot read', () => {
    const { feed } = opened();
    const { stream, view } = connect(feed);
    const window = { ...whole, q: 'severty:failing' };
    expect(feed.view(stream.sid, 'bob', { window: whole })).toMatchObject({ status: 404 });
    expect(view({ window })).toMatchObject({ status: 400, problem: { column: 1 } });
    expect(view({ window: whole })).toBeUndefined();
  });

  it('says bye at its end and takes no more streams', () => {
    const { clock, feed } = opened();
    const { client } = connect(feed);
    client.events();
    feed.close();
    expect(client.events()).toMatchObject([{ name: 'bye', data: { retryMs: 1_500 } }]);
    expect(client.isEnded).toBe(true);
    expect(clock.pending()).toBe(0);
    expect(feed.open({ session, login: 'ann' }, new ModelClient())).toMatchObject({ status: 503 });
  });

  it('made anew has every page read again', () => {
    const { feed } = opened();
    const { client } = connect(feed, { focus: actor });
    client.events();
    feed.restart('the log was made anew');
    expect(client.events()).toMatchObject([
      { name: 'resync', data: { because: 'the log was made anew' } },
    ]);
    expect(client.lastEventId).not.toMatch(/^id1-/);
  });
});
