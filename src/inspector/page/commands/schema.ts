/** The part of JSON Schema that commands use, and the words of a field. */

export interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly description?: string;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
}

export type Values = Readonly<Record<string, unknown>>;

/** `#/$defs/x` of the same document. */
export function resolved(schema: Schema, root: Schema): Schema {
  const name = schema.$ref?.match(/^#\/\$defs\/(.+)$/)?.[1];
  const found = name === undefined ? undefined : root.$defs?.[name];
  return found === undefined ? schema : resolved(found, root);
}

export type FieldKind = 'text' | 'number' | 'switch' | 'choice' | 'object' | 'json';

/** How a field is filled in: what no other kind fits is JSON in a text area. */
export function fieldKind(schema: Schema): FieldKind {
  if (schema.enum !== undefined) return 'choice';
  if (schema.type === 'string') return 'text';
  if (schema.type === 'integer' || schema.type === 'number') return 'number';
  if (schema.type === 'boolean') return 'switch';
  // A deep object is quicker pasted than clicked.
  if (schema.type === 'object' && schema.properties !== undefined && isFlat(schema))
    return 'object';
  return 'json';
}

const isFlat = (schema: Schema): boolean =>
  Object.values(schema.properties ?? {}).every(
    (each) =>
      each.enum !== undefined ||
      ['string', 'integer', 'number', 'boolean'].includes(each.type ?? ''),
  );

/** `1 to 200`, `at most 500 characters`; empty when there is no bound worth saying. */
export function boundsText({ minimum, maximum, maxLength, pattern, type }: Schema): string {
  const parts: string[] = [];
  const isNumber = type === 'integer' || type === 'number';
  const top = maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum;
  if (isNumber && minimum !== undefined && top !== undefined) parts.push(`${minimum} to ${top}`);
  else if (isNumber && minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER)
    parts.push(`at least ${minimum}`);
  if (maxLength !== undefined && pattern === undefined && maxLength < 500)
    parts.push(`at most ${maxLength} characters`);
  return parts.join(', ');
}

/** Required fields without a value. */
export function missingOf(schema: Schema, values: Values): string[] {
  return (schema.required ?? []).filter((name) => {
    const field = schema.properties?.[name];
    return field?.default === undefined && (values[name] === undefined || values[name] === '');
  });
}

/** Without empty texts: an empty field is one that is not given. */
export const givenOf = (values: Values): Values =>
  Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined && value !== ''),
  );
