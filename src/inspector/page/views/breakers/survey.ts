/** What every host remembers of its breakers, put together as `fairlead breaker list` does. */

/** Where the survey is asked for. */
export const SURVEY = '/api/read/guard/system/_/survey';

/** A breaker as its host shows it; what is recorded of an absent host has no counts. */
export interface BreakerEntry {
  readonly key: string;
  readonly host: string;
  readonly state: string;
  readonly openUntilMs?: number;
  readonly tripsInRow?: number;
  /** Failures in a row. */
  readonly consecutive?: number;
  /** Of the last 60 s. */
  readonly window?: { readonly calls: number; readonly failed: number; readonly slow: number };
  readonly waiting?: number;
  readonly wouldHaveTripped?: number;
  readonly lastTrip?: {
    readonly type?: string;
    readonly code?: string;
    readonly atMs?: number;
    readonly consecutive?: number;
  } | null;
  readonly isolation?: {
    readonly reason: string;
    readonly sinceMs: number;
    readonly untilMs: number;
  } | null;
  readonly policy?: Readonly<Record<string, number>>;
  /** False when its host did not answer: this is what it has stored. */
  readonly isLive: boolean;
}

/** An order that still means something. */
export interface StandingOrder {
  readonly verb: string;
  readonly key: string;
  readonly reason: string;
  readonly by?: string;
  readonly atMs: number;
  readonly untilMs: number;
}

/** `GET /api/read/guard/system/_/survey`: one answer per host. */
export interface SurveyAnswer {
  readonly answers: readonly {
    readonly host?: string;
    readonly items?: readonly Omit<BreakerEntry, 'isLive'>[];
    readonly standing?: readonly StandingOrder[];
    /** ISO time of the host. */
    readonly asOf?: string;
  }[];
}

export interface Breaker {
  readonly key: string;
  /** One of each host that has it, by host. */
  readonly entries: readonly BreakerEntry[];
}

/** Live where the host answers, else as recorded; by key. */
export function breakersOf({ answers }: SurveyAnswer): readonly Breaker[] {
  const hosts = new Set(answers.map(({ host }) => host));
  const found = new Map<string, Map<string, BreakerEntry>>();
  for (const { host, items = [] } of answers)
    for (const item of items) {
      const isLive = item.host === host;
      if (!isLive && hosts.has(item.host)) continue;
      const ofKey = found.get(item.key) ?? new Map<string, BreakerEntry>();
      found.set(item.key, ofKey.set(item.host, { ...item, isLive }));
    }
  return [...found]
    .map(([key, byHost]) => ({
      key,
      entries: [...byHost.values()].sort((left, right) => left.host.localeCompare(right.host)),
    }))
    .sort((left, right) => left.key.localeCompare(right.key));
}

export const standingOf = ({ answers }: SurveyAnswer): readonly StandingOrder[] =>
  answers.find(({ standing }) => Array.isArray(standing))?.standing ?? [];

/** Wall time of the newest answer, by its host's clock; undefined when no host answered. */
export function asOfMs({ answers }: SurveyAnswer): number | undefined {
  const times = answers.flatMap(({ asOf }) => (asOf === undefined ? [] : [Date.parse(asOf)]));
  return times.length === 0 ? undefined : Math.max(...times);
}

/** The better before the worse. A circuit that only counts stops nobody. */
const ranks = ['metricsOnly', 'closed', 'halfOpen', 'isolated', 'open'];
/** The worse, the higher; -1 for a state that is not known here. */
export const rankOf = ({ state }: Pick<BreakerEntry, 'state'>): number => ranks.indexOf(state);

export const worst = (entries: readonly BreakerEntry[]): BreakerEntry =>
  entries.reduce((left, right) => (rankOf(right) > rankOf(left) ? right : left));

/** The order behind an isolation or an observation, the newest that means this key. */
export const orderBehind = (
  key: string,
  standing: readonly StandingOrder[],
): StandingOrder | undefined =>
  standing.findLast(
    (order) => order.verb !== 'set' && (order.key === key || key.startsWith(`${order.key}:`)),
  );

/** Failed of the calls in the window; null without calls. */
export const failureRatio = ({ window }: BreakerEntry): number | null =>
  window === undefined || window.calls === 0 ? null : window.failed / window.calls;
