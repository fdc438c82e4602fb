/** A resource in a line: how it fares, since when, why, and how long that usually takes. */
import type { EffectFault } from './messages.ts';
import type { Waiting } from './operation-context.ts';

export interface Summary {
  readonly severity: 'failing' | 'changing' | 'healthy' | 'unknown';
  /** Wall time it came to its state. */
  readonly sinceMs: number;
  /** In one line: the last error, what is waited for, attempt n of m, when it goes on. Empty when all is well. */
  readonly reason: string;
  /** Where it is; empty when it is nowhere. */
  readonly region: string;
  /** Its state usually ends within this time; 0 when it may last. */
  readonly expectedMs: number;
}

const waits = {
  backoff: 'tries again',
  circuit: 'waits for the circuit',
  parked: 'waits for leave',
  resume: 'is paused',
} as const satisfies Record<Waiting['waitingFor'], string>;

/** `12:04:10`, UTC as everywhere. */
function clockText(atMs: number): string {
  const seconds = Math.floor(atMs / 1_000) % 86_400;
  const parts = [seconds / 3_600, (seconds / 60) % 60, seconds % 60];
  return parts.map((part) => String(Math.floor(part)).padStart(2, '0')).join(':');
}

/** `node.launch tries again, attempt 3 of 6, next 12:04:10 (Throttling)`. */
export function waitingText(waiting: Waiting): string {
  const { effect, attempt, maxAttempts, waitingFor, nextAtMs, because } = waiting;
  const next = nextAtMs > 0 ? `, next ${clockText(nextAtMs)}` : '';
  const cause = because === '' ? '' : ` (${because})`;
  return `${effect} ${waits[waitingFor]}, attempt ${attempt} of ${maxAttempts}${next}${cause}`;
}

/** `QuotaExceeded VcpuLimitExceeded: …`. */
export const faultText = ({
  type,
  code,
  message,
}: Pick<EffectFault, 'type' | 'code' | 'message'>): string => `${type} ${code}: ${message}`;

/** What there is to say, in order, as one line. */
export const lineOf = (...parts: readonly string[]): string =>
  parts
    .filter((part) => part !== '')
    .join('; ')
    .replace(/\s+/g, ' ');
