/** Times as people read them. */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Number and unit stay on one line: what is between them does not break. */
const of = (count: number | string, unit: string): string => `${count}\u00a0${unit}`;

/** `0.4 s`, `12 s`, `3 m`, `2 h`, `4 d`, with a no-break space. */
export function span(ms: number): string {
  const length = Math.max(0, ms);
  if (length < 10 * SECOND) return of((length / SECOND).toFixed(1), 's');
  return wholeSpan(length);
}

/** The same without fractions: `4 s`. */
export function wholeSpan(ms: number): string {
  const length = Math.max(0, ms);
  if (length < MINUTE) return of(Math.floor(length / SECOND), 's');
  if (length < HOUR) return of(Math.floor(length / MINUTE), 'm');
  if (length < 2 * DAY) return of(Math.floor(length / HOUR), 'h');
  return of(Math.floor(length / DAY), 'd');
}

const two = (count: number) => String(count).padStart(2, '0');

/** `12:04:31` in the reader's zone; with the date when it was not today. */
export function clock(atMs: number, nowMs: number): string {
  const at = new Date(atMs);
  const text = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  if (new Date(nowMs).toDateString() === at.toDateString()) return text;
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${text}`;
}
