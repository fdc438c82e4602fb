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
  const keys = Object.keys(raw);
  // Nearly all hold nothing of the sort: made only once something is hidden.
  let entries: [string, unknown][] | undefined;
  for (const [at, key] of keys.entries()) {
    const name = redactText(key);
    const value = redactMember(raw, key, done);
    if (entries === undefined && name === key && value === raw[key]) continue;
    entries ??= keys.slice(0, at).map((each) => [each, raw[each]]);
    entries.push([name, value]);
  }
  return entries === undefined ? raw : Object.fromEntries(entries);
}

const redactMember = (raw: Plain, key: string, done: Done | undefined): unknown => {
  const value = raw[key];
  return typeof value === 'object' && value !== null
    ? redactValue(value, doneBelow(done, key))
    : redactValue(value);
};

function doneBelow(done: Done | undefined, key: string): Done | undefined {
  const [before, shown] = [membersOf(done?.raw), membersOf(done?.shown)];
  if (!Object.hasOwn(before, key) || !Object.hasOwn(shown, key)) return undefined;
  return { raw: before[key], shown: shown[key] };
}

const membersOf = (value: unknown): Plain =>
  typeof value === 'object' && value !== null ? (value as Plain) : {};

interface DoneContext {
  readonly raw: Plain;
  readonly shown: Plain;
}

/** Keys that no rule names are left out. What was shown before, the very object, where nothing shown has changed. */
export function redactContext(rules: ContextRules, raw: Plain, done?: DoneContext): Plain {
  if (raw === done?.raw) return done.shown;
  const shown: Record<string, unknown> = {};
  let [count, changes] = [0, 0];
  for (const key of Object.keys(raw)) {
    const rule = Object.hasOwn(rules, key) ? rules[key] : 'hide';
    if (rule === undefined || rule === 'hide' || raw[key] === undefined) continue;
    shown[key] = told(rule, key, raw[key], done);
    count += 1;
    if (shown[key] !== done?.shown[key]) changes += 1;
  }
  if (done === undefined || changes > 0) return shown;
  return count === Object.keys(done.shown).length ? done.shown : shown;
}

function told(rule: 'show' | 'hash', key: string, value: unknown, done?: DoneContext): unknown {
  if (done && Object.hasOwn(done.shown, key) && value === done.raw[key]) return done.shown[key];
  if (rule === 'show') return redactValue(value, doneBelow(done, key));
  return value === null ? null : `#${digestOf(JSON.stringify(value))}`;
}
