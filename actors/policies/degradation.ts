/** How badly this host fares, and which commands have to wait because of it: background first, repair next, teardown never. */
import type { BreakerState } from '../../machines/breaker.ts';
import { budgets as bounds } from '../../machines/limits.ts';
import { commandPriority } from '../../machines/command-priority.ts';
import type { BudgetView } from './slo.ts';

export const levels = ['normal', 'degraded', 'severe', 'emergency'] as const;
export type Level = (typeof levels)[number];

export interface Standing {
  readonly level: Level;
  /** What made it so, for people. */
  readonly because: readonly string[];
}

interface Circuit {
  readonly key: string;
  readonly state: BreakerState;
}

/** 0 to 2 from each side; both at their worst are an emergency. */
export function standingOf(circuits: readonly Circuit[], budgets: readonly BudgetView[]): Standing {
  const shut = circuits.filter(({ state }) => state === 'open' || state === 'isolated');
  const ofCircuits = shut.length === 0 ? 0 : hasLostScope(circuits) ? 2 : 1;
  const worst = Math.max(0, ...budgets.map(badness));
  const at = ofCircuits === 2 && worst === 2 ? 3 : Math.max(ofCircuits, worst);
  const because = [
    ...shut.map(({ key, state }) => `circuit ${key} is ${state}`),
    ...budgets.filter((each) => badness(each) > 0).map(budgetText),
  ];
  return { level: levels[at] ?? 'normal', because };
}

/** True when nothing of an account and region that several circuits guard can be reached. */
function hasLostScope(circuits: readonly Circuit[]): boolean {
  const scopes = new Map<string, Circuit[]>();
  for (const circuit of circuits) {
    const [account = '', region = '', service] = circuit.key.split('/');
    if (service === undefined) continue;
    const scope = `${account}/${region}`;
    scopes.set(scope, [...(scopes.get(scope) ?? []), circuit]);
  }
  return [...scopes.values()].some(
    (each) => each.length > 1 && each.every(({ state }) => state === 'open'),
  );
}

/**
 * Severe while a budget burns, not until its window has slid past the trouble: what failed is retried once it is over.
 * Slowness alone is never severe: nothing is gained by refusing work that is only late.
 */
function badness({ name, alert, remaining }: BudgetView): 0 | 1 | 2 {
  if (alert === 'page' && name !== 'latency') return 2;
  return alert !== 'none' || remaining < bounds.lowShare ? 1 : 0;
}

const budgetText = ({ name, remaining, alert }: BudgetView): string =>
  `budget ${name}: ${Math.round(remaining * 100)} % left${alert === 'none' ? '' : `, ${alert}`}`;

/** Milliseconds after which the command may come again; undefined when it may come now. Asks for the level only if it matters. */
export function holdBackMs(level: () => Level, kind: string, verb: string): number | undefined {
  const priority = commandPriority(kind, verb);
  if (priority !== 'background' && priority !== 'repair') return undefined;
  const at = levels.indexOf(level());
  const from = levels.indexOf(priority === 'background' ? 'degraded' : 'severe');
  return at >= from ? bounds.shedRetryAfterMs : undefined;
}
