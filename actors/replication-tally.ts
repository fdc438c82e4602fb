/** What one replication, or all that share, have cost in turns: kept in plain numbers, read at the scrape. */
import type { MetricReading } from './metric-names.ts';
import { replicationMetrics } from './replication-metric-names.ts';
import type { ReconcileErrorType } from './replication-metric-names.ts';
import type { ResourceLabels } from './resource-series.ts';
import type { TurnReport } from './turn-report.ts';

const duration = 'unified_replication_reconcile_duration_seconds';
const bounds = replicationMetrics[duration].buckets ?? [];

export class Tally {
  success = 0;
  retries = 0;
  seconds = 0;
  readonly errors = new Map<ReconcileErrorType, number>();
  /** Turns by the bound they stay below, one more than there are bounds. */
  readonly counts: number[] = Array.from({ length: bounds.length + 1 }, () => 0);

  turned(report: TurnReport): void {
    const seconds = report.ms / 1_000;
    const found = bounds.findIndex((bound) => seconds <= bound);
    const place = found === -1 ? bounds.length : found;
    this.counts[place] = (this.counts[place] ?? 0) + 1;
    this.seconds += seconds;
    const type = errorTypeOf(report);
    if (type === undefined) this.success += 1;
    else this.errors.set(type, (this.errors.get(type) ?? 0) + 1);
  }
}

const byCode: Readonly<Record<string, ReconcileErrorType>> = {
  'transition.notAllowed': 'invalid_state_transition',
  'precondition.failed': 'precondition',
  'fence.unproven': 'precondition',
  'epoch.stale': 'stale_epoch',
  'actor.poisoned': 'poison',
  'actor.quarantined': 'poison',
  'record.tooLarge': 'poison',
  'internal.assertion': 'poison',
  'outbox.full': 'store',
  'mode.unsupported': 'validation_failed',
  'operation.unsupported': 'validation_failed',
};

/** Undefined for a turn that did what it was asked. */
function errorTypeOf({ failed, code }: TurnReport): ReconcileErrorType | undefined {
  if (failed !== undefined) return failed;
  if (code === undefined) return undefined;
  if (Object.hasOwn(byCode, code)) return byCode[code];
  // Malformed, unknown, or against a rule of the manifest; all other refusals come of what goes on at the same time.
  return /^(manifest|command)\./.test(code) ? 'validation_failed' : 'conflict';
}

export function tallyReadings(labels: ResourceLabels, tally: Tally): MetricReading[] {
  const { success, errors, retries, seconds, counts } = tally;
  const all = [...errors.values()].reduce((sum, each) => sum + each, 0);
  const total = 'unified_replication_reconcile_total';
  return [
    { metric: total, labels: { ...labels, result: 'success' }, value: success },
    { metric: total, labels: { ...labels, result: 'error' }, value: all },
    ...[...errors].map(([error_type, value]) => ({
      metric: 'unified_replication_reconcile_errors_total' as const,
      ...{ labels: { ...labels, error_type }, value },
    })),
    { metric: 'unified_replication_retry_attempts_total', labels, value: retries },
    { metric: duration, labels, value: seconds, histogram: { bounds, counts } },
  ];
}
