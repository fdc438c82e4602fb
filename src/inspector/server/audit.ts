/** The audit: commands, steps, calls, events and refused commands of the whole fleet in one list, newest first. */
import { z } from 'zod';
import { inspectorServer as limits } from '../../../machines/limits-inspector-server.ts';
import type { AuditEntry, AuditPage } from '../api.ts';
import { entryOfDeadLetter, entryOfEvent, entryOfStep } from './audit-entries.ts';
import { checked } from './body.ts';
import type { Message, Parts } from './parts.ts';
import type { Route } from './router.ts';
import { sharedLook } from './shared-look.ts';

const time = z
  .string()
  .transform((text) => (/^\d+$/.test(text) ? Number(text) : Date.parse(text)))
  .refine((ms) => Number.isFinite(ms), 'expected milliseconds or an ISO time')
  .optional();

const auditQuery = z.object({
  correlation: z.string().max(128).optional(),
  q: z.string().max(limits.queryCharactersMax).default(''),
  kind: z.string().max(63).optional(),
  actor: z.string().max(200).optional(),
  since: time,
  until: time,
  failed: z.enum(['0', '1']).default('0'),
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(limits.auditEntriesMax)
    .default(limits.auditEntriesDefault),
});
type AuditQuery = z.infer<typeof auditQuery>;

interface Looked {
  readonly entries: readonly AuditEntry[];
  readonly sinceMs: number;
  readonly atMs: number;
}

export function auditRoute(parts: Parts): Route {
  const { nowMs } = parts;
  const look = sharedLook(nowMs, limits.auditFreshMs, () => readAll(parts, nowMs()));
  return {
    ...{ method: 'GET', role: 'viewer', path: '/api/audit' },
    answer: async ({ query }) => {
      const wanted = checked(auditQuery, Object.fromEntries(query), 'query');
      const { entries, sinceMs } = await look();
      const found = entries.filter((entry) => isWanted(entry, wanted)).slice(0, wanted.limit);
      return { value: { entries: found, sinceMs } satisfies AuditPage };
    },
  };
}

async function readAll({ service }: Parts, atMs: number): Promise<Looked> {
  const range = { sinceMs: atMs - limits.auditBackMs, countMax: limits.auditMessagesMax };
  const [events, steps, letters] = await Promise.all([
    service.newest('events', range),
    service.newest('steps', range),
    service.newest('deadLetters', range),
  ]);
  const entries = [
    ...events.map(entryOfEvent),
    ...steps.map(entryOfStep),
    ...letters.map(entryOfDeadLetter),
  ].filter((entry) => entry !== undefined);
  const reaches = [events, steps, letters].map((found) => reachOf(found, range.sinceMs));
  return {
    // A sort that keeps the order of equals: of one moment, calls and events stand above their command.
    entries: entries.sort((left, right) => right.atMs - left.atMs),
    sinceMs: Math.max(...reaches),
    atMs,
  };
}

/** A stream with more than is looked through hides what is older. */
const reachOf = (found: readonly Message[], sinceMs: number): number =>
  found.length < limits.auditMessagesMax ? sinceMs : (found.at(-1)?.atMs ?? sinceMs);

function isWanted(entry: AuditEntry, wanted: AuditQuery): boolean {
  const { correlation, kind, actor, since, until, failed, q } = wanted;
  if (correlation !== undefined && entry.correlationId !== correlation) return false;
  if (kind !== undefined && !entry.actor.startsWith(`${kind}/`)) return false;
  if (actor !== undefined && entry.actor !== actor) return false;
  if (since !== undefined && entry.atMs < since) return false;
  if (until !== undefined && entry.atMs > until) return false;
  if (failed === '1' && !entry.isFailure) return false;
  return q === '' || textOf(entry).includes(q.toLowerCase());
}

const textOf = ({ actor, name, text, by, correlationId }: AuditEntry): string =>
  [actor, name, text, by, correlationId].join(' ').toLowerCase();
