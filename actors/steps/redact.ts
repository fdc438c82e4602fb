/** What may leave the process of a context: listed keys alone, and no text in them that looks like a secret. */
import type { ContextRules } from '../../machines/inspect.ts';
import { digestOf } from '../digest.ts';

/** One cheap look at texts that hold nothing of the sort, which is nearly all of them. */
const suspicious = /AKIA|ASIA|-----BEGIN|eyJ|K10|secret|S[UAOC][A-Z2-7]{56}/i;

const secrets: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z0-9 ]+-----[\s\S]*?(?:-----END [A-Z0-9 ]+-----|$)/g, '[PEM]'],
  [/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, '[AWS key id]'],
  [/(secret_?(?:access_?)?key["']?\s*[:=]\s*["']?)[A-Za-z0-9/+=]{20,}/gi, '$1[AWS secret key]'],
  [/\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)?/g, '[JWT]'],
  [/\bK10[A-Za-z0-9]*::[^\s"',}]+/g, '[K3s token]'],
  [/\bS[UAOC][A-Z2-7]{56}\b/g, '[NATS seed]'],
];

/** The text with everything in it that looks like a secret named instead of shown. */
export function redactText(text: string): string {
  if (!suspicious.test(text)) return text;
  return secrets.reduce((left, [pattern, name]) => left.replace(pattern, name), text);
}

/** A value before and what it became: what is the same object again needs no second look. */
interface Done {
  readonly raw: unknown;
  readonly shown: unknown;
}

type Plain = Readonly<Record<string, unknown>>;

/** A JSON value with its texts redacted, keys too; itself where there was nothing to hide. */
export function redactValue(raw: unknown, done?: Done): unknown {
  if (done !== undefined && raw === done.raw) return done.shown;
  if (typeof raw === 'string') return redactText(raw);
  if (typeof raw !== 'object' || raw === null) return raw;
  if (Array.isArray(raw)) return redactList(raw, done);
  return redactObject(raw as Plain, done);
}

function redactList(raw: readonly unknown[], done: Done | undefined): unknown {
  const [before, shown] = [listOf(done?.raw), listOf(done?.shown)];
  const found = raw.map((each, at) =>
    redactValue(each, at < before.length ? { raw: before[at], shown: shown[at] } : undefined),
  );
  return found.every((each, at) => each === raw[at]) ? raw : found;
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function redactObject(raw: Plain, done: Done | undefined): unknown {
  const before = Object.entries(raw);
  const entries = before.map(([key, value]): [string, unknown] => [
    redactText(key),
    redactValue(value, doneBelow(done, key)),
  ]);
  const isAsBefore = before.every(
    ([key, value], at) => entries[at]?.[0] === key && entries[at][1] === value,
  );
  return isAsBefore ? raw : Object.fromEntries(entries);
}

function doneBelow(done: Done | undefined, key: string): Done | undefined {
  const [before, shown] = [membersOf(done?.raw), membersOf(done?.shown)];
  if (!Object.hasOwn(before, key) || !Object.hasOwn(shown, key)) return undefined;
  return { raw: before[key], shown: shown[key] };
}

const membersOf = (value: unknown): Plain =>
  typeof value === 'object' && value !== null ? (value as Plain) : {};

/** Keys that no rule names are left out. */
export function redactContext(
  rules: ContextRules,
  raw: Plain,
  done?: { readonly raw: Plain; readonly shown: Plain },
): Plain {
  if (raw === done?.raw) return done.shown;
  const entries = Object.entries(raw).flatMap(([key, value]): [string, unknown][] => {
    const rule = Object.hasOwn(rules, key) ? rules[key] : 'hide';
    if (rule === undefined || rule === 'hide' || value === undefined) return [];
    if (rule === 'show') return [[key, redactValue(value, doneBelow(done, key))]];
    return [[key, value === null ? null : `#${digestOf(JSON.stringify(value))}`]];
  });
  return Object.fromEntries(entries);
}
