/** A feed on a clock that is moved by hand, and pages that read from it. */
import type { SessionInfo, StreamEvents, Window } from '../../../../src/inspector/api.ts';
import type { Feed, Stream, StreamRequest } from '../../../../src/inspector/feed/feed.ts';
import { openFeed } from '../../../../src/inspector/feed/open-feed.ts';
import { FleetIndex } from '../../../../src/inspector/index/fleet-index.ts';
import { ManualClock } from '../../../fakes/manual-clock.ts';
import { ModelClient, quiet, rowOf, stepOf } from '../made-fleet.ts';

export const session: SessionInfo = {
  ...{ role: 'viewer', user: 'ann', hostId: 'host-a', version: '1' },
  ...{ installation: 'i', readOnlyBecause: '' },
};
export const actor = 'cluster/prod/web';
export const whole: Window = { q: '', sort: 'name', offset: 0, limit: 50 };

export function opened() {
  const clock = new ManualClock();
  const index = new FleetIndex(clock);
  let ids = 0;
  let resyncs = 0;
  const feed = openFeed({
    ...{ index, clock },
    random: { roll: () => 0.5, ulid: () => `id${(ids += 1)}` },
    telemetry: { ...quiet, count: () => void (resyncs += 1) },
  });
  const take = (...steps: ReturnType<typeof stepOf>[]): void => {
    for (const step of steps) if (index.take(step)) feed.take(step);
  };
  const tell = (seq: number, name = actor): void => take(stepOf(rowOf(name, seq)));
  return { clock, index, feed, take, tell, resyncs: () => resyncs };
}

export function connect(feed: Feed, more: Partial<StreamRequest> = {}) {
  const client = new ModelClient();
  const stream = feed.open({ session, login: 'ann', ...more }, client);
  if ('status' in stream) throw new Error(stream.problem.message);
  return { client, stream, view: viewer(feed, stream) };
}

const viewer = (feed: Feed, { sid }: Stream) => feed.view.bind(feed, sid, 'ann');
export const seqs = (client: ModelClient): number[] =>
  client.events('step').map(({ data }) => (data as StreamEvents['step']).seq);
