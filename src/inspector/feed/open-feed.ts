/** Opens the feed: gives every stream its share of steps, counts and rows. */
import type { Cancel, Clock, Random, Telemetry } from '../../../actors/ports.ts';
import { feedLimits } from '../../../machines/limits-inspector.ts';
import type { FeedState } from '../api.ts';
import type { FleetIndex } from '../index/fleet-index.ts';
import { parseQuery } from '../index/query.ts';
import { QueryProblem } from '../index/query-problem.ts';
import type { Feed, Refused, Sink, Stream, StreamRequest } from './feed.ts';
import { eventText, Outlet } from './outlet.ts';
import { PageStream } from './page-stream.ts';
import { StepRing } from './step-ring.ts';

export interface FeedOptions {
  readonly index: FleetIndex;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
  /** Told which actor somebody looks at. */
  readonly onFocus?: (actor: string) => void;
}

export function openFeed(options: FeedOptions): Feed {
  const { index, clock, random, telemetry } = options;
  const ring = new StepRing(clock);
  const streams = new Map<string, PageStream>();
  let epoch = random.ulid();
  let state: FeedState = { status: 'offline', sinceMs: clock.nowMs(), lag: 0 };
  let isClosed = false;
  let cancelTick: Cancel | undefined;

  const retryMs = (): number =>
    Math.round(feedLimits.retryMs + random.roll() * feedLimits.retryJitterMs);
  const counts = (): string => JSON.stringify({ ...index.counts(), feed: state });

  function tick(): void {
    cancelTick = streams.size > 0 ? clock.after(feedLimits.tickMs, tick) : undefined;
    const text = counts();
    for (const stream of streams.values()) safely(() => stream.tick(text, clock.monotonicMs()));
  }

  /** A stream that fails must not take the others with it. */
  function safely(work: () => void): void {
    try {
      work();
    } catch (error) {
      telemetry.log('error', { error: String(error) }, 'a stream of the inspector failed');
    }
  }

  function add(request: StreamRequest, sink: Sink): Stream {
    const sid = random.ulid();
    const outlet = new Outlet(sink);
    const nowMs = clock.monotonicMs();
    const onResync = (): void => telemetry.count('fairlead_inspector_resyncs_total');
    const { login, session, lastEventId, focus } = request;
    const stream = new PageStream(
      { outlet, index, ring, login, epoch: () => epoch, onResync },
      nowMs,
    );
    streams.set(sid, stream);
    outlet.send(`retry: ${retryMs()}\n${eventText('hello', { sid, epoch, session })}`);
    if (lastEventId !== undefined && lastEventId !== '') stream.resume(lastEventId, nowMs);
    if (focus !== undefined) moved(stream, focus);
    stream.tick(counts(), nowMs);
    cancelTick ??= clock.after(feedLimits.tickMs, tick);
    return { sid, close: () => remove(sid) };
  }

  function moved(stream: PageStream, focus: string): void {
    options.onFocus?.(focus);
    stream.view({ focus }, clock.monotonicMs());
  }

  function remove(sid: string): void {
    const stream = streams.get(sid);
    if (!stream || !streams.delete(sid)) return;
    if (stream.focus !== undefined) ring.leave(stream.focus);
    if (streams.size > 0) return;
    cancelTick?.();
    cancelTick = undefined;
  }

  return {
    open(request, sink) {
      if (isClosed) return closing;
      return streams.size >= feedLimits.streamsMax ? full : add(request, sink);
    },
    view(sid, login, request) {
      const stream = streams.get(sid);
      if (stream?.login !== login) return noStream;
      const bad = request.window && badQuery(request.window.q);
      if (bad) return bad;
      if (typeof request.focus === 'string') options.onFocus?.(request.focus);
      stream.view(request, clock.monotonicMs());
      return undefined;
    },
    take(step) {
      const told = ring.take(step);
      if (!told) return;
      const nowMs = clock.monotonicMs();
      for (const stream of streams.values()) safely(() => stream.step(told, nowMs));
    },
    setState(next) {
      state = next;
    },
    restart(because) {
      epoch = random.ulid();
      ring.clear();
      for (const stream of streams.values())
        safely(() => stream.resync(because, clock.monotonicMs()));
    },
    readings: () => [
      { metric: 'fairlead_inspector_streams', value: streams.size },
      { metric: 'fairlead_inspector_feed_lag', value: state.lag },
    ],
    close() {
      isClosed = true;
      for (const [sid, stream] of streams) {
        safely(() => stream.bye(retryMs()));
        remove(sid);
      }
    },
  };
}

function badQuery(q: string): Refused | undefined {
  try {
    parseQuery(q);
    return undefined;
  } catch (error) {
    if (error instanceof QueryProblem) return { status: 400, problem: error.problem };
    throw error;
  }
}

const refused = (status: Refused['status'], code: string, message: string): Refused => ({
  ...{ status, problem: { code, message } },
});

const closing = refused(
  ...([503, 'inspector.closing', 'this host is going down; connect to another'] as const),
);
const full = refused(
  ...([429, 'inspector.tooManyStreams'] as const),
  `${feedLimits.streamsMax} streams are open, the most there may be; close pages that are not needed`,
);
const noStream = refused(
  ...([404, 'inspector.noStream', 'this stream has ended; open a new one'] as const),
);
