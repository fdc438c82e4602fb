/** What may stand in a setting: counts, numbers, spans of time, words. Each kind says what it expects. */
import { parseDuration, span } from '../cli/duration.ts';

/** Bounds of durations are milliseconds. */
export type ValueKind =
  | { readonly type: 'count' | 'number' | 'duration'; readonly min: number; readonly max: number }
  | { readonly type: 'word'; readonly words: readonly string[] };

export type Value = string | number;

/** As written in a file, an environment or a flag. */
export type Written = string | number | boolean;

/** The value, in milliseconds for durations; undefined when it is none of this kind or out of bounds. */
export function valueOf(kind: ValueKind, written: Written): Value | undefined {
  const text = String(written).trim();
  if (kind.type === 'word') return kind.words.find((word) => word === text);
  const number = numberOf(kind.type, text);
  if (number === undefined || number < kind.min || number > kind.max) return undefined;
  return number;
}

function numberOf(type: 'count' | 'number' | 'duration', text: string): number | undefined {
  if (type === 'duration') return parseDuration(text);
  const shape = type === 'count' ? /^\d{1,9}$/ : /^\d{1,9}(\.\d+)?$/;
  return shape.test(text) ? Number(text) : undefined;
}

/** What a refusal tells the reader to write. */
export function expectation(kind: ValueKind): string {
  if (kind.type === 'word') return `one of ${kind.words.join(', ')}`;
  const { min, max } = kind;
  if (kind.type === 'duration')
    return `a time from ${spell(kind, min)} to ${spell(kind, max)}, as 45s or 4m; a plain number is seconds`;
  return `a ${kind.type === 'count' ? 'whole number' : 'number'} from ${min} to ${max}`;
}

/** As one would write it. */
export function spell(kind: ValueKind, value: Value): Value {
  if (kind.type !== 'duration' || typeof value === 'string') return value;
  return value % 1_000 === 0 ? span(value).replace(/m0s$/, 'm') : `${value}ms`;
}
