/** What is wrong with a value, told the way users write it: `<path> is <value>: <why>; <what to write instead>.` */
import type { z } from 'zod';
import type { RefusalProblem } from './kind.ts';
import { nearest } from './nearest.ts';

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** Checks `value`; `root` is taken off the front of paths, as `manifest` in command arguments. */
export function checked<S extends z.ZodType>(
  schema: S,
  value: unknown,
  root = '',
): { ok: true; value: z.infer<S> } | { ok: false; problems: RefusalProblem[] } {
  const result = schema.safeParse(value);
  return result.success
    ? { ok: true, value: result.data }
    : { ok: false, problems: problemsOf(result.error, root, { value, schema }) };
}

/** All problems at once. With the checked value the texts show what was written; with the schema, what is near. */
export function problemsOf(
  error: z.ZodError,
  root = '',
  seen: { readonly value?: unknown; readonly schema?: z.ZodType } = {},
): RefusalProblem[] {
  return error.issues.flatMap((issue) => problemsIn(issue, issue.path, { root, ...seen }));
}

interface Scene {
  readonly root: string;
  readonly value?: unknown;
  readonly schema?: z.ZodType;
}

/** `spec.agentPools[0].count`; odd keys in brackets. */
function pathText(path: Path, root = ''): string {
  const parts = root !== '' && path[0] === root ? path.slice(1) : path;
  return parts.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    const key = String(part);
    if (!/^[A-Za-z_][\w-]*$/.test(key)) return `${text}[${JSON.stringify(key)}]`;
    return text === '' ? key : `${text}.${key}`;
  }, '');
}

function problemsIn(issue: Issue, path: Path, scene: Scene): RefusalProblem[] {
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey(key, path, scene));
    case 'invalid_union':
      return fromUnion(issue, path, scene);
    case 'invalid_key':
    case 'invalid_element': {
      const [inner] = issue.issues;
      return inner ? [single({ ...inner, path: [] }, path, scene)] : [];
    }
    default:
      return [single(issue, path, scene, at(scene.value, path))];
  }
}

/** Of several allowed forms the one that fits best speaks. */
function fromUnion(
  issue: Extract<Issue, { code: 'invalid_union' }>,
  path: Path,
  scene: Scene,
): RefusalProblem[] {
  const branches = [...issue.errors].sort((left, right) => badness(left) - badness(right));
  const [best] = branches;
  if (!best) return [single(issue, path, scene, at(scene.value, path))];
  return best.flatMap((inner) => problemsIn(inner, [...path, ...inner.path], scene));
}

/** A missing or unknown key means that another form was meant. */
const badness = (issues: readonly Issue[]): number =>
  issues.reduce((sum, { code }) => sum + (/unrecognized_keys|invalid_type/.test(code) ? 10 : 1), 0);

function unknownKey(key: string, path: Path, scene: Scene): RefusalProblem {
  const full = pathText([...path, key], scene.root);
  const known = knownKeys(scene.schema, path);
  const close = nearest(key, known);
  const listed = known.length > 0 ? `known keys: ${known.join(', ')}` : 'remove it';
  const advice = close === undefined ? `; ${listed}.` : `; did you mean ${close}?`;
  return {
    ...{ path: full, code: 'manifest.unknownKey', message: `${full} is not a known key${advice}` },
    ...(known.length > 0 && { allowed: known }),
  };
}

interface Finding {
  readonly code: string;
  /** Why, and what to write instead; may start with a verb. */
  readonly text: string;
  readonly allowed?: readonly unknown[];
}

/** `value` is left out where the path says it already. */
function single(issue: Issue, path: Path, scene: Scene, value?: unknown): RefusalProblem {
  const full = pathText(path, scene.root);
  const subject = full === '' ? 'the document' : full;
  const { code, text, allowed } = finding(issue, value);
  return {
    ...{ path: full, code },
    message: sentence(subject, text, isPlain(value) ? show(value) : undefined),
    ...(isPlain(value) && { got: value }),
    ...(allowed && { allowed }),
  };
}

/** Rules phrase themselves as "is not …; use …" or "3 of …; use …"; both become one sentence with the value. */
function sentence(subject: string, text: string, shown: string | undefined): string {
  const isPredicate = /^(is|has|names|uses|opens|overlaps) /.test(text);
  const end = text.endsWith('?') ? '' : '.';
  if (shown === undefined)
    return `${subject} ${isPredicate ? '' : 'cannot be used: '}${text}${end}`;
  const why = isPredicate ? text.replace(/^is /, '') : text;
  return `${subject} is ${shown}: ${why}${end}`;
}

function finding(issue: Issue, value: unknown): Finding {
  const params = issue.code === 'custom' ? (issue.params ?? {}) : {};
  const { code, allowed } = params as { code?: unknown; allowed?: unknown };
  const generic = genericFinding(issue, value);
  return {
    code: typeof code === 'string' ? code : generic.code,
    // Messages of our own start in lower case; zod's do not and say less than we can.
    text: /^[A-Z]/.test(issue.message) ? generic.text : issue.message,
    ...(Array.isArray(allowed)
      ? { allowed: allowed as unknown[] }
      : generic.allowed && { allowed: generic.allowed }),
  };
}

function genericFinding(issue: Issue, value: unknown): Finding {
  switch (issue.code) {
    case 'invalid_type': {
      const wanted = typeNames[issue.expected] ?? issue.expected;
      if (value === undefined)
        return { code: 'manifest.required', text: `is missing; write ${wanted}` };
      return { code: 'manifest.wrongType', text: `is not ${wanted}; write ${wanted}` };
    }
    case 'invalid_value': {
      const close =
        typeof value === 'string' ? nearest(value, issue.values.map(String)) : undefined;
      const hint = close === undefined ? 'use one of them' : `did you mean ${close}?`;
      const text = `is not one of ${issue.values.map(String).join(', ')}; ${hint}`;
      if (value === undefined)
        return {
          ...{ code: 'manifest.required', allowed: issue.values },
          text: `is missing; write ${issue.values.map(String).join(' or ')}`,
        };
      return { code: 'manifest.notAllowed', text, allowed: issue.values };
    }
    case 'too_big':
      return range('more', 'at most', issue.maximum, issue.origin);
    case 'too_small':
      return range('less', 'at least', issue.minimum, issue.origin);
    case 'invalid_format':
      return {
        code: 'manifest.badFormat',
        text: `is not in the form ${issue.pattern ?? issue.format}; write it in this form`,
      };
    case 'not_multiple_of':
      return { code: 'manifest.badValue', text: `is no multiple of ${issue.divisor}; use one` };
    default:
      return {
        code: 'manifest.badValue',
        text: 'is not accepted; see the reference of this field',
      };
  }
}

function range(
  word: 'more' | 'less',
  bound: 'at most' | 'at least',
  limit: number | bigint,
  origin: string,
): Finding {
  const counted: Readonly<Record<string, string>> = {
    string: ' characters',
    array: ' entries',
    set: ' entries',
    record: ' entries',
  };
  const unit = counted[origin] ?? '';
  const verb = unit === '' ? 'is' : 'has';
  const text = `${verb} ${word} than ${limit}${unit}; use ${bound} ${limit}${unit}`;
  return { code: 'manifest.outOfRange', text };
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map of keys',
  record: 'a map of keys',
};

const isPlain = (value: unknown): boolean =>
  ['string', 'number', 'boolean'].includes(typeof value) || value === null;

const show = (value: unknown): string => {
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 76)}…"` : text;
};

function at(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (each, part) =>
      typeof each === 'object' && each !== null && Object.hasOwn(each, part)
        ? (each as Record<PropertyKey, unknown>)[part]
        : undefined,
    value,
  );
}

/** Parts of a schema's definition that lead further in. */
interface Definition {
  readonly shape?: Readonly<Record<string, z.ZodType>>;
  readonly element?: z.ZodType;
  readonly valueType?: z.ZodType;
  readonly innerType?: z.ZodType;
  readonly options?: readonly z.ZodType[];
}

function knownKeys(schema: z.ZodType | undefined, path: Path): string[] {
  if (!schema) return [];
  const definition = schema.def as unknown as Definition;
  if (definition.innerType) return knownKeys(definition.innerType, path);
  if (definition.options) return definition.options.flatMap((option) => knownKeys(option, path));
  const [head, ...rest] = path;
  if (head === undefined) return Object.keys(definition.shape ?? {});
  const next =
    definition.shape?.[String(head)] ?? definition.element ?? definition.valueType ?? undefined;
  return knownKeys(next, rest);
}
