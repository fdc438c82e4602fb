/** How a command's turn ended, and what is counted of it. */
import type { Cut } from './commit-gate.ts';
import type { Telemetry } from './ports.ts';
import type { SeenEntry } from './seen.ts';

export type TurnOutcome =
  /** The answer is stored. */
  | { readonly kind: 'answered'; readonly entry: SeenEntry; readonly isRepeat: boolean }
  /** Refused, and no record holds that. */
  | { readonly kind: 'outside'; readonly entry: SeenEntry }
  /** This very message made the chart throw, or its record too large. */
  | { readonly kind: 'poisoned'; readonly cut: Cut }
  /** The actor was lost meanwhile; ask its next incarnation. */
  | { readonly kind: 'lost' };

/** Counted and timed by kind, the commit included. */
export function tellTurn(
  telemetry: Telemetry,
  kind: string,
  outcome: TurnOutcome,
  ms: number,
): void {
  telemetry.count('fairlead_turns_total', { kind, result: resultOf(outcome) });
  if (outcome.kind === 'poisoned')
    telemetry.count('fairlead_turn_errors_total', { kind, type: outcome.cut.kind });
  telemetry.observe('fairlead_turn_seconds', ms / 1000, { kind });
}

/** A refusal is a turn that did its work; a lost one is taken again by the next incarnation. */
function resultOf({ kind }: TurnOutcome): 'success' | 'error' | 'requeue' {
  if (kind === 'poisoned') return 'error';
  return kind === 'lost' ? 'requeue' : 'success';
}
