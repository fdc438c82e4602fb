/** Columns of `get breakers`. They are API: none is ever renamed or moved. */
import { span } from './duration.ts';
import type { Mood, Style } from './style.ts';
import type { BreakerEntry, StandingOrder } from './surveys.ts';
import type { Column } from './table.ts';
import { isMeant } from './breaker-keys.ts';

export interface BreakerLooks {
  readonly style: Style;
  readonly nowMs: number;
  readonly standing: readonly StandingOrder[];
  /** HOST is shown without `-o wide` as well. */
  readonly hosts: boolean;
}

export const breakerColumns = (looks: BreakerLooks): readonly Column<BreakerEntry>[] => [
  { head: 'BREAKER', cell: (each) => each.key },
  { head: 'STATE', cell: (each) => stateText(looks.style, each) },
  { head: 'FAILS', cell: failsText },
  { head: 'CALLS/MIN', cell: (each) => countText(each.window?.calls) },
  { head: 'ERR%', cell: (each) => shareText(each.window?.failed, each.window?.calls) },
  { head: 'SLOW%', cell: (each) => shareText(each.window?.slow, each.window?.calls) },
  { head: 'OPEN UNTIL', cell: (each) => untilText(each, looks) },
  { head: 'WAITING', cell: (each) => countText(each.waiting) },
  { head: 'LAST TRIP', cell: (each) => tripText(each) },
  { head: 'EPOCH', cell: (each) => countText(each.epoch), wide: true },
  { head: 'HOST', cell: (each) => each.host, wide: !looks.hosts },
];

const breakerMood = ({ state }: BreakerEntry): Mood =>
  state === 'closed'
    ? 'good'
    : state === 'open'
      ? 'bad'
      : state === 'halfOpen'
        ? 'changing'
        : 'idle';

export function stateText(style: Style, breaker: BreakerEntry): string {
  const stored = breaker.isLive ? '' : ' (stored)';
  const text = `${breaker.state}${stored}`;
  return style.decorated ? `${style.symbol(breakerMood(breaker))} ${text}` : text;
}

const countText = (count: number | undefined): string => (count === undefined ? '' : String(count));

/** Failures in a row, of how many open it. */
function failsText({ consecutive, policy }: BreakerEntry): string {
  if (consecutive === undefined) return '';
  const most = policy?.['failuresMax'];
  return most === undefined ? String(consecutive) : `${consecutive}/${most}`;
}

const shareText = (part: number | undefined, whole: number | undefined): string =>
  part === undefined || whole === undefined || whole === 0 ? '' : ((100 * part) / whole).toFixed(1);

/** When it lets calls through again by itself. */
function untilText(breaker: BreakerEntry, { nowMs, standing }: BreakerLooks): string {
  if (breaker.state === 'open') return clockText(breaker.openUntilMs, nowMs);
  if (breaker.state !== 'isolated') return '';
  const by = isolatingOrder(breaker.key, standing)?.by;
  return `${clockText(breaker.isolation?.untilMs, nowMs)}${by === undefined ? '' : ` by ${by}`}`;
}

/** The order that stands behind an isolation or an observation, the newest that means this key. */
export const isolatingOrder = (
  key: string,
  standing: readonly StandingOrder[],
): StandingOrder | undefined =>
  standing.findLast(({ verb, key: ordered }) => verb !== 'set' && isMeant(ordered, key));

/** Ends further away than this are no dates anybody waits for. */
const foreverMs = 300 * 86_400_000;

/** `12:04:31Z (18s)`; with the date when it is not near. */
export function clockText(atMs: number | undefined, nowMs: number): string {
  if (atMs === undefined || atMs === 0) return '';
  if (atMs - nowMs > foreverMs) return 'released';
  const text = new Date(atMs).toISOString();
  const clock = `${text.slice(11, 19)}Z`;
  return atMs - nowMs > 12 * 3_600_000
    ? `${text.slice(0, 10)} ${clock}`
    : `${clock} (${span(Math.max(0, atMs - nowMs))})`;
}

function tripText({ lastTrip, isolation }: BreakerEntry): string {
  if (isolation !== null && isolation !== undefined) return `"${isolation.reason}"`;
  if (lastTrip === null || lastTrip === undefined) return '';
  const { consecutive, code, type, atMs } = lastTrip;
  const many = typeof consecutive === 'number' && consecutive > 0 ? `${consecutive}× ` : '';
  const what = typeof code === 'string' && code !== '' ? code : String(type);
  const when = typeof atMs === 'number' ? ` ${new Date(atMs).toISOString().slice(11, 19)}Z` : '';
  return `${many}${what}${when}`;
}

/** States by the number that metrics give them; they grow with badness. */
export const breakerStates: readonly string[] = [
  ...['closed', 'halfOpen', 'open', 'isolated', 'metricsOnly'],
];
