/** The fleet's orders, and the breakers of one host, in a line each. Pure. */
import type { BreakerContext } from './breaker.ts';
import type { FleetContext } from './guard-fleet.ts';
import { lineOf } from './summary.ts';
import type { Summary } from './summary.ts';

const nowhere = { region: '', expectedMs: 0 } as const;

export function summaryOfFleet({ standing, drained }: FleetContext): Summary {
  const isolated = standing.filter(({ verb }) => verb === 'isolate');
  return {
    ...nowhere,
    severity: isolated.length + drained.length > 0 ? 'changing' : 'healthy',
    sinceMs: Math.max(0, ...[standing.at(-1), drained.at(-1)].map((each) => each?.atMs ?? 0)),
    reason: [
      ...standing.map(({ verb, key, by, reason }) => lineOf(`${verb} ${key} by ${by}`, reason)),
      ...drained.map(({ host, by, reason }) => lineOf(`drain ${host} by ${by}`, reason)),
    ].join(' · '),
  };
}

/** As persisted or live: the breakers hang below as children. */
interface Parent {
  readonly children?: Readonly<Record<string, unknown>>;
}
interface Breaker {
  readonly value?: unknown;
  readonly context?: BreakerContext;
}

export function summaryOfBreakers(parent: object): Summary {
  const breakers = Object.values((parent as Parent).children ?? {}).map(breakerOf);
  const kept = breakers.filter(({ value }) => value !== 'closed' && value !== 'metricsOnly');
  const isOpen = kept.some(({ value }) => value === 'open' || value === 'isolated');
  const movedAtMs = ({ context }: Breaker): number =>
    Math.max(context?.openedAtMs ?? 0, context?.closedAtMs ?? 0);
  return {
    ...nowhere,
    severity: isOpen ? 'failing' : kept.length > 0 ? 'changing' : 'healthy',
    sinceMs: Math.max(0, ...(kept.length > 0 ? kept : breakers).map(movedAtMs)),
    reason: kept.map(({ value, context }) => `${context?.key ?? ''} ${String(value)}`).join(', '),
  };
}

/** Persisted children hold their snapshot, live ones give it. */
function breakerOf(child: unknown): Breaker {
  const { snapshot, getSnapshot } = child as {
    snapshot?: Breaker;
    getSnapshot?: () => Breaker;
  };
  return snapshot ?? getSnapshot?.call(child) ?? {};
}
