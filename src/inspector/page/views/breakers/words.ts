/** What is told of a breaker of one host, in words. */
import { clock, wholeSpan } from '../../time.ts';
import type { BreakerEntry } from './survey.ts';

/** Name and value of each figure. */
export const factsOf = (entry: BreakerEntry): readonly (readonly [string, string])[] => [
  ['fails', failsText(entry)],
  ['calls/min', callsText(entry.window?.calls)],
  ['failed', shareText(entry.window?.failed, entry.window?.calls)],
  ['slow', shareText(entry.window?.slow, entry.window?.calls)],
  ['waiting', entry.waiting === undefined ? 'unknown' : String(entry.waiting)],
];

/** Failures in a row, of how many open it. */
function failsText({ consecutive, policy }: BreakerEntry): string {
  if (consecutive === undefined) return 'unknown';
  const most = policy?.['failuresMax'];
  return most === undefined ? String(consecutive) : `${consecutive}/${most}`;
}

/** The window holds no more. */
const CALLS_MAX = 100;

function callsText(calls: number | undefined): string {
  if (calls === undefined) return 'unknown';
  return calls < CALLS_MAX ? String(calls) : `${calls} or more`;
}

const shareText = (part: number | undefined, whole: number | undefined): string =>
  part === undefined || whole === undefined || whole === 0
    ? '-'
    : `${((100 * part) / whole).toFixed(1)} %`;

/** Ends further away than this are no dates anybody waits for. */
const FOREVER_MS = 300 * 86_400_000;

/** What it does now, and when that ends. */
export function nowText(
  { state, openUntilMs = 0, isolation }: BreakerEntry,
  nowMs: number,
): string {
  if (state === 'open') {
    if (openUntilMs === 0) return 'lets nothing through; until when is unknown';
    const leftMs = openUntilMs - nowMs;
    if (leftMs <= 0) return 'probes with the next call';
    return `open until ${clock(openUntilMs, nowMs)}, probes in ${wholeSpan(leftMs + 999)}`;
  }
  if (state === 'halfOpen') return 'probing: the next calls decide';
  if (state === 'metricsOnly') return 'lets everything through, only counts';
  if (state !== 'isolated') return '';
  const untilMs = isolation?.untilMs ?? 0;
  if (untilMs - nowMs > FOREVER_MS || untilMs === 0)
    return 'lets nothing through until it is released';
  return `lets nothing through until ${clock(untilMs, nowMs)}, ${wholeSpan(untilMs - nowMs)} left`;
}

export function tripText({ lastTrip }: BreakerEntry, nowMs: number): string {
  if (lastTrip === null || lastTrip === undefined) return '';
  const { code = '', type = '', consecutive = 0, atMs } = lastTrip;
  const many = consecutive > 0 ? `${consecutive}× ` : '';
  const when = atMs === undefined ? '' : `, ${wholeSpan(nowMs - atMs)} ago`;
  return `last trip: ${many}${code === '' ? type : code}${when}`;
}
