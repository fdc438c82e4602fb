/** Headers of a command: everything about it that is no argument. An unknown `Fairlead-` header is an error. */
import { bounds } from '../machines/limits.ts';
import { parseIsoTime } from './iso-time.ts';
import type { RefusalProblem } from './kind.ts';
import { nearest } from './nearest.ts';

export interface CommandHeaders {
  readonly commandId: string;
  /** The command id when none was given. */
  readonly correlationId: string;
  readonly causationId?: string;
  readonly ifRevision?: number;
  /** Wall time after which the command must not be executed. */
  readonly deadlineMs?: number;
  /** Always an `_INBOX` subject. */
  readonly replyTo?: string;
  /** A claim, not an identity: NATS does not say who sent a message. */
  readonly claimedBy?: string;
  readonly reason?: string;
  readonly traceparent?: string;
  readonly tracestate?: string;
}

const known = [
  'Fairlead-Reply-To',
  'Fairlead-If-Revision',
  'Fairlead-Deadline',
  'Fairlead-Correlation-Id',
  'Fairlead-Causation-Id',
  'Fairlead-By',
  'Fairlead-Reason',
] as const;

const idShape = /^[\x21-\x7e]{1,128}$/;
const traceShape = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;
/** The host publishes replies with its own rights, so it must not be led to any other subject. */
const inboxShape = /^_INBOX[A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)+$/;

const problemOf = (header: string, value: string, why: string): RefusalProblem => ({
  ...{ path: header, code: 'command.badHeader', got: value },
  message: `${header} is "${value.slice(0, 80)}": ${why}.`,
});

interface Reader {
  /** Takes a header when it is there and good; notes a problem when it is there and bad. */
  take<T>(header: string, read: (text: string) => T | undefined, why: string): T | undefined;
}

/** @param fallbackId  command id when the sender gave none, or one that cannot be used */
export function readHeaders(
  received: Readonly<Record<string, string>>,
  fallbackId: string,
): { headers: CommandHeaders; problems: RefusalProblem[] } {
  const problems = unknownHeaders(received);
  const byName = new Map(
    Object.entries(received).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const reader: Reader = {
    take(header, read, why) {
      const text = byName.get(header.toLowerCase());
      if (text === undefined) return undefined;
      const value = read(text);
      if (value === undefined) problems.push(problemOf(header, text, why));
      return value;
    },
  };
  const mediaType = (text: string) => /^application\/json\s*(;|$)/i.test(text) || undefined;
  reader.take('Content-Type', mediaType, 'only application/json is read; leave the header out');
  return { headers: collect(reader, fallbackId), problems };
}

function collect(reader: Reader, fallbackId: string): CommandHeaders {
  const idWhy = 'not an id; use 1 to 128 visible ASCII characters';
  const id = (text: string) => (idShape.test(text) ? text : undefined);
  const upTo = (max: number) => (text: string) => (text.length <= max ? text : undefined);
  const commandId = reader.take('Nats-Msg-Id', id, idWhy) ?? fallbackId;
  const optional = {
    causationId: reader.take('Fairlead-Causation-Id', id, idWhy),
    ifRevision: reader.take(
      'Fairlead-If-Revision',
      (text) => (/^\d{1,15}$/.test(text) ? Number(text) : undefined),
      'not a revision; use the number of the last reply',
    ),
    deadlineMs: reader.take(
      'Fairlead-Deadline',
      parseIsoTime,
      'not an RFC 3339 time; write one such as 2026-01-31T08:15:00Z',
    ),
    replyTo: reader.take(
      'Fairlead-Reply-To',
      (text) => (inboxShape.test(text) && text.length <= 256 ? text : undefined),
      'not an inbox; use a subject under _INBOX',
    ),
    claimedBy: reader.take('Fairlead-By', upTo(200), 'longer than 200 characters; shorten it'),
    reason: reader.take('Fairlead-Reason', upTo(500), 'longer than 500 characters; shorten it'),
    // By the standard a broken trace header is ignored, not refused.
    traceparent: reader.take('traceparent', (text) => (traceShape.test(text) ? text : ''), ''),
    tracestate: reader.take('tracestate', (text) => text.slice(0, bounds.faultMessageChars), ''),
  };
  const given = Object.entries(optional).filter(([, value]) => value !== undefined && value !== '');
  return {
    commandId,
    correlationId: reader.take('Fairlead-Correlation-Id', id, idWhy) ?? commandId,
    ...(Object.fromEntries(given) as Partial<CommandHeaders>),
  };
}

function unknownHeaders(received: Readonly<Record<string, string>>): RefusalProblem[] {
  const names = known.map((name) => name.toLowerCase());
  return Object.keys(received)
    .filter((name) => /^fairlead-/i.test(name) && !names.includes(name.toLowerCase()))
    .map((name) => {
      const close = nearest(name, known);
      const hint = close === undefined ? `known: ${known.join(', ')}.` : `did you mean ${close}?`;
      return {
        ...{ path: name, code: 'command.badHeader' },
        message: `${name} is not a known header; ${hint}`,
        allowed: known,
      };
    });
}
