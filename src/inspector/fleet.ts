/** The fleet as a host's pages see it: index, feed and the last steps, fed from the log and kept over a restart. */
import type { Cancel, Clock, Random, Telemetry } from '../../actors/ports.ts';
import type { Step } from '../../actors/steps/step.ts';
import { snapshotLimits } from '../../machines/limits-inspector.ts';
import type { FeedState } from './api.ts';
import type { Feed } from './feed/feed.ts';
import { openFeed } from './feed/open-feed.ts';
import { FleetIndex } from './index/fleet-index.ts';
import { Maps } from './index/map.ts';
import { RecentSteps } from './index/recent-steps.ts';
import { loadSnapshot, saveSnapshot } from './index/snapshot.ts';

export interface FleetOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
  /** Where `index.json` lies; absent: nothing is kept over a restart. */
  readonly stateDir?: string;
}

export interface FleetView {
  readonly index: FleetIndex;
  readonly feed: Feed;
  readonly recent: RecentSteps;
  readonly maps: Maps;
  /** A step of the log, in its order; repeats are left out. */
  take(step: Step): void;
  /** How fresh the log is. */
  setState(state: FeedState): void;
  /** Steps may have been missed: the last one of every actor follows, then `endReplay`. */
  beginReplay(): void;
  /** What was not told by then is gone. */
  endReplay(): void;
  /** Writes the copy a last time and ends all streams. */
  close(): Promise<void>;
}

/** Reads the copy first, so that pages have something to show before NATS answers. A broken copy is left out. */
export async function openFleet(options: FleetOptions): Promise<FleetView> {
  const { clock, telemetry, stateDir } = options;
  const index = new FleetIndex(clock);
  const recent = new RecentSteps();
  const feed = openFeed({ ...options, index, onFocus: (actor) => recent.focus(actor) });
  if (stateDir !== undefined) await load(stateDir, { index, recent, telemetry });
  const copies = stateDir === undefined ? undefined : keepCopies(stateDir, options, index, recent);
  return {
    ...{ index, feed, recent, maps: new Maps(index, clock) },
    take(step) {
      if (!index.take(step)) return;
      recent.take(step);
      feed.take(step);
    },
    setState: (state) => feed.setState(state),
    beginReplay: () => index.beginReplay(),
    endReplay() {
      const lost = index.endReplay();
      if (lost > 0) telemetry.log('info', { lost }, 'actors that the log no longer tells of left');
    },
    async close() {
      feed.close();
      await copies?.close();
    },
  };
}

async function load(
  stateDir: string,
  { index, recent, telemetry }: Pick<FleetView, 'index' | 'recent'> & { telemetry: Telemetry },
): Promise<void> {
  try {
    const kept = await loadSnapshot(stateDir);
    if (!kept) return;
    index.load(kept.rows, kept.asOfMs);
    recent.load(kept.steps);
    telemetry.log('info', { actors: index.size }, 'the inspector shows its last copy for now');
  } catch (error) {
    const fields = { stateDir, error: error instanceof Error ? error.message : String(error) };
    telemetry.log('warn', fields, 'index.json cannot be used and is left out; it is made anew');
  }
}

/** Writes the copy every so often when something changed. */
function keepCopies(
  stateDir: string,
  { clock, telemetry }: FleetOptions,
  index: FleetIndex,
  recent: RecentSteps,
): { close: () => Promise<void> } {
  let saved = index.version;
  let running = Promise.resolve();
  let cancel: Cancel | undefined;
  const save = async (): Promise<void> => {
    const { version } = index;
    if (version === saved) return;
    const { asOfMs } = index;
    try {
      await saveSnapshot(stateDir, {
        ...{ savedAtMs: clock.nowMs(), asOfMs, rows: index.rows(), steps: recent.all() },
      });
      saved = version;
    } catch (error) {
      telemetry.log('warn', { stateDir, error: String(error) }, 'index.json cannot be written');
    }
  };
  const next = (): void => {
    cancel = clock.after(snapshotLimits.everyMs, () => {
      running = save().then(next);
    });
  };
  next();
  return {
    async close() {
      cancel?.();
      await running;
      cancel?.();
      await save();
    },
  };
}
