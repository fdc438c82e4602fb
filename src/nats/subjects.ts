/** Spelling of subjects, streams and buckets, both ways. Pure text. */
import { bounds } from '../../machines/limits.ts';
import { kebab, partitionOf } from '../../machines/ids.ts';
import type { ResourceKey } from '../../machines/ids.ts';

const PREFIX = 'fairlead.v1';

export const streams = {
  commands: 'FAIRLEAD_CMD',
  events: 'FAIRLEAD_EVT',
  deadLetters: 'FAIRLEAD_DLQ',
  steps: 'FAIRLEAD_STEP',
} as const;

export const buckets = {
  state: 'FAIRLEAD_STATE',
  lease: 'FAIRLEAD_LEASE',
  meta: 'FAIRLEAD_META',
  idempotency: 'FAIRLEAD_IDEM',
} as const;
export type Bucket = (typeof buckets)[keyof typeof buckets];

export const bucketStream = (bucket: Bucket): string => `KV_${bucket}`;
export const keySubject = (bucket: Bucket, key: string): string => `$KV.${bucket}.${key}`;

/** Subject patterns, for streams, filters and subscriptions. */
export const patterns = {
  commands: `${PREFIX}.cmd.*.*.*.*`,
  /** Actor to actor: the `_` token cannot come out of a public command. */
  internalCommands: `${PREFIX}.pcmd.*.*.*.*._.*`,
  /** Where the stream stores a public command; the server computes the partition. */
  storedAs:
    `${PREFIX}.pcmd.{{partition(${bounds.partitions},1,2,3)}}` +
    '.{{wildcard(1)}}.{{wildcard(2)}}.{{wildcard(3)}}.{{wildcard(4)}}',
  events: `${PREFIX}.evt.>`,
  deadLetters: `${PREFIX}.dlq.>`,
  steps: `${PREFIX}.step.*.*.*`,
  queries: `${PREFIX}.qry.*.*.*.*`,
  /** Queries that every host answers for itself. */
  surveys: `${PREFIX}.qry.*.*.*.survey`,
  live: `${PREFIX}.live.>`,
} as const;

/** The commands of one partition, public and internal. */
export const partitionFilter = (partition: number): string => `${PREFIX}.pcmd.${partition}.>`;

/** Told of presences and leases that were given back. */
export const freedSubject = `${PREFIX}.lease.freed`;

export interface Addressed extends ResourceKey {
  readonly verb: string;
}

export const commandSubject = (to: Addressed): string =>
  `${PREFIX}.cmd.${to.namespace}.${to.kind}.${to.name}.${to.verb}`;

export const storedCommandSubject = (to: Addressed): string =>
  `${PREFIX}.pcmd.${partitionOf(to)}.${to.namespace}.${to.kind}.${to.name}.${to.verb}`;

export const querySubject = (to: Addressed): string =>
  `${PREFIX}.qry.${to.namespace}.${to.kind}.${to.name}.${to.verb}`;

export const deadLetterSubject = (to: Addressed): string =>
  `${PREFIX}.dlq.${to.namespace}.${to.kind}.${to.name}.${to.verb}`;

/** `event` as registered (`phaseChanged`); the token is its kebab-case. */
export const eventSubject = (of: ResourceKey, event: string): string =>
  `${PREFIX}.evt.${of.namespace}.${of.kind}.${of.name}.${kebab(event)}`;

/** Events of the given namespace, kind and name; what is left out matches all. */
export const eventFilter = (of: Partial<ResourceKey>): string =>
  `${PREFIX}.evt.${of.namespace ?? '*'}.${of.kind ?? '*'}.${of.name ?? '*'}.*`;

export const deadLetterFilter = (of: ResourceKey): string =>
  `${PREFIX}.dlq.${of.namespace}.${of.kind}.${of.name}.*`;

export const stepSubject = (of: ResourceKey): string =>
  `${PREFIX}.step.${of.namespace}.${of.kind}.${of.name}`;

/** Whose steps a subject holds; undefined for anything else. */
export function parseStep(subject: string): ResourceKey | undefined {
  const [product, version, area, namespace, kind, name, ...rest] = subject.split('.');
  if (`${product ?? ''}.${version ?? ''}.${area ?? ''}` !== `${PREFIX}.step`) return undefined;
  if (rest.length > 0 || !namespace || !kind || !name) return undefined;
  return { namespace, kind, name };
}

/** A stored public command; undefined for anything else. */
export function parseStoredCommand(
  subject: string,
): (Addressed & { partition: number }) | undefined {
  const [product, version, area, partition, namespace, kind, name, verb, ...rest] =
    subject.split('.');
  if (`${product ?? ''}.${version ?? ''}.${area ?? ''}` !== `${PREFIX}.pcmd`) return undefined;
  if (rest.length > 0 || !/^\d{1,2}$/.test(partition ?? '')) return undefined;
  if (!namespace || !kind || !name || !verb) return undefined;
  return { partition: Number(partition), namespace, kind, name, verb };
}

export function parseQuery(subject: string): Addressed | undefined {
  const [product, version, area, namespace, kind, name, verb, ...rest] = subject.split('.');
  if (`${product ?? ''}.${version ?? ''}.${area ?? ''}` !== `${PREFIX}.qry`) return undefined;
  if (rest.length > 0 || !namespace || !kind || !name || !verb) return undefined;
  return { namespace, kind, name, verb };
}

/**
 * True for inboxes: the only subjects an answer may go to, because the host publishes with its own rights and a free choice
 * would let a caller write to streams through it.
 */
export const isInbox = (subject: string): boolean =>
  /^_INBOX[A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)+$/.test(subject) && subject.length <= 256;
