/** The first lines of `top`: how fresh this is, and how many there are of what. */
import { severities } from '../../../actors/steps/step.ts';
import { span } from '../duration.ts';
import { joined, moods } from './pen.ts';
import type { Pen, Size } from './pen.ts';
import type { TopState } from './state.ts';

export const headerLines = 3;

export function headerOf(state: TopState, { columns }: Size, pen: Pen): readonly string[] {
  const { board, server, sort, query, scope } = state;
  const { style } = pen;
  const shown = board.entries.length;
  const filter = query === '' ? [] : [`filter ${query}`, `${shown} of ${board.total}`];
  const kinds = Object.entries(board.counts.kind).map(([kind, many]) => `${many} ${kind}`);
  return [
    joined([style.paint('bold', 'fairlead top'), freshness(state, pen), server], columns, pen),
    joined([`${board.total} in ${scope}`, ...severityCounts(state, pen)], columns, pen),
    joined([...filter, `by ${sort}`, ...kinds], columns, pen),
  ];
}

function severityCounts({ board }: TopState, { style }: Pen): string[] {
  return severities.map(
    (severity) =>
      `${style.symbol(moods[severity])} ${board.counts.severity[severity] ?? 0} ${severity}`,
  );
}

/** How old what is shown is, and why. */
function freshness({ board, isPaused }: TopState, { style }: Pen): string {
  const { feed, asOfMs, nowMs, trouble } = board;
  const sign = (mood: 'good' | 'changing' | 'bad' | 'idle', text: string): string =>
    `${style.symbol(mood)} ${text}`;
  if (isPaused) return sign('idle', `paused at ${clockText(nowMs)}, p goes on`);
  const newest = asOfMs === 0 ? 'nothing heard yet' : `newest change ${span(nowMs - asOfMs)} ago`;
  if (feed.status === 'live') return sign('good', `live, ${newest}`);
  const since = feed.sinceMs === 0 ? '' : ` for ${span(nowMs - feed.sinceMs)}`;
  const behind = feed.lag > 0 ? `, ${feed.lag} steps behind` : '';
  const why = trouble === '' ? '' : ` (${trouble})`;
  const mood = feed.status === 'offline' ? 'bad' : 'changing';
  return sign(mood, `${feed.status}${since}${behind}, ${newest}${why}`);
}

const clockText = (ms: number): string => `${new Date(ms).toISOString().slice(11, 19)}Z`;
