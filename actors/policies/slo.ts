/** One error budget: a promise about the share of good samples, what is left of it, and how fast it goes. */
import { budgets } from '../../machines/limits.ts';
import type { Objective } from '../../machines/limits.ts';
import { SlidingBuckets } from './sliding-buckets.ts';
import type { Samples, StoredBuckets } from './sliding-buckets.ts';

export type Alert = 'none' | 'ticket' | 'page';

export interface BurnView {
  readonly rule: 'page' | 'ticket';
  /** Rate from which it counts; 1 spends the budget exactly within its window. */
  readonly threshold: number;
  readonly long: { readonly windowMs: number; readonly burn: number };
  readonly short: { readonly windowMs: number; readonly burn: number };
  readonly isBurning: boolean;
}

export interface BudgetView {
  readonly name: string;
  readonly target: number;
  readonly windowMs: number;
  readonly samples: number;
  readonly failed: number;
  /** Failures that the samples so far allow, 5 at least; with fewer than 50 samples nothing is judged. */
  readonly allowed: number;
  /** Share of the budget that is left, 0 to 1. */
  readonly remaining: number;
  /** Share of the budget that is spent; above 1 when overdrawn. */
  readonly consumed: number;
  readonly exhausted: boolean;
  readonly alert: Alert;
  readonly burn: readonly BurnView[];
  /** At the present rate; null when it does not shrink. */
  readonly exhaustedInMs: number | null;
}

/** Buckets by length of their window in milliseconds; plain JSON. */
export type StoredBudget = Readonly<Record<string, StoredBuckets>>;

export class ErrorBudget {
  readonly name: string;
  readonly #objective: Objective;
  readonly #windows: ReadonlyMap<number, SlidingBuckets>;

  constructor(name: string, objective: Objective, stored: StoredBudget = {}) {
    this.name = name;
    this.#objective = objective;
    const rules = [objective.page, ...(objective.ticket ? [objective.ticket] : [])];
    const lengths = rules.flatMap(({ longMs, shortMs }) => [longMs, shortMs]);
    this.#windows = new Map(
      [objective.windowMs, ...lengths].map((ms) => [ms, new SlidingBuckets(ms, stored[ms])]),
    );
  }

  add(nowMs: number, isGood: boolean): void {
    for (const window of this.#windows.values()) window.add(nowMs, isGood);
  }

  view(nowMs: number): BudgetView {
    const { target, windowMs } = this.#objective;
    const { total, bad } = this.#read(windowMs, nowMs);
    const allowed = this.#allowed(total);
    const consumed = this.#consumed({ total, bad });
    const burn = this.#burnViews(nowMs);
    const remaining = Math.max(0, 1 - consumed);
    const rate = burn[0]?.long.burn ?? 0;
    return {
      ...{ name: this.name, target, windowMs, samples: total, failed: bad, allowed },
      ...{ remaining, consumed, exhausted: remaining === 0, burn },
      alert: burn.find(({ isBurning }) => isBurning)?.rule ?? 'none',
      exhaustedInMs: remaining === 0 ? 0 : rate > 0 ? (remaining * windowMs) / rate : null,
    };
  }

  /** What outlives the process: short windows have gone by before anybody looks again. */
  stored(): StoredBudget {
    const kept = [...this.#windows].filter(([ms]) => ms >= budgets.saveMs * 60);
    return Object.fromEntries(kept.map(([ms, window]) => [ms, window.stored()]));
  }

  #read(windowMs: number, nowMs: number): Samples {
    return this.#windows.get(windowMs)?.read(nowMs) ?? { total: 0, bad: 0 };
  }

  #consumed({ total, bad }: Samples): number {
    const { target } = this.#objective;
    if (target >= 1) return bad;
    return total < budgets.samplesMin ? 0 : bad / this.#allowed(total);
  }

  #allowed(total: number): number {
    const { target } = this.#objective;
    return target >= 1 ? 0 : Math.max(budgets.failuresMin, (1 - target) * total);
  }

  #burnViews(nowMs: number): BurnView[] {
    const { page, ticket } = this.#objective;
    const named = [['page', page] as const, ...(ticket ? [['ticket', ticket] as const] : [])];
    return named.map(([rule, { burn: threshold, longMs, shortMs }]) => {
      const long = this.#read(longMs, nowMs);
      const short = this.#read(shortMs, nowMs);
      const isTrend = long.total >= budgets.samplesMin && long.bad >= budgets.failuresMin;
      const isJudged = this.#objective.target >= 1 || isTrend;
      const [longBurn, shortBurn] = isJudged ? [this.#rate(long), this.#rate(short)] : [0, 0];
      return {
        ...{ rule, threshold },
        long: { windowMs: longMs, burn: longBurn },
        short: { windowMs: shortMs, burn: shortBurn },
        isBurning: longBurn >= threshold && shortBurn >= threshold,
      };
    });
  }

  /** A target of 1 leaves nothing to divide by: its rate counts the failures themselves. */
  #rate({ total, bad }: Samples): number {
    const { target } = this.#objective;
    if (bad === 0) return 0;
    return target >= 1 ? bad : bad / total / (1 - target);
  }
}

/** `6h`, `30m`: how windows are named in metrics and lines. */
export function windowText(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes % 1_440 === 0) return `${minutes / 1_440}d`;
  return minutes % 60 === 0 ? `${minutes / 60}h` : `${minutes}m`;
}
