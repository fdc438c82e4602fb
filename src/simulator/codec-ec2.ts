/** EC2 Query on the wire, in both directions, driven by the schemas the SDK exports. */
import { NormalizedSchema } from '@smithy/core/schema';
import { AwsError } from './errors.ts';
import type { OperationSchema } from './operation.ts';

interface FormNode {
  value?: string;
  readonly children: Map<string, FormNode>;
}

/** Parameters of the protocol itself; they belong to no operation. */
const envelope = new Set(['Action', 'Version']);

/**
 * The operation's input from its form parameters.
 * @throws AwsError `UnknownParameter`, `MissingParameter`, `InvalidParameterValue`
 */
export function parseForm(schema: OperationSchema, form: URLSearchParams): unknown {
  const root: FormNode = { children: new Map() };
  for (const [name, value] of form) {
    if (!envelope.has(name)) plant(root, name.split('.'), value);
  }
  return readNode(NormalizedSchema.of(schema[4]), root, '');
}

function plant(root: FormNode, path: readonly string[], value: string): void {
  let node = root;
  for (const step of path) {
    const next = node.children.get(step) ?? { children: new Map<string, FormNode>() };
    node.children.set(step, next);
    node = next;
  }
  node.value = value;
}

function readNode(schema: NormalizedSchema, node: FormNode, path: string): unknown {
  if (schema.isUnitSchema()) return {};
  if (schema.isStructSchema()) return readStruct(schema, node, path);
  if (schema.isListSchema()) return readList(schema, node, path);
  return readScalar(schema, node.value ?? '', path);
}

function readStruct(schema: NormalizedSchema, node: FormNode, path: string): unknown {
  const members: Record<string, unknown> = {};
  const known = new Set<string>();
  let requiredLeft = requiredMembers(schema);
  for (const [member, memberSchema] of schema.structIterator()) {
    const key = formKey(member, memberSchema);
    known.add(key);
    const child = node.children.get(key);
    if (child !== undefined) members[member] = readNode(memberSchema, child, join(path, key));
    else if (requiredLeft > 0) {
      throw new AwsError(
        'MissingParameter',
        `The request must contain the parameter ${join(path, key)}`,
      );
    }
    requiredLeft -= 1;
  }
  for (const key of node.children.keys()) {
    if (known.has(key)) continue;
    throw new AwsError('UnknownParameter', `The parameter ${join(path, key)} is not recognized`);
  }
  return members;
}

function readList(schema: NormalizedSchema, node: FormNode, path: string): unknown {
  const member = schema.getValueSchema();
  return [...node.children.entries()]
    .map(([key, child]) => ({ at: Number(key), key, child }))
    .sort((left, right) => left.at - right.at)
    .map(({ at, key, child }) => {
      if (!Number.isInteger(at)) {
        throw new AwsError(
          'UnknownParameter',
          `The parameter ${join(path, key)} is not recognized`,
        );
      }
      return readNode(member, child, join(path, key));
    });
}

function readScalar(schema: NormalizedSchema, text: string, path: string): unknown {
  if (schema.isBooleanSchema()) {
    if (text !== 'true' && text !== 'false') throw invalid(text, path, 'boolean');
    return text === 'true';
  }
  if (schema.isNumericSchema()) {
    const value = Number(text);
    if (text === '' || !Number.isFinite(value)) throw invalid(text, path, 'integer');
    return value;
  }
  if (schema.isTimestampSchema()) {
    const value = new Date(text);
    if (Number.isNaN(value.getTime())) throw invalid(text, path, 'date');
    return value;
  }
  return schema.isBlobSchema() ? Buffer.from(text, 'base64') : text;
}

function invalid(text: string, path: string, kind: string): AwsError {
  return new AwsError(
    'InvalidParameterValue',
    `Invalid value '${text}' for ${path}. It must be a ${kind}.`,
  );
}

/** The Query spelling of a member: its own EC2 name, else its XML name or name with a capital. */
function formKey(member: string, schema: NormalizedSchema): string {
  const traits = schema.getMergedTraits();
  // The SDK types this trait loosely; in the model it is a name.
  if (typeof traits['ec2QueryName'] === 'string') return traits['ec2QueryName'];
  const name = traits.xmlName ?? member;
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** A structure schema ends with the number of its leading members that are required. */
function requiredMembers(schema: NormalizedSchema): number {
  const count: unknown = (schema.getSchema() as readonly unknown[])[6];
  return typeof count === 'number' ? count : 0;
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

/**
 * The operation's reply as the SDK expects it.
 * @throws Error when the value has a member the schema does not know: a bug of the simulator, never sent
 */
export function toXml(schema: OperationSchema, value: unknown, requestId: string): string {
  const name = `${schema[2]}Response`;
  const body = writeMembers(NormalizedSchema.of(schema[5]), value);
  return (
    `<?xml version="1.0" encoding="UTF-8"?>\n` +
    `<${name} xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">` +
    `<requestId>${requestId}</requestId>${body}</${name}>`
  );
}

export function errorXml(error: { code: string; message: string }, requestId: string): string {
  return (
    `<?xml version="1.0" encoding="UTF-8"?>\n` +
    `<Response><Errors><Error><Code>${escapeXml(error.code)}</Code>` +
    `<Message>${escapeXml(error.message)}</Message></Error></Errors>` +
    `<RequestID>${requestId}</RequestID></Response>`
  );
}

interface MemberPlan {
  readonly tag: string;
  readonly schema: NormalizedSchema;
}

/** Members by name and tag, worked out once per structure: a reply repeats the same few structures for every instance. */
const plans = new WeakMap<object, ReadonlyMap<string, MemberPlan>>();
/** The same for the one member of a list. */
const itemPlans = new WeakMap<object, MemberPlan>();

function planOf(schema: NormalizedSchema): ReadonlyMap<string, MemberPlan> {
  // The SDK wraps a schema anew on each way to it; what is inside stays the same object.
  const key = schema.getSchema() as object;
  const known = plans.get(key);
  if (known !== undefined) return known;
  const plan = new Map<string, MemberPlan>();
  for (const [member, memberSchema] of schema.structIterator()) {
    const tag = memberSchema.getMemberTraits().xmlName ?? member;
    plan.set(member, { tag, schema: memberSchema });
  }
  plans.set(key, plan);
  return plan;
}

function itemPlanOf(schema: NormalizedSchema): MemberPlan {
  const key: unknown = schema.getSchema();
  const known = typeof key === 'object' && key !== null ? itemPlans.get(key) : undefined;
  if (known !== undefined) return known;
  const item = schema.getValueSchema();
  const plan = { tag: item.getMergedTraits().xmlName ?? 'member', schema: item };
  if (typeof key === 'object' && key !== null) itemPlans.set(key, plan);
  return plan;
}

function writeMembers(schema: NormalizedSchema, value: unknown): string {
  if (schema.isUnitSchema()) return '';
  const plan = planOf(schema);
  let text = '';
  for (const [member, given] of Object.entries(value as object) as [string, unknown][]) {
    const known = plan.get(member);
    if (known === undefined)
      throw new Error(`${schema.getName() ?? 'reply'} has no member ${member}`);
    if (given === undefined) continue;
    text += `<${known.tag}>${writeValue(known.schema, given)}</${known.tag}>`;
  }
  return text;
}

function writeValue(schema: NormalizedSchema, value: unknown): string {
  if (schema.isStructSchema()) return writeMembers(schema, value);
  if (schema.isListSchema()) {
    const item = itemPlanOf(schema);
    return (value as readonly unknown[])
      .map((each) => `<${item.tag}>${writeValue(item.schema, each)}</${item.tag}>`)
      .join('');
  }
  if (value instanceof Date) return value.toISOString();
  if (schema.isBlobSchema()) return Buffer.from(value as Uint8Array).toString('base64');
  return escapeXml(String(value));
}

function escapeXml(text: string): string {
  if (!/[&<>"]/.test(text)) return text;
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
