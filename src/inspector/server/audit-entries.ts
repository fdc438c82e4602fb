/** What streams hold, as lines of the audit. Whatever cannot be read as such is left out. */
import { z } from 'zod';
import { inspectorServer as limits } from '../../../machines/limits-inspector-server.ts';
import type { AuditEntry } from '../api.ts';
import type { Message } from './parts.ts';

const data = z.record(z.string(), z.unknown()).default({});

const cloudEvent = z.object({
  source: z.string(),
  type: z.string(),
  time: z.string().optional(),
  correlationid: z.string().default(''),
  by: z.string().optional(),
  data,
});

const step = z.object({
  seq: z.int(),
  atMs: z.number(),
  actor: z.string(),
  state: z.string(),
  importance: z.enum(['command', 'change', 'tick']),
  correlationId: z.string(),
  isRestored: z.boolean(),
  taken: z.array(z.object({ path: z.string(), event: z.string() })),
  command: z.object({ verb: z.string(), by: z.string().optional() }).optional(),
  row: z.object({ severity: z.string(), reason: z.string() }),
});

const deadLetter = z.object({ problem: z.object({ code: z.string(), message: z.string() }) });

const failures = ['failed', 'operationFailed', 'operationExhausted', 'contested', 'lossRecorded'];
const ticks = ['lagChanged', 'pointPruned'];

/** A published event; the end of a call is a line of its own kind. */
export function entryOfEvent({ body, atMs: storedAtMs }: Message): AuditEntry | undefined {
  const found = cloudEvent.safeParse(body);
  if (!found.success) return undefined;
  const { source, type, time, correlationid, by, data: told } = found.data;
  const event = type.split('.')[2] ?? type;
  const common = {
    atMs: timeOf(time) ?? storedAtMs,
    actor: source.split('/').slice(3).join('/'),
    correlationId: correlationid,
    ...(by !== undefined && { by }),
  };
  if (event === 'stepEnded') return { ...common, ...callOf(told) };
  return {
    ...{ ...common, what: 'event', name: event, text: textOf(told) },
    isFailure: failures.includes(event),
    importance: ticks.includes(event) ? 'tick' : 'change',
  };
}

function timeOf(text = ''): number | undefined {
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}

function callOf(told: Readonly<Record<string, unknown>>) {
  const { effect, at, outcome, ms, code, attempts } = told;
  const where = wordOf(at) === '' ? '' : ` at ${wordOf(at)}`;
  const why = wordOf(code) === '' ? '' : `: ${wordOf(code)}`;
  const tries = typeof attempts === 'number' && attempts > 1 ? `, ${attempts} tries` : '';
  return {
    what: 'call' as const,
    name: wordOf(effect),
    text: `${wordOf(outcome)}${where}${why}${tries}`,
    isFailure: outcome !== 'succeeded' && outcome !== 'done',
    importance: 'change' as const,
    ...(typeof ms === 'number' && { ms }),
  };
}

/** A committed turn; a command is named by its verb, anything else by what the root machine took. */
export function entryOfStep({ body }: Message): AuditEntry | undefined {
  const found = step.safeParse(body);
  if (!found.success) return undefined;
  const { seq, atMs, actor, state, importance, correlationId, command, row, taken } = found.data;
  const first = taken.find(({ path }) => path === '') ?? taken[0];
  const event = found.data.isRestored ? 'restored' : (first?.event ?? 'changed');
  const reason = row.reason === '' ? '' : `: ${row.reason}`;
  return {
    ...{ atMs, actor, correlationId, importance, seq },
    what: command === undefined ? 'step' : 'command',
    name: command?.verb ?? event,
    text: short(`${state}${reason}`),
    isFailure: row.severity === 'failing',
    ...(command?.by !== undefined && { by: command.by }),
  };
}

/** A command that was refused: `fairlead.v1.dlq.<namespace>.<kind>.<name>.<verb>`. */
export function entryOfDeadLetter(message: Message): AuditEntry | undefined {
  const found = deadLetter.safeParse(message.body);
  const [, , , namespace, kind, name, verb] = message.subject.split('.');
  if (!found.success || verb === undefined) return undefined;
  const { code, message: text } = found.data.problem;
  const by = message.headers['Fairlead-By'];
  return {
    atMs: message.atMs,
    actor: [kind, namespace, name].join('/'),
    correlationId: message.headers['Fairlead-Correlation-Id'] ?? '',
    ...{ what: 'deadLetter', name: verb, text: short(`${code}: ${text}`) },
    ...{ isFailure: true, importance: 'command' },
    ...(by !== undefined && { by }),
  };
}

const textOf = (told: Readonly<Record<string, unknown>>): string =>
  short(
    Object.entries(told)
      .map(
        ([key, value]) =>
          `${key} ${typeof value === 'object' ? JSON.stringify(value) : wordOf(value)}`,
      )
      .join(' · '),
  );

const wordOf = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : '';

const short = (text: string): string =>
  text.length <= limits.auditTextMax ? text : `${text.slice(0, limits.auditTextMax - 1)}…`;
