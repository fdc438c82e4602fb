/** Arithmetic of breakers: when calls have failed too often, and for how long none are made. Pure. */
import { resilience } from './limits.ts';
import type { CallPolicy } from './limits.ts';

/** What is counted about one breaker's recent calls, as of the failure that is judged. */
export interface CallCounts {
  readonly consecutive: number;
  /** In the last 100 calls of the last 60 s. */
  readonly calls: number;
  readonly failed: number;
  readonly slow: number;
}

/** So many failures in a row; or, of enough recent calls, too many failed or were slow. */
export function hasTripped(policy: CallPolicy, counts: CallCounts): boolean {
  if (counts.consecutive >= policy.failuresMax) return true;
  if (counts.calls < resilience.windowCallsMin) return false;
  return (
    counts.failed >= counts.calls * resilience.failedShare ||
    counts.slow >= counts.calls * resilience.slowShare
  );
}

/** Base, twice, then four times the base, give or take a fifth: hosts that tripped together do not probe together. */
export function openForMs(policy: CallPolicy, tripsInRow: number, roll: number): number {
  const growth = 2 ** (Math.min(tripsInRow, resilience.openTripsMax) - 1);
  const spread = 1 - resilience.openJitter + 2 * resilience.openJitter * roll;
  return Math.round(policy.openBaseMs * growth * spread);
}

/** Long enough closed to call the next trip the first one again. */
export const hasRecovered = (policy: CallPolicy, closedForMs: number): boolean =>
  closedForMs > 4 * policy.openBaseMs;

export type CallClass = 'read' | 'mutate' | 'teardown';

/** `main/eu-central-1/ec2:mutate` belongs to the row `ec2:mutate`, else `ec2`, else `other`. */
export function rowOf(rows: Readonly<Record<string, CallPolicy>>, key: string): CallPolicy {
  const parts = key.split('/');
  const last = parts.at(-1) ?? '';
  const service = last.split(':')[0] ?? '';
  const found = rows[last] ?? rows[service] ?? rows[parts[0] ?? ''] ?? rows['other'];
  if (found === undefined) throw new Error(`no policy covers ${key}`);
  return found;
}

/** An order for a service means every class of it. */
export const covers = (orderKey: string, key: string): boolean =>
  orderKey === key || key.startsWith(`${orderKey}:`);
