/** The node scripts as text: parameters in, one self-contained bash file out; and the way back from its last line. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { packageRoot } from '../package-root.ts';
import { parametersOf, partsOf, verbs, wordProblem } from './parameters.ts';
import type { Verb } from './parameters.ts';

export { verbs } from './parameters.ts';
export type { Verb } from './parameters.ts';

const shebang = '#!/bin/bash';
const bodyMark = '# --- end of parameters';
const scriptBytesMax = 65_536;

/** The last line a script prints. `running` asks to be called again with the same operation id. */
const scriptResultSchema = z.object({
  ok: z.boolean(),
  running: z.boolean().optional(),
  code: z.string().max(100),
  step: z.string().max(100),
  opId: z.string().max(100),
  node: z.string().max(100),
  version: z.string().max(100).optional(),
  progress: z.number().min(0).max(100).optional(),
  facts: z.record(z.string(), z.unknown()).optional(),
  hint: z.string().max(1000).optional(),
});
export type ScriptResult = z.infer<typeof scriptResultSchema>;

export interface SplitScript {
  readonly verb: Verb;
  readonly parameters: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * Renders the script of `verb`: shebang, parameters as quoted words, then the shipped bytes.
 * Parameters left out that the verb does not need become empty words.
 * @throws Error that names the parameter when one is missing, unknown or no word of its kind
 */
export function renderScript(verb: Verb, parameters: Readonly<Record<string, string>>): string {
  const known = parametersOf(verb, parameters);
  for (const name of Object.keys(parameters)) {
    if (!known.has(name)) throw new Error(`${name} is not a parameter of the ${verb} script`);
  }
  const lines = [...known].map(([name, need]) => {
    const value = parameters[name] ?? '';
    const problem = wordProblem(name, value, need);
    if (problem !== undefined) throw new Error(`${name} of the ${verb} script ${problem}`);
    return `${name}='${value}'`;
  });
  const text = `${shebang}\n# fairlead ${verb}\n${lines.join('\n')}\n${bodyMark}\n${shippedBody(verb)}`;
  const bytes = Buffer.byteLength(text);
  if (bytes > scriptBytesMax) {
    throw new Error(
      `the ${verb} script has ${String(bytes)} bytes with its parameters; the limit is ${String(scriptBytesMax)}`,
    );
  }
  return text;
}

/**
 * Takes a rendered script apart again.
 * @throws Error when the text is not of that form, or a parameter is not a checked word
 */
export function splitScript(text: string): SplitScript {
  const mark = text.indexOf(`\n${bodyMark}\n`);
  if (mark < 0) throw new Error('the text is no node script: the parameter block has no end');
  const [first, title = '', ...lines] = text.slice(0, mark).split('\n');
  const verb = /^# fairlead ([a-z-]+)$/.exec(title)?.[1] ?? '';
  if (first !== shebang || !isVerb(verb)) {
    throw new Error('the text is no node script: it names no known verb');
  }
  const parameters: Record<string, string> = {};
  for (const line of lines) {
    const [, name, value] = /^(FL_[A-Z_]+)='([^']*)'$/.exec(line) ?? [];
    if (name === undefined || value === undefined) {
      throw new Error('the text is no node script: a parameter line is malformed');
    }
    parameters[name] = value;
  }
  const known = parametersOf(verb, parameters);
  for (const [name, value] of Object.entries(parameters)) {
    const problem = wordProblem(name, value, known.get(name));
    if (problem !== undefined) throw new Error(`${name} of the ${verb} script ${problem}`);
  }
  return { verb, parameters, body: text.slice(mark + bodyMark.length + 2) };
}

/** Whether these bytes are one of the shipped scripts; a final newline more or less is the transport's. */
export function isShipped(body: string): boolean {
  shippedHashes ??= new Set(verbs.map((verb) => hash(shippedBody(verb))));
  return shippedHashes.has(hash(body));
}

/**
 * Reads the result from the last line of a script's output.
 * @throws Error when there is no such line; the script was killed or is not ours
 */
export function parseResult(stdout: string): ScriptResult {
  const line = stdout.trimEnd().split('\n').at(-1) ?? '';
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new Error('the last line of the script output is not JSON');
  }
  const parsed = scriptResultSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = issue === undefined ? '' : `: ${issue.path.join('.')} ${issue.message}`;
  throw new Error(`the last line of the script output is not a script result${where}`);
}

const bodies = new Map<Verb, string>();
let shippedHashes: ReadonlySet<string> | undefined;

/** The shared parts and the verb's own, as they lie in the package; tsc does not copy them. */
function shippedBody(verb: Verb): string {
  const known = bodies.get(verb);
  if (known !== undefined) return known;
  const folder = join(packageRoot(), 'src/k3s/scripts');
  const body = partsOf(verb)
    .map((name) => readFileSync(join(folder, `${name}.sh`), 'utf8'))
    .join('');
  bodies.set(verb, body);
  return body;
}

function isVerb(word: string): word is Verb {
  return (verbs as readonly string[]).includes(word);
}

function hash(body: string): string {
  return createHash('sha256').update(body.trimEnd()).digest('hex');
}
