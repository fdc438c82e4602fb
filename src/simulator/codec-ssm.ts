/** SSM's JSON 1.1 on the wire, in both directions, driven by the schemas the SDK exports. */
import { NormalizedSchema } from '@smithy/core/schema';
import { AwsError } from './errors.ts';
import type { OperationSchema } from './operation.ts';

/**
 * The operation's input from the body. Members the schema does not know are dropped, as AWS does.
 * @throws AwsError `SerializationException`, `ValidationException`
 */
export function parseJson(schema: OperationSchema, body: string): unknown {
  let given: unknown;
  try {
    given = JSON.parse(body === '' ? '{}' : body);
  } catch {
    throw new AwsError('SerializationException', 'The request body is not valid JSON.');
  }
  return readValue(NormalizedSchema.of(schema[4]), given, '');
}

function readValue(schema: NormalizedSchema, given: unknown, path: string): unknown {
  if (schema.isUnitSchema()) return {};
  if (schema.isStructSchema()) return readStruct(schema, asObject(given, path), path);
  if (schema.isListSchema()) {
    if (!Array.isArray(given)) throw unexpected(path, 'a list');
    const member = schema.getValueSchema();
    return given.map((item, index) => readValue(member, item, `${path}.${String(index + 1)}`));
  }
  if (schema.isMapSchema()) {
    const member = schema.getValueSchema();
    return Object.fromEntries(
      Object.entries(asObject(given, path)).map(([key, item]) => [
        key,
        readValue(member, item, `${path}.${key}`),
      ]),
    );
  }
  return readScalar(schema, given, path);
}

function readStruct(
  schema: NormalizedSchema,
  given: Record<string, unknown>,
  path: string,
): Record<string, unknown> {
  const members: Record<string, unknown> = {};
  const requiredCount: unknown = (schema.getSchema() as readonly unknown[])[6];
  let requiredLeft = typeof requiredCount === 'number' ? requiredCount : 0;
  for (const [member, memberSchema] of schema.structIterator()) {
    const value = given[member];
    const at = path === '' ? member : `${path}.${member}`;
    if (value !== undefined && value !== null) members[member] = readValue(memberSchema, value, at);
    else if (requiredLeft > 0) {
      throw new AwsError(
        'ValidationException',
        `1 validation error detected: Value null at '${lowerFirst(at)}' failed to satisfy constraint: Member must not be null`,
      );
    }
    requiredLeft -= 1;
  }
  return members;
}

function readScalar(schema: NormalizedSchema, given: unknown, path: string): unknown {
  if (schema.isTimestampSchema()) {
    if (typeof given !== 'number') throw unexpected(path, 'a timestamp');
    return new Date(given * 1000);
  }
  if (schema.isBooleanSchema() && typeof given !== 'boolean') throw unexpected(path, 'a boolean');
  if (schema.isNumericSchema() && typeof given !== 'number') throw unexpected(path, 'a number');
  if (schema.isStringSchema() && typeof given !== 'string') throw unexpected(path, 'a string');
  return given;
}

function asObject(given: unknown, path: string): Record<string, unknown> {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw unexpected(path, 'an object');
  }
  return given as Record<string, unknown>;
}

function unexpected(path: string, wanted: string): AwsError {
  return new AwsError(
    'SerializationException',
    `${path === '' ? 'The body' : path} must be ${wanted}.`,
  );
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/**
 * The operation's reply as the SDK expects it: timestamps as epoch seconds.
 * @throws Error when the value has a member the schema does not know: a bug of the simulator, never sent
 */
export function toJson(schema: OperationSchema, value: unknown): string {
  return JSON.stringify(writeValue(NormalizedSchema.of(schema[5]), value));
}

export function errorJson(error: { code: string; message: string }): string {
  return JSON.stringify({ __type: `com.amazonaws.ssm#${error.code}`, message: error.message });
}

function writeValue(schema: NormalizedSchema, value: unknown): unknown {
  if (schema.isUnitSchema()) return {};
  if (schema.isStructSchema()) {
    return Object.fromEntries(
      Object.entries(value as object)
        .filter(([, item]) => item !== undefined)
        // getMemberSchema refuses a name that is not in the schema.
        .map(([member, item]) => [member, writeValue(schema.getMemberSchema(member), item)]),
    );
  }
  if (schema.isListSchema()) {
    const member = schema.getValueSchema();
    return (value as readonly unknown[]).map((item) => writeValue(member, item));
  }
  if (schema.isMapSchema()) {
    const member = schema.getValueSchema();
    return Object.fromEntries(
      Object.entries(value as object).map(([key, item]) => [key, writeValue(member, item)]),
    );
  }
  return value instanceof Date ? value.getTime() / 1000 : value;
}
