/** What the answers to queries share: whom is asked, what is stored of it, and how a refusal gets out. */
import { keyText, recordKey } from '../../machines/ids.ts';
import type { ResourceKey } from '../../machines/ids.ts';
import type { CommandSchemas, Flaw } from '../envelope.ts';
import { messageOf, problem } from '../faults.ts';
import type { Problem, ProblemFields } from '../faults.ts';
import type { HeapClock } from '../heap-clock.ts';
import { isoTime } from '../iso-time.ts';
import type { Kind, Refusal } from '../kind.ts';
import { asOfToday } from '../migration.ts';
import type { Bus, RecordStore } from '../ports.ts';
import { keyOf, readRecord, snapshotOf } from '../record.ts';
import type { ActorRecord } from '../record.ts';
import type { Refusal as RuledOut } from '../refusals.ts';

export type Body = Readonly<Record<string, unknown>>;

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

export const liveVerbs = ['get', 'list', 'survey'] as const;
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

export interface Asked {
  readonly parts: QueryParts;
  readonly kind: Kind;
  readonly key: ResourceKey;
}

/** Thrown inside, answered outside. */
export class Refused extends Error {
  readonly problem: Problem;
  constructor(told: Problem) {
    super(told.message);
    this.problem = told;
  }
}

export function refusal(
  code: string,
  key: ResourceKey,
  message: string,
  more: Partial<ProblemFields> = {},
): Refused {
  const fields = { actor: keyText(key), correlationId: '', ...more, message };
  return new Refused(problem(code, fields));
}

export function certain<T extends object>(found: Flaw | T, key: ResourceKey): T {
  if (!('code' in found)) return found;
  throw refusal(found.code, key, found.message, {
    ...(found.problems && { problems: found.problems }),
    ...(found.allowedNext && { allowedNext: found.allowedNext }),
  });
}

export interface Stored {
  readonly record: ActorRecord;
  readonly revision: number;
}

export async function load({ parts, key }: Asked): Promise<Stored | undefined> {
  const stored = await parts.store.load(recordKey(key));
  if (!stored) return undefined;
  const read = readRecord(stored.bytes);
  if (read.ok) return { record: ofToday(parts, read.record), revision: stored.revision };
  throw refusal('actor.quarantined', key, `The record cannot be read: ${read.reason}`);
}

/** As it will be once it is awakened; as it is where no migration leads to today's chart. */
export function ofToday({ kinds }: QueryParts, record: ActorRecord): ActorRecord {
  const { kind, definitionHash = record.definitionHash } = kinds.get(keyOf(record).kind) ?? {};
  if (kind === undefined) return record;
  return asOfToday(record, { kind, definitionHash });
}

/** Of what an actor is held for, a record that no chart could have written. */
export function viewOf(kind: Kind, { record, revision }: Stored): Body {
  try {
    return { ...kind.view(snapshotOf(record)), revision };
  } catch (thrown) {
    const why = `The record cannot be shown: ${messageOf(thrown)}`;
    throw refusal('actor.quarantined', keyOf(record), why);
  }
}

export const missing = (key: ResourceKey): Refused =>
  refusal('resource.notFound', key, `There is no ${keyText(key)}; check namespace and name.`);

/** When this was true, in the answer beside it. */
export const asOf = ({ clock }: QueryParts): { readonly asOf: string } => ({
  asOf: isoTime(clock.nowMs()),
});
