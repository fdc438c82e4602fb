/** All error budgets of this host: fed by answers, turns, finished operations and provider calls; told when one runs out. */
import { z } from 'zod';
import { budgets as bounds, objectives } from '../../machines/limits.ts';
import type { Objective, ObjectiveName } from '../../machines/limits.ts';
import type { EffectFault, FaultType } from '../../machines/messages.ts';
import { messageOf } from '../faults.ts';
import type { MetricReading } from '../metric-names.ts';
import type { Cancel, Clock, Shelf, Telemetry } from '../ports.ts';
import { SlidingBuckets } from './sliding-buckets.ts';
import { ErrorBudget, windowText } from './slo.ts';
import type { Alert, BudgetView } from './slo.ts';

/** A command as it was answered. */
export interface Answered {
  /** Of the problem; 200 for an accepted one. */
  readonly status: number;
  /** True when it was held back because of the level: that says nothing about how well we answer. */
  readonly isShed: boolean;
  /** From its delivery to this host. */
  readonly ms: number;
}

export interface BudgetParts {
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly shelf: Shelf;
  /** Publishes that a budget ran out, or is there again. */
  readonly announce: (event: 'exhausted' | 'recovered', budget: BudgetView) => Promise<void>;
}

/** What the provider is to blame for, or could not serve; all else is an answer. */
const providerFaults: ReadonlySet<FaultType> = new Set<FaultType>([
  ...(['Retryable', 'Unavailable', 'Timeout', 'RateLimit', 'ProviderError'] as const),
]);
/** What the declaration is to blame for. */
const clientFaults: ReadonlySet<string> = new Set<FaultType>([
  ...(['InvalidSpec', 'Unauthorized', 'NotFound', 'Conflict'] as const),
]);

const storedSchema = z.record(
  z.string(),
  z.record(z.string(), z.array(z.tuple([z.number(), z.number(), z.number()]))),
);
type Stored = z.infer<typeof storedSchema>;

export class Budgets {
  readonly #parts: BudgetParts;
  readonly #budgets = new Map<string, ErrorBudget>();
  readonly #told = new Map<string, { readonly alert: Alert; readonly isExhausted: boolean }>();
  readonly #errors = new SlidingBuckets(bounds.errorRateMs);
  readonly #cancels = new Set<Cancel>();
  #stored: Stored;
  #saved = '';

  private constructor(parts: BudgetParts, stored: Stored) {
    this.#parts = parts;
    this.#stored = stored;
    for (const name of ['control', 'operations', 'latency'] as const) this.#find(name, name);
    for (const name of Object.keys(stored))
      if (name.startsWith('calls/')) this.#find(name, 'calls');
  }

  /** With what was spent before the last restart; an unreadable memory is told and left behind. */
  static async open(parts: BudgetParts): Promise<Budgets> {
    const budgets = new Budgets(parts, await remembered(parts));
    budgets.#every(bounds.lookMs, () => {
      for (const budget of budgets.#budgets.values()) budgets.#judge(budget);
    });
    budgets.#every(bounds.saveMs, () => void budgets.#save());
    return budgets;
  }

  /** Ends the timers and saves a last time. */
  async stop(): Promise<void> {
    for (const cancel of this.#cancels) cancel();
    this.#cancels.clear();
    await this.#save();
  }

  /** A refusal for the caller's own reasons is a good answer; one for ours is not. */
  answered({ status, isShed, ms }: Answered): void {
    if (isShed) return;
    const isGood = status < 500 && status !== 429;
    this.#note(isGood);
    this.#add('control', 'control', isGood);
    this.#add('latency', 'latency', ms < bounds.answerMaxMs);
  }

  turned(ms: number): void {
    this.#add('latency', 'latency', ms < bounds.turnMaxMs);
  }

  /** @param fault type of the fault that ended it; undefined when it reached its goal */
  operationEnded(isInTime: boolean, fault: string | undefined): void {
    if (fault !== undefined && clientFaults.has(fault)) return;
    const isGood = isInTime && fault === undefined;
    this.#note(isGood);
    this.#add('operations', 'operations', isGood);
  }

  /** One call on the wire to a provider; those of ours to NATS have no account and are passed over. */
  callEnded(key: string, fault: EffectFault | undefined): void {
    const [account, region, service] = key.split('/');
    if (account === undefined || region === undefined || service === undefined) return;
    if (fault !== undefined && /^(Cancelled|CircuitOpen|InternalError)$/.test(fault.type)) return;
    const isGood = fault === undefined || !providerFaults.has(fault.type);
    this.#note(isGood);
    const name = `calls/${account}/${region}`;
    const isKnown = this.#budgets.has(name) || this.#budgets.size < bounds.scopesMax;
    this.#add(isKnown ? name : 'calls/others', 'calls', isGood);
  }

  /** Share of failed answers, operations and calls in the last five minutes; 0 when there was none. */
  errorRate(): number {
    const { total, bad } = this.#errors.read(this.#parts.clock.nowMs());
    return total === 0 ? 0 : bad / total;
  }

  views(): BudgetView[] {
    const nowMs = this.#parts.clock.nowMs();
    return [...this.#budgets.values()].map((budget) => budget.view(nowMs));
  }

  readings(): MetricReading[] {
    return this.views().flatMap(({ name: slo, remaining, consumed, burn }): MetricReading[] => [
      { metric: 'fairlead_slo_budget_remaining', value: remaining, labels: { slo } },
      { metric: 'fairlead_slo_budget_consumed', value: consumed, labels: { slo } },
      ...burn
        .flatMap(({ long, short }) => [long, short])
        .map((each): MetricReading => ({
          metric: 'fairlead_slo_burn_rate',
          value: each.burn,
          labels: { slo, window: windowText(each.windowMs) },
        })),
    ]);
  }

  #note(isGood: boolean): void {
    this.#errors.add(this.#parts.clock.nowMs(), isGood);
  }

  #add(name: string, objective: ObjectiveName, isGood: boolean): void {
    const budget = this.#find(name, objective);
    budget.add(this.#parts.clock.nowMs(), isGood);
    if (!isGood) this.#judge(budget);
  }

  #find(name: string, objective: ObjectiveName): ErrorBudget {
    const known = this.#budgets.get(name);
    if (known !== undefined) return known;
    const promise: Objective = objectives[objective];
    const made = new ErrorBudget(name, promise, this.#stored[name]);
    this.#budgets.set(name, made);
    // What it was before this process was told of by the one before.
    const { alert, exhausted } = made.view(this.#parts.clock.nowMs());
    this.#told.set(name, { alert, isExhausted: exhausted });
    return made;
  }

  /** Tells of what has changed since the last look. */
  #judge(budget: ErrorBudget): void {
    const { telemetry, clock } = this.#parts;
    const view = budget.view(clock.nowMs());
    const before = this.#told.get(view.name) ?? { alert: 'none', isExhausted: false };
    const isExhausted = view.exhausted;
    this.#told.set(view.name, { alert: view.alert, isExhausted });
    if (before.alert === view.alert && before.isExhausted === isExhausted) return;
    const { level, fields, text } = budgetLine(view);
    telemetry.log(level, fields, text);
    if (before.isExhausted === isExhausted) return;
    if (isExhausted) telemetry.count('fairlead_slo_budget_exhausted_total', { slo: view.name });
    this.#parts.announce(isExhausted ? 'exhausted' : 'recovered', view).catch((thrown: unknown) => {
      const reason = messageOf(thrown);
      telemetry.log('warn', { slo: view.name, reason }, 'a budget event was not published');
    });
  }

  #every(ms: number, run: () => void): void {
    const cancel = this.#parts.clock.after(ms, () => {
      this.#cancels.delete(cancel);
      this.#every(ms, run);
      run();
    });
    this.#cancels.add(cancel);
  }

  async #save(): Promise<void> {
    const named = [...this.#budgets].map(([name, budget]) => [name, budget.stored()] as const);
    const text = JSON.stringify(Object.fromEntries(named));
    if (text === this.#saved) return;
    try {
      await this.#parts.shelf.save(text);
      this.#saved = text;
    } catch (thrown) {
      const fields = { reason: messageOf(thrown) };
      this.#parts.telemetry.log('warn', fields, 'budgets were not saved; the next minute tries');
    }
  }
}

async function remembered({ shelf, telemetry }: BudgetParts): Promise<Stored> {
  try {
    const text = await shelf.load();
    return text === undefined ? {} : storedSchema.parse(JSON.parse(text));
  } catch (thrown) {
    const fields = { reason: messageOf(thrown) };
    telemetry.log('warn', fields, 'what was spent of the budgets is not known; they begin full');
    return {};
  }
}

function budgetLine(view: BudgetView) {
  const { name: slo, remaining, alert, exhausted, burn } = view;
  const told = burn.find(({ isBurning }) => isBurning) ?? burn[0];
  const window = windowText(told?.long.windowMs ?? 0);
  const rate = told?.long.burn ?? 0;
  const calm = alert === 'none' && !exhausted;
  const title = exhausted
    ? 'Error budget exhausted'
    : calm
      ? 'Error budget recovered'
      : 'Error budget burns';
  return {
    level: calm ? ('info' as const) : ('warn' as const),
    fields: { tag: 'BUDGET', title, slo, remaining, burn: rate, window, alert, exhausted },
    text: `[BUDGET] ${slo}: ${Math.round(remaining * 100)}% left, burn ${rate.toFixed(1)} over ${window}`,
  };
}
