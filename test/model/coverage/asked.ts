/** What a chart can be asked in a model: how each event comes to a hosted actor, and what the chart sees of it. */
import type { EventObject } from 'xstate';
import type { EffectFault, PerformResult } from '../../../machines/messages.ts';

/** Wall time of every event unless it says otherwise, epoch milliseconds. */
export const nowMs = 1_700_000_000_000;
/** The chance that goes with every event. */
export const roll = 0.5;
export const ids = { commandId: 'c1', correlationId: 'k1' } as const;

/** Any event; each model knows what its machine takes. */
export type AnyEvent = EventObject & Readonly<Record<string, unknown>>;

type Stimulus =
  /** Over the envelope and through admission, as from a user. */
  | { readonly how: 'command'; readonly verb: string; readonly given: Record<string, unknown> }
  /** By an observer, a parent or a child. */
  | { readonly how: 'told'; readonly event: AnyEvent }
  /** A child ends, or a call answers. */
  | { readonly how: 'done'; readonly child: string; readonly output: unknown }
  /** A delayed event fires; `id` is that of its timer. */
  | { readonly how: 'elapsed'; readonly event: string; readonly id: string };

/** An event of the graph: its type is a name of its own among those of one state. */
export interface Asked extends EventObject {
  readonly stimulus: Stimulus;
  /** Wall time after `nowMs`. */
  readonly afterMs?: number;
}

export const command = (verb: string, given: object = {}, label = ''): Asked => ({
  type: `order ${verb}${label === '' ? '' : ` ${label}`}`,
  stimulus: { how: 'command', verb, given: given as Record<string, unknown> },
});

export const told = (event: AnyEvent, label = ''): Asked => ({
  type: `${event.type}${label === '' ? '' : ` ${label}`}`,
  stimulus: { how: 'told', event },
});

export const elapsed = (event: string, id = event): Asked => ({
  type: `elapsed ${event}`,
  stimulus: { how: 'elapsed', event, id },
});

export const done = (child: string, label: string, output: unknown, afterMs = 0): Asked => ({
  type: `${child} ${label}`,
  stimulus: { how: 'done', child, output },
  afterMs,
});

export const fault = (type: EffectFault['type'], more: Partial<EffectFault> = {}): EffectFault => ({
  ...{ type, code: type, message: type, mayHaveHappened: false },
  ...more,
});

const resultOf = (what: { value: unknown } | EffectFault, afterMs: number): PerformResult => {
  const stamp = { atMs: nowMs + afterMs, roll };
  return 'value' in what
    ? { ok: true, value: what.value as never, ...stamp }
    : { ok: false, fault: what, ...stamp };
};

export interface Ending {
  readonly isUncertain?: boolean;
  readonly afterMs?: number;
}

/** A child operation ends: with a value, or with a fault. */
export function answers(
  child: string,
  label: string,
  what: { value: unknown } | EffectFault,
  { isUncertain = false, afterMs = 0 }: Ending = {},
): Asked {
  const result = resultOf(what, afterMs);
  const lastFault = result.ok ? null : result.fault;
  const tries = { attempts: 1, isUncertain, firstFault: lastFault, lastFault, circuitWaits: 0 };
  return done(child, label, { result, ...tries }, afterMs);
}

/** A call of an operation itself is answered. */
export const returns = (
  child: string,
  label: string,
  what: { value: unknown } | EffectFault,
  afterMs = 0,
): Asked => done(child, label, resultOf(what, afterMs), afterMs);
