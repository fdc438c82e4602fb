/** What the idempotency store says of one call: pending, completed or failed; and what that means for whoever asks. Pure. */
import { z } from 'zod';
import { idempotency as limits } from '../../machines/limits.ts';
import { faultTypes } from '../../machines/messages.ts';
import type { EffectFault } from '../../machines/messages.ts';

const kept = { operation: z.string(), expiresAtMs: z.number() };

const entrySchema = z.discriminatedUnion('state', [
  z.object({
    ...kept,
    state: z.literal('pending'),
    /** Who makes the call: a host, one process of it, and its fence at the actor. */
    owner: z.object({ host: z.string(), process: z.string(), fence: z.number() }),
    sinceMs: z.number(),
    leaseUntilMs: z.number(),
  }),
  z.object({ ...kept, state: z.literal('completed'), result: z.json() }),
  z.object({
    ...kept,
    state: z.literal('failed'),
    /** Why it may be made again. */
    fault: z.object({ type: z.enum(faultTypes), code: z.string(), message: z.string() }),
  }),
]);
export type IdempotencyEntry = z.infer<typeof entrySchema>;
export type Owner = Extract<IdempotencyEntry, { state: 'pending' }>['owner'];

/** Undefined for what no version of ours wrote: it is written over. */
export function readEntry(bytes: string): IdempotencyEntry | undefined {
  try {
    return entrySchema.safeParse(JSON.parse(bytes)).data;
  } catch {
    return undefined; // no JSON
  }
}

/**
 * `fold`: the stored result is the answer. `run`: the call is to be made, and claimed at this entry's revision. `wait`:
 * somebody makes it right now.
 */
export type Verdict = 'fold' | 'run' | 'wait';

export interface Asker {
  readonly owner: Owner;
  readonly nowMs: number;
  /** False when this is certainly a call of its own, whatever its key says of an earlier one. */
  readonly mayFold: boolean;
}

export function verdictOn(
  entry: IdempotencyEntry | undefined,
  { owner, nowMs, mayFold }: Asker,
): Verdict {
  if (entry === undefined || entry.expiresAtMs <= nowMs || entry.state === 'failed') return 'run';
  if (entry.state === 'completed') return mayFold ? 'fold' : 'run';
  return isLost(entry.owner, owner) || entry.leaseUntilMs <= nowMs ? 'run' : 'wait';
}

/**
 * A claim whose owner cannot finish it: an earlier process of the same host, a host that has lost the actor since, or
 * this very process, which would know of the call if it were still under way.
 */
const isLost = (held: Owner, asking: Owner): boolean =>
  held.host === asking.host || held.fence < asking.fence;

/** What every entry of a call says. */
type Kept = Pick<IdempotencyEntry, 'operation' | 'expiresAtMs'>;

/** How a call that gave an answer is noted: only a final answer of bearable size stands for later ones. */
export function outcomeOf(kept: Kept, value: unknown, isFinal: boolean): IdempotencyEntry {
  if (!isFinal) return failedAs(kept, unfinished);
  const result = (value ?? null) as Extract<IdempotencyEntry, { state: 'completed' }>['result'];
  if (JSON.stringify(result).length > limits.resultBytesMax) return failedAs(kept, tooLarge);
  return { ...kept, state: 'completed', result };
}

/** It may be made again. */
export const failedAs = (
  { operation, expiresAtMs }: Kept,
  { type, code, message }: Pick<EffectFault, 'type' | 'code' | 'message'>,
): IdempotencyEntry => ({
  ...{ operation, expiresAtMs, state: 'failed' },
  fault: { type, code, message },
});

const unfinished = {
  type: 'Cancelled',
  code: 'idempotency.unfinished',
  message: 'the answer was not final',
} as const;
const tooLarge = {
  type: 'Cancelled',
  code: 'idempotency.tooLarge',
  message: `results over ${limits.resultBytesMax} bytes are not kept`,
} as const;
/** Why a claim is given up that nobody finished. */
export const abandoned = {
  type: 'Timeout',
  code: 'idempotency.abandoned',
  message: 'nobody finished the call while its claim lasted',
} as const;
