/** `fairlead explain cluster[.spec.path]`, or of a replication: the fields of a manifest, read off the schema that checks it. */
import { z } from 'zod';
import { manifestSchemas } from '../../../machines/specs.ts';
import { exits } from '../exit-codes.ts';
import { usage } from '../failure.ts';
import { kindOf, storedKinds, unknownKind } from '../kinds.ts';
import { nearest } from '../../../actors/nearest.ts';
import { objectText } from '../output.ts';
import type { Verb } from '../shell.ts';
import { tableText } from '../table.ts';

/** The parts of JSON Schema that our manifests use. */
interface Schema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly additionalProperties?: Schema | boolean;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly description?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly maxLength?: number;
}

const manifests = {
  cluster: manifestSchemas.Cluster,
  replication: manifestSchemas.Replication,
  replicationgroup: manifestSchemas.ReplicationGroup,
};

export const explain: Verb = async ({ operands, terminal, wish }) => {
  const [word = '', ...path] = (operands[0] ?? '').split('.');
  const kind = kindOf(word);
  if (kind === undefined) throw unknownKind(word);
  if (kind === 'node')
    throw usage('a node has no manifest: clusters declare nodes', { allowed: ['cluster'] });
  const stored = storedKinds.find((each) => each === kind);
  if (stored === undefined) throw usage(`no manifest declares ${word}`, { allowed: storedKinds });
  const whole = z.toJSONSchema(manifests[stored], { io: 'input', unrepresentable: 'any' });
  const schema = descend(whole as Schema, path, kind);
  if (wish.format === 'json' || wish.format === 'yaml')
    terminal.out(await objectText(wish.format, schema));
  else terminal.out(textOf([kind, ...path].join('.'), schema));
  return exits.ok;
};

function descend(schema: Schema, path: readonly string[], kind: string): Schema {
  let found = schema;
  for (const [index, raw] of path.entries()) {
    const key = raw.replace(/\[\d*\]$/, '');
    const fields = fieldsOf(found);
    const next = fields[key];
    if (next === undefined) {
      const here = [kind, ...path.slice(0, index)].join('.');
      const near = nearest(key, Object.keys(fields));
      throw usage(
        `${here} has no field ${key}${near === undefined ? '' : `; did you mean ${near}?`}`,
        {
          allowed: Object.keys(fields),
        },
      );
    }
    found = next;
  }
  return found;
}

/** Fields below a schema: its own, those of its list items, or those of all its alternatives. */
function fieldsOf(schema: Schema): Readonly<Record<string, Schema>> {
  if (schema.properties !== undefined) return schema.properties;
  if (schema.items !== undefined) return fieldsOf(schema.items);
  const alternatives = (schema.anyOf ?? []).map(fieldsOf);
  return Object.assign({}, ...alternatives) as Record<string, Schema>;
}

function textOf(name: string, schema: Schema): string {
  const fields = Object.entries(fieldsOf(schema));
  const head = `${name}   ${typeText(schema)}${rulesText(schema)}\n`;
  if (fields.length === 0) return head;
  const required = new Set(schema.required ?? schema.items?.required ?? []);
  const table = tableText(
    [
      { head: 'FIELD', cell: ([key]) => key },
      { head: 'TYPE', cell: ([, field]) => typeText(field) },
      { head: 'DEFAULT', cell: ([key, field]) => defaultText(key, field, required) },
      { head: 'RULES', cell: ([, field]) => rulesText(field).trim() },
    ],
    fields,
    { headers: true },
  );
  return `${head}\n${table}`;
}

function typeText(schema: Schema): string {
  if (schema.enum !== undefined) return schema.enum.join(' | ');
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.anyOf !== undefined) return schema.anyOf.map(typeText).join(' or ');
  if (schema.items !== undefined) return `list of ${typeText(schema.items)}`;
  if (schema.properties !== undefined) return 'object';
  const values = schema.additionalProperties;
  if (typeof values === 'object') return `map to ${typeText(values)}`;
  return typeof schema.type === 'string' ? schema.type : 'any';
}

function defaultText(key: string, schema: Schema, required: ReadonlySet<string>): string {
  if (schema.default !== undefined) return JSON.stringify(schema.default);
  return required.has(key) ? 'required' : '';
}

function rulesText(schema: Schema): string {
  const { minItems, maxItems, maxLength, pattern, description } = schema;
  const rules = [
    description,
    rangeText(schema.minimum, schema.maximum, ''),
    rangeText(minItems, maxItems, ' entries'),
    rangeText(undefined, maxLength, ' characters'),
    pattern === undefined ? undefined : `matches ${pattern}`,
  ].filter((rule) => rule !== undefined);
  return rules.length === 0 ? '' : `   ${rules.join(', ')}`;
}

/** What JSON Schema writes for "any whole number" is no rule of ours. */
function rangeText(
  low: number | undefined,
  high: number | undefined,
  what: string,
): string | undefined {
  const from = low === undefined || low <= Number.MIN_SAFE_INTEGER ? undefined : low;
  const to = high === undefined || high >= Number.MAX_SAFE_INTEGER ? undefined : high;
  if (from !== undefined && to !== undefined) return `${from} to ${to}${what}`;
  if (from !== undefined) return `at least ${from}${what}`;
  return to === undefined ? undefined : `at most ${to}${what}`;
}
