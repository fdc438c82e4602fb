/** The fleet in this process: the stream of steps, heard like any client may, kept in the index that hosts keep too. */
import type { Clock } from '../../../actors/ports.ts';
import type { FeedState, Sort } from '../../inspector/api.ts';
import type { Entry } from '../../inspector/index/entry.ts';
import { FleetIndex } from '../../inspector/index/fleet-index.ts';
import { Tally } from '../../inspector/index/tally.ts';
import { systemClock } from '../../clock.ts';
import type { Session } from '../session.ts';
import type { Terminal } from '../terminal.ts';
import type { Labels } from './labels.ts';
import type { Board } from './state.ts';

export interface Asked {
  readonly scopeQuery: string;
  /** With the scope in it. */
  readonly q: string;
  readonly sort: Sort;
  /** Actor whose pane is open; empty for none. */
  readonly focus: string;
}

export interface Fleet {
  /** All that was stored has been heard. */
  readonly ready: Promise<void>;
  read(asked: Asked): Board;
  /** As it stands now; reads of it show the same for ever. */
  frozen(): Pick<Fleet, 'read'>;
  /** Why the stream cannot be read; empty while it can. */
  trouble(): string;
  stop(): Promise<void>;
}

/** @param labels  with `-l`: what of the fleet is looked at */
export function openFleet(
  session: Session,
  terminal: Pick<Terminal, 'nowMs'>,
  labels: Labels | undefined,
): Fleet {
  const clock: Clock = { ...systemClock, nowMs: () => terminal.nowMs() };
  const index = new FleetIndex(clock);
  let trouble = '';
  const feed = session.steps(
    {
      step: (step) => void index.take(step),
      restarted: () => index.beginReplay(),
      caughtUp: () => void index.endReplay(),
      state: ({ status }) => {
        if (status === 'live') trouble = '';
      },
    },
    {
      log: (_level, { cause }) => {
        if (typeof cause === 'string') trouble = cause;
      },
    },
  );
  const isWanted = labels && (({ row }: Entry) => labels.has(row.actor));
  const read = (of: FleetIndex, nowMs: number, state: FeedState, asked: Asked): Board => ({
    ...selected(of, asked, isWanted),
    ...{ focus: asked.focus === '' ? undefined : of.row(asked.focus) },
    ...{ feed: state, trouble, asOfMs: of.asOfMs, nowMs },
  });
  return {
    ready: feed.ready,
    read: (asked) => read(index, clock.nowMs(), feed.state(), asked),
    frozen: () => {
      const nowMs = clock.nowMs();
      const state = feed.state();
      const copy = new FleetIndex({ ...clock, nowMs: () => nowMs });
      copy.load(index.rows(), index.asOfMs);
      return { read: (asked) => read(copy, nowMs, state, asked) };
    },
    trouble: () => trouble,
    stop: () => feed.stop(),
  };
}

function selected(
  index: FleetIndex,
  { q, scopeQuery, sort }: Asked,
  isWanted: ((entry: Entry) => boolean) | undefined,
): Pick<Board, 'entries' | 'total' | 'counts'> {
  const { entries } = index.listing(q, sort);
  const scope = index.listing(scopeQuery, 'severity');
  if (isWanted === undefined)
    return { entries, total: scope.entries.length, counts: scope.facets() };
  const all = scope.entries.filter(isWanted);
  const tally = new Tally();
  for (const entry of all) tally.add(entry, entry.row.severity, 1);
  return { entries: entries.filter(isWanted), total: all.length, counts: tally.facets() };
}
