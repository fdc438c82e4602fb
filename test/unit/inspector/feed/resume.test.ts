/** A page that comes back gets every step once, or is told to read again. */
import { describe, expect, it } from 'vitest';
import { feedLimits } from '../../../../machines/limits-inspector.ts';
import { rollsOf, seed } from '../made-fleet.ts';
import { actor, connect, opened, seqs } from './opened-feed.ts';

describe('a page that comes back', () => {
  it(`gets each step once with its last event id (seed ${seed})`, async () => {
    const { clock, feed, tell } = opened();
    const roll = rollsOf(seed);
    const got: number[] = [];
    let { client, stream } = connect(feed, { focus: actor });
    for (let seq = 1; seq <= 400; seq += 1) {
      tell(seq);
      tell(seq, 'cluster/prod/other');
      if (roll() < 0.1) {
        got.push(...seqs(client));
        stream.close();
        const missed = Math.floor(roll() * 5);
        for (let more = 0; more < missed; more += 1) tell((seq += 1));
        await clock.advance(Math.floor(roll() * 50_000));
        ({ client, stream } = connect(feed, { focus: actor, lastEventId: client.lastEventId }));
      }
    }
    got.push(...seqs(client));
    expect(got).toEqual(Array.from({ length: got.length }, (_, at) => at + 1));
    expect(got.length).toBeGreaterThanOrEqual(400);
  });

  it('may say its focus only after hello', () => {
    const { feed, tell } = opened();
    const { client, stream } = connect(feed, { focus: actor });
    tell(1);
    stream.close();
    tell(2);
    const next = connect(feed, { lastEventId: client.lastEventId });
    next.view({ focus: actor });
    expect(seqs(next.client)).toEqual([2]);
  });

  it.each([
    ['of another process', 'id9-4', 0],
    ['with no id that could be one', 'nonsense', 0],
    ['after the actor was let go', undefined, 61_000],
  ])('%s is told to read again', async (_, id, awayMs) => {
    const { clock, feed, tell } = opened();
    const { client, stream } = connect(feed, { focus: actor });
    tell(1);
    stream.close();
    await clock.advance(awayMs);
    tell(2);
    const next = connect(feed, { focus: actor, lastEventId: id ?? client.lastEventId });
    expect(next.client.events('resync')).toHaveLength(1);
    tell(3);
    expect(next.client.events('step')).toMatchObject([{ data: { seq: 3 } }]);
  });

  it('later than the ring holds is told to read again', () => {
    const { feed, tell, resyncs } = opened();
    const { client, stream } = connect(feed, { focus: actor });
    tell(1);
    const { lastEventId } = client;
    stream.close();
    for (let seq = 2; seq <= feedLimits.ringMax + 1; seq += 1) tell(seq);
    const inTime = connect(feed, { focus: actor, lastEventId });
    expect(seqs(inTime.client)).toHaveLength(feedLimits.ringMax);
    tell(feedLimits.ringMax + 2);
    const tooLate = connect(feed, { focus: actor, lastEventId });
    expect(tooLate.client.events().map(({ name }) => name)).toContain('resync');
    expect(resyncs()).toBe(1);
  });
});
