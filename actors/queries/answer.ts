/** Reads: answered from the stored records, so any host may answer and nothing uncommitted is ever shown. */
import { keyText } from '../../machines/ids.ts';
import type { ResourceKey } from '../../machines/ids.ts';
import { hosting } from '../../machines/limits.ts';
import { querySchemas } from '../../machines/messages.ts';
import { checkArguments, readJson, schemaFor } from '../envelope.ts';
import { messageOf } from '../faults.ts';
import type { Problem } from '../faults.ts';
import { pause } from '../heap-clock.ts';
import type { QueryAnswer, QueryRequest } from '../ports.ts';
import { snapshotOf } from '../record.ts';
import { replyOf } from '../replies.ts';
import { Seen } from '../seen.ts';
import { inspected } from '../steps/restored.ts';
import { asOf, certain, liveVerbs, load, missing, refusal, Refused, viewOf } from './asked.ts';
import type { Asked, Body, QueryParts } from './asked.ts';
import { commandHeads, dryRun, why } from './explain.ts';
import type { Asking } from './explain.ts';
import { list } from './list.ts';
import type { ListArguments } from './list.ts';

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

function openQuery(parts: QueryParts, request: QueryRequest, key: ResourceKey): Body {
  const kinds = [...parts.kinds.keys(), ...Object.keys(parts.live ?? {})];
  const known = Object.fromEntries(kinds.map((kind) => [kind, querySchemas]));
  const schema = certain(schemaFor(known, request.kind, request.verb), key);
  const json = certain(readJson(request.payload), key);
  return certain(checkArguments(request, schema.schema, json.value), key).arguments;
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

async function get(asked: Asked, { minRevision = 0 }: { minRevision?: number }): Promise<Body> {
  const { kind, key, parts } = asked;
  const giveUpMs = parts.clock.monotonicMs() + hosting.minRevisionWaitMs;
  for (;;) {
    const stored = await load(asked);
    const isLate = parts.clock.monotonicMs() >= giveUpMs;
    if (stored && stored.revision >= minRevision) {
      if (kind.isTombstone(snapshotOf(stored.record)))
        throw refusal('resource.deleted', key, `${keyText(key)} was deleted.`);
      return { ...viewOf(kind, stored), ...asOf(parts) };
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
  return { ...inspected(asked.kind, record, revision), revision, ...asOf(asked.parts) };
}

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
  if ('body' in answer) return { ...answer.body, ...asOf(parts) };
  const { code, message, problems } = answer.refusal;
  throw refusal(code, key, message, { ...(problems && { problems }) });
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
  return { items, ...asOf(parts) };
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
