/** From a delivery off the stream to an understood command, or to the problem its sender is told. Pure. */
import type { z } from 'zod';
import { dnsLabel } from '../machines/ids.ts';
import type { ResourceKey } from '../machines/ids.ts';
import { bounds } from '../machines/limits.ts';
import { problem } from './faults.ts';
import type { FaultCode, Problem } from './faults.ts';
import { readHeaders } from './headers.ts';
import type { CommandHeaders } from './headers.ts';
import { jsonFlaw } from './json-flaw.ts';
import type { RefusalProblem } from './kind.ts';
import { nearest } from './nearest.ts';
import type { CommandDelivery } from './ports.ts';
import { checked, problemsOf } from './schema-problems.ts';

/** For the command line, which checks manifests before it sends them. */
export { problemsOf };

/** Argument schemas by kind and verb. */
export type CommandSchemas = Readonly<Record<string, Readonly<Record<string, z.ZodType>>>>;

/** A command whose form is right; whether it may be done is the actor's to say. */
export interface Command extends CommandHeaders {
  readonly key: ResourceKey;
  readonly verb: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

export type Opened =
  | { readonly ok: true; readonly command: Command }
  | {
      readonly ok: false;
      readonly commandId: string;
      readonly replyTo: string | undefined;
      readonly problem: Problem;
    };

export interface Flaw {
  readonly code: FaultCode;
  readonly message: string;
  readonly problems?: readonly RefusalProblem[];
  readonly allowedNext?: readonly string[];
}

/** Everything wrong with one layer is reported together; a later layer is looked at only when the earlier ones hold. */
export function openEnvelope(delivery: CommandDelivery, schemas: CommandSchemas): Opened {
  const { namespace, kind, name, verb } = delivery;
  const { headers, problems } = readHeaders(delivery.headers, `cmd-${delivery.sequence}`);
  const opened =
    problems.length > 0
      ? flaw('command.badHeader', headerText(problems), { problems })
      : openPayload(delivery, schemas);
  if (!('code' in opened))
    return { ok: true, command: { ...headers, key: { kind, namespace, name }, verb, ...opened } };
  const { code, ...rest } = opened;
  const actor = `${kind}/${namespace}/${name}`;
  const { commandId, correlationId, replyTo } = headers;
  return {
    ok: false,
    commandId,
    replyTo,
    problem: problem(code, { ...rest, actor, correlationId }),
  };
}

const flaw = (code: FaultCode, message: string, more: Partial<Flaw> = {}): Flaw => ({
  ...more,
  ...{ code, message },
});

const count = (many: readonly unknown[], noun: string): string =>
  `${many.length} ${noun}${many.length === 1 ? '' : 's'}`;

const headerText = (problems: readonly RefusalProblem[]): string =>
  `The command was not accepted: ${count(problems, 'header problem')}.`;

function openPayload(
  delivery: CommandDelivery,
  schemas: CommandSchemas,
): Flaw | { arguments: Record<string, unknown> } {
  const address = badAddress(delivery);
  if (address) return address;
  const schema = schemaFor(schemas, delivery.kind, delivery.verb);
  if ('code' in schema) return schema;
  const json = readJson(delivery.payload);
  if ('code' in json) return json;
  return checkArguments(delivery, schema.schema, json.value);
}

export function schemaFor(
  schemas: CommandSchemas,
  kind: string,
  verb: string,
): Flaw | { schema: z.ZodType } {
  const verbs = Object.hasOwn(schemas, kind) ? schemas[kind] : undefined;
  if (!verbs) return unknownWord('command.unknownKind', 'kind', kind, Object.keys(schemas));
  const schema = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
  if (schema) return { schema };
  return unknownWord('command.unknownVerb', `verb of ${kind}`, verb, Object.keys(verbs));
}

function badAddress({ namespace, name }: CommandDelivery): Flaw | undefined {
  const problems = Object.entries({ namespace, name })
    .filter(([, label]) => !dnsLabel.test(label))
    .map(([path, label]) => ({
      ...{ path, code: 'command.badName', got: label },
      message: `${path} is "${label}": not a DNS label; use lower-case letters, digits and '-'.`,
    }));
  if (problems.length === 0) return undefined;
  return flaw('command.badName', 'The subject names no resource.', { problems });
}

function unknownWord(code: FaultCode, what: string, word: string, known: string[]): Flaw {
  const close = nearest(word, known);
  const hint = close === undefined ? `known: ${known.join(', ')}.` : `did you mean ${close}?`;
  return flaw(code, `"${word}" is no known ${what}; ${hint}`, { allowedNext: known });
}

/** Strict UTF-8, so that what is stored is what was checked. */
const decoder = new TextDecoder('utf-8', { fatal: true });

export function readJson(payload: Uint8Array): Flaw | { value: object } {
  if (payload.length > bounds.payloadBytesMax)
    return flaw(
      'command.tooLarge',
      `The payload has ${payload.length} bytes; at most ${bounds.payloadBytesMax} are taken.`,
    );
  if (payload.length === 0) return { value: {} };
  try {
    const value: unknown = JSON.parse(decoder.decode(payload));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { value };
    return flaw('command.malformed', 'The payload is not a JSON object; write { … }.');
  } catch (thrown) {
    const why = jsonFlaw(thrown);
    return flaw('command.malformed', `The payload is not JSON (${why}); write one JSON object.`);
  }
}

/** `address` names the resource and verb as on the subject. */
export function checkArguments(
  address: Pick<CommandDelivery, 'kind' | 'namespace' | 'name' | 'verb'>,
  schema: z.ZodType,
  value: object,
): Flaw | { arguments: Record<string, unknown> } {
  const { kind, namespace, name, verb } = address;
  const result = checked(schema, value, 'manifest');
  const isManifest = 'manifest' in value;
  const title = `${kind.slice(0, 1).toUpperCase()}${kind.slice(1)} ${namespace}/${name}`;
  const code = isManifest ? 'manifest.invalid' : 'command.malformed';
  if (!result.ok) {
    const { problems } = result;
    const subject = isManifest ? title : `${verb} for ${title}`;
    return flaw(code, `${subject} was not accepted: ${count(problems, 'problem')}.`, { problems });
  }
  const args = result.value as Record<string, unknown>;
  const problems = mismatches(args['manifest'], { namespace, name });
  if (problems.length === 0) return { arguments: args };
  return flaw(code, `${title} was not accepted: ${count(problems, 'problem')}.`, { problems });
}

/** A manifest sent to another resource's subject would change the wrong one. */
function mismatches(manifest: unknown, subject: Record<string, string>): RefusalProblem[] {
  const { metadata } = (manifest ?? {}) as { metadata?: Readonly<Record<string, unknown>> };
  if (!metadata) return [];
  return Object.entries(subject)
    .filter(([part, wanted]) => metadata[part] !== wanted)
    .map(([part, wanted]) => ({
      ...{ path: `metadata.${part}`, code: 'manifest.subjectMismatch', got: metadata[part] },
      message:
        `metadata.${part} is ${JSON.stringify(metadata[part])}: the subject says "${wanted}"; ` +
        `send it to the subject of its own ${part}.`,
      allowed: [wanted],
    }));
}
