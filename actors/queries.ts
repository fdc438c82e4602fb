/** Reads: answered from the stored records, so any host may answer and nothing uncommitted is ever shown. */
import { keyText, recordKey } from '../machines/ids.ts';
import type { ResourceKey } from '../machines/ids.ts';
import { bounds, hosting } from '../machines/limits.ts';
import { querySchemas } from '../machines/messages.ts';
import { checkArguments, readJson, schemaFor } from './envelope.ts';
import type { CommandSchemas, Flaw } from './envelope.ts';
import { answerCommands, answerDryRun, answerExplained, answerWhy } from './explain/answers.ts';
import type { Answered } from './explain/answers.ts';
import { subjectOf } from './explain/subject.ts';
import type { Subject } from './explain/subject.ts';
import { messageOf, problem } from './faults.ts';
import type { Problem, ProblemFields } from './faults.ts';
import { pause } from './heap-clock.ts';
import type { HeapClock } from './heap-clock.ts';
import { isoTime } from './iso-time.ts';
import type { Kind, Refusal } from './kind.ts';
import { asOfToday } from './migration.ts';
import type { Bus, QueryAnswer, QueryRequest, RecordStore } from './ports.ts';
import { keyOf, readRecord, snapshotOf } from './record.ts';
import type { ActorRecord } from './record.ts';
import type { Refusal as RuledOut } from './refusals.ts';
import { replyOf } from './replies.ts';
import { Seen } from './seen.ts';
import { inspected } from './steps/restored.ts';

export interface QueryParts {
  readonly bus: Bus;
  readonly store: RecordStore;
  readonly clock: HeapClock;
  readonly kinds: ReadonlyMap<
    string,
    { readonly kind: Kind; readonly definitionHash?: string | undefined }
  >;
  readonly schemas: CommandSchemas;
  readonly live?: LiveViews;
  readonly looks?: Looks;
  /** What holds a command up before its turn, where this host owns the actor. */
  readonly standing?: (key: ResourceKey, verb: string) => RuledOut | undefined;
}

const liveVerbs = ['get', 'list', 'survey'] as const;
export type LiveVerb = (typeof liveVerbs)[number];

/** What a survey asks for; `get` and `list` ask for everything remembered. */
export interface SurveyArguments {
  readonly names?: readonly string[];
  readonly after?: string;
  readonly now?: boolean;
}

/** Kinds whose `get`, `list` and `survey` show this process's memory too, which no record holds. */
export type LiveViews = Readonly<
  Record<string, (verb: LiveVerb, asked: SurveyArguments) => Promise<Body>>
>;

/** Asks the world on behalf of one resource, by its stored context; changes nothing. */
export type Look = (
  context: unknown,
  args: Body,
) => Promise<{ readonly body: Body } | { readonly refusal: Refusal }>;
/** By `<kind>.<verb>`. */
export type Looks = Readonly<Record<string, Look>>;

interface Asked {
  readonly parts: QueryParts;
  readonly kind: Kind;
  readonly key: ResourceKey;
}

/** Thrown inside, answered outside. */
class Refused extends Error {
  readonly problem: Problem;
  constructor(told: Problem) {
    super(told.message);
    this.problem = told;
  }
}

type Body = Readonly<Record<string, unknown>>;

/** Never rejects: whatever fails is answered as a problem. */
export async function answerQuery(parts: QueryParts, request: QueryRequest): Promise<QueryAnswer> {
  const { namespace, kind, name } = request;
  const key = { namespace, kind, name };
  try {
    const hosted = parts.kinds.get(kind);
    const args = openQuery(parts, request, key);
    const live = parts.live?.[kind];
    const verb = liveVerbs.find((each) => each === request.verb);
    if (live !== undefined && verb !== undefined)
      return { body: await live(verb, verb === 'survey' ? args : {}) };
    if (!hosted) throw refusal('command.unknownKind', key, `No machine for ${kind} runs here.`);
    return { body: await run({ parts, kind: hosted.kind, key }, request.verb, args) };
  } catch (thrown) {
    const told =
      thrown instanceof Refused
        ? thrown.problem
        : refusal('service.unavailable', key, `The answer could not be read: ${messageOf(thrown)}`)
            .problem;
    return { body: told, error: { status: told.status, text: told.message } };
  }
}

function refusal(
  code: string,
  key: ResourceKey,
  message: string,
  more: Partial<ProblemFields> = {},
): Refused {
  const fields = { actor: keyText(key), correlationId: '', ...more, message };
  return new Refused(problem(code, fields));
}

function openQuery(parts: QueryParts, request: QueryRequest, key: ResourceKey): Body {
  const kinds = [...parts.kinds.keys(), ...Object.keys(parts.live ?? {})];
  const known = Object.fromEntries(kinds.map((kind) => [kind, querySchemas]));
  const schema = certain(schemaFor(known, request.kind, request.verb), key);
  const json = certain(readJson(request.payload), key);
  return certain(checkArguments(request, schema.schema, json.value), key).arguments;
}

function certain<T extends object>(found: Flaw | T, key: ResourceKey): T {
  if (!('code' in found)) return found;
  throw refusal(found.code, key, found.message, {
    ...(found.problems && { problems: found.problems }),
    ...(found.allowedNext && { allowedNext: found.allowedNext }),
  });
}

/** Arguments were checked by the schema of the same verb. */
function run(asked: Asked, verb: string, args: Body): Promise<Body> {
  switch (verb) {
    case 'get':
      return get(asked, args);
    case 'list':
      return list(asked, args as unknown as ListArguments);
    case 'history':
      return history(asked, args as { limit: number; correlationId?: string });
    case 'inspect':
      return inspect(asked);
    case 'outcome':
      return outcome(asked, args as { commandId: string });
    case 'dry-run':
      return dryRun(asked, args as unknown as Asking & { explain: boolean });
    case 'why':
      return why(asked, args as unknown as Asking);
    case 'commands':
      return commandHeads(asked);
    default:
      return look(asked, verb, args);
  }
}

interface Stored {
  readonly record: ActorRecord;
  readonly revision: number;
}

async function load({ parts, key }: Asked): Promise<Stored | undefined> {
  const stored = await parts.store.load(recordKey(key));
  if (!stored) return undefined;
  const read = readRecord(stored.bytes);
  if (read.ok) return { record: ofToday(parts, read.record), revision: stored.revision };
  throw refusal('actor.quarantined', key, `The record cannot be read: ${read.reason}`);
}

/** As it will be once it is awakened; as it is where no migration leads to today's chart. */
function ofToday({ kinds }: QueryParts, record: ActorRecord): ActorRecord {
  const { kind, definitionHash = record.definitionHash } = kinds.get(keyOf(record).kind) ?? {};
  if (kind === undefined) return record;
  return asOfToday(record, { kind, definitionHash });
}

/** Of what an actor is held for, a record that no chart could have written. */
function viewOf(kind: Kind, { record, revision }: Stored): Body {
  try {
    return { ...kind.view(snapshotOf(record)), revision };
  } catch (thrown) {
    const why = `The record cannot be shown: ${messageOf(thrown)}`;
    throw refusal('actor.quarantined', keyOf(record), why);
  }
}

/** A list must not fail for one record. */
function viewIfAny(kind: Kind, stored: Stored): Body | undefined {
  try {
    return viewOf(kind, stored);
  } catch (thrown) {
    if (thrown instanceof Refused) return undefined;
    throw thrown;
  }
}

async function get(asked: Asked, { minRevision = 0 }: { minRevision?: number }): Promise<Body> {
  const { kind, key, parts } = asked;
  const giveUpMs = parts.clock.monotonicMs() + hosting.minRevisionWaitMs;
  for (;;) {
    const stored = await load(asked);
    const isLate = parts.clock.monotonicMs() >= giveUpMs;
    if (stored && stored.revision >= minRevision) {
      if (kind.isTombstone(snapshotOf(stored.record)))
        throw refusal('resource.deleted', key, `${keyText(key)} was deleted.`);
      return { ...viewOf(kind, stored), asOf: isoTime(parts.clock.nowMs()) };
    }
    if (minRevision === 0) throw missing(key);
    if (isLate) throw stored ? behind(key, stored.revision, minRevision) : missing(key);
    await pause(parts.clock, hosting.minRevisionPollMs);
  }
}

/** As pages show it: every machine with what may be seen of it. What is gone is shown too. */
async function inspect(asked: Asked): Promise<Body> {
  const stored = await load(asked);
  if (stored === undefined) throw missing(asked.key);
  const { record, revision } = stored;
  const asOf = isoTime(asked.parts.clock.nowMs());
  return { ...inspected(asked.kind, record, revision), revision, asOf };
}

const missing = (key: ResourceKey): Refused =>
  refusal('resource.notFound', key, `There is no ${keyText(key)}; check namespace and name.`);

const behind = (key: ResourceKey, revision: number, wanted: number): Refused =>
  refusal(
    'service.unavailable',
    key,
    `${keyText(key)} is at revision ${revision}, not yet at ${wanted}; ask again.`,
  );

/** Only what has one look of its own answers it: a read of everything stored is the same for all kinds. */
async function look(asked: Asked, verb: string, args: Body): Promise<Body> {
  const { kind, key, parts } = asked;
  const found = parts.looks?.[`${key.kind}.${verb}`];
  if (found === undefined)
    throw refusal('command.unknownVerb', key, `${verb} is no query of a ${key.kind}.`);
  const stored = await load(asked);
  if (stored === undefined) throw missing(key);
  const snapshot = snapshotOf(stored.record);
  if (kind.isTombstone(snapshot))
    throw refusal('resource.deleted', key, `${keyText(key)} was deleted.`);
  const answer = await found(snapshot.context, args);
  if ('body' in answer) return { ...answer.body, asOf: isoTime(parts.clock.nowMs()) };
  const { code, message, problems } = answer.refusal;
  throw refusal(code, key, message, { ...(problems && { problems }) });
}

interface ListArguments {
  readonly limit: number;
  readonly cursor: string;
  readonly allNamespaces: boolean;
}

/** Sorted by namespace and name; the cursor is the last one shown. Deleted ones are left out. */
async function list(asked: Asked, args: ListArguments): Promise<Body> {
  const { kind, key, parts } = asked;
  const found = new Map<string, Stored>();
  for await (const stored of parts.store.scan()) {
    const read = readRecord(stored.bytes);
    if (!read.ok) continue; // reported when the host takes over; a list must not fail for one record
    const each = keyOf(read.record);
    const isWanted =
      each.kind === key.kind && (args.allNamespaces || each.namespace === key.namespace);
    if (!isWanted) continue;
    const record = ofToday(parts, read.record);
    if (kind.isTombstone(snapshotOf(record))) continue;
    found.set(`${each.namespace}/${each.name}`, { record, revision: stored.revision });
  }
  const after = [...found.keys()].sort().filter((name) => name > args.cursor);
  const { items, last } = page(kind, found, after.slice(0, args.limit));
  const hasMore = last !== undefined && last !== after.at(-1);
  return { items, asOf: isoTime(parts.clock.nowMs()), ...(hasMore && { cursor: last }) };
}

function page(
  kind: Kind,
  found: ReadonlyMap<string, Stored>,
  names: readonly string[],
): { items: Body[]; last: string | undefined } {
  const items: Body[] = [];
  let last: string | undefined;
  let sizeBytes = 0;
  for (const name of names) {
    const stored = found.get(name);
    if (!stored) continue;
    const view = viewIfAny(kind, stored);
    if (view !== undefined) {
      sizeBytes += JSON.stringify(view).length;
      if (items.length > 0 && sizeBytes > bounds.listPageBytesMax) break;
      items.push(view);
    }
    last = name;
  }
  return { items, last };
}

async function history(
  { key, parts }: Asked,
  { limit, correlationId }: { limit: number; correlationId?: string },
): Promise<Body> {
  const events = await parts.bus.history({ ...key, limit });
  const items =
    correlationId === undefined
      ? events
      : events.filter((event) => event['correlationid'] === correlationId);
  return { items, asOf: isoTime(parts.clock.nowMs()) };
}

/** Looks in the record, then in the dead letters: a malformed command's caller has nothing but its id. */
async function outcome(asked: Asked, { commandId }: { commandId: string }): Promise<Body> {
  const { key, parts } = asked;
  const stored = await load(asked);
  const entry = stored && new Seen(stored.record.seen, stored.revision).find(commandId);
  if (entry) {
    const reply = replyOf(entry, keyText(key), false);
    if (reply.ok) return reply.body;
    throw new Refused(reply.problem);
  }
  const letter = await parts.bus.findDeadLetter({ ...key, commandId });
  if (letter) throw new Refused(letter as Problem);
  const text = `Nothing is known of command ${commandId} for ${keyText(key)}; it may still be waiting.`;
  throw refusal('command.notFound', key, text);
}

interface Asking {
  readonly verb: string;
  readonly arguments?: Body;
}

/** What a command would be answered now, and what it would do, without sending it. */
async function dryRun(asked: Asked, args: Asking & { explain: boolean }): Promise<Body> {
  const subject = await subjectIn(asked, args.verb);
  return told(args.explain ? answerExplained(subject, args) : answerDryRun(subject, args));
}

function told(answer: Answered): Body {
  if ('problem' in answer) throw new Refused(answer.problem);
  return answer.body;
}

/**
 * The resource as it stands. Where there is none, only a creating verb has an answer; of one that is gone `why` and the list
 * of commands still have.
 */
async function subjectIn(asked: Asked, verb: string, mayBeGone = false): Promise<Subject> {
  const { kind, key, parts } = asked;
  const { schemas, clock } = parts;
  certain(schemaFor(schemas, key.kind, verb), key);
  const stored = await load(asked);
  const isGone = stored !== undefined && kind.isTombstone(snapshotOf(stored.record));
  if (!kind.creating.has(verb)) {
    if (stored === undefined) throw missing(key);
    if (isGone && !mayBeGone)
      throw refusal('resource.deleted', key, `${keyText(key)} was deleted; create it again.`);
  }
  const definitionHash = parts.kinds.get(key.kind)?.definitionHash;
  const live = parts.standing && ((each: string) => parts.standing?.(key, each));
  return subjectOf({
    ...{ kind, key, schemas, stored, definitionHash, live },
    nowMs: clock.nowMs(),
  });
}

const why = async (asked: Asked, args: Asking): Promise<Body> => ({
  ...told(answerWhy(await subjectIn(asked, args.verb, true), args)),
  asOf: isoTime(asked.parts.clock.nowMs()),
});

/** Any creating verb will do: what is not there yet can be made. */
async function commandHeads(asked: Asked): Promise<Body> {
  const [verb = ''] = asked.kind.creating;
  const subject = await subjectIn(asked, verb);
  return { ...answerCommands(subject), asOf: isoTime(asked.parts.clock.nowMs()) };
}
